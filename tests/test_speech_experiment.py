"""The experiment on spoken vowels: folds in blocks, inputs that padding does not change, means over time."""

import numpy as np
import pytest

from experiments import speech
from rnnlib.inspection import numeric_gradient, relative_error
from rnnlib.layers.dense import Dense
from rnnlib.layers.masking import Masking
from rnnlib.layers.recurrent import GRU
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow


@pytest.fixture(scope="module")
def utterances():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(length, 12)) for length in (3, 9, 5, 29)]


def listener(readout, utterances):
    frames = np.concatenate(utterances)
    network = Sequential(speech.layers("GRU", readout, 8, 0.3), seed=0)
    network.build((None, speech.LONGEST, 12))
    return speech.Listener(network, frames.mean(axis=0), frames.std(axis=0))


def test_the_split_is_the_donors():
    training, labels, test, test_labels = speech.split()
    assert (len(training), len(test)) == (270, 370)
    assert np.bincount(labels).tolist() == [30] * 9
    assert np.bincount(test_labels).max() == 88
    assert not any(np.array_equal(one, other) for one in training[:30] for other in test)


def test_a_fold_holds_neighbours_of_every_speaker():
    _, labels, _, _ = speech.split()
    fold = speech.blocks(labels)
    assert fold[:30].tolist() == sorted(fold[:30])
    for k in range(speech.FOLDS):
        assert np.bincount(labels[fold == k]).tolist() == [6] * 9


def test_shuffled_keeps_the_frames(utterances):
    mixed = speech.shuffled(utterances, np.random.default_rng(1))
    for one, other in zip(utterances, mixed, strict=True):
        assert np.array_equal(np.sort(one, axis=0), np.sort(other, axis=0))
        assert np.allclose(one.mean(axis=0), other.mean(axis=0))
    assert not np.array_equal(utterances[3], mixed[3])


def test_inputs_are_scaled_before_they_are_padded(utterances):
    inputs = listener("last", utterances).inputs(utterances, 40)
    assert inputs.shape == (4, 40, 12)
    real = np.concatenate([row[: len(one)] for row, one in zip(inputs, utterances, strict=True)])
    assert np.allclose(real.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(real.std(axis=0), 1, atol=1e-5)
    assert not inputs[0, 3:].any()


@pytest.mark.parametrize("readout", ["last", "mean"])
def test_padding_does_not_change_the_answer(readout, utterances):
    hearing = listener(readout, utterances)
    padded = hearing.probabilities(utterances, 60)
    assert np.allclose(padded.sum(axis=1), 1)
    for row, one in zip(padded, utterances, strict=True):
        assert np.allclose(hearing.probabilities([one], len(one))[0], row, atol=1e-6)


def test_without_masking_padding_does(utterances):
    hearing = listener("last", utterances)
    bare = Sequential(speech.layers("GRU", "last", 8, 0.3, padding="not masked"))
    bare.build((None, speech.LONGEST, 12))
    bare.set_weights(hearing.network.get_weights())
    hearing = speech.Listener(bare, hearing.mean, hearing.deviation)
    assert not np.allclose(hearing.probabilities(utterances, 29), hearing.probabilities(utterances, 60), atol=1e-3)


@pytest.mark.parametrize("masked", [True, False])
def test_mean_over_time_is_that_of_keras(masked):
    rng = np.random.default_rng(2)
    states = rng.normal(size=(3, 6, 4)).astype("float32")
    mask = np.arange(6) < np.array([[2], [6], [4]]) if masked else None
    wanted = import_tensorflow().keras.layers.GlobalAveragePooling1D()(states, mask=mask)
    assert np.allclose(speech.MeanOverTime().forward(states, mask), wanted, atol=1e-6)


def test_gradients_through_the_mean_over_time():
    rng = np.random.default_rng(3)
    x, d_outputs = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 2))
    x[0, 3:] = 0
    exact = {"dtype": "float64"}
    front = [Masking(**exact), GRU(4, return_sequences=True, seed=0, **exact)]
    model = Sequential([*front, speech.MeanOverTime(**exact), Dense(2, seed=1, **exact)])
    model.build(x.shape)
    model.forward(x)
    model.backward(d_outputs)
    for weight, gradient in zip(model.weights, [g.copy() for g in model.gradients], strict=True):
        numeric = numeric_gradient(lambda: (model.forward(x) * d_outputs).sum(), weight)
        assert relative_error(gradient, numeric) < 1e-5


def test_a_trial_is_the_same_twice():
    training, labels, _, _ = speech.split()
    setting = {**speech.USUAL, "cell": "SimpleRNN", "units": 4}
    some, said = training[::10], labels[::10]
    one, other = (speech.trained(setting, 5, some, said).probabilities(some) for _ in range(2))
    assert np.array_equal(one, other)
