import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib.interop import copy_weights
from rnnlib.layers import Dense
from rnnlib.reproducibility import import_tensorflow

sizes = st.integers(1, 4)


@given(
    lead=st.lists(sizes, min_size=1, max_size=2),
    features=sizes,
    units=sizes,
    use_bias=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_dense_equals_keras(lead, features, units, use_bias, seed):
    tf = import_tensorflow()
    x = np.random.default_rng(seed).normal(size=(*lead, features))
    options = {"units": units, "activation": "tanh", "use_bias": use_bias, "dtype": "float64"}
    theirs, ours = tf.keras.layers.Dense(**options), Dense(**options)
    weighting = np.random.default_rng(seed + 1).normal(size=(*lead, units))
    with tf.GradientTape() as tape:
        inputs = tf.constant(x)
        tape.watch(inputs)
        expected = theirs(inputs)
        total = tf.reduce_sum(expected * weighting)
    gradients = tape.gradient(total, [*theirs.trainable_weights, inputs])
    ours(x)
    copy_weights(theirs, ours)
    np.testing.assert_allclose(ours(x), expected, rtol=1e-12, atol=1e-12)
    for mine, gradient in zip([ours.backward(weighting), *ours.gradients], [gradients[-1], *gradients], strict=False):
        np.testing.assert_allclose(mine, gradient.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(True), TypeError, "units wants a whole number, got True"),
        (lambda: Dense(1, bias_regularizer=0.1), TypeError, "regularizer wants a name, None or an rnnlib Regularizer"),
        (
            lambda: Dense(1)(np.zeros(3)),
            ValueError,
            r"inputs of shape \(batch, \.\.\., features\), not empty, got \(3,\)",
        ),
        (lambda: Dense(1).backward(np.zeros((1, 1))), ValueError, "forward pass before it"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
