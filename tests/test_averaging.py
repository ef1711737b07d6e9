"""Averaged weights: those of Keras, at the end of a training, and through a checkpoint."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib.averaging import AveragedAdam, SwapEMAWeights
from rnnlib.interop import copy_weights
from rnnlib.layers import Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import import_tensorflow

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 5, 3)).astype("float32"), RNG.normal(size=(20, 2)).astype("float32")


def model(optimizer):
    network = Sequential([SimpleRNN(4), Dense(2)], seed=1)
    network.compile(optimizer, "mse")
    network.build(X.shape)
    return network


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.99])
def test_fit_ends_with_the_weights_of_keras(momentum):
    keras = import_tensorflow().keras
    theirs = keras.Sequential([keras.Input((5, 3)), keras.layers.SimpleRNN(4), keras.layers.Dense(2)])
    theirs.compile(keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=momentum), "mse")
    ours = model(AveragedAdam(0.01, momentum))
    copy_weights(theirs, ours)
    start = ours.get_weights()
    theirs.fit(X, Y, batch_size=5, epochs=3, shuffle=False, verbose=0)
    ours.fit(X, Y, batch_size=5, epochs=3, shuffle=False, verbose=0, callbacks=[SwapEMAWeights()])
    for weight, expected, before in zip(ours.get_weights(), theirs.get_weights(), start, strict=True):
        assert np.abs(expected - before).max() > 1e-3
        np.testing.assert_allclose(weight, expected, atol=2e-6)


def test_the_average_takes_no_part_in_the_training():
    plain, averaged = model(Adam(0.01)), model(AveragedAdam(0.01))
    for network in (plain, averaged):
        network.fit(X, Y, batch_size=5, epochs=2, verbose=0)
    for one, other in zip(plain.get_weights(), averaged.get_weights(), strict=True):
        assert np.array_equal(one, other)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.floats(0, 1))
def test_the_average_is_the_weighted_mean_of_all_weights_so_far(gradients, momentum):
    optimizer, weight, path = AveragedAdam(0.1, momentum), np.zeros(2), []
    for gradient in gradients:
        optimizer.apply([np.full(2, gradient)], [weight])
        path.append(weight.copy())
    shares = momentum ** np.arange(len(path))[::-1] * np.where(np.arange(len(path)) > 0, 1 - momentum, 1)
    optimizer.finalize_variable_values([weight])
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(weight, shares @ np.array(path), atol=1e-12)


def test_a_training_goes_on_from_a_checkpoint_with_its_average(tmp_path):
    whole, half, rest = (model(AveragedAdam(0.01)) for _ in range(3))
    whole.fit(X, Y, epochs=4, verbose=0, callbacks=[SwapEMAWeights()])
    half.fit(X, Y, epochs=2, verbose=0)
    half.save_checkpoint(tmp_path / "half.npz")
    rest.fit(X, Y, epochs=4, verbose=0, callbacks=[SwapEMAWeights()], resume_from=tmp_path / "half.npz")
    for one, other in zip(whole.get_weights(), rest.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="ema_momentum"):
        AveragedAdam(ema_momentum=1.5)
    with pytest.raises(TypeError, match="AveragedAdam, got Adam"):
        model(Adam()).fit(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
    optimizer = AveragedAdam()
    with pytest.raises(ValueError, match="no average yet"):
        optimizer.finalize_variable_values([np.zeros(2)])
    optimizer.apply([np.ones(2)], [np.zeros(2)])
    with pytest.raises(ValueError, match="2 numbers in all"):
        optimizer.finalize_variable_values([np.zeros(3)])
