"""SimpleRNN, LSTM and GRU against Keras, TensorFlow's gradients and finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from keras_twins import KINDS, as_list, cases, keras_gradients, layer_options, our_gradients, share_dropout_masks, twins

from rnnlib import activations, layers
from rnnlib.inspection import numeric_gradient, relative_error


@settings(max_examples=150)
@given(cases())
def test_values_and_gradients_equal_those_of_keras(case):
    kind, options, call = case
    theirs, ours = twins(kind, options, call["sequences"])
    share_dropout_masks(theirs, ours, call["sequences"])
    expected, weightings, gradients = keras_gradients(theirs, call, np.random.default_rng(0))
    for output, e in zip(as_list(ours(**call)), expected, strict=True):
        np.testing.assert_allclose(output, e, rtol=1e-9, atol=1e-9)
    for mine, gradient in zip(our_gradients(ours, call, weightings), gradients, strict=True):
        np.testing.assert_allclose(mine, gradient, rtol=1e-8, atol=1e-9)


FORMS = [("SimpleRNN", {}), ("LSTM", {}), ("GRU", {}), ("GRU", {"reset_after": False})]


@pytest.mark.parametrize(("kind", "form"), FORMS)
@pytest.mark.parametrize(("dropout", "recurrent_dropout"), [(0.4, 0.0), (0.0, 0.3), (0.4, 0.3)])
@pytest.mark.parametrize("masked", [False, True])
def test_dropout_equals_that_of_keras(kind, form, dropout, recurrent_dropout, masked):
    rng = np.random.default_rng(0)
    options = {"units": 5, "dropout": dropout, "recurrent_dropout": recurrent_dropout, "dtype": "float64", **form}
    call = {"sequences": rng.normal(size=(4, 3, 6)), "training": True}
    if masked:
        call["mask"] = np.arange(12).reshape(4, 3) % 5 > 0
    theirs, ours = twins(kind, options, call["sequences"])
    share_dropout_masks(theirs, ours, call["sequences"])
    expected, weightings, gradients = keras_gradients(theirs, call, rng)
    np.testing.assert_allclose(ours(**call), expected[0], rtol=1e-9, atol=1e-9)
    for mine, gradient in zip(our_gradients(ours, call, weightings), gradients, strict=True):
        np.testing.assert_allclose(mine, gradient, rtol=1e-8, atol=1e-9)
    assert not np.allclose(ours(call["sequences"]), expected[0])  # without training there is no dropout


@settings(max_examples=100)
@given(cases("float32", longest=30))
def test_values_equal_those_of_keras_in_float32(case):
    kind, options, call = case
    # A recurrent norm of at most 1 and gates between 0 and 1: beyond, rounding grows from step to step, here as in
    # Keras; that is compared in float64. Dropout of the state goes beyond too, since it divides by 1 - rate.
    options["recurrent_dropout"] = 0.0
    if kind != "SimpleRNN":
        options["recurrent_activation"] = "sigmoid"
    theirs, ours = twins(kind, options, call["sequences"])
    assert np.linalg.norm(ours.recurrent_kernel, 2) <= 1 + 1e-5
    share_dropout_masks(theirs, ours, call["sequences"])
    for output, e in zip(as_list(ours(**call)), as_list(theirs(**call)), strict=True):
        assert output.dtype == np.float32
        assert (np.abs(output - e) <= 1e-5 * np.maximum(1, np.abs(e))).all()


@settings(max_examples=100)
@given(cases(activations=("tanh", "sigmoid", "linear")))
def test_gradients_equal_finite_differences(case):
    kind, options, call = case
    layer = getattr(layers, kind)(**options, seed=0)
    layer.checked(call["sequences"])
    masks = layer.draw_masks(len(call["sequences"]))
    layer.draw_masks = lambda batch: masks
    rng = np.random.default_rng(0)
    weightings = [rng.normal(size=o.shape) for o in as_list(layer(**call))]

    def total():
        return float(sum(np.sum(o * w) for o, w in zip(as_list(layer(**call)), weightings, strict=True)))

    gradients = [g.copy() for g in our_gradients(layer, call, weightings)]
    arrays = [*layer.weights, call["sequences"], *call.get("initial_state", [])]
    for array, gradient in zip(arrays, gradients, strict=True):
        numeric = numeric_gradient(total, array)
        assert relative_error(gradient, numeric) < 1e-6 or np.abs(gradient - numeric).max() < 1e-8


class WatchedReLU(activations.ReLU):
    """Remembers how close to its kink it was ever called.

    Exact zeros are left out: an LSTM's cell state is zero, and depends on nothing, until a candidate is positive.
    """

    closest = np.inf

    def __call__(self, z, out=None):
        self.closest = np.abs(z[z != 0]).min(initial=self.closest)
        return super().__call__(z, out)


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_relu_gradients_away_from_the_kink(kind, form):
    rng = np.random.default_rng(0)
    relu = WatchedReLU()
    options = {"activation": relu, "bias_initializer": "random_normal", "dtype": "float64", "seed": 0}
    layer = getattr(layers, kind)(5, **options, **form)
    x, weighting = rng.normal(size=(2, 5, 2)), rng.normal(size=(2, 5))
    layer(x)
    assert relu.closest > 1e-4
    layer.backward(weighting)
    gradients = [g.copy() for g in layer.gradients]
    for weight, gradient in zip(layer.weights, gradients, strict=True):
        assert relative_error(gradient, numeric_gradient(lambda: float(np.sum(weighting * layer(x))), weight)) < 1e-7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_long_and_wild_case_in_float64(kind, dropout):
    call = {"sequences": np.random.default_rng(3).normal(scale=3, size=(2, 300, 3)), "training": True}
    options = {"units": 8, "return_sequences": True, "dropout": dropout, "recurrent_dropout": dropout}
    theirs, ours = twins(kind, options | {"dtype": "float64"}, call["sequences"])
    share_dropout_masks(theirs, ours, call["sequences"])
    np.testing.assert_allclose(ours(**call), theirs(**call), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_carries_its_states_as_keras_does(kind, seed):
    rng = np.random.default_rng(seed)
    options = layer_options(kind, rng) | {"stateful": True, "dropout": 0.0, "recurrent_dropout": 0.0}
    pieces = rng.normal(size=(3, 2, 4, 3))
    mask = rng.random((2, 4)) < 0.7
    theirs, ours = twins(kind, options, pieces[0])
    for piece in pieces[:2]:
        ours(piece, mask=mask)
        theirs(piece, mask=mask)
    expected, weightings, gradients = keras_gradients(theirs, {"sequences": pieces[2]}, rng)
    for output, e in zip(as_list(ours(pieces[2])), expected, strict=True):
        np.testing.assert_allclose(output, e, rtol=1e-9, atol=1e-9)
    for mine, gradient in zip(our_gradients(ours, {}, weightings), gradients, strict=True):
        np.testing.assert_allclose(mine, gradient, rtol=1e-8, atol=1e-9)
    theirs.reset_state()
    ours.reset_state()
    given_states = [rng.normal(size=(2, ours.units)) for _ in range(KINDS[kind])]
    for call in ({}, {"initial_state": given_states}, {}):
        for output, e in zip(as_list(ours(pieces[0], **call)), as_list(theirs(pieces[0], **call)), strict=True):
            np.testing.assert_allclose(output, e, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_of_a_sequence_give_what_the_whole_gives(kind):
    x = np.random.default_rng(0).normal(size=(2, 9, 3))
    layer = getattr(layers, kind)(4, return_sequences=True, dtype="float64", seed=0)
    whole = layer(x)
    layer.stateful = True
    pieces = [layer(x[:, start : start + 3]) for start in range(0, 9, 3)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", [1, 7])
def test_the_way_back_does_not_depend_on_how_many_steps_it_prepares_at_once(kind, time, monkeypatch):
    x = np.random.default_rng(0).normal(size=(2, time, 3))
    results = []
    for chunk in (1, 40, 2**16):
        monkeypatch.setattr("rnnlib.layers.rnn.CHUNK", chunk)
        layer = getattr(layers, kind)(4, dtype="float64", seed=0)
        layer(x)
        results.append([layer.backward(np.ones((2, 4))), *layer.gradients])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
