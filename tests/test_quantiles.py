"""The pinball loss is TensorFlow's and its own finite differences; what minimises it is the quantile."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from rnnlib.inspection import numeric_gradient
from rnnlib.layers import Dense
from rnnlib.losses import MeanAbsoluteError
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.quantiles import PinballLoss
from rnnlib.reproducibility import import_tensorflow

levels = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4, unique=True).map(sorted)
shapes = st.lists(st.integers(1, 4), min_size=2, max_size=3)


def example(shape, quantiles, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=(*shape[:-1], shape[-1] * len(quantiles)))


@given(shape=shapes, quantiles=levels, seed=st.integers(0, 1000))
def test_value_and_gradient_equal_tensorflow(shape, quantiles, seed):
    tf = import_tensorflow()
    y_true, y_pred = example(shape, quantiles, seed)
    with tf.GradientTape() as tape:
        predictions = tf.constant(y_pred)
        tape.watch(predictions)
        q = tf.constant(quantiles, tf.float64)
        d = tf.constant(y_true)[..., tf.newaxis] - tf.reshape(predictions, [*shape, len(quantiles)])
        expected = tf.reduce_mean(tf.where(d > 0, q * d, (q - 1) * d))
    loss = PinballLoss(quantiles)
    assert loss(y_true, y_pred) == pytest.approx(float(expected), rel=1e-9)
    assert_allclose(loss.gradient(y_true, y_pred), tape.gradient(expected, predictions).numpy(), atol=1e-12)


@given(shape=shapes, quantiles=levels, seed=st.integers(0, 1000))
def test_gradient_equals_finite_differences(shape, quantiles, seed):
    y_true, y_pred = example(shape, quantiles, seed)
    loss = PinballLoss(quantiles)
    numeric = numeric_gradient(lambda: loss(y_true, y_pred), y_pred, 1e-8)
    assert_allclose(loss.gradient(y_true, y_pred), numeric, rtol=1e-4, atol=1e-6)


@given(seed=st.integers(0, 1000))
def test_the_median_is_half_the_mean_absolute_error(seed):
    y_true, y_pred = example((5, 3), [0.5], seed)
    assert PinballLoss([0.5])(y_true, y_pred) == pytest.approx(MeanAbsoluteError()(y_true, y_pred) / 2)


@given(q=st.floats(0.05, 0.95), n=st.integers(1, 40), seed=st.integers(0, 1000))
def test_no_constant_beats_the_sample_quantile(q, n, seed):
    y = np.random.default_rng(seed).normal(size=(n, 1))
    loss = PinballLoss([q])
    costs = [loss(y, np.full((n, 1), value)) for value in y[:, 0]]
    sample = np.quantile(y, q, method="inverted_cdf")
    assert loss(y, np.full((n, 1), sample)) == pytest.approx(min(costs))


def test_outputs_are_grouped_by_target():
    loss = PinballLoss([0.1, 0.9])
    assert_array_equal(loss.by_quantile([[1, 2, 3, 4, 5, 6]]), [[[1, 2], [3, 4], [5, 6]]])
    assert loss([[0.0, 10.0]], [[0, 0, 10, 10]]) == 0
    assert loss([[1.0]], [[0.0, 0.0]]) == pytest.approx((0.1 + 0.9) / 2)


def test_a_hit_has_no_slope_and_float32_stays():
    loss = PinballLoss([0.2, 0.8])
    y_pred = np.array([[1, 2]], np.float32)
    gradient = loss.gradient(np.array([[1.0]]), y_pred)
    assert gradient.dtype == np.float32
    assert_allclose(gradient, [[0, 0.1]], rtol=1e-6)


def test_a_network_learns_the_quantiles_of_noise():
    rng = np.random.default_rng(0)
    x, y = np.ones((4000, 1)), rng.normal(size=(4000, 1))
    loss = PinballLoss([0.1, 0.5, 0.9])
    model = Sequential([Dense(3)], seed=0)
    model.compile(Adam(0.01), loss)
    model.fit(x, y, batch_size=100, epochs=40, verbose=0)
    below = (y[..., np.newaxis] < loss.by_quantile(model.predict(x))).mean(axis=0)[0]
    assert_allclose(below, [0.1, 0.5, 0.9], atol=0.03)


@pytest.mark.parametrize(
    ("quantiles", "error", "message"),
    [
        ([0.0, 0.5], ValueError, r"quantiles wants a number in \(0, 1\), got 0.0"),
        ([0.9, 0.1], ValueError, r"increasing numbers, got \(0.9, 0.1\)"),
        ([0.5, 0.5], ValueError, "increasing"),
        ([], ValueError, "one or more"),
        (["a"], TypeError, "quantiles wants a number"),
    ],
)
def test_bad_quantiles(quantiles, error, message):
    with pytest.raises(error, match=message):
        PinballLoss(quantiles)


def test_bad_shapes():
    loss = PinballLoss([0.1, 0.9])
    with pytest.raises(ValueError, match="multiple of its 2 quantiles, got 3"):
        loss(np.zeros((2, 1)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"y_true of the predictions' shape \(2, 2\), got \(2, 4\)"):
        loss(np.zeros((2, 4)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"got \(2,\): add the last axis"):
        loss(np.zeros(2), np.zeros((2, 2)))
