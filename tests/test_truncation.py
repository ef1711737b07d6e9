import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib import optimizers, truncation
from rnnlib.layers import Dense, Layer, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow


def make(seed=0, rate=0.05, **options):
    layers = [SimpleRNN(3, return_sequences=True, dtype="float64", **options) for _ in range(2)]
    model = Sequential([*layers, Dense(2, dtype="float64")], seed=seed)
    model.compile(optimizers.SGD(rate), "mse")
    model.build((None, None, 2))
    return model


def data(seed, batch=3, time=12):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(batch, time, 2)), rng.normal(size=(batch, time, 2))


def gradients_of_windows(model, x, y, k1, k2):
    """The gradient that each window leaves, one long vector each, with the weights held fixed."""
    found = []
    for _, steps in truncation.passes(model, x, y, k1, k2):
        found.append((steps, np.concatenate([g.ravel() for g in model.gradients])))
    return found


def tensorflow_gradients(model, x, y, k1, k2):
    """The same from TensorFlow: a loop over time that stops the gradient where each window starts."""
    tf = import_tensorflow()
    W1, U1, b1, W2, U2, b2, V, c = weights = [tf.Variable(w) for w in model.get_weights()]
    found = []
    for start, middle, stop in truncation.windows(x.shape[1], k1, k2):
        with tf.GradientTape() as tape:
            h1, h2, total = tf.zeros((len(x), 3), tf.float64), tf.zeros((len(x), 3), tf.float64), 0.0
            for t in range(stop):
                if t == start:
                    h1, h2 = tf.stop_gradient(h1), tf.stop_gradient(h2)
                h1 = tf.tanh(x[:, t] @ W1 + h1 @ U1 + b1)
                h2 = tf.tanh(h1 @ W2 + h2 @ U2 + b2)
                if t >= middle:
                    total += tf.reduce_mean((h2 @ V + c - y[:, t]) ** 2)
            loss = total / (stop - middle)
        found.append(np.concatenate([g.numpy().ravel() for g in tape.gradient(loss, weights)]))
    return found


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 14), st.integers(0, 100))
@settings(max_examples=15)
def test_each_window_has_tensorflows_gradient_with_stop_gradient(k1, ratio, time, seed):
    model, (x, y) = make(seed), data(seed, time=time)
    ours = gradients_of_windows(model, x, y, k1, k1 * ratio)
    theirs = tensorflow_gradients(model, x, y, k1, k1 * ratio)
    for (_, gradient), expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 5), st.integers(0, 100))
def test_one_window_over_everything_is_full_backpropagation(more, seed):
    x, y = data(seed)
    cut, full = make(seed), make(seed)
    options = {"batch_size": 2, "epochs": 2, "verbose": 0}
    losses = [
        cut.fit(x, y, truncate=12 + more, **options).history["loss"],
        full.fit(x, y, **options).history["loss"],
    ]
    np.testing.assert_allclose(*losses, rtol=1e-12)
    for a, b in zip(cut.weights, full.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@given(st.integers(1, 12), st.integers(0, 100))
def test_a_window_that_always_reaches_the_start_cuts_nothing(k1, seed):
    """With k2 as long as the sequence, the windows' gradients add up to that of the whole loss."""
    model, (x, y) = make(seed), data(seed)
    k2 = k1 * -(-24 // k1)
    summed = sum(steps / 12 * gradient for steps, gradient in gradients_of_windows(model, x, y, k1, k2))
    model.backward(model.loss.slope(y, model.forward(x)))
    np.testing.assert_allclose(summed, np.concatenate([g.ravel() for g in model.gradients]), rtol=1e-8, atol=1e-12)


def test_the_state_is_carried_on_where_the_gradient_is_cut():
    """The losses of all windows are those of the whole sequence in one; only the gradient is another."""
    model, (x, y) = make(), data(0)
    cut = [loss for loss, _ in truncation.passes(model, x, y, 4, 4)]
    assert np.mean(cut) == pytest.approx(model.evaluate(x, y), rel=1e-12)


def test_each_window_is_a_step_of_the_optimizer():
    model, (x, y) = make(), data(0)
    history = model.fit(x, y, batch_size=2, epochs=3, truncate=(5, 10), verbose=0)
    assert model.optimizer.iterations == 3 * 2 * 3  # epochs, batches, windows of 5, 5 and 2 steps
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_a_loss_beyond_the_window_teaches_nothing():
    """A target that repeats the input of 3 steps before: windows of one step cannot learn it, of six they can."""
    rng = np.random.default_rng(0)
    x = rng.choice([-1.0, 1.0], size=(50, 60, 1))
    y = np.concatenate([np.zeros((50, 3, 1)), x[:, :-3]], axis=1)

    def loss_after(truncate):
        layers = [SimpleRNN(12, return_sequences=True, dtype="float64"), Dense(1, dtype="float64")]
        model = Sequential(layers, seed=1)
        model.compile(optimizers.Adam(0.01), "mse")
        model.fit(x, y, batch_size=10, epochs=12, truncate=truncate, verbose=0)
        return model.evaluate(x, y)

    assert loss_after((1, 6)) < 0.3 * loss_after((1, 1))


class TwoWays(Layer):
    return_sequences = True


@pytest.mark.parametrize(
    ("layers", "truncate", "error", "message"),
    [
        ([SimpleRNN(2), Dense(2)], 4, ValueError, "return_sequences=True, got <SimpleRNN simple_rnn> in place 0"),
        ([SimpleRNN(2, return_sequences=True, go_backwards=True)], 4, ValueError, "layers that read forwards"),
        ([Dense(2), TwoWays()], 4, ValueError, "got <TwoWays two_ways> in place 1"),
        ([Dense(2)], 0, ValueError, "truncate wants at least 1, got 0"),
        ([Dense(2)], (4, 6), ValueError, r"k2 a multiple of k1, got \(4, 6\)"),
        ([Dense(2)], "all", TypeError, "truncate wants a whole number, got 'all'"),
    ],
)
def test_what_cannot_be_cut(layers, truncate, error, message):
    model, (x, y) = Sequential(layers), data(0)
    with pytest.raises(error, match=message):
        truncation.checked(truncate, model, x, y)


def test_fit_refuses_data_without_steps():
    model = Sequential([Dense(2)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"truncate wants x of shape .* got \(3, 2\) and \(3, 2\)"):
        model.fit(np.ones((3, 2)), np.ones((3, 2)), truncate=4, verbose=0)
