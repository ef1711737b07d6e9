"""Bidirectional against Keras and finite differences."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from keras_twins import KINDS, as_list, cases, keras_gradients, our_gradients, share_dropout_masks

from rnnlib import layers
from rnnlib.inspection import numeric_gradient, relative_error
from rnnlib.interop import copy_weights
from rnnlib.layers import GRU, LSTM, Bidirectional, Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

MODES = ["concat", "sum", "mul", "ave", None]
X = np.random.default_rng(0).normal(size=(2, 5, 3))


@st.composite
def pairs(draw, **of_options):
    """A kind of layer, its options, a merge mode, and a call with initial states for both layers, if for one."""
    kind, options, call = draw(cases(**of_options))
    if "initial_state" in call:
        call["initial_state"] = call["initial_state"] + [state[::-1] * 0.5 for state in call["initial_state"]]
    return kind, options | {"go_backwards": False}, draw(st.sampled_from(MODES)), call


def twins(kind, options, merge_mode, sequences):
    """A Keras Bidirectional of a layer of that kind, and ours with its weights."""
    keras = import_tensorflow().keras
    theirs = keras.layers.Bidirectional(getattr(keras.layers, kind)(**options), merge_mode, dtype=options["dtype"])
    theirs.build(sequences.shape)
    ours = Bidirectional(getattr(layers, kind)(**options), merge_mode)
    ours.checked(sequences)
    copy_weights(theirs, ours)
    return theirs, ours


@settings(max_examples=100)
@given(pairs())
def test_values_and_gradients_equal_those_of_keras(pair):
    kind, options, merge_mode, call = pair
    theirs, ours = twins(kind, options, merge_mode, call["sequences"])
    for their_half, our_half in (
        (theirs.forward_layer, ours.forward_layer),
        (theirs.backward_layer, ours.backward_layer),
    ):
        share_dropout_masks(their_half, our_half, call["sequences"])
    expected, weightings, gradients = keras_gradients(theirs, call, np.random.default_rng(0))
    for output, e in zip(as_list(ours(**call)), expected, strict=True):
        np.testing.assert_allclose(output, e, rtol=1e-9, atol=1e-9)
    mine = our_gradients(ours, call, weightings, outputs=2 if merge_mode is None else 1)
    for gradient, e in zip(mine, gradients, strict=True):
        np.testing.assert_allclose(gradient, e, rtol=1e-8, atol=1e-9)


@settings(max_examples=50)
@given(pairs(activations=("tanh", "sigmoid", "linear")))
def test_gradients_equal_finite_differences(pair):
    kind, options, merge_mode, call = pair
    call["training"] = False
    layer = Bidirectional(getattr(layers, kind)(**options), merge_mode, seed=0)
    rng = np.random.default_rng(0)
    weightings = [rng.normal(size=o.shape) for o in as_list(layer(**call))]

    def total():
        return float(sum(np.sum(o * w) for o, w in zip(as_list(layer(**call)), weightings, strict=True)))

    gradients = [g.copy() for g in our_gradients(layer, call, weightings, outputs=2 if merge_mode is None else 1)]
    arrays = [*layer.weights, call["sequences"], *call.get("initial_state", [])]
    for array, gradient in zip(arrays, gradients, strict=True):
        numeric = numeric_gradient(total, array)
        assert relative_error(gradient, numeric) < 1e-6 or np.abs(gradient - numeric).max() < 1e-8


@pytest.mark.parametrize("kind", KINDS)
def test_both_directions_stand_at_the_step_that_they_belong_to(kind):
    layer = Bidirectional(getattr(layers, kind)(4, return_sequences=True, dtype="float64"), seed=0)
    whole = layer(X)
    forward, backward = whole[..., :4], whole[..., 4:]
    np.testing.assert_allclose(layer(X[:, :3])[:, 2, :4], forward[:, 2])  # what came before, whatever follows
    np.testing.assert_allclose(layer(X[:, 2:])[:, 0, 4:], backward[:, 2])  # what follows, whatever came before


def test_a_backward_layer_of_another_kind():
    keras = import_tensorflow().keras
    theirs = keras.layers.Bidirectional(
        keras.layers.LSTM(4, return_sequences=True),
        backward_layer=keras.layers.GRU(2, return_sequences=True, go_backwards=True),
    )
    expected = theirs(X)
    ours = Bidirectional(
        LSTM(4, return_sequences=True), backward_layer=GRU(2, return_sequences=True, go_backwards=True)
    )
    ours(X)
    copy_weights(theirs, ours)
    np.testing.assert_allclose(ours(X), expected, rtol=1e-5, atol=1e-6)
    assert ours.output_shape((None, 5, 3)) == (None, 5, 6)


def test_states_are_carried_as_in_keras():
    options = {"units": 4, "stateful": True, "dtype": "float64"}
    theirs, ours = twins("LSTM", options, "concat", X)
    for _ in range(3):
        np.testing.assert_allclose(ours(X), theirs(X), rtol=1e-9)
    ours.reset_state()
    theirs.reset_state()
    np.testing.assert_allclose(ours(X), theirs(X), rtol=1e-9)


def test_weights_and_names():
    layer = Bidirectional(LSTM(4, name="reader"), seed=0)
    layer(X)
    assert layer.weight_names[0] == "forward_reader.kernel"
    assert layer.weight_names[3:] == tuple(f"backward_reader.{n}" for n in ("kernel", "recurrent_kernel", "bias"))
    assert not np.array_equal(layer.forward_layer.kernel, layer.backward_layer.kernel)
    again = Bidirectional(LSTM(4, name="reader"), seed=0)
    again(X)
    for a, b in zip(layer.weights, again.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_in_a_model_its_weights_are_views_of_one_vector():
    model = Sequential([Bidirectional(GRU(4, return_sequences=True)), Bidirectional(SimpleRNN(2)), Dense(1)], seed=0)
    model.compile("adam", "mse")
    y = X.mean(axis=(1, 2))[:, np.newaxis]
    before = model.evaluate(X, y)
    model.fit(X, y, epochs=30, verbose=0)
    assert model.evaluate(X, y) < before
    assert all(np.shares_memory(w, model._flat) for w in [*model.weights, *model.gradients])
    assert len(set(model.weight_names)) == len(model.weights) == 14


@pytest.mark.parametrize("merge_mode", MODES)
def test_nothing_returned_aliases_what_the_layer_keeps(merge_mode):
    layer = Bidirectional(GRU(2, return_sequences=True, dtype="float64"), merge_mode, seed=0)
    outputs = as_list(layer(X))
    d_outputs = [np.ones_like(o) for o in outputs]
    given = d_outputs if merge_mode is None else d_outputs[0]
    before = layer.backward(given).copy()
    for output in outputs:
        output[...] = 7
    layer.backward(given)[...] = 7
    np.testing.assert_array_equal(layer.backward(given), before)
    assert all((d == 1).all() for d in d_outputs)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Bidirectional(Dense(2)), TypeError, "wants a SimpleRNN, LSTM or GRU as layer, got <Dense dense>"),
        (lambda: Bidirectional(LSTM(2), backward_layer=2), TypeError, "as backward_layer, got 2"),
        (lambda: Bidirectional(LSTM(2), "max"), ValueError, "merge_mode wants one of concat, sum, .*got 'max'"),
        (lambda: Bidirectional(LSTM(2), backward_layer=LSTM(2)), ValueError, "got go_backwards=False in both"),
        (lambda: Bidirectional(LSTM(2, go_backwards=True)), ValueError, "got go_backwards=True in both"),
        (
            lambda: Bidirectional(LSTM(2), backward_layer=LSTM(2, go_backwards=True, stateful=True)),
            ValueError,
            "backward_layer wants stateful=False, as layer has it, got True",
        ),
        (lambda: Bidirectional(LSTM(2))(X[0]), ValueError, r"Bidirectional wants sequences of shape"),
        (lambda: Bidirectional(LSTM(2))(X, mask=np.ones((2, 5))), TypeError, "Bidirectional wants mask as booleans"),
        (
            lambda: Bidirectional(LSTM(2))(X, initial_state=[np.zeros((2, 2))] * 2),
            ValueError,
            "Bidirectional wants 4 arrays in initial_state, got 2",
        ),
        (lambda: Bidirectional(LSTM(2)).backward(np.zeros((2, 4))), ValueError, "forward pass before it"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_bad_gradients():
    layer = Bidirectional(LSTM(2), seed=0)
    layer(X)
    with pytest.raises(ValueError, match=r"d_outputs of shape \(2, 4\), got \(2, 2\)"):
        layer.backward(np.zeros((2, 2)))
    layer = Bidirectional(LSTM(2), None, seed=0)
    layer(X)
    with pytest.raises(ValueError, match="a pair of arrays in d_outputs"):
        layer.backward(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"d_outputs of shape \(2, 2\), got \(2, 4\)"):
        layer.backward([np.zeros((2, 2)), np.zeros((2, 4))])
