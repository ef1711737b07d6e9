import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib.inspection import gradient_check, numeric_gradient, relative_error
from rnnlib.interop import copy_weights
from rnnlib.layers import Dense, SimpleRNN
from rnnlib.reproducibility import import_tensorflow

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 4)


@st.composite
def recurrent_cases(draw, dtype="float64"):
    """Options of a SimpleRNN, and arrays for a call of it."""
    options = {
        "units": draw(sizes),
        "activation": draw(st.sampled_from(["tanh", "sigmoid", "linear"])),
        "use_bias": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
        "return_state": draw(st.booleans()),
        "go_backwards": draw(st.booleans()),
        "dtype": dtype,
    }
    batch, time, features = draw(sizes), draw(st.integers(1, 6)), draw(sizes)
    rng = np.random.default_rng(draw(seeds))
    call = {"sequences": rng.normal(size=(batch, time, features)).astype(dtype)}
    if draw(st.booleans()):
        call["initial_state"] = rng.normal(size=(batch, options["units"])).astype(dtype)
    if draw(st.booleans()):
        call["mask"] = rng.random((batch, time)) < 0.6  # holes anywhere, whole sequences masked now and then
    return options, call, rng


def keras_twin(options, call):
    """A Keras layer, an rnnlib layer of the same weights."""
    keras = import_tensorflow().keras
    theirs = keras.layers.SimpleRNN(**options, bias_initializer=keras.initializers.RandomNormal(seed=1))
    theirs.build(call["sequences"].shape)
    ours = SimpleRNN(**options)
    ours(call["sequences"])
    copy_weights(theirs, ours)
    return theirs, ours


def as_list(outputs):
    return outputs if isinstance(outputs, list | tuple) else [outputs]


@given(recurrent_cases())
def test_simple_rnn_equals_keras_in_values_and_gradients(case):
    tf = import_tensorflow()
    options, call, rng = case
    theirs, ours = keras_twin(options, call)
    tensors = {name: tf.constant(array) for name, array in call.items()}
    watched = [tensors[name] for name in ("sequences", "initial_state") if name in tensors]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        expected = as_list(theirs(**tensors))
        weightings = [rng.normal(size=e.shape) for e in expected]
        total = sum(tf.reduce_sum(e * w) for e, w in zip(expected, weightings, strict=True))
    their_gradients = tape.gradient(total, [*theirs.trainable_weights, *watched], unconnected_gradients="zero")

    outputs = as_list(ours(**call))
    for output, e in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, e, rtol=1e-9, atol=1e-9)
    d_sequences = ours.backward(weightings[0], weightings[1:] or None)
    our_gradients = [*ours.gradients, d_sequences, *ours.d_initial_states][: len(their_gradients)]
    for mine, gradient in zip(our_gradients, their_gradients, strict=True):
        np.testing.assert_allclose(mine, gradient.numpy(), rtol=1e-8, atol=1e-9)


@given(recurrent_cases("float32"))
def test_simple_rnn_equals_keras_in_float32(case):
    options, call, _ = case
    theirs, ours = keras_twin(options, call)
    for output, e in zip(as_list(ours(**call)), as_list(theirs(**call)), strict=True):
        assert output.dtype == np.float32
        assert (np.abs(output - e) <= 1e-5 * np.maximum(1, np.abs(e))).all()


@given(recurrent_cases())
def test_simple_rnn_gradients_equal_finite_differences(case):
    options, call, rng = case
    layer = SimpleRNN(**options, seed=0)
    weightings = [rng.normal(size=o.shape) for o in as_list(layer(**call))]

    def total():
        return float(sum(np.sum(o * w) for o, w in zip(as_list(layer(**call)), weightings, strict=True)))

    d_sequences = layer.backward(weightings[0], weightings[1:] or None)
    pairs = [(call["sequences"], d_sequences), *zip(layer.weights, [g.copy() for g in layer.gradients], strict=True)]
    if "initial_state" in call:
        pairs.append((call["initial_state"], layer.d_initial_states[0]))
    for array, gradient in pairs:
        numeric = numeric_gradient(total, array)
        assert relative_error(gradient, numeric) < 1e-6 or np.abs(gradient - numeric).max() < 1e-8


@given(lead=st.lists(sizes, min_size=1, max_size=2), features=sizes, units=sizes, use_bias=st.booleans(), seed=seeds)
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


def test_relu_gradients_away_from_the_kink():
    rng = np.random.default_rng(0)
    layer = SimpleRNN(5, activation="relu", dtype="float64", seed=0)
    x = rng.normal(size=(3, 7, 2))
    layer(x)
    z = layer.record.states[0]
    assert (np.abs(z[z != 0]) > 1e-4).all()
    assert max(gradient_check(layer, x).values()) < 1e-7


def test_a_long_and_wild_case_in_float64():
    rng = np.random.default_rng(3)
    call = {"sequences": rng.normal(scale=3, size=(2, 300, 3))}
    theirs, ours = keras_twin({"units": 8, "return_sequences": True, "dtype": "float64"}, call)
    np.testing.assert_allclose(ours(**call), theirs(**call), rtol=1e-9, atol=1e-9)


def test_default_weights_are_those_of_keras():
    layer = SimpleRNN(3, seed=0)
    layer(np.ones((1, 2, 4)))
    assert [w.shape for w in layer.weights] == [(4, 3), (3, 3), (3,)]
    assert [w.dtype for w in layer.weights] == [np.float32] * 3
    np.testing.assert_allclose(layer.recurrent_kernel @ layer.recurrent_kernel.T, np.eye(3), atol=1e-6)
    assert (layer.bias == 0).all()
    assert layer.count_params() == 4 * 3 + 3 * 3 + 3
    assert layer.name == "simple_rnn"


def test_equal_seeds_equal_weights():
    x = np.ones((1, 2, 4))
    kernels = []
    for seed in (1, 1, 2):
        layer = SimpleRNN(3, seed=seed)
        layer(x)
        kernels.append(layer.kernel)
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


@pytest.mark.parametrize("time", [1, 4])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_nothing_returned_aliases_what_the_layer_keeps(time, batch, return_sequences):
    x = np.random.default_rng(0).normal(size=(batch, time, 2)).astype("float32")
    layer = SimpleRNN(2, return_sequences=return_sequences, return_state=True, seed=0)
    kept_x = x.copy()
    first = layer(x)
    kept = [o.copy() for o in first]
    d_outputs = np.ones_like(first[0])
    d_x = layer.backward(d_outputs)
    gradients = [g.copy() for g in layer.gradients]
    x += 1
    first[0][...] = 7
    first[1][...] = 7
    d_x[...] = 7
    assert not np.array_equal(layer.backward(d_outputs), d_x)
    for g, before in zip(layer.gradients, gradients, strict=True):
        np.testing.assert_array_equal(g, before)
    assert (d_outputs == 1).all()
    for output, before in zip(layer(kept_x), kept, strict=True):
        np.testing.assert_array_equal(output, before)


def test_a_layer_used_twice_can_be_taken_back_twice():
    rng = np.random.default_rng(0)
    layer = SimpleRNN(3, dtype="float64", seed=0)
    a, b = rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 5, 2))
    d = rng.normal(size=(2, 3))
    layer(a)
    alone = layer.backward(d)
    layer(a)
    record = layer.record
    layer(b)
    layer.backward(d)
    np.testing.assert_array_equal(layer.backward(d, record=record), alone)


def test_a_thousand_calls_do_not_grow():
    import tracemalloc

    layer, x = SimpleRNN(4, seed=0), np.zeros((2, 5, 3))
    d = np.ones((2, 4))

    def run(times):
        for _ in range(times):
            layer(x)
            layer.backward(d)

    run(10)
    tracemalloc.start()
    run(10)
    before = tracemalloc.get_traced_memory()[0]
    run(1000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000


X = np.zeros((2, 3, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda r: r(np.zeros((100, 10))),
            ValueError,
            r"got \(100, 10\): add the feature axis with sequences\[\.\.\., np",
        ),
        (lambda r: r(np.zeros((2, 3, 4, 1))), ValueError, r"\(batch, time, features\), got \(2, 3, 4, 1\)"),
        (lambda r: r(np.zeros((0, 3, 4))), ValueError, "at least one batch"),
        (lambda r: r(np.zeros((2, 0, 4))), ValueError, "at least one time"),
        (lambda r: r(np.zeros((2, 3, 0))), ValueError, "at least one features"),
        (lambda r: r([[["a"]]]), TypeError, "sequences wants real numbers"),
        (lambda r: r([[[1.0], [2.0]], [[1.0]]]), TypeError, "ragged"),
        (lambda r: r(np.zeros((1, 2, 3), complex)), TypeError, "sequences wants real numbers, got an array of complex"),
        (lambda r: (r(X), r(np.zeros((2, 3, 5)))), ValueError, r"built for 4 features.*\(2, 3, 5\)"),
        (lambda r: r(X, initial_state=np.zeros((2, 3))), ValueError, r"initial_state of shape \(2, 6\), got \(2, 3\)"),
        (lambda r: r(X, initial_state=[np.zeros((2, 6))] * 2), ValueError, "wants 1 arrays in initial_state, got 2"),
        (lambda r: r(X, mask=np.ones((2, 3))), TypeError, "mask as booleans"),
        (lambda r: r(X, mask=np.ones((2, 4), bool)), ValueError, r"mask of shape \(2, 3\), got \(2, 4\)"),
        (lambda r: r.backward(np.zeros((2, 6))), ValueError, "forward pass before it"),
        (
            lambda r: (r(X), r.backward(np.zeros((2, 3, 6)))),
            ValueError,
            r"d_outputs of shape \(2, 6\), got \(2, 3, 6\)",
        ),
        (lambda r: (r(X), r.set_weights([X])), ValueError, r"wants 3 weight arrays \(kernel, recurrent_kernel, bias\)"),
    ],
)
def test_bad_calls(call, error, message):
    with pytest.raises(error, match=message):
        call(SimpleRNN(6))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SimpleRNN(0), ValueError, "units wants at least 1, got 0"),
        (lambda: SimpleRNN(2.5), TypeError, r"units wants a whole number, got 2\.5"),
        (lambda: Dense(True), TypeError, "units wants a whole number, got True"),
        (lambda: SimpleRNN(1, activation="tanhh"), ValueError, "activation wants one of"),
        (lambda: SimpleRNN(1, kernel_initializer="glorot"), ValueError, "initializer wants one of"),
        (lambda: SimpleRNN(1, dtype="float16"), ValueError, "dtype wants one of .*float32.*got 'float16'"),
        (
            lambda: Dense(1)(np.zeros(3)),
            ValueError,
            r"inputs of shape \(batch, \.\.\., features\), not empty, got \(3,\)",
        ),
        (lambda: Dense(1).backward(np.zeros((1, 1))), ValueError, "forward pass before it"),
    ],
)
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_weights_that_do_not_fit_change_nothing():
    layer = SimpleRNN(2, seed=0)
    layer(X)
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"bias of shape \(2,\), got \(3,\)"):
        layer.set_weights([before[0] + 1, before[1], np.zeros(3)])
    for weight, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
