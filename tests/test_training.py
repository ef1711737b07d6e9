"""What a model and its optimizer make together: clipping by weight in one long vector, rates that change by step."""

import numpy as np
import pytest

from rnnlib import optimizers, schedules
from rnnlib.interop import from_keras
from rnnlib.reproducibility import import_tensorflow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 6, 2)).astype("float32")
Y = 10 * RNG.normal(size=(23, 1)).astype("float32")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SGD", {"learning_rate": 0.05, "clipnorm": 0.3}),
        ("SGD", {"learning_rate": 0.05, "clipvalue": 0.1, "momentum": 0.5}),
        ("SGD", {"learning_rate": 0.05, "global_clipnorm": 0.5, "momentum": 0.5, "nesterov": True}),
        ("RMSprop", {"momentum": 0.5, "clipnorm": 0.3}),
        ("Adam", {"learning_rate": 0.01, "clipnorm": 0.01}),
    ],
)
def test_clipped_training_equals_keras_epoch_by_epoch(kind, options):
    compare_with_keras(kind, options, options)


def test_scheduled_training_equals_keras_epoch_by_epoch():
    arguments = (0.0, 10), {"warmup_target": 0.02, "warmup_steps": 5}
    theirs = import_tensorflow().keras.optimizers.schedules.CosineDecay(*arguments[0], **arguments[1])
    ours = schedules.CosineDecay(*arguments[0], **arguments[1])
    compare_with_keras("Adam", {"learning_rate": theirs}, {"learning_rate": ours})


def compare_with_keras(kind, their_options, our_options):
    keras = import_tensorflow().keras
    layers = [keras.layers.SimpleRNN(4, return_sequences=True), keras.layers.SimpleRNN(3), keras.layers.Dense(1)]
    theirs = keras.Sequential([keras.layers.Input((6, 2)), *layers])
    ours = from_keras(theirs)
    theirs.compile(getattr(keras.optimizers, kind)(**their_options), "mse")
    ours.compile(getattr(optimizers, kind)(**our_options), "mse")
    options = {"batch_size": 5, "epochs": 4, "shuffle": False, "verbose": 0}
    expected, history = theirs.fit(X, Y, **options).history, ours.fit(X, Y, **options).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    for weight, variable in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(weight, variable.numpy(), rtol=1e-4, atol=1e-5)
