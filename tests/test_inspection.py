import numpy as np
import pytest

from rnnlib.inspection import gradient_by_lag, gradient_check, numeric_gradient, relative_error
from rnnlib.interop import copy_weights
from rnnlib.layers import GRU, LSTM, Dense, Embedding, SimpleRNN
from rnnlib.losses import MeanSquaredError
from rnnlib.model import Sequential

X = np.random.default_rng(0).normal(size=(3, 5, 2))


def make(dtype="float64"):
    return Sequential(
        [SimpleRNN(3, return_sequences=True, dtype=dtype), SimpleRNN(2, dtype=dtype), Dense(1, dtype=dtype)], 0
    )


def test_numeric_gradient_of_a_known_function():
    a = np.array([1.0, 2.0, -3.0])
    np.testing.assert_allclose(numeric_gradient(lambda: float(np.sum(a**3)), a), 3 * a**2, rtol=1e-8)
    assert a.tolist() == [1, 2, -3]


def test_relative_error():
    assert relative_error([1.0, 0], [1.0, 0]) == 0
    assert relative_error([1.0, 0], [-1.0, 0]) == 1
    assert relative_error([0.0], [0.0]) == 0
    assert relative_error([1.0], [0.0]) == 1


def test_right_gradients_pass():
    model = make()
    errors = gradient_check(model, X)
    assert set(errors) == {"inputs", *model.weight_names}
    assert max(errors.values()) < 1e-7
    y = np.ones((3, 1))
    assert max(gradient_check(model, X, y, MeanSquaredError()).values()) < 1e-7
    model.compile("sgd", "mse")
    assert max(gradient_check(model, X, y).values()) < 1e-7
    assert max(gradient_check(SimpleRNN(2, dtype="float64", seed=1), X).values()) < 1e-7


def test_a_wrong_backward_pass_is_found(monkeypatch):
    right = SimpleRNN.backward
    monkeypatch.setattr(SimpleRNN, "backward", lambda self, d: right(self, 1.001 * d))
    errors = gradient_check(make(), X)
    assert errors["2.dense.kernel"] < 1e-7
    assert errors["1.simple_rnn.kernel"] > 1e-4


def test_errors():
    with pytest.raises(ValueError, match="network of dtype float64, got float32"):
        gradient_check(make("float32"), X)
    with pytest.raises(ValueError, match="wants a loss"):
        gradient_check(make(), X, np.ones((3, 1)))
    with pytest.raises(ValueError, match="array wants float64"):
        numeric_gradient(lambda: 0.0, np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="epsilon wants"):
        numeric_gradient(lambda: 0.0, np.zeros(2), 0)
    with pytest.raises(ValueError, match="b of shape"):
        relative_error(np.zeros(2), np.zeros(3))


RECURRENT = {
    "SimpleRNN": lambda **options: SimpleRNN(4, **options),
    "ReLU": lambda **options: SimpleRNN(4, "relu", recurrent_initializer="identity", **options),
    "LSTM": lambda **options: LSTM(4, **options),
    "GRU": lambda **options: GRU(4, **options),
    "GRU before": lambda **options: GRU(4, reset_after=False, **options),
}


def tail_gradients(layer, d_output, lag):
    """The derivative by the states `lag` steps before the last, by finite differences: they go in as initial states."""
    layer(X)
    states = [state[X.shape[1] - lag].copy() for state in layer.record.states]
    if lag == 0:
        return [d_output, *(np.zeros_like(state) for state in states[1:])]
    tail = X[:, X.shape[1] - lag :]
    return [
        numeric_gradient(lambda: float(np.sum(d_output * layer(tail, initial_state=states))), state) for state in states
    ]


@pytest.mark.parametrize("name", RECURRENT)
def test_gradient_by_lag_is_that_of_the_states_as_initial_states(name):
    layer = RECURRENT[name](dtype="float64", seed=1)
    d_output = np.random.default_rng(2).normal(size=(len(X), 4))
    by_lag = gradient_by_lag(layer, X, d_output)
    assert by_lag.shape == (layer.cell.number_of_states, X.shape[1] + 1, len(X), 4)
    for lag in range(X.shape[1] + 1):
        for found, wanted in zip(by_lag[:, lag], tail_gradients(layer, d_output, lag), strict=True):
            assert relative_error(found, wanted) < 1e-7


@pytest.mark.parametrize("name", RECURRENT)
def test_gradient_by_lag_is_tensorflows(name):
    from rnnlib.reproducibility import import_tensorflow

    tf = import_tensorflow()
    layer = RECURRENT[name](dtype="float64", seed=1)
    layer(X)
    options = {"activation": "relu"} if name == "ReLU" else {}
    options |= {"reset_after": False} if name == "GRU before" else {}
    twin = getattr(tf.keras.layers, type(layer).__name__)(4, dtype="float64", return_state=True, **options)
    twin.build(X.shape)
    copy_weights(layer, twin)
    d_output = np.random.default_rng(2).normal(size=(len(X), 4))
    by_lag = gradient_by_lag(layer, X, d_output)
    for lag in range(1, X.shape[1]):
        cut = X.shape[1] - lag
        states = [tf.constant(state) for state in twin(X[:, :cut])[1:]]
        with tf.GradientTape() as tape:
            tape.watch(states)
            total = tf.reduce_sum(d_output * twin(X[:, cut:], initial_state=states)[0])
        for found, wanted in zip(by_lag[:, lag], tape.gradient(total, states), strict=True):
            assert relative_error(found, wanted.numpy()) < 1e-10


def test_gradient_by_lag_whatever_the_layer_returns():
    d_output = np.ones((len(X), 4))
    plain = GRU(4, dtype="float64", seed=1)
    wanted = gradient_by_lag(plain, X, d_output)
    options = {"return_sequences": True, "return_state": True, "dropout": 0.5, "recurrent_dropout": 0.5}
    layer = GRU(4, dtype="float64", seed=1, stateful=True, **options)
    layer(X)
    carried = [state.copy() for state in layer.states]
    np.testing.assert_array_equal(gradient_by_lag(layer, X, d_output), wanted)
    np.testing.assert_array_equal(layer.states, carried)
    backwards = GRU(4, dtype="float64", seed=1, go_backwards=True)
    np.testing.assert_array_equal(gradient_by_lag(backwards, X[:, ::-1], d_output), wanted)
    assert gradient_by_lag(GRU(4, seed=1), X, d_output).dtype == np.float32


def test_gradient_by_lag_of_the_whole_length_is_what_backward_leaves():
    layer = LSTM(4, dtype="float64", seed=1)
    layer(X)
    d_output = np.random.default_rng(2).normal(size=(len(X), 4))
    by_lag = gradient_by_lag(layer, X, d_output)
    layer.backward(d_output)
    np.testing.assert_allclose(by_lag[:, -1], layer.d_initial_states, rtol=1e-12)


def test_gradient_by_lag_starts_where_it_is_told():
    layer = LSTM(4, dtype="float64", seed=1)
    d_output = np.ones((len(X), 4))
    whole = gradient_by_lag(layer, X, d_output)
    middle = [state[2] for state in layer.record.states]
    np.testing.assert_allclose(gradient_by_lag(layer, X[:, 2:], d_output, middle), whole[:, :4], rtol=1e-12)
    with pytest.raises(ValueError, match="LSTM wants 2 arrays in initial_state, got 1"):
        gradient_by_lag(layer, X, d_output, middle[:1])


def test_gradient_by_lag_errors():
    with pytest.raises(TypeError, match="wants a SimpleRNN, LSTM or GRU of rnnlib, got <Embedding"):
        gradient_by_lag(Embedding(3, 2), X, np.ones((3, 4)))
    layer = SimpleRNN(4)
    with pytest.raises(ValueError, match=r"d_output of shape \(3, 4\), got \(3, 5\)"):
        gradient_by_lag(layer, X, np.ones((3, 5)))
    with pytest.raises(ValueError, match="add the feature axis"):
        gradient_by_lag(layer, X[..., 0], np.ones((3, 4)))
    with pytest.raises(TypeError, match="d_output wants real numbers"):
        gradient_by_lag(layer, X, np.full((3, 4), "a"))
