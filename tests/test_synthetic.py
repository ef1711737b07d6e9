"""The made-up tasks: what they say of themselves, and what an answer without memory gets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.datasets.selective_copying import selective_copy_task
from rnnlib.datasets.synthetic import ADDING_BASELINE, adding_problem, copy_baseline, copy_task, echo_task
from rnnlib.losses import SparseCategoricalCrossentropy


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 9), st.integers(0, 99))
def test_echo_task_says_it_late(count, more, lag, seed):
    x, y = echo_task(count, lag + more, lag, np.random.default_rng(seed))
    assert x.shape == y.shape == (count, lag + more, 1)
    assert x.dtype == y.dtype == np.float32
    assert (y[:, :lag] == 0).all()
    for t in range(more):
        np.testing.assert_array_equal(y[:, t + lag], x[:, t])


def test_baseline_of_the_echo_task():
    _, y = echo_task(20_000, 10, 4, np.random.default_rng(0))
    assert np.mean(y**2) == pytest.approx(1 - 4 / 10, abs=0.01)


@given(st.integers(1, 20), st.integers(2, 30), st.integers(0, 99))
def test_adding_problem_adds_the_two_marked_numbers(count, length, seed):
    x, y = adding_problem(count, length, np.random.default_rng(seed))
    assert x.shape == (count, length, 2)
    assert y.shape == (count, 1)
    assert x.dtype == y.dtype == np.float32
    values, marks = x[..., 0], x[..., 1]
    assert ((values >= 0) & (values < 1)).all()
    assert np.isin(marks, (0, 1)).all()
    assert (marks[:, : length // 2].sum(axis=1) == 1).all()
    assert (marks[:, length // 2 :].sum(axis=1) == 1).all()
    np.testing.assert_allclose(np.sum(values * marks, axis=1, keepdims=True), y, rtol=1e-6)


def test_adding_problem_marks_every_step():
    x, _ = adding_problem(2000, 7, np.random.default_rng(0))
    share = x[..., 1].mean(axis=0)
    np.testing.assert_allclose(share, [1 / 3] * 3 + [1 / 4] * 4, atol=0.05)


def test_baselines_of_the_adding_problem():
    x, y = adding_problem(200_000, 10, np.random.default_rng(0))
    assert np.mean((y - 1) ** 2) == pytest.approx(ADDING_BASELINE, abs=0.002)
    second = (x[:, 5:, 0] * x[:, 5:, 1]).sum(axis=1, keepdims=True)
    assert np.mean((y - second - 0.5) ** 2) == pytest.approx(ADDING_BASELINE / 2, abs=0.001)


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 9), st.integers(1, 6), st.integers(0, 99))
def test_copy_task_wants_the_symbols_back(count, delay, symbols, remember, seed):
    x, y = copy_task(count, delay, np.random.default_rng(seed), symbols, remember)
    steps, blank, signal = delay + 2 * remember, symbols, symbols + 1
    assert x.shape == (count, steps, symbols + 2)
    assert y.shape == (count, steps)
    assert x.dtype == np.float32
    assert (x.sum(axis=-1) == 1).all()
    tokens = x.argmax(axis=-1)
    np.testing.assert_array_equal(tokens[:, :remember], y[:, -remember:])
    assert (tokens[:, :remember] < symbols).all()
    assert (y[:, :-remember] == blank).all()
    assert (tokens[:, remember + delay - 1] == signal).all()  # then it is time: the answer starts at the next step
    rest = np.delete(tokens[:, remember:], delay - 1, axis=1)
    assert (rest == blank).all()


@pytest.mark.parametrize(("delay", "symbols", "remember"), [(5, 8, 10), (40, 8, 10), (3, 2, 1)])
def test_baseline_of_the_copy_task(delay, symbols, remember):
    _, y = copy_task(50, delay, np.random.default_rng(0), symbols, remember)
    p = np.zeros((*y.shape, symbols + 1))
    p[:, :-remember, symbols] = 1  # blank while there is nothing to say, then any symbol
    p[:, -remember:, :symbols] = 1 / symbols
    loss = SparseCategoricalCrossentropy(from_logits=False)(y, p)
    assert loss == pytest.approx(copy_baseline(delay, symbols, remember), abs=1e-6)


def test_the_figure_of_the_paper():
    assert copy_baseline(100) == pytest.approx(10 * np.log(8) / 120)


def test_errors():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="length wants at least 2, got 1"):
        adding_problem(3, 1, rng)
    with pytest.raises(ValueError, match="count wants at least 1"):
        adding_problem(0, 5, rng)
    with pytest.raises(TypeError, match="length wants a whole number"):
        adding_problem(3, 5.0, rng)
    with pytest.raises(TypeError, match=r"rng wants a numpy\.random\.Generator, got 0"):
        adding_problem(3, 5, 0)
    for name in ("delay", "symbols", "remember"):
        with pytest.raises(ValueError, match=f"{name} wants at least 1, got 0"):
            copy_task(3, **{"delay": 4, "rng": rng, name: 0})
    with pytest.raises(TypeError, match=r"rng wants a numpy\.random\.Generator"):
        copy_task(3, 4, None)


@given(st.integers(1, 9), st.integers(0, 12), st.integers(1, 9), st.integers(1, 6), st.booleans(), st.integers(0, 99))
def test_selective_copying_wants_what_is_no_blank_in_its_order(count, more, symbols, remember, scattered, seed):
    x, y = selective_copy_task(count, remember + more, np.random.default_rng(seed), symbols, remember, scattered)
    assert x.shape == (count, remember + more, symbols + 1)
    assert y.shape == (count, remember)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.sum(axis=-1), 1)
    tokens = x.argmax(axis=-1)
    assert ((tokens < symbols).sum(axis=1) == remember).all()
    np.testing.assert_array_equal(tokens[tokens < symbols].reshape(count, remember), y)


def test_selective_copying_scatters_evenly_or_not_at_all():
    x, y = selective_copy_task(20_000, 6, np.random.default_rng(0), symbols=3, remember=2)
    symbol_here = x[..., :3].sum(axis=-1)
    np.testing.assert_allclose(symbol_here.mean(axis=0), 1 / 3, atol=0.015)
    assert np.mean(symbol_here[:, 0] * symbol_here[:, 1]) == pytest.approx(1 / 15, abs=0.01)  # one pair of 15
    np.testing.assert_allclose(np.bincount(y.ravel()) / y.size, 1 / 3, atol=0.015)
    fixed, _ = selective_copy_task(50, 9, np.random.default_rng(0), symbols=3, remember=4, scattered=False)
    np.testing.assert_array_equal(np.flatnonzero(fixed[:, :, :3].sum(axis=(0, 2))), [0, 2, 4, 6])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"count": 0}, ValueError, "count wants at least 1"),
        ({"length": 3}, ValueError, "length wants at least 4"),
        ({"symbols": 0}, ValueError, "symbols wants at least 1"),
        ({"remember": 1.5}, TypeError, "remember wants a whole number"),
        ({"rng": 0}, TypeError, "rng wants a numpy.random.Generator"),
    ],
)
def test_selective_copying_names_what_is_wrong(change, error, words):
    with pytest.raises(error, match=words):
        selective_copy_task(**{"count": 2, "length": 9, "rng": np.random.default_rng(0), **change})
