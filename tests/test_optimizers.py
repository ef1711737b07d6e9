import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib import optimizers
from rnnlib.reproducibility import import_tensorflow

CASES = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}),
]


@pytest.mark.parametrize(("kind", "options"), CASES)
@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_equals_keras_step_by_step(kind, options, seed):
    keras = import_tensorflow().keras
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in [(3, 2), (2,)]]
    variables = [keras.Variable(a) for a in arrays]
    theirs, ours = getattr(keras.optimizers, kind)(**options), getattr(optimizers, kind)(**options)
    for _ in range(12):
        gradients = [rng.normal(size=a.shape, scale=rng.choice([1e-4, 1, 100])).astype(np.float32) for a in arrays]
        theirs.apply(gradients, variables)
        ours.apply(gradients, arrays)
        for array, variable in zip(arrays, variables, strict=True):
            np.testing.assert_allclose(array, variable.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_one_long_vector_steps_like_many_small_arrays(kind, options):
    rng = np.random.default_rng(0)
    flat = rng.normal(size=10)
    parts = [flat[:6].copy().reshape(3, 2), flat[6:].copy()]
    whole, apart = getattr(optimizers, kind)(**options), getattr(optimizers, kind)(**options)
    for _ in range(5):
        gradient = rng.normal(size=10)
        kept = gradient.copy()
        whole.apply([gradient], [flat])
        apart.apply([gradient[:6].reshape(3, 2), gradient[6:]], parts)
        np.testing.assert_array_equal(gradient, kept)
    np.testing.assert_array_equal(flat, np.concatenate([p.ravel() for p in parts]))


def test_adam_takes_a_first_step_of_the_learning_rate():
    weight = np.zeros(3)
    optimizers.Adam(0.01, epsilon=0).apply([np.array([5.0, -0.001, 1e6])], [weight])
    np.testing.assert_allclose(weight, [-0.01, 0.01, -0.01], rtol=1e-9)


def test_adam_corrects_its_bias_in_the_precision_of_keras():
    """In 32 bits, 1 - 0.999^t is off by 1e-5 at first: too much for losses that should be Keras's to 1e-5."""
    variable = import_tensorflow().keras.Variable(np.zeros(1, np.float32))
    theirs, ours, weight = import_tensorflow().keras.optimizers.Adam(), optimizers.Adam(), np.zeros(1, np.float32)
    for _ in range(20):
        theirs.apply([np.ones(1, np.float32)], [variable])
        ours.apply([np.ones(1, np.float32)], [weight])
        np.testing.assert_allclose(weight, variable.numpy(), rtol=1e-6)


def test_get():
    assert optimizers.get("adam").learning_rate == 0.001
    assert optimizers.get("sgd").learning_rate == 0.01
    mine = optimizers.SGD(1.0)
    assert optimizers.get(mine) is mine
    with pytest.raises(ValueError, match="optimizer wants one of adam, sgd, got 'adm'"):
        optimizers.get("adm")
    with pytest.raises(TypeError, match="optimizer wants a name"):
        optimizers.get(optimizers.Adam)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.SGD(0), ValueError, r"learning_rate wants a number in \(0, inf\), got 0"),
        (lambda: optimizers.SGD(float("nan")), ValueError, "learning_rate wants a number"),
        (lambda: optimizers.SGD("fast"), TypeError, "learning_rate wants a number, got 'fast'"),
        (lambda: optimizers.SGD(0.1, momentum=1.5), ValueError, r"momentum wants a number in \[0, 1\]"),
        (lambda: optimizers.Adam(beta_1=1), ValueError, r"beta_1 wants a number in \[0, 1\), got 1"),
    ],
)
def test_impossible_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_gradients_that_do_not_fit_change_nothing():
    weight, optimizer = np.ones(3), optimizers.Adam()
    with pytest.raises(ValueError, match=r"gradients of \[\(2,\)\] for weights of \[\(3,\)\]"):
        optimizer.apply([np.ones(2)], [weight])
    assert (weight == 1).all()
    assert optimizer.iterations == 0
    optimizer.apply([np.ones(3)], [weight])
    with pytest.raises(ValueError, match="begun with other weights"):
        optimizer.apply([np.ones(4)], [np.ones(4)])
