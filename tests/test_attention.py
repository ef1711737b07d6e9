"""Attention against Keras and finite differences."""

import inspect

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib import layers
from rnnlib.inspection import numeric_gradient, relative_error
from rnnlib.interop import copy_weights
from rnnlib.layers import AdditiveAttention, Attention
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

# What Keras has to say on attention to one value.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")

KINDS = {"Attention": {"score_mode": ["dot", "concat"]}, "AdditiveAttention": {}}
SIZES = st.integers(1, 5)


@st.composite
def cases(draw, dtype="float64"):
    """A kind of layer, its options, the arguments of a call.

    Hypothesis draws the shapes and a seed, and NumPy all switches from the seed, so that most pairs of them meet.
    """
    kind = draw(st.sampled_from(list(KINDS)))
    batch, queries, values, features, depth = (draw(SIZES) for _ in range(5))
    rng = np.random.default_rng([draw(st.integers(0, 2**32 - 1)), batch, queries, values, features, depth])
    options = {name: str(rng.choice(choices)) for name, choices in KINDS[kind].items()}
    options |= {"use_scale": bool(rng.integers(2)), "dropout": float(rng.choice([0.0, 0.4])), "dtype": dtype}
    with_key = bool(rng.integers(2))
    shapes = [(batch, queries, features), (batch, values, depth if with_key else features)]
    shapes += [(batch, values, features)] * with_key
    masks = [rng.random((batch, n)) < 0.6 if rng.integers(2) else None for n in (queries, values)]
    call = {
        "inputs": [rng.normal(size=shape).astype(dtype) for shape in shapes],
        "mask": masks if rng.integers(3) else None,
        "training": bool(rng.integers(2)),
        "use_causal_mask": bool(rng.integers(2)),
    }
    return kind, options, call


def twins(kind, options, inputs, rng):
    """A Keras layer, and an rnnlib layer with its weights, which are drawn anew."""
    theirs = getattr(import_tensorflow().keras.layers, kind)(**options)
    ours = getattr(layers, kind)(**options)
    theirs.build([array.shape for array in inputs])
    ours.checked(inputs)
    if ours.weights:
        theirs.set_weights([rng.normal(size=weight.shape) for weight in theirs.get_weights()])
        copy_weights(theirs, ours)
    return theirs, ours


def share_dropout_mask(ours, kind, options, call, monkeypatch):
    """Let Keras take the dropout mask that we draw."""
    tf = import_tensorflow()
    shape = (*call["inputs"][0].shape[:2], call["inputs"][1].shape[1])
    mask = ours.draw_mask(shape)
    ours.draw_mask = lambda shape: mask
    backend = inspect.getmodule(tf.keras.layers.Attention).backend
    monkeypatch.setattr(backend.random, "dropout", lambda weights, rate, seed: weights * mask)


def keras_values_and_gradients(theirs, call, rng):
    """Outputs and weights, a weighting of the outputs, and the gradients of the sum: weights of the layer, inputs."""
    tf = import_tensorflow()
    inputs = [tf.constant(array) for array in call["inputs"]]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs, weights = theirs(**call | {"inputs": inputs}, return_attention_scores=True)
        weighting = rng.normal(size=outputs.shape).astype(outputs.dtype.name)
        total = tf.reduce_sum(outputs * weighting)
    gradients = tape.gradient(total, [*theirs.trainable_weights, *inputs], unconnected_gradients="zero")
    return (outputs.numpy(), weights.numpy()), weighting, [tf.convert_to_tensor(g).numpy() for g in gradients]


@settings(max_examples=150)
@given(case=cases())
def test_values_and_gradients_equal_those_of_keras(case):
    kind, options, call = case
    rng = np.random.default_rng(0)
    theirs, ours = twins(kind, options, call["inputs"], rng)
    with pytest.MonkeyPatch.context() as patch:
        share_dropout_mask(ours, kind, options, call, patch)
        expected, weighting, gradients = keras_values_and_gradients(theirs, call, rng)
    outputs, weights = ours(**call, return_attention_scores=True)
    np.testing.assert_allclose(outputs, expected[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(weights, expected[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(outputs, ours(**call))
    d_inputs = ours.backward(weighting)
    for mine, gradient in zip([*ours.gradients, *d_inputs], gradients, strict=True):
        assert mine.shape == gradient.shape
        np.testing.assert_allclose(mine, gradient, rtol=1e-8, atol=1e-9)


@given(case=cases(dtype="float32"))
def test_single_precision_equals_keras_too(case):
    kind, options, call = case
    call["training"] = False
    theirs, ours = twins(kind, options, call["inputs"], np.random.default_rng(0))
    expected, weighting, gradients = keras_values_and_gradients(theirs, call, np.random.default_rng(1))
    for mine, array in zip(ours(**call, return_attention_scores=True), expected, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, array, rtol=1e-5, atol=1e-5)
    d_inputs = ours.backward(weighting)
    for mine, gradient in zip([*ours.gradients, *d_inputs], gradients, strict=True):
        assert mine.dtype == np.float32
        assert np.abs(mine - gradient).max() <= 1e-4 * max(1, np.abs(gradient).max())


@given(case=cases())
def test_gradients_equal_finite_differences(case):
    kind, options, call = case
    if call["mask"] and call["mask"][1] is not None:
        call["mask"][1][:, 0] = True  # where all is masked, scores near -1e9 have too few digits for a difference
    rng = np.random.default_rng(0)
    _, layer = twins(kind, options, call["inputs"], rng)
    mask = layer.draw_mask((*call["inputs"][0].shape[:2], call["inputs"][1].shape[1]))
    layer.draw_mask = lambda shape: mask
    weighting = rng.normal(size=layer(**call).shape)
    d_inputs = layer.backward(weighting)
    gradients = [gradient.copy() for gradient in layer.gradients] + d_inputs
    for array, gradient in zip([*layer.weights, *call["inputs"]], gradients, strict=True):
        numeric = numeric_gradient(lambda: float(np.sum(layer(**call) * weighting)), array)
        assert relative_error(gradient, numeric) < 1e-6 or np.abs(gradient - numeric).max() < 1e-8


@given(case=cases())
def test_weights_are_distributions_over_what_may_be_seen(case):
    kind, options, call = case
    call["training"] = False
    _, layer = twins(kind, options, call["inputs"], np.random.default_rng(0))
    outputs, weights = layer(**call, return_attention_scores=True)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    query_mask, value_mask = call["mask"] or (None, None)
    seen = np.ones(weights.shape, bool)
    if value_mask is not None:
        seen &= value_mask[:, np.newaxis]
    if call["use_causal_mask"]:
        seen &= np.tri(*weights.shape[1:], dtype=bool)
    some = seen.any(axis=-1)
    assert (weights[~seen & some[..., np.newaxis]] == 0).all()
    if query_mask is not None:
        assert (outputs[~query_mask] == 0).all()
        assert layer.compute_mask(call["inputs"], call["mask"]) is query_mask


def test_a_query_that_answers_one_key_gets_its_value():
    query, key = np.eye(3)[np.newaxis] * 100, np.eye(3)[np.newaxis]
    value = np.arange(6.0).reshape(1, 3, 2)
    np.testing.assert_allclose(Attention()([query, value, key]), value, atol=1e-12)


def test_equal_scores_give_the_mean():
    value = np.random.default_rng(0).normal(size=(2, 4, 3))
    mask = [None, np.array([[True, True, False, False], [True, True, True, True]])]
    for layer in (Attention(dtype="float64"), AdditiveAttention(dtype="float64", seed=0)):
        outputs = layer([np.zeros((2, 1, 3)), value, np.zeros((2, 4, 3))], mask)
        np.testing.assert_allclose(outputs[:, 0], [value[0, :2].mean(axis=0), value[1].mean(axis=0)])


@pytest.mark.parametrize("kind", KINDS)
def test_weights_start_as_in_keras(kind):
    keras = import_tensorflow().keras
    inputs = [np.ones((1, 2, 400), np.float32)] * 2
    theirs, ours = getattr(keras.layers, kind)(use_scale=True), getattr(layers, kind)(use_scale=True, seed=0)
    theirs.build([array.shape for array in inputs])
    ours.checked(inputs)
    assert [w.name for w in theirs.weights] == list(ours.weight_names)
    assert [w.shape for w in theirs.get_weights()] == [w.shape for w in ours.get_weights()]
    if kind == "AdditiveAttention":
        limit = np.sqrt(6 / 800)
        assert np.abs(ours.scale).max() <= limit
        assert ours.scale.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)
    else:
        assert ours.scale == 1


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_those_of_keras_with_its_defaults(kind):
    theirs = inspect.signature(getattr(import_tensorflow().keras.layers, kind)).parameters
    ours = inspect.signature(getattr(layers, kind)).parameters
    own = {"dtype", "name", "seed"}  # in Keras these come through **kwargs, but for the seed
    positional = [n for n, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD and n not in own]
    assert positional == [n for n in theirs if n not in own | {"kwargs"}]
    assert all(ours[n].default == theirs[n].default for n in positional)
    call = inspect.signature(getattr(import_tensorflow().keras.layers, kind).call).parameters
    assert list(inspect.signature(getattr(layers, kind).__call__).parameters) == list(call)


def test_nothing_returned_or_given_is_aliased_and_records_can_be_kept():
    rng = np.random.default_rng(0)
    layer = AdditiveAttention(seed=0)
    inputs = [rng.normal(size=(2, 3, 4)).astype("float32"), rng.normal(size=(2, 5, 4)).astype("float32")]
    mask = [rng.random((2, 3)) < 0.5, rng.random((2, 5)) < 0.5]
    first = layer(inputs, mask, return_attention_scores=True)
    record, kept = layer.record, [array.copy() for array in first]
    expected = [g.copy() for g in layer.backward(np.ones((2, 3, 4)))]
    second = layer([array + 1 for array in inputs])
    for array in (*first, *inputs, *mask, second):
        array[...] = 0
    for mine, gradient in zip(layer.backward(np.ones((2, 3, 4)), record), expected, strict=True):
        np.testing.assert_array_equal(mine, gradient)
    assert kept[0].any()


def test_dropout_has_its_rate_and_is_off_outside_training():
    layer = Attention(dropout=0.25, seed=0)
    inputs = [np.zeros((10, 40, 2)), np.ones((10, 50, 2))]
    np.testing.assert_allclose(layer(inputs), 1, rtol=1e-6)
    _, weights = layer(inputs, training=True, return_attention_scores=True)
    share = (weights == 0).mean()
    assert abs(share - 0.25) < 5 * np.sqrt(0.25 * 0.75 / weights.size)
    np.testing.assert_allclose(weights[weights > 0], 1 / 50 / 0.75, rtol=1e-6)


Q, V = np.zeros((2, 3, 4)), np.zeros((2, 5, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: a(Q), TypeError, r"Attention wants a list \[query, value\].*got ndarray"),
        (lambda a: a([Q]), ValueError, r"Attention wants a list \[query, value\].*got 1 arrays"),
        (lambda a: a([Q, V[0]]), ValueError, r"wants value of shape \(batch, time, features\), got \(5, 4\)"),
        (lambda a: a([Q, V[..., :3]]), ValueError, r"wants value of shape \(2, 5, 4\), got \(2, 5, 3\)"),
        (lambda a: a([Q, V, V[:, :3]]), ValueError, r"wants key of shape \(2, 5, 4\), got \(2, 3, 4\)"),
        (lambda a: a([Q, V[:1]]), ValueError, "query and value of one batch size, got 2 and 1"),
        (lambda a: a([Q[:, :0], V]), ValueError, "query with at least one time"),
        (lambda a: (a([Q, V]), a([Q[..., :2], V[..., :2]])), ValueError, "was built for 4 features"),
        (lambda a: a([Q, V], mask=np.ones((2, 5), bool)), ValueError, "wants mask as a list"),
        (lambda a: a([Q, V], mask=[None, np.ones((2, 5))]), TypeError, "wants value_mask as booleans"),
        (lambda a: a([Q, V], mask=[np.ones((2, 5), bool), None]), ValueError, r"query_mask of shape \(2, 3\), got"),
        (lambda a: a.backward(Q), ValueError, "forward pass before it"),
        (lambda a: (a([Q, V]), a.backward(V)), ValueError, r"d_outputs of shape \(2, 3, 4\), got \(2, 5, 4\)"),
        (lambda a: Attention(score_mode="cosine"), ValueError, "score_mode wants one of concat, dot, got 'cosine'"),
        (lambda a: Attention(dropout=1.5), ValueError, r"dropout wants a number in \[0, 1\)"),
        (lambda a: Sequential([a]).build((None, 3, 4)), TypeError, "Attention wants a list"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_bad_arguments(kind, call, error, message):
    with pytest.raises(error, match=message):
        call(getattr(layers, kind)(seed=0))
