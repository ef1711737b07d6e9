"""The experiment on associative recall: its sequences have the answers they say, its memories are what they say."""

import numpy as np
import pytest

from experiments import recall

rng = np.random.default_rng(0)
BATCH = 4


@pytest.fixture
def inputs():
    """Queries, keys of length 1, values and gates."""
    q, k, v = (
        rng.normal(size=(BATCH, steps, recall.WIDTH)).astype("float32")
        for steps in (recall.QUERIES, recall.PLACES, recall.PLACES)
    )
    k /= np.linalg.norm(k, axis=-1, keepdims=True)
    return q, k, v, rng.uniform(0.1, 0.9, (BATCH, recall.PLACES)).astype("float32")


def written(k, v, gate, rule):
    """The matrix after a loop over the steps of one sequence."""
    state = np.zeros((recall.WIDTH, recall.WIDTH))
    for key, value, g in zip(k, v, gate, strict=True):
        state = rule(state, key, value, g)
    return state


@pytest.mark.parametrize(
    ("memory", "rule"),
    [
        ("sum", lambda state, k, v, g: state + np.outer(k, v)),
        ("gated", lambda state, k, v, g: g * state + np.outer(k, v)),
        ("delta", lambda state, k, v, g: state + g * np.outer(k, v - k @ state)),
    ],
)
def test_memories_are_their_recurrence(memory, rule, inputs):
    q, k, v, gate = inputs
    said = recall.READS[memory](q, k, v, gate).numpy()
    looped = [one @ written(*rest, rule) for one, *rest in zip(q, k, v, gate, strict=True)]
    np.testing.assert_allclose(said, looped, rtol=1e-3, atol=1e-4)


def test_softmax_prefers_the_later_of_two_equal_keys_only_with_a_slope(inputs):
    q, k, v, _ = inputs
    k = np.repeat(k[:, :1], recall.PLACES, axis=1)
    alike = recall.READS["softmax"](q, k, v, 0.0).numpy()
    np.testing.assert_allclose(alike[:, 0], v.mean(axis=1), atol=1e-5)
    recent = recall.READS["softmax"](q, k, v, 30.0).numpy()
    np.testing.assert_allclose(recent[:, 0], v[:, -1], atol=1e-5)


@pytest.mark.parametrize("task", ["once", "again"])
@pytest.mark.parametrize("load", [1, 5, recall.PLACES])
def test_answers_are_what_was_written_last(task, load):
    (keys, values), answers = recall.sequences(task, np.full(50, load), np.random.default_rng(1))
    assert keys.shape == values.shape == (50, recall.PLACES + recall.QUERIES)
    for key, value, answer in zip(keys, values, answers, strict=True):
        memory = {}
        for place in range(recall.PLACES):
            assert (key[place] == 0) == (value[place] == 0)
            if key[place]:
                memory[key[place]] = value[place] - 1
        filled = np.count_nonzero(key[: recall.PLACES])
        assert filled == (load if task == "once" else recall.PLACES)
        assert len(memory) == load if task == "once" else len(memory) <= load
        assert not value[recall.PLACES :].any()
        assert [memory[asked] for asked in key[recall.PLACES :]] == list(answer)


def test_networks_have_as_many_parameters_within_two_percent():
    counts = []
    for memory in (*recall.READS, "LSTM"):
        model = recall.Recall(memory)
        model(recall.sequences("once", [3, 4], np.random.default_rng(0))[0])
        counts.append(model.count_params())
    assert max(counts) < 1.02 * min(counts)
