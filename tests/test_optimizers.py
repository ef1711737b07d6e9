import contextlib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib import optimizers, schedules
from rnnlib.reproducibility import import_tensorflow

SHAPES = [(3, 2), (2,), (1, 1), (4, 1, 2)]
CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


def fractions(most):
    """Multiples of 1/256 up to `most` / 256: Keras rounds some settings to 32 bits even where it computes in 64."""
    return st.integers(0, most).map(lambda n: n / 256)


EPSILON = st.sampled_from([2**-20, 2**-10, 1.0])
OPTIONS = {
    "SGD": {"momentum": fractions(256), "nesterov": st.booleans()},
    "RMSprop": {"rho": fractions(255), "momentum": fractions(256), "epsilon": EPSILON, "centered": st.booleans()},
    "Adam": {"beta_1": fractions(255), "beta_2": fractions(255), "epsilon": EPSILON},
}


@st.composite
def optimizer_settings(draw):
    """The name of an optimizer, its arguments and, now and then, one kind of clipping."""
    kind = draw(st.sampled_from(sorted(OPTIONS)))
    options = {name: draw(values) for name, values in OPTIONS[kind].items()}
    if draw(st.booleans()):
        options[draw(st.sampled_from(CLIPPING))] = draw(st.floats(2**-9, 10, width=32))
    return kind, {"learning_rate": draw(st.floats(2**-12, 0.5, width=32)), **options}


@contextlib.contextmanager
def keras_in(dtype):
    """Keras, computing in `dtype`, its learning rates and counts too."""
    keras = import_tensorflow().keras
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    yield keras
    keras.config.set_floatx(before)


def random_gradients(rng, arrays):
    return [rng.normal(size=a.shape, scale=rng.choice([1e-4, 1, 100])).astype(a.dtype) for a in arrays]


def compare_with_keras(kind, options, shapes, seed, dtype, steps, rtol, learning_rates=None):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    with keras_in(dtype) as keras:
        variables = [keras.Variable(a) for a in arrays]
        theirs_options = options if learning_rates is None else {**options, "learning_rate": learning_rates[0](keras)}
        ours_options = options if learning_rates is None else {**options, "learning_rate": learning_rates[1]}
        theirs, ours = getattr(keras.optimizers, kind)(**theirs_options), getattr(optimizers, kind)(**ours_options)
        for _ in range(steps):
            gradients = random_gradients(rng, arrays)
            theirs.apply(gradients, variables)
            ours.apply(gradients, arrays)
            for array, variable in zip(arrays, variables, strict=True):
                np.testing.assert_allclose(array, variable.numpy(), rtol=rtol, atol=rtol)
                assert array.dtype == dtype


@given(optimizer_settings(), st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3), st.integers(0, 1000))
def test_equals_keras_step_by_step(kind_and_options, shapes, seed):
    compare_with_keras(*kind_and_options, shapes, seed, "float64", steps=20, rtol=1e-9)


@given(optimizer_settings(), st.integers(0, 1000))
@settings(max_examples=20)
def test_equals_keras_in_32_bits(kind_and_options, seed):
    kind, options = kind_and_options
    options.pop("centered", None)  # the difference of two rounded numbers: their last digits are their own
    compare_with_keras(kind, options, [(3, 2), (2,)], seed, "float32", steps=12, rtol=2e-5)


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_a_schedule_gives_each_step_its_rate_as_in_keras(kind):
    arguments = (0.1, 3, 0.5)
    both = lambda keras: keras.optimizers.schedules.ExponentialDecay(*arguments), schedules.ExponentialDecay(*arguments)
    compare_with_keras(kind, {}, [(3, 2)], 0, "float64", steps=10, rtol=1e-5, learning_rates=both)


@given(optimizer_settings(), st.integers(0, 1000))
def test_one_long_vector_steps_like_many_small_arrays(kind_and_options, seed):
    kind, options = kind_and_options
    rng = np.random.default_rng(seed)
    flat = rng.normal(size=10)
    parts = [flat[:6].copy().reshape(3, 2), flat[6:7].copy(), flat[7:].copy()]
    whole, apart = getattr(optimizers, kind)(**options), getattr(optimizers, kind)(**options)
    for _ in range(5):
        gradient = rng.normal(size=10)
        kept = gradient.copy()
        whole.apply([gradient], [flat], [6, 7])
        apart.apply([gradient[:6].reshape(3, 2), gradient[6:7], gradient[7:]], parts)
        np.testing.assert_array_equal(gradient, kept)
    np.testing.assert_allclose(flat, np.concatenate([p.ravel() for p in parts]), rtol=1e-12)


@given(optimizer_settings(), st.integers(0, 5), st.integers(0, 1000))
def test_the_state_of_one_lets_another_go_on(kind_and_options, steps, seed):
    kind, options = kind_and_options
    rng = np.random.default_rng(seed)
    first, second = getattr(optimizers, kind)(**options), getattr(optimizers, kind)(**options | {"learning_rate": 9.0})
    weights = [rng.normal(size=(3, 2)), rng.normal(size=2)]
    for _ in range(steps):
        first.apply(random_gradients(rng, weights), weights)
    second.set_state(first.get_state())
    copies = [w.copy() for w in weights]
    for _ in range(2):
        gradients = random_gradients(rng, weights)
        first.apply(gradients, weights)
        second.apply(gradients, copies)
    for weight, copy in zip(weights, copies, strict=True):
        np.testing.assert_array_equal(weight, copy)
    assert first.iterations == second.iterations == steps + 2


def test_a_state_of_another_kind():
    momentum = optimizers.SGD(0.1, momentum=0.9)
    momentum.apply([np.ones(2)], [np.ones(2)])
    with pytest.raises(ValueError, match=r"this optimizer is 'adam'.*got the state of 'sgd'"):
        optimizers.Adam().set_state(momentum.get_state())
    with pytest.raises(ValueError, match=r"keeps \[\], got the state of 'sgd', which kept \['velocity'\]"):
        optimizers.SGD(0.1).set_state(momentum.get_state())
    with pytest.raises(ValueError, match=r"learning_rate of this optimizer is a schedule, got .* one with a number"):
        optimizers.SGD(lambda step: 0.1, momentum=0.9).set_state(momentum.get_state())


def test_clipping_by_global_norm_keeps_the_direction_and_the_others_do_not():
    gradients = [np.array([3.0, 0.0]), np.array([0.0, 4.0])]
    steps = {}
    for kind in CLIPPING:
        weights = [np.zeros(2), np.zeros(2)]
        optimizers.SGD(1.0, **{kind: 1.0}).apply(gradients, weights)
        steps[kind] = -np.concatenate(weights)
    np.testing.assert_allclose(steps["global_clipnorm"], [0.6, 0, 0, 0.8])
    np.testing.assert_allclose(steps["clipnorm"], [1, 0, 0, 1])
    np.testing.assert_allclose(steps["clipvalue"], [1, 0, 0, 1])


@pytest.mark.parametrize("kind", ["clipnorm", "global_clipnorm"])
def test_a_gradient_too_large_to_square_is_clipped_too(kind):
    weight = np.zeros(2, np.float32)
    optimizers.SGD(1.0, **{kind: 1.0}).apply([np.array([3e30, 4e30], np.float32)], [weight])
    np.testing.assert_allclose(weight, [-0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("kind", CLIPPING)
def test_clipping_a_gradient_of_zeros(kind):
    weight = np.ones(2)
    optimizers.SGD(1.0, **{kind: 1.0}).apply([np.zeros(2)], [weight])
    np.testing.assert_array_equal(weight, 1)


def test_centered_rmsprop_survives_a_gradient_that_never_changes():
    """Where v and a^2 agree to the last digit, their rounded difference can be below -epsilon."""
    weight, optimizer = np.zeros(50, np.float32), optimizers.RMSprop(1e-3, centered=True)
    for _ in range(300):
        optimizer.apply([np.geomspace(1, 1e4, 50, dtype=np.float32)], [weight])
    assert np.isfinite(weight).all()


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
    assert optimizers.get("rmsprop").learning_rate == 0.001
    assert optimizers.get("sgd").learning_rate == 0.01
    mine = optimizers.SGD(1.0)
    assert optimizers.get(mine) is mine
    with pytest.raises(ValueError, match="optimizer wants one of adam, rmsprop, sgd, got 'adm'"):
        optimizers.get("adm")
    with pytest.raises(TypeError, match="optimizer wants a name"):
        optimizers.get(optimizers.Adam)


def test_the_learning_rate_can_be_changed_but_not_against_a_schedule():
    optimizer = optimizers.SGD(0.1)
    optimizer.learning_rate = 0.05
    assert optimizer.learning_rate == 0.05
    with pytest.raises(ValueError, match="learning_rate wants a number in"):
        optimizer.learning_rate = -1
    optimizer.learning_rate = schedules.InverseTimeDecay(0.1, 1, 1)
    optimizer.apply([np.ones(1)], [np.ones(1)])
    assert optimizer.learning_rate == 0.05
    with pytest.raises(TypeError, match="learning_rate follows the schedule"):
        optimizer.learning_rate = 0.1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.SGD(0), ValueError, r"learning_rate wants a number in \(0, inf\), got 0"),
        (lambda: optimizers.SGD(float("nan")), ValueError, "learning_rate wants a number"),
        (lambda: optimizers.SGD("fast"), TypeError, "learning_rate wants a number, got 'fast'"),
        (lambda: optimizers.SGD(0.1, momentum=1.5), ValueError, r"momentum wants a number in \[0, 1\]"),
        (lambda: optimizers.RMSprop(rho=-1), ValueError, r"rho wants a number in \[0, 1\], got -1"),
        (lambda: optimizers.Adam(beta_1=1), ValueError, r"beta_1 wants a number in \[0, 1\), got 1"),
        (lambda: optimizers.Adam(clipnorm=0), ValueError, r"clipnorm wants a number in \(0, inf\), got 0"),
        (
            lambda: optimizers.SGD(clipnorm=1, clipvalue=2),
            ValueError,
            "SGD wants one kind of clipping at most, got {'clipnorm': 1, 'clipvalue': 2}",
        ),
        (
            lambda: optimizers.SGD(lambda step: -1.0).apply([np.ones(1)], [np.ones(1)]),
            ValueError,
            "the learning rate that the schedule gives wants a number in",
        ),
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
