import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib import initializers

sizes = st.integers(1, 12)


def make(name, shape, dtype="float64", seed=0):
    return initializers.initial_array(initializers.get(name), shape, np.dtype(dtype), np.random.default_rng(seed))


@given(rows=sizes, columns=sizes, seed=st.integers(0, 100))
def test_orthogonal_rows_or_columns_are_orthonormal(rows, columns, seed):
    q = make("orthogonal", (rows, columns), seed=seed)
    product = q.T @ q if rows >= columns else q @ q.T
    np.testing.assert_allclose(product, np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_is_uniform_in_sign():
    signs = [np.sign(make("orthogonal", (1, 1), seed=s)[0, 0]) for s in range(400)]
    assert 140 < signs.count(1.0) < 260  # without the sign correction every one of them would be the same


@given(rows=sizes, columns=sizes)
def test_glorot_uniform_limit_and_spread(rows, columns):
    limit = np.sqrt(6 / (rows + columns))
    values = np.concatenate([make("glorot_uniform", (rows, columns), seed=s).ravel() for s in range(100)])
    assert np.abs(values).max() <= limit
    if values.size > 500:
        assert values.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)


@pytest.mark.parametrize("name", ["zeros", "ones", "random_uniform", "random_normal", "glorot_uniform", "orthogonal"])
def test_shape_dtype_and_seed(name):
    first = make(name, (3, 5), "float32")
    assert first.shape == (3, 5)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, make(name, (3, 5), "float32"))


def test_glorot_uniform_of_a_vector_as_in_keras():
    limit = np.sqrt(6 / (300 + 300))
    values = make("glorot_uniform", (300,))
    assert limit * 0.97 < np.abs(values).max() <= limit


def test_configured_initializers():
    rng = np.random.default_rng(0)
    assert (initializers.Constant(0.25)((2, 2), "float64", rng) == 0.25).all()
    assert initializers.Identity(0.5)((2, 3), "float64", rng).tolist() == [[0.5, 0, 0], [0, 0.5, 0]]
    assert initializers.RandomNormal(3, 0.1)((1000,), "float64", rng).mean() == pytest.approx(3, abs=0.02)


def test_a_callable_of_the_shape_alone_is_accepted():
    assert (make(np.ones, (2, 3)) == 1).all()


def test_errors():
    with pytest.raises(ValueError, match=r"initializer wants one of .*glorot_uniform.*got 'glorot'"):
        initializers.get("glorot")
    with pytest.raises(TypeError, match="initializer wants a name or a callable"):
        initializers.get(0.1)
    with pytest.raises(ValueError, match=r"matrix shape \(fan_in, fan_out\), got \(3,\)"):
        make("orthogonal", (3,))
    with pytest.raises(ValueError, match=r"matrix shape \(fan_in, fan_out\), got \(3, 2, 2\)"):
        make("glorot_uniform", (3, 2, 2))
    with pytest.raises(ValueError, match=r"its result of shape \(2, 3\), got \(3, 2\)"):
        make(lambda shape, dtype, rng: np.ones((3, 2)), (2, 3))
