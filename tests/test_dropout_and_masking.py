import numpy as np
import pytest

from rnnlib.layers import Dropout, Masking
from rnnlib.reproducibility import import_tensorflow

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def test_dropout_does_nothing_but_in_training():
    layer = Dropout(0.5, seed=0)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer.backward(X), X)
    assert not np.shares_memory(layer(X), X)
    np.testing.assert_array_equal(Dropout(0.0)(X, training=True), X)
    np.testing.assert_array_equal(Dropout(1.0)(X, training=True), 0 * X)


def test_dropout_has_the_rate_and_keeps_the_mean():
    layer, ones = Dropout(0.25, seed=0), np.ones((200, 200))
    outputs = layer(ones, training=True)
    assert set(np.unique(outputs)) == {0, np.float32(1 / 0.75)}
    assert (outputs == 0).mean() == pytest.approx(0.25, abs=0.011)  # five standard deviations of 40,000 draws
    np.testing.assert_array_equal(layer.backward(ones), outputs)
    assert not np.array_equal(layer(ones, training=True), outputs)
    np.testing.assert_array_equal(Dropout(0.25, seed=0)(ones, training=True), outputs)


def test_noise_shape_drops_whole_axes():
    outputs = Dropout(0.5, (None, 1, None), seed=0)(np.ones((4, 6, 5)), training=True)
    assert (outputs == outputs[:, :1]).all()
    assert len(np.unique(outputs[:, 0])) == 2


def test_dropout_with_the_mask_of_keras():
    tf = import_tensorflow()
    theirs, ours = tf.keras.layers.Dropout(0.4, seed=1), Dropout(0.4)
    with tf.GradientTape() as tape:
        inputs = tf.constant(X)
        tape.watch(inputs)
        expected = theirs(inputs, training=True)
        total = tf.reduce_sum(expected * X)
    gradient = tape.gradient(total, inputs).numpy()
    ours.draw_mask = lambda shape: gradient / X
    np.testing.assert_allclose(ours(X, training=True), expected, rtol=1e-6)
    np.testing.assert_allclose(ours.backward(X), gradient, rtol=1e-6)
    assert set(np.unique((gradient / X).round(5))) == {0, np.float32(1 / 0.6).round(5)}


@pytest.mark.parametrize("value", [0.0, -1.5])
def test_masking_equals_keras(value):
    tf = import_tensorflow()
    x = X.copy()
    x[0, 1], x[1, 3:], x[2] = value, value, value
    x[0, 2, 1] = value  # one feature alone does not mask a step
    theirs, ours = tf.keras.layers.Masking(value), Masking(value)
    with tf.GradientTape() as tape:
        inputs = tf.constant(x)
        tape.watch(inputs)
        expected = theirs(inputs)
        total = tf.reduce_sum(expected * X)
    np.testing.assert_array_equal(ours(x), expected)
    np.testing.assert_array_equal(ours.backward(X), tape.gradient(total, inputs))
    np.testing.assert_array_equal(ours.compute_mask(x), theirs.compute_mask(x))
    assert ours.compute_mask(x).sum() == 15 - 1 - 2 - 5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Dropout(1.5), ValueError, r"rate wants a number in \[0, 1\], got 1\.5"),
        (lambda: Dropout("a"), TypeError, "rate wants a number, got 'a'"),
        (lambda: Dropout(0.5)(np.zeros((0, 2))), ValueError, r"Dropout wants inputs .* not empty, got \(0, 2\)"),
        (lambda: Dropout(0.5, (1, 2))(X), ValueError, r"noise_shape wants .* each axis of \(3, 5, 4\), got \(1, 2\)"),
        (lambda: Dropout(0.5, (None, 2, None))(X), ValueError, r"noise_shape wants .* got \(None, 2, None\)"),
        (lambda: Dropout(0.5)([["a"]]), TypeError, "inputs wants real numbers"),
        (lambda: Dropout(0.5).backward(X), ValueError, "forward pass before it"),
        (lambda: Masking("a"), TypeError, "mask_value wants a number"),
        (lambda: Masking()(np.zeros(3)), ValueError, r"inputs of shape \(batch, \.\.\., features\), .* got \(3,\)"),
        (lambda: Masking().backward(X), ValueError, "forward pass before it"),
        (lambda: (m := Masking(), m(X), m.backward(X[0])), ValueError, r"d_outputs of shape \(3, 5, 4\), got \(5, 4\)"),
        (
            lambda: (m := Dropout(0), m(X), m.backward(X[0])),
            ValueError,
            r"d_outputs of shape \(3, 5, 4\), got \(5, 4\)",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
