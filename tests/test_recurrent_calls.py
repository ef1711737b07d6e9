"""What holds for every call of a recurrent layer: defaults, seeds, records, buffers, errors."""

import inspect
import tracemalloc

import numpy as np
import pytest
from keras_twins import KINDS, as_list

from rnnlib.layers import GRU, LSTM, RNN, SimpleRNN
from rnnlib.reproducibility import import_tensorflow

LAYERS = [SimpleRNN, LSTM, GRU]
X = np.zeros((2, 3, 4))


@pytest.mark.parametrize(("layer", "gates", "bias"), [(SimpleRNN, 1, (3,)), (LSTM, 4, (12,)), (GRU, 3, (2, 9))])
def test_default_weights_are_those_of_keras(layer, gates, bias):
    layer = layer(3, seed=0)
    layer(X)
    assert [w.shape for w in layer.weights] == [(4, 3 * gates), (3, 3 * gates), bias]
    assert [w.dtype for w in layer.weights] == [np.float32] * 3
    assert layer.weight_names == ("kernel", "recurrent_kernel", "bias")
    np.testing.assert_allclose(layer.recurrent_kernel @ layer.recurrent_kernel.T, np.eye(3), atol=1e-6)
    assert layer.bias.sum() == (3 if gates == 4 else 0)  # the forget gate starts open
    assert layer.count_params() == sum(w.size for w in layer.weights)


def test_the_forget_bias_stands_where_keras_has_it():
    layer = LSTM(2, bias_initializer="random_normal", seed=0)
    layer(X)
    assert (layer.bias[2:4] == 1).all()
    assert (layer.bias[[0, 1, 4, 5, 6, 7]] != 1).all()
    assert len(set(layer.bias)) == 7
    plain = LSTM(2, unit_forget_bias=False)
    plain(X)
    assert (plain.bias == 0).all()
    before = GRU(2, reset_after=False)
    before(X)
    assert before.bias.shape == (6,)


@pytest.mark.parametrize("layer", LAYERS)
def test_arguments_are_those_of_keras_in_its_order_with_its_defaults(layer):
    theirs = inspect.signature(getattr(import_tensorflow().keras.layers, layer.__name__)).parameters
    ours = inspect.signature(layer).parameters
    positional = [name for name, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == list(theirs)[: len(positional)]
    own = {"dtype", "name", "seed", "zero_output_for_mask"}  # in Keras these come through **kwargs, but for the seed
    assert {n: p.default for n, p in ours.items() if n not in own} == {
        n: theirs[n].default for n in ours if n not in own
    }


@pytest.mark.parametrize("layer", LAYERS)
def test_equal_seeds_equal_weights_and_dropout(layer):
    x = np.ones((2, 3, 4))
    runs = []
    for seed in (1, 1, 2):
        made = layer(3, dropout=0.5, recurrent_dropout=0.5, seed=seed)
        runs.append([made(x, training=True), made(x, training=True)])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[0][0], runs[0][1])  # each call draws new masks


@pytest.mark.parametrize("layer", LAYERS)
def test_dropout_masks_have_the_rate_and_keep_the_mean(layer):
    made = layer(40, dropout=0.25, recurrent_dropout=0.5, seed=0)
    made.checked(np.zeros((1, 1, 50)))
    inputs, states = made.draw_masks(100)
    gates = made.cell.gates
    assert inputs.shape == (gates, 100, 50)
    assert states.shape == (gates, 100, 40)
    for masks, rate in ((inputs, 0.25), (states, 0.5)):
        assert set(np.unique(masks)) == {0, np.float32(1 / (1 - rate))}
        # Each gate's share of zeros, of n draws: five standard deviations either way.
        n = masks[0].size
        spread = 5 * np.sqrt(rate * (1 - rate) / n)
        assert (np.abs((masks == 0).mean(axis=(1, 2)) - rate) < spread).all()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("time", [1, 4])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_nothing_returned_aliases_what_the_layer_keeps(layer, time, batch, return_sequences, rate):
    x = np.random.default_rng(0).normal(size=(batch, time, 2)).astype("float32")
    options = {"dropout": rate, "recurrent_dropout": rate}
    layer = layer(2, return_sequences=return_sequences, return_state=True, seed=0, **options)
    layer.checked(x)
    masks = layer.draw_masks(batch)
    layer.draw_masks = lambda batch: masks
    kept_x = x.copy()
    initial = [np.ones((batch, 2), np.float32) for _ in range(layer.cell.number_of_states)]
    first = layer(x, initial_state=initial, training=True)
    kept = [o.copy() for o in first]
    d_outputs, d_states = np.ones_like(first[0]), [np.ones_like(state) for state in initial]
    d_x = layer.backward(d_outputs, d_states)
    results = [d_x, *layer.gradients, *layer.d_initial_states]
    before = [r.copy() for r in results]
    x += 1
    for array in (*first, *initial, *layer.d_initial_states, d_x):
        array[...] = 7
    again = layer.backward(d_outputs, d_states)
    for result, old in zip([again, *layer.gradients, *layer.d_initial_states], before, strict=True):
        np.testing.assert_array_equal(result, old)
    assert (d_outputs == 1).all()
    assert all((d == 1).all() for d in d_states)
    initial = [np.ones((batch, 2), np.float32) for _ in initial]
    for output, old in zip(layer(kept_x, initial_state=initial, training=True), kept, strict=True):
        np.testing.assert_array_equal(output, old)


@pytest.mark.parametrize("layer", LAYERS)
def test_carried_states_do_not_alias_what_was_returned(layer):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    layers = [layer(2, stateful=True, return_state=True, seed=0) for _ in range(2)]
    for made in layers:
        outputs = made(x)
    for array in outputs:  # those of the second layer
        array[...] = 7
    for a, b in zip(layers[0](x), layers[1](x), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_used_twice_can_be_taken_back_twice(layer):
    rng = np.random.default_rng(0)
    layer = layer(3, dropout=0.3, recurrent_dropout=0.3, dtype="float64", seed=0)
    a, b = rng.normal(size=(2, 4, 2)), rng.normal(size=(5, 6, 2))
    d = rng.normal(size=(2, 3))
    layer(a, training=True)
    record, alone = layer.record, layer.backward(d)
    layer(b, training=True)
    layer.backward(rng.normal(size=(5, 3)))
    np.testing.assert_array_equal(layer.backward(d, record=record), alone)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_thousand_calls_do_not_grow(layer):
    layer, x = layer(4, dropout=0.5, recurrent_dropout=0.5, stateful=True, seed=0), np.zeros((2, 5, 3))
    d = np.ones((2, 4))

    def run(times):
        for _ in range(times):
            layer(x, training=True)
            layer.backward(d)

    tracemalloc.start()
    run(3000)  # until Python's free lists of small objects, which stay, have their full length
    before = tracemalloc.get_traced_memory()[0]
    run(1000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000


@pytest.mark.parametrize("layer", LAYERS)
def test_a_clone_has_the_options_and_weights_of_its_own(layer):
    first = layer(3, "sigmoid", use_bias=False, go_backwards=True, dropout=0.2, kernel_regularizer="l2", seed=0)
    first(X)
    second = first.clone(return_sequences=True)
    assert (second.units, second.use_bias, second.go_backwards, second.dropout) == (3, False, True, 0.2)
    assert second.activation is first.activation
    assert second.kernel_regularizer is first.kernel_regularizer
    assert second(X).shape == (2, 3, 3)
    assert not np.shares_memory(second.kernel, first.kernel)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_cell_can_be_given_to_the_loop(layer):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_array_equal(RNN(layer.cell_class(3), seed=0)(x), layer(3, seed=0)(x))


@pytest.mark.parametrize("layer", LAYERS)
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
        (
            lambda r: r(X, initial_state=[np.zeros((2, 3))] * KINDS[type(r).__name__]),
            ValueError,
            r"initial_state of shape \(2, 6\), got \(2, 3\)",
        ),
        (lambda r: r(X, initial_state=[np.zeros((2, 6))] * 3), ValueError, "wants [12] arrays in initial_state, got 3"),
        (lambda r: r(X, mask=np.ones((2, 3))), TypeError, "mask as booleans"),
        (lambda r: r(X, mask=np.ones((2, 4), bool)), ValueError, r"mask of shape \(2, 3\), got \(2, 4\)"),
        (lambda r: r.backward(np.zeros((2, 6))), ValueError, "forward pass before it"),
        (
            lambda r: (r(X), r.backward(np.zeros((2, 3, 6)))),
            ValueError,
            r"d_outputs of shape \(2, 6\), got \(2, 3, 6\)",
        ),
        (
            lambda r: (r(X), r.backward(np.zeros((2, 6)), [np.zeros((2, 6))] * 3)),
            ValueError,
            "arrays in d_states, got 3",
        ),
        (lambda r: (r(X), r.set_weights([X])), ValueError, r"wants 3 weight arrays \(kernel, recurrent_kernel, bias\)"),
    ],
)
def test_bad_calls(layer, call, error, message):
    with pytest.raises(error, match=message):
        call(layer(6))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((0,), {}, ValueError, "units wants at least 1, got 0"),
        ((2.5,), {}, TypeError, r"units wants a whole number, got 2\.5"),
        ((), {}, TypeError, "units"),
        ((1, "tanhh"), {}, ValueError, "activation wants one of"),
        ((1,), {"kernel_initializer": "glorot"}, ValueError, "initializer wants one of"),
        ((1,), {"dtype": "float16"}, ValueError, "dtype wants one of .*float32.*got 'float16'"),
        ((1,), {"dropout": 1.0}, ValueError, r"dropout wants a number in \[0, 1\), got 1\.0"),
        ((1,), {"recurrent_dropout": -0.1}, ValueError, r"recurrent_dropout wants a number in \[0, 1\), got -0\.1"),
        ((1,), {"recurrent_regularizer": "l3"}, ValueError, "regularizer wants one of l1, l2, got 'l3'"),
        ((1,), {"dropuot": 0.1}, TypeError, "dropuot"),
    ],
)
def test_bad_settings(layer, arguments, options, error, message):
    with pytest.raises(error, match=message):
        layer(*arguments, **options)


@pytest.mark.parametrize("layer", LAYERS)
def test_carried_states_want_the_batch_size_that_they_have(layer):
    layer = layer(2, stateful=True)
    layer(X)
    with pytest.raises(
        ValueError, match=r"carries states of batch size 2 .*got sequences of batch size 1: .*reset_state"
    ):
        layer(X[:1])
    layer.reset_state()
    assert as_list(layer(X[:1]))[0].shape == (1, 2)


def test_weights_that_do_not_fit_change_nothing():
    layer = SimpleRNN(2, seed=0)
    layer(X)
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"bias of shape \(2,\), got \(3,\)"):
        layer.set_weights([before[0] + 1, before[1], np.zeros(3)])
    for weight, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
