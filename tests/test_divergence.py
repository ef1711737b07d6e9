import numpy as np
import pytest

from rnnlib import optimizers
from rnnlib.layers import Dense, SimpleRNN
from rnnlib.model import Sequential

X = np.random.default_rng(0).normal(size=(12, 5, 2)).astype("float32")
Y = np.ones((12, 1), np.float32)
YS = np.ones((12, 5, 1), np.float32)


def make(sequences=False, loss="mse", optimizer="sgd", **options):
    layers = [SimpleRNN(3, return_sequences=True, **options), SimpleRNN(3, return_sequences=sequences, **options)]
    model = Sequential([*layers, Dense(1)], seed=0)
    model.compile(optimizer, loss)
    model.build(X.shape)
    return model


def stopped(model, *data, **options):
    """The message with which `fit` stops; the weights must be those before the bad step."""
    before, steps = model.get_weights(), model.optimizer.iterations
    with pytest.raises(FloatingPointError) as caught:
        model.fit(*data, verbose=0, **options)
    if model.optimizer.iterations == steps:
        for weight, old in zip(model.weights, before, strict=True):
            np.testing.assert_array_equal(weight, old)
    return str(caught.value)


def test_a_weight_that_is_no_number():
    model = make()
    model.layers[1].recurrent_kernel[0, 0] = np.nan
    message = stopped(model, X, Y)
    assert "training stopped in epoch 1, batch 1: the loss is nan" in message
    assert "the weights of layer 1, simple_rnn: recurrent_kernel holds 1 nan of 9 numbers" in message
    assert "smaller learning rate" in message
    assert "clip" in message


def test_outputs_that_overflow_name_their_layer():
    model = make(activation="linear")
    model.layers[1].kernel[...] = 3e38
    assert "from the outputs of layer 1, simple_rnn, which hold" in stopped(model, X, Y)


def test_a_loss_that_overflows_alone():
    model = make(activation="relu")
    model.layers[2].bias[...] = 1e30
    message = stopped(model, X, Y)
    assert "the loss is inf, and it came from the loss function" in message
    assert "the largest prediction is 1e+30" in message


def test_a_gradient_that_overflows_from_a_finite_loss_names_where_it_began():
    model = make(activation="linear")
    model.layers[0].kernel[...] = 0  # hidden states of zero, so that only the way back grows
    for layer in model.layers[:2]:
        layer.recurrent_kernel[...] = 1e30
    message = stopped(model, X, Y)
    assert "the loss is 1, but its gradient is not finite" in message
    assert "from the gradients of layer 1, simple_rnn" in message


def test_a_large_but_finite_gradient_is_taken():
    model = make(activation="relu", optimizer=optimizers.SGD(1e-9, clipnorm=1.0))
    model.layers[2].bias[...] = 1e18
    model.fit(X, Y, epochs=1, batch_size=12, verbose=0)
    assert model.optimizer.iterations == 1


def test_the_last_step_of_an_epoch_that_ruins_the_weights():
    model = make(optimizer=optimizers.SGD(3e38))
    message = stopped(model, X, 10 * Y, batch_size=12)
    assert "training stopped after epoch 1: the last step left numbers that are not finite in the weights" in message


def test_a_training_that_runs_away_is_stopped_with_the_weights_before():
    model = make(activation="linear", optimizer=optimizers.SGD(50.0))
    message = stopped(model, X, Y, epochs=100, batch_size=4)
    assert "training stopped in epoch" in message
    assert all(np.isfinite(weight).all() for weight in model.weights)
    clipped = make(activation="linear", optimizer=optimizers.SGD(0.05, global_clipnorm=1.0))
    assert np.isfinite(clipped.fit(X, Y, epochs=100, batch_size=4, verbose=0).history["loss"]).all()


def test_truncated_training_says_which_steps():
    model = make(sequences=True, activation="linear", optimizer=optimizers.SGD(1e-30))
    model.layers[1].recurrent_kernel[...] = 1e13
    message = stopped(model, X, YS, truncate=2)
    assert "batch 1: steps 2 to 3: the loss is" in message
    assert "from the outputs of layer 1, simple_rnn" in message


def test_a_single_step_is_stopped_too():
    model = make()
    model.layers[2].kernel[...] = np.inf
    with pytest.raises(FloatingPointError, match="layer 2, dense: kernel holds 3 infinite of 3 numbers"):
        model.train_on_batch(X, Y)
