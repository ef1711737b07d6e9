import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib.inspection import gradient_check
from rnnlib.interop import copy_weights
from rnnlib.layers import Embedding
from rnnlib.reproducibility import import_tensorflow


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    input_dim=st.integers(1, 5),
    output_dim=st.integers(1, 4),
    mask_zero=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_embedding_equals_keras(shape, input_dim, output_dim, mask_zero, seed):
    tf = import_tensorflow()
    rng = np.random.default_rng(seed)
    ids = rng.integers(input_dim, size=shape)
    options = {"mask_zero": mask_zero, "dtype": "float64"}
    theirs, ours = (
        tf.keras.layers.Embedding(input_dim, output_dim, **options),
        Embedding(input_dim, output_dim, **options),
    )
    with tf.GradientTape() as tape:
        expected = theirs(ids)
        weighting = rng.normal(size=expected.shape)
        total = tf.reduce_sum(expected * weighting)
    ours(ids)
    copy_weights(theirs, ours)
    np.testing.assert_array_equal(ours(ids), expected)
    mask = theirs.compute_mask(ids)
    if mask_zero:
        np.testing.assert_array_equal(ours.compute_mask(ids), mask)
    else:
        assert ours.compute_mask(ids) is None
        assert mask is None
    assert ours.backward(weighting) is None
    gradient = tf.convert_to_tensor(tape.gradient(total, theirs.embeddings.value))
    np.testing.assert_allclose(ours.d_embeddings, gradient, rtol=1e-12, atol=1e-12)


def test_gradients_equal_finite_differences():
    errors = gradient_check(Embedding(5, 3, dtype="float64", seed=0), [[0, 1, 1], [4, 0, 1]])
    assert set(errors) == {"embeddings"}
    assert errors["embeddings"] < 1e-8


def test_starts_as_in_keras():
    layer = Embedding(1000, 30, seed=0)
    layer([[0]])
    assert layer.embeddings.min() > -0.05
    assert layer.embeddings.max() < 0.05
    assert layer.embeddings.std() == pytest.approx(0.1 / np.sqrt(12), rel=0.02)
    assert layer.output_shape((None, 7)) == (None, 7, 30)


def test_whole_numbers_of_any_type_are_ids():
    layer = Embedding(5, 2, seed=0)
    expected = layer([[1, 4]])
    for dtype in ("uint8", "int32", "float32", "float64"):
        np.testing.assert_array_equal(layer(np.array([[1, 4]], dtype)), expected)


def test_nothing_returned_aliases_what_the_layer_keeps():
    layer, ids = Embedding(5, 2, seed=0), np.array([[1, 4, 1]])
    outputs = layer(ids)
    kept = outputs.copy()
    outputs[...] = 7
    ids[...] = 0
    layer.backward(np.ones((1, 3, 2)))
    np.testing.assert_array_equal(layer.d_embeddings, [[0, 0], [2, 2], [0, 0], [0, 0], [1, 1]])
    np.testing.assert_array_equal(layer([[1, 4, 1]]), kept)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda e: e([[5]]), ValueError, "ids from 0 to 4 in inputs, got 5 to 5"),
        (lambda e: e([[-1, 2]]), ValueError, "ids from 0 to 4 in inputs, got -1 to 2"),
        (lambda e: e([[0.5]]), ValueError, "inputs wants whole numbers, got fractions"),
        (lambda e: e([[np.nan]]), ValueError, "inputs wants whole numbers, got fractions, NaN"),
        (lambda e: e([["a"]]), TypeError, "inputs wants real numbers"),
        (lambda e: e([[1], [1, 2]]), TypeError, "inputs wants a rectangular array"),
        (lambda e: e(np.zeros((0, 3), int)), ValueError, r"inputs of shape \(batch, \.\.\.\), not empty, got \(0, 3\)"),
        (lambda e: e.backward(np.zeros((1, 1, 2))), ValueError, "forward pass before it"),
        (
            lambda e: (e([[1]]), e.backward(np.zeros((1, 2)))),
            ValueError,
            r"d_outputs of shape \(1, 1, 2\), got \(1, 2\)",
        ),
        (lambda e: Embedding(0, 2), ValueError, "input_dim wants at least 1"),
        (lambda e: Embedding(2, 1.5), TypeError, "output_dim wants a whole number"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(Embedding(5, 2))
