"""Linear recurrences: three ways to one result, forward and backward, with TensorFlow as the referee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib import scan
from rnnlib.reproducibility import import_tensorflow
from rnnlib.scan import linear_recurrence, linear_recurrence_gradients

shapes = st.tuples(st.integers(1, 3), st.integers(1, 33), st.integers(1, 3))


def numbers(shape, seed, positive=False):
    """a, b and an initial state."""
    rng = np.random.default_rng(seed)
    draw = (lambda size: rng.uniform(0.05, 1.2, size)) if positive else (lambda size: rng.normal(0, 0.8, size))
    return draw(shape), draw(shape), draw((shape[0], shape[2]))


def by_definition(a, b, initial):
    """One number at a time, in Python's own numbers."""
    h = np.zeros_like(b)
    for batch, time, unit in np.ndindex(b.shape):
        before = h[batch, time - 1, unit] if time else initial[batch, unit]
        h[batch, time, unit] = a[batch, time, unit] * before + b[batch, time, unit]
    return h


@given(shapes, st.integers(0, 99), st.booleans(), st.sampled_from(["loop", "scan", "log"]))
def test_all_ways_give_what_the_definition_gives(shape, seed, from_zero, method):
    a, b, initial = numbers(shape, seed, positive=method == "log")
    wanted = by_definition(a, b, 0 * initial if from_zero else initial)
    found = linear_recurrence(a, b, None if from_zero else initial, method)
    assert np.allclose(found, wanted, rtol=1e-6, atol=1e-12)


@given(st.integers(1, 40), st.integers(0, 99))
def test_complex_numbers_by_loop_and_scan(time, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=(2, time, 2)) + 1j * rng.normal(size=(2, time, 2)) for _ in range(2))
    assert np.allclose(linear_recurrence(a, b, method="loop"), linear_recurrence(a, b, method="scan"), rtol=1e-9)


@given(shapes, st.integers(0, 99), st.sampled_from(["loop", "scan"]))
def test_gradients_are_those_of_tensorflow(shape, seed, method):
    tf = import_tensorflow()
    a, b, initial = numbers(shape, seed)
    d_h = np.random.default_rng([seed, 1]).normal(size=shape)
    variables = [tf.constant(array) for array in (a, b, initial)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        states = [variables[2]]
        for t in range(shape[1]):
            states.append(variables[0][:, t] * states[-1] + variables[1][:, t])
        loss = tf.reduce_sum(tf.stack(states[1:], axis=1) * d_h)
    wanted = tape.gradient(loss, variables)
    found = linear_recurrence_gradients(a, linear_recurrence(a, b, initial), d_h, initial, method)
    for mine, theirs in zip(found, wanted, strict=True):
        assert np.allclose(mine, theirs, rtol=1e-6, atol=1e-12)


def test_arguments_stay_as_they_are_and_float32_stays_float32():
    a, b, initial = (array.astype("float32") for array in numbers((2, 9, 3), 0, positive=True))
    copies = a.copy(), b.copy(), initial.copy()
    for method in ("loop", "scan", "log"):
        assert linear_recurrence(a, b, initial, method).dtype == np.float32
    assert all(np.array_equal(x, y) for x, y in zip((a, b, initial), copies, strict=True))


def test_sequences_are_taken_a_few_at_a_time(monkeypatch):
    a, b, initial = numbers((5, 21, 3), 2)
    wanted = linear_recurrence(a, b, initial)
    for size in (1, 2 * 21 * 3):
        monkeypatch.setattr(scan, "IN_CACHE", size)
        assert np.array_equal(linear_recurrence(a, b, initial), wanted)


def test_a_factor_of_zero_forgets_all_that_was_before():
    a, b, initial = numbers((2, 20, 3), 1)
    a[:, 10] = 0
    other = b.copy()
    other[:, :10] += 7
    for method in ("loop", "scan"):
        one, two = (linear_recurrence(a, array, initial, method) for array in (b, other))
        assert np.allclose(one[:, 10:], two[:, 10:])
        assert not np.allclose(one[:, :10], two[:, :10])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"a": np.full((2, 4, 3), "x")}, TypeError, "a wants numbers"),
        ({"a": np.ones((2, 4))}, ValueError, "a and b want one shape"),
        ({"b": np.ones((2, 5, 3))}, ValueError, "a and b want one shape"),
        ({"initial": np.ones(3)}, ValueError, "initial wants shape"),
        ({"method": "tree"}, ValueError, "method wants one of loop, scan, log"),
        ({"method": "log", "a": np.full((2, 4, 3), -0.5)}, ValueError, "a wants positive"),
        ({"method": "log", "b": np.zeros((2, 4, 3))}, ValueError, "b wants positive"),
        ({"method": "log", "initial": -np.ones((2, 3))}, ValueError, "initial wants no negative"),
    ],
)
def test_bad_input_is_named(change, error, words):
    arguments = {"a": np.ones((2, 4, 3)), "b": np.ones((2, 4, 3)), "initial": np.ones((2, 3)), "method": "loop"}
    with pytest.raises(error, match=words):
        linear_recurrence(**(arguments | change))


def test_gradients_want_real_arrays_that_fit():
    a = np.ones((2, 4, 3))
    with pytest.raises(ValueError, match="h wants the shape of a"):
        linear_recurrence_gradients(a, a[:, :3], a)
    with pytest.raises(ValueError, match="loop or scan"):
        linear_recurrence_gradients(a, a, a, method="log")


@given(shapes, st.integers(0, 99), st.sampled_from(["loop", "scan"]))
def test_complex_gradients_are_those_of_the_real_and_imaginary_parts(shape, seed, method):
    rng = np.random.default_rng(seed)
    a, b, d_h = (rng.normal(0, 0.7, (2, *shape)) for _ in range(3))
    tf = import_tensorflow()
    variables = [tf.constant(array) for array in (*a, *b)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        real, imag = tf.zeros(shape[::2], "float64"), tf.zeros(shape[::2], "float64")
        loss = 0.0
        for t in range(shape[1]):
            a_real, a_imag, b_real, b_imag = (variable[:, t] for variable in variables)
            real, imag = a_real * real - a_imag * imag + b_real, a_real * imag + a_imag * real + b_imag
            loss += tf.reduce_sum(real * d_h[0, :, t] + imag * d_h[1, :, t])
    wanted = tape.gradient(loss, variables)
    a, b, d_h = (array[0] + 1j * array[1] for array in (a, b, d_h))
    d_a, d_b, _ = linear_recurrence_gradients(a, linear_recurrence(a, b), d_h, method=method)
    for mine, theirs in zip((d_a.real, d_a.imag, d_b.real, d_b.imag), wanted, strict=True):
        assert np.allclose(mine, theirs, rtol=1e-6, atol=1e-9)
