import numpy as np
import pytest

from rnnlib.inspection import gradient_check, numeric_gradient, relative_error
from rnnlib.layers import Dense, SimpleRNN
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
