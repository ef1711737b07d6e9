import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib import activations
from rnnlib.inspection import numeric_gradient
from rnnlib.reproducibility import import_tensorflow

NAMES = ["linear", "tanh", "sigmoid", "relu", "softmax"]
shapes = hnp.array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=4)
matrices = hnp.arrays(np.float64, shapes, elements=st.floats(-8, 8))


@pytest.mark.parametrize("name", NAMES)
@given(z=matrices)
def test_value_equals_keras(name, z):
    keras = import_tensorflow().keras
    np.testing.assert_allclose(activations.get(name)(z), keras.activations.get(name)(z), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@given(z=matrices, seed=st.integers(0, 1000))
def test_pullback_equals_finite_differences(name, z, seed):
    if name == "relu":
        z[np.abs(z) < 1e-3] = 1.0  # away from the kink
    activation = activations.get(name)
    dy = np.random.default_rng(seed).normal(size=z.shape)
    numeric = numeric_gradient(lambda: float(np.sum(dy * activation(z))), z)
    np.testing.assert_allclose(activation.pullback(dy, activation(z)), numeric, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@given(z=matrices)
def test_writing_in_place_gives_the_same(name, z):
    activation = activations.get(name)
    expected = activation(z)
    assert expected is not z
    out = z.copy()
    activation(out, out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_as_tanh_is_the_function_to_the_bit(name, dtype):
    activation = activations.get(name)
    b, a, c = (np.array(number, dtype) for number in activation.as_tanh)
    z = np.linspace(-30, 30, 1001).astype(dtype)
    np.testing.assert_array_equal(a * np.tanh(b * z) + c, activation(z))


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_no_overflow(name):
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(activations.get(name)(np.array([[-1000.0, 0.0, 1000.0]]))).all()


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get(activations.relu) is activations.relu
    with pytest.raises(ValueError, match=r"activation wants one of .*tanh.*got 'tahn'"):
        activations.get("tahn")
    with pytest.raises(TypeError, match="activation wants a name"):
        activations.get(3)


def test_softmax_has_no_elementwise_derivative():
    with pytest.raises(TypeError, match="pullback"):
        activations.softmax.derivative(np.ones((1, 2)))
