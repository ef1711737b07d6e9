import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib import losses
from rnnlib.inspection import numeric_gradient
from rnnlib.reproducibility import import_tensorflow

CASES = [
    ("MeanSquaredError", {}),
    ("MeanAbsoluteError", {}),
    ("BinaryCrossentropy", {}),
    ("BinaryCrossentropy", {"from_logits": True}),
    ("CategoricalCrossentropy", {}),
    ("CategoricalCrossentropy", {"from_logits": True}),
    ("SparseCategoricalCrossentropy", {}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}),
]
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=2).flatmap(
    lambda lead: st.integers(2, 5).map(lambda outputs: (*lead, outputs))
)


def example(kind, options, shape, seed):
    """A target and a prediction that suit the loss, in float64, away from the clipped ends."""
    rng = np.random.default_rng(seed)
    y_pred = rng.normal(size=shape)
    if kind.startswith("Sparse"):
        y_true = rng.integers(shape[-1], size=shape[:-1])
    elif kind.startswith("Categorical"):
        y_true = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    elif kind.startswith("Binary"):
        y_true = rng.integers(2, size=shape).astype(float)
    else:
        y_true = rng.normal(size=shape)
    if "Crossentropy" in kind and not options:
        y_pred = np.exp(y_pred) / (np.exp(y_pred).sum(-1, keepdims=True) + 0.5)  # in (0, 1), not normalised
    return y_true, y_pred


@pytest.mark.parametrize(("kind", "options"), CASES)
@given(shape=shapes, seed=st.integers(0, 1000))
def test_value_and_gradient_equal_keras(kind, options, shape, seed):
    tf = import_tensorflow()
    y_true, y_pred = example(kind, options, shape, seed)
    if kind == "SparseCategoricalCrossentropy":
        y_pred /= y_pred.sum(-1, keepdims=True) if not options else 1
    with tf.GradientTape() as tape:
        predictions = tf.constant(y_pred)
        tape.watch(predictions)
        expected = getattr(tf.keras.losses, kind)(**options, dtype="float64")(y_true, predictions)
    loss = getattr(losses, kind)(**options)
    assert loss(y_true, y_pred) == pytest.approx(float(expected), rel=1e-9)
    gradient = tape.gradient(expected, predictions).numpy()
    if kind == "SparseCategoricalCrossentropy" and not options:
        # Keras normalises after the logarithm: the same gradient along the simplex, all that softmax lets through.
        gradient, ours = (g - g.mean(-1, keepdims=True) for g in (gradient, loss.gradient(y_true, y_pred)))
        np.testing.assert_allclose(ours, gradient, rtol=1e-6, atol=1e-9)
    else:
        np.testing.assert_allclose(loss.gradient(y_true, y_pred), gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("kind", "options"), CASES)
@given(shape=shapes, seed=st.integers(0, 1000))
def test_gradient_equals_finite_differences(kind, options, shape, seed):
    y_true, y_pred = example(kind, options, shape, seed)
    loss = getattr(losses, kind)(**options)
    numeric = numeric_gradient(lambda: loss(y_true, y_pred), y_pred, 1e-7)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred), numeric, rtol=1e-4, atol=1e-6)


def test_a_certain_wrong_answer_costs_much_but_not_infinitely():
    sure = np.array([[1.0, 0.0]])
    assert losses.SparseCategoricalCrossentropy()([1], sure) == pytest.approx(-math.log(losses.EPSILON))
    assert losses.BinaryCrossentropy()([[0.0, 0.0]], sure) == pytest.approx(-math.log(losses.EPSILON) / 2, rel=1e-6)
    assert np.isfinite(losses.CategoricalCrossentropy().gradient([[0.0, 1.0]], sure)).all()


def test_logits_do_not_overflow():
    huge = np.array([[1000.0, -1000.0]])
    with np.errstate(over="raise"):
        assert losses.SparseCategoricalCrossentropy(from_logits=True)([1], huge) == 2000
        assert losses.BinaryCrossentropy(from_logits=True)([[0.0, 1.0]], huge) == 1000


def test_float32_stays_float32():
    y = np.zeros((2, 3), np.float32)
    assert losses.MeanSquaredError().gradient(y, y + 1).dtype == np.float32


@pytest.mark.parametrize(
    ("y_true", "y_pred", "error", "message"),
    [
        (np.zeros(3), np.zeros((3, 1)), ValueError, r"predictions' shape \(3, 1\), got \(3,\): add the last axis"),
        (np.zeros((3, 2)), np.zeros((3, 1)), ValueError, r"y_true of the predictions' shape \(3, 1\), got \(3, 2\)"),
        (np.zeros(3), np.zeros(3), ValueError, r"y_pred of shape \(batch, ..., outputs\), got \(3,\)"),
        (np.zeros((0, 1)), np.zeros((0, 1)), ValueError, "y_pred of shape"),
        ([["a"]], np.zeros((1, 1)), TypeError, "y_true wants real numbers"),
        ([[1.0]], [["a"]], TypeError, "y_pred wants real numbers|could not|string|data type"),
    ],
)
def test_bad_input(y_true, y_pred, error, message):
    with pytest.raises(error, match=message):
        losses.MeanSquaredError()(y_true, y_pred)


def test_bad_classes():
    loss, p = losses.SparseCategoricalCrossentropy(), np.full((2, 3), 1 / 3)
    with pytest.raises(ValueError, match="class numbers from 0 to 2 in y_true, got 0 to 3"):
        loss([0, 3], p)
    with pytest.raises(TypeError, match="whole class numbers"):
        loss([0.0, 1.0], p)
    with pytest.raises(ValueError, match=r"y_true of shape \(2,\), got \(2, 1\)"):
        loss([[0], [1]], p)


def test_get():
    assert isinstance(losses.get("mse"), losses.MeanSquaredError)
    with pytest.raises(ValueError, match="loss wants one of"):
        losses.get("msee")
    with pytest.raises(TypeError, match="loss wants a name"):
        losses.get(print)
