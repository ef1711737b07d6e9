import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib.counting import counted_multiplications, counted_products
from rnnlib.layers import GRU, LSTM, Bidirectional, Dense, SimpleRNN
from rnnlib.model import Sequential

sizes = st.integers(1, 6)


@given(sizes, sizes, sizes, sizes)
def test_every_way_to_write_a_product_is_counted(stack, n, k, m):
    with counted_products() as products:
        a, b = np.zeros((n, k)), np.zeros((k, m))
        _, _, _ = a @ b, np.matmul(a, b), a.dot(b)
        np.matmul(a, b, out=np.empty((n, m)))
        a.dot(b, np.empty((n, m)))
        assert products.shapes == [(n, k, m)] * 5
        (b.T @ a.T[:, :1]).sum()
        assert products.shapes[5:] == [(m, k, 1)]
        _ = np.zeros((stack, n, k)) @ b
        assert products.shapes[6:] == [(n, k, m)] * stack
        _ = a[0] @ b, a[0] @ b[:, 0]
        assert products.shapes[6 + stack :] == [(1, k, m), (1, k, 1)]
    assert products.multiply_adds == (5 + stack) * n * k * m + m * k + k * m + k


def test_what_is_computed_from_a_counted_array_counts_too():
    with counted_products() as products:
        a = np.tanh(np.ones((2, 3)) + 1)[::-1].T.copy()
        a += 1
        _ = np.eye(2) @ a.reshape(2, 3)
    assert products.shapes == [(2, 2, 3)]
    assert type(np.ones(2)) is np.ndarray
    _ = a @ a.T  # made in the block, used after it
    assert products.shapes == [(2, 2, 3)]


def test_layers_keep_nothing_that_counts():
    layer, sequences = LSTM(7, seed=0), np.ones((5, 2, 3), np.float32)
    with counted_products():
        layer(sequences)
    layer(sequences)
    kept = layer.record.inputs, *layer.record.z, *layer.record.states, layer.cell.squash.outer, layer.cell.squash.inner
    assert [type(array) for array in kept] == [np.ndarray] * len(kept)


@given(sizes, sizes)
def test_multiplications_of_arrays_are_counted_by_call(n, k):
    a, b = np.ones((n, k)), np.ones(k)
    with counted_multiplications() as counted:
        mine = np.asarray(a)
        _, _ = mine * b, 2.0 * mine[0]
        mine[0] *= b
        np.multiply(b, mine, out=np.empty((n, k)))
        _, _ = mine + b, mine @ b
        assert counted == [n * k, k, k, n * k]
    _ = a * b
    assert len(counted) == 4


def test_counting_ends_with_an_error():
    with pytest.raises(ValueError, match="stop"), counted_products():
        raise ValueError("stop")
    assert type(np.zeros(2)) is np.ndarray


@pytest.mark.parametrize(
    ("make", "gates"),
    [
        (lambda: SimpleRNN(6), 1),
        (lambda: LSTM(6), 4),
        (lambda: GRU(6), 3),
        (lambda: GRU(6, reset_after=False, dropout=0.5, recurrent_dropout=0.5), 3),
        (lambda: Bidirectional(LSTM(6)), 8),
    ],
)
def test_a_recurrent_layer_takes_one_pass_forward_and_two_back(make, gates):
    batch, time, features = 3, 5, 4
    layer, x = make(), np.random.default_rng(0).normal(size=(batch, time, features))
    wanted = layer(x)
    with counted_products() as forward:
        found = layer(x)
        d_outputs = np.ones(found.shape)
    with counted_products() as backward:
        layer.backward(d_outputs)
    assert forward.multiply_adds == batch * time * gates * 6 * (features + 6)
    assert backward.multiply_adds == 2 * forward.multiply_adds
    np.testing.assert_array_equal(found, wanted)


def test_a_dense_layer():
    layer = Dense(3)
    with counted_products() as products:
        layer(np.ones((2, 5, 4)))
    assert products.multiply_adds == 2 * 5 * 4 * 3


@pytest.mark.parametrize("kind", [SimpleRNN, LSTM, GRU])
def test_training_leaves_out_the_gradient_at_the_inputs(kind):
    batch, time, features, units = 3, 5, 4, 6
    rng = np.random.default_rng(0)
    layer, x, d_outputs = kind(units, seed=0), rng.normal(size=(batch, time, features)), rng.normal(size=(batch, units))
    layer(x)
    layer.backward(d_outputs)
    wanted = [gradient.copy() for gradient in layer.gradients]
    with counted_products() as forward:
        layer(x)
    with counted_products() as backward:
        layer.backward_to_weights(d_outputs)
    for found, gradient in zip(layer.gradients, wanted, strict=True):
        np.testing.assert_array_equal(found, gradient)
    one_product = batch * time * layer.kernel.size
    assert backward.multiply_adds == 2 * forward.multiply_adds - one_product
    model = Sequential([layer])
    model.compile("sgd", "mse")
    with counted_products() as training:
        model.train_on_batch(x, d_outputs)
    of_matrices = [
        rows * inner * columns for rows, inner, columns in training.shapes if rows > 1
    ]  # not sums of squares
    assert sum(of_matrices) == forward.multiply_adds + backward.multiply_adds
