"""Layers with linear states: the same as their equations step by step in TensorFlow, forward and back, in every use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.inspection import gradient_check
from rnnlib.layers import (
    LRU,
    Bidirectional,
    ContinuousSSM,
    Dense,
    DiagonalSSM,
    Embedding,
    LinearRecurrence,
    MinGRU,
    MinLSTM,
    SelectiveSSM,
)
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import import_tensorflow

UNITS, FEATURES = 4, 3
LAYERS = {
    "MinGRU": lambda **options: MinGRU(UNITS, **options),
    "MinLSTM": lambda **options: MinLSTM(UNITS, activation="tanh", **options),
    "LRU": lambda **options: LRU(UNITS, 5, **options),
    "ContinuousSSM": lambda **options: ContinuousSSM(UNITS, 5, **options),
    "SelectiveSSM": lambda **options: SelectiveSSM(UNITS, 5, **options),
}
kinds = pytest.mark.parametrize("kind", LAYERS)


def made(kind, **options):
    """A built layer with weights that are nowhere zero, in float64."""
    layer = LAYERS[kind](dtype="float64", seed=3, **options)
    layer(np.zeros((1, 1, FEATURES)))
    rng = np.random.default_rng(5)
    layer.set_weights([weight + rng.normal(0, 0.3, weight.shape) for weight in layer.weights])
    return layer


def sequences(batch=2, time=7, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, time, FEATURES))


def initial_states(layer, batch=2):
    size = (layer.number_of_states, batch, layer.state_size)
    return list(np.random.default_rng(1).normal(size=size))


def step_by_step(tf, layer, weights, x, states):
    """The layer's equations, one step at a time: the outputs (batch, time, units)."""
    by_name = dict(zip(layer.weight_names, weights, strict=True))
    if isinstance(layer, DiagonalSSM):
        h = tf.complex(*states)
        into, out = (tf.complex(by_name[f"{side}_real"], by_name[f"{side}_imag"]) for side in ("input", "output"))
    else:
        h = states[0]
    outputs = []
    for t in range(x.shape[1]):
        if isinstance(layer, DiagonalSSM):
            factor, scale = transition(tf, layer, by_name, x[:, t])
            h = factor * h + scale * (tf.cast(x[:, t], "complex128") @ into)
            outputs.append(tf.math.real(h @ out) + x[:, t] @ by_name["skip"])
            continue
        z = x[:, t] @ by_name["kernel"] + by_name["bias"]
        if isinstance(layer, MinGRU):
            gate, candidate = tf.split(z, 2, axis=-1)
            a = tf.sigmoid(gate)
        else:
            forget, let_in, candidate = tf.split(z, 3, axis=-1)
            a = tf.sigmoid(forget) / (tf.sigmoid(forget) + tf.sigmoid(let_in))
            candidate = tf.tanh(candidate)
        h = a * h + (1 - a) * candidate
        outputs.append(h)
    return tf.stack(outputs, axis=1)


def transition(tf, layer, by_name, x):
    """Lambda and Gamma as the class says, for a step with the inputs `x`."""
    if isinstance(layer, LRU):
        factor = tf.exp(tf.complex(-tf.exp(by_name["nu"]), tf.exp(by_name["theta"])))
        return factor, tf.cast(tf.exp(by_name["gamma"]), "complex128")
    rate = tf.complex(-tf.exp(by_name["alpha"]), by_name["omega"])
    step = tf.exp(by_name["delta"])
    if isinstance(layer, SelectiveSSM):
        step = tf.nn.softplus(x @ by_name["step_kernel"] + by_name["delta"])
    factor = tf.exp(tf.cast(step, "complex128") * rate)
    return factor, (factor - 1) / rate


@kinds
@pytest.mark.parametrize("method", ["loop", "scan"])
@pytest.mark.parametrize("from_zero", [True, False])
def test_outputs_and_gradients_are_those_of_tensorflow(kind, method, from_zero):
    tf = import_tensorflow()
    layer, x = made(kind, method=method, return_sequences=True, return_state=True), sequences()
    states = [0 * state if from_zero else state for state in initial_states(layer)]
    outputs, *last = layer(x, None if from_zero else states)
    d_outputs = np.random.default_rng(2).normal(size=outputs.shape)
    watched = [tf.constant(array) for array in (x, *layer.get_weights(), *states)]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        count = len(layer.weights)
        wanted = step_by_step(tf, layer, watched[1 : 1 + count], watched[0], watched[1 + count :])
        loss = tf.reduce_sum(wanted * d_outputs)
    assert np.allclose(outputs, wanted, rtol=1e-9, atol=1e-12)
    found = [layer.backward(d_outputs), *layer.gradients, *layer.d_initial_states]
    for mine, theirs in zip(found, tape.gradient(loss, watched), strict=True):
        assert np.allclose(mine, theirs, rtol=1e-8, atol=1e-11)
    again = layer(x[:, :1], last)[0]  # the last states are what the next call begins with
    assert np.allclose(again[:, 0], layer(np.concatenate([x, x[:, :1]], axis=1), states)[0][:, -1])


@kinds
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
def test_gradients_are_those_of_finite_differences(kind, return_sequences, go_backwards):
    layer = made(kind, return_sequences=return_sequences, go_backwards=go_backwards)
    assert max(gradient_check(layer, sequences()).values()) < 1e-6


@kinds
def test_gradients_of_masked_sequences_and_last_states(kind):
    layer, x = made(kind, return_state=True), sequences(time=5)
    mask = np.array([[False, True, False, True, False], [True, True, True, False, False]])
    weights = [np.random.default_rng(7).normal(size=array.shape) for array in layer(x, mask=mask)]

    def total():
        return sum(np.sum(weight * array) for weight, array in zip(weights, layer(x, mask=mask), strict=True))

    total()
    d_x = layer.backward(weights[0], weights[1:])
    for array, gradient in ((x, d_x), *zip(layer.weights, [g.copy() for g in layer.gradients], strict=True)):
        place = tuple(size // 2 for size in array.shape)
        kept, around = array[place], []
        for change in (1e-6, -1e-6):
            array[place] = kept + change
            around.append(total())
        array[place] = kept
        assert gradient[place] == pytest.approx((around[0] - around[1]) / 2e-6, rel=1e-5, abs=1e-8)


@given(st.sampled_from(list(LAYERS)), st.lists(st.booleans(), min_size=1, max_size=12), st.booleans())
def test_a_masked_step_is_as_if_it_were_not_there(kind, steps, go_backwards):
    layer = made(kind, return_sequences=True, return_state=True, go_backwards=go_backwards)
    x, mask = sequences(batch=1, time=len(steps)), np.array([steps])
    outputs, *states = layer(x, mask=mask)
    order = slice(None, None, -1 if go_backwards else 1)
    if not mask.any():
        assert not outputs.any()
        assert not any(state.any() for state in states)
        return
    shorter, *wanted = layer(x[:, steps])
    assert np.allclose(outputs[:, mask[0, order]], shorter)
    assert all(np.allclose(mine, theirs) for mine, theirs in zip(states, wanted, strict=True))
    before = np.concatenate([np.zeros_like(outputs[:, :1]), outputs[:, :-1]], axis=1)
    assert np.array_equal(outputs[:, ~mask[0, order]], before[:, ~mask[0, order]])


@kinds
def test_backwards_is_the_sequence_turned_round(kind):
    x = sequences()
    there, back = (made(kind, return_sequences=True, go_backwards=flag) for flag in (False, True))
    assert np.allclose(there(x[:, ::-1]), back(x))
    assert np.allclose(made(kind)(x), there(x)[:, -1])


@kinds
def test_outputs_share_no_memory_with_the_layer(kind):
    layer, x = made(kind, return_sequences=True), sequences()
    first = layer(x)
    kept, record = first.copy(), layer.record
    wanted = layer.backward(np.ones_like(first))
    first[:] = 7
    x[:] = 7
    layer(x)
    assert np.array_equal(layer.backward(np.ones_like(kept), record=record), wanted)


@pytest.mark.parametrize("kind", ["LRU", "ContinuousSSM"])
def test_the_recurrence_is_a_convolution(kind):
    layer, x = made(kind, return_sequences=True), sequences(time=20)
    response = layer.impulse_response(20)
    wanted = [np.einsum("bkf,kfu->bu", x[:, : t + 1], response[t::-1]) for t in range(20)]
    assert np.allclose(layer(x), np.stack(wanted, axis=1))
    with pytest.raises(ValueError, match="wants a layer that is built"):
        LAYERS[kind]().impulse_response(3)


def test_the_lru_starts_on_its_ring_and_keeps_the_size_of_its_input():
    layer = LRU(1, 4000, min_radius=0.5, max_radius=0.8, max_phase=1.0, seed=0, dtype="float64")
    layer(np.zeros((1, 1, 1)))
    factor, scale = layer.transition()
    assert 0.5 <= np.abs(factor).min() < 0.51
    assert 0.79 < np.abs(factor).max() <= 0.8
    assert np.mean(np.abs(factor) ** 2) == pytest.approx((0.25 + 0.64) / 2, abs=0.01)  # uniform by area
    assert np.angle(factor).min() > 0
    assert 0.99 < np.angle(factor).max() <= 1
    # for white noise the variance of a state is that of its input, scale^2 / (1 - |factor|^2) times
    assert np.allclose(scale**2 / (1 - np.abs(factor) ** 2), 1)


def test_the_continuous_system_is_exact_for_an_input_that_stays():
    """A constant input for one unit of time, in one step or in a thousand, leaves the same state."""
    coarse, fine = (ContinuousSSM(1, 3, dtype="float64", return_state=True, seed=0) for _ in range(2))
    for layer in (coarse, fine):
        layer(np.zeros((1, 1, 1)))
    weights = coarse.get_weights()
    coarse.delta[:] = 0
    fine.set_weights(weights)
    fine.delta[:] = np.log(1e-3)
    one, many = coarse(np.ones((1, 1, 1))), fine(np.ones((1, 1000, 1)))
    assert all(np.allclose(a, b, rtol=1e-9) for a, b in zip(one[1:], many[1:], strict=True))


def test_with_rate_one_the_selective_layer_is_a_gated_one():
    """Gu and Dao (2023, theorem 1): A = -1 leaves a gate, sigma(x_t W_Delta + delta), for what is new."""
    selective, gated = SelectiveSSM(UNITS, UNITS, return_sequences=True, dtype="float64"), made("MinGRU")
    gated.return_sequences = True
    selective(sequences())
    gate, candidate = np.split(gated.kernel, 2, axis=1)
    gated.bias[UNITS:] = 0
    for name, weight in {
        "alpha": 0,
        "omega": 0,
        "delta": -gated.bias[:UNITS],
        "step_kernel": -gate,
        "input_real": candidate,
        "input_imag": 0,
        "output_real": np.eye(UNITS),
        "output_imag": 0,
        "skip": 0,
    }.items():
        getattr(selective, name)[...] = weight
    assert np.allclose(selective(sequences()), gated(sequences()))


def test_the_selective_layer_skips_and_forgets_by_its_step():
    layer = SelectiveSSM(UNITS, 3, return_state=True, dtype="float64", seed=0)
    layer(np.zeros((1, 1, FEATURES)))
    x, before = sequences(time=1), initial_states(layer)
    for bias, factor in ((-60, 1), (60, 0)):  # a step of no length, and one that is very long
        layer.delta[:] = bias
        from_before, from_zero = layer(x, before)[1:], layer(x)[1:]
        for late, early, first in zip(from_before, from_zero, before, strict=True):
            assert np.allclose(late - early, factor * first)


def test_a_selective_layer_that_does_not_look_is_a_continuous_one():
    selective, continuous = (
        kind(1, 200, min_step=0.01, max_step=0.5, seed=0) for kind in (SelectiveSSM, ContinuousSSM)
    )
    x = np.random.default_rng(0).normal(size=(2, 9, 1))
    selective(x), continuous(x)
    steps = np.logaddexp(0, selective.delta)
    assert 0.01 <= steps.min() < 0.011
    assert 0.47 < steps.max() <= 0.5 + 1e-6
    selective.step_kernel[:] = 0
    continuous.set_weights(selective.get_weights()[:-1])
    continuous.delta[:] = np.log(steps)
    assert np.allclose(selective(x), continuous(x), atol=1e-5)
    with pytest.raises(TypeError, match="has no impulse_response"):
        selective.impulse_response(3)


@given(st.floats(-200, 200), st.floats(-200, 200))
def test_the_two_gates_of_a_minimal_lstm_never_divide_zero_by_zero(forget, let_in):
    layer = MinLSTM(1)
    layer(np.zeros((1, 1, 1)))
    layer.bias[:] = forget, let_in, 1
    a = 1 - layer(np.zeros((1, 1, 1)))[0, 0]
    assert 0 <= a <= 1
    if forget < -30 and let_in < -30:  # far down sigma(z) is exp(z)
        assert a == pytest.approx(1 / (1 + np.exp(np.clip(let_in - forget, -700, 700))), abs=1e-4)


@kinds
def test_in_a_model_with_masks_weights_files_and_training(kind, tmp_path):
    ids = np.random.default_rng(0).integers(1, 6, (64, 8))
    ids[::2, 5:] = 0
    y = (ids == 1).any(axis=1, keepdims=True).astype(float)
    model = Sequential([Embedding(6, FEATURES, mask_zero=True), LAYERS[kind](), Dense(1, "sigmoid")], seed=0)
    model.compile(Adam(0.02), "binary_crossentropy")
    losses = model.fit(ids, y, epochs=30, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    padded = np.concatenate([ids, np.zeros((64, 3), int)], axis=1)
    assert np.allclose(model.predict(ids), model.predict(padded), atol=1e-6)
    model.save_weights(tmp_path / "w.safetensors")
    other = Sequential([Embedding(6, FEATURES, mask_zero=True), LAYERS[kind](), Dense(1, "sigmoid")], seed=1)
    other.build((None, 8))
    other.load_weights(tmp_path / "w.safetensors")
    assert np.array_equal(model.predict(ids), other.predict(ids))


@kinds
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda layer: layer(np.zeros((2, 3))), ValueError, "add the feature axis"),
        (lambda layer: layer(np.zeros((2, 3, 9))), ValueError, "was built for 3 features"),
        (lambda layer: layer(np.zeros((2, 0, 3))), ValueError, "at least one time"),
        (lambda layer: layer(np.zeros((2, 4, 3)), mask=np.ones((2, 3), bool)), ValueError, "wants mask of shape"),
        (lambda layer: layer(np.zeros((2, 4, 3)), mask=np.ones((2, 4))), TypeError, "mask as booleans"),
        (lambda layer: layer(np.zeros((2, 4, 3)), [np.zeros((2, 4))] * 3), ValueError, "in initial_state, got 3"),
        (lambda layer: layer.backward(np.zeros((2, 9))), ValueError, "wants d_outputs of shape"),
    ],
)
def test_bad_input_is_named(kind, call, error, words):
    layer = made(kind)
    with pytest.raises(error, match=words):
        call(layer)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: MinGRU(0), ValueError, "units wants at least 1"),
        (lambda: MinGRU(2, method="log"), ValueError, "method wants one of loop, scan"),
        (lambda: LRU(2, 2.5), TypeError, "state_size wants a whole number"),
        (lambda: LRU(2, 3, min_radius=0.9, max_radius=0.8), ValueError, "min_radius wants"),
        (lambda: LRU(2, 3, max_radius=1.0), ValueError, "max_radius wants"),
        (lambda: LRU(2, 3, max_phase=7), ValueError, "max_phase wants"),
        (lambda: ContinuousSSM(2, 3, min_step=0), ValueError, "min_step wants"),
        (lambda: ContinuousSSM(2, 3, min_step=1.0), ValueError, "min_step wants"),
        (lambda: SelectiveSSM(2, 0), ValueError, "state_size wants at least 1"),
        (lambda: SelectiveSSM(2, 3, min_step=0.2, max_step=0.1), ValueError, "min_step wants"),
        (lambda: MinGRU(2).backward(np.zeros((1, 2))), ValueError, "wants a forward pass before it"),
        (lambda: Bidirectional(MinGRU(2)), TypeError, "wants a SimpleRNN, LSTM or GRU"),
        (lambda: LinearRecurrence(2)(np.zeros((1, 1, 1))), NotImplementedError, None),
    ],
)
def test_impossible_settings_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()
