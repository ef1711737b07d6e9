import types

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from rnnlib import callbacks, optimizers
from rnnlib.layers import Dense
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

EIGHTHS = st.integers(-16, 16).map(lambda n: n / 8)  # Keras compares in 32 bits: numbers that those hold exactly
SERIES = st.lists(EIGHTHS, min_size=1, max_size=15)


class Scripted:
    """A model that has nothing but what callbacks ask of it; its weights say how many epochs have passed."""

    def __init__(self):
        self.stop_training, self.validates = False, True
        self.optimizer = types.SimpleNamespace(learning_rate=1.0, schedule=None)
        self.weights = None

    def get_weights(self):
        return [np.array(self.epoch)]

    def set_weights(self, weights):
        self.weights = int(weights[0])


def play(callback, values, name="val_loss"):
    """Run a callback through scripted measurements; returns the model and the learning rate after each epoch."""
    model, rates = Scripted(), []
    callback.set_model(model) if hasattr(callback, "set_model") else setattr(callback, "model", model)
    callback.on_train_begin()
    for model.epoch, value in enumerate(values):
        callback.on_epoch_end(model.epoch, {name: value})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end()
    return model, rates


@given(
    SERIES,
    st.fixed_dictionaries(
        {
            "min_delta": EIGHTHS,
            "patience": st.integers(0, 4),
            "mode": st.sampled_from(["auto", "min", "max"]),
            "baseline": st.none() | EIGHTHS,
            "restore_best_weights": st.booleans(),
            "start_from_epoch": st.integers(0, 4),
        }
    ),
)
def test_early_stopping_equals_keras(values, options):
    keras = import_tensorflow().keras
    theirs, ours = keras.callbacks.EarlyStopping(**options), callbacks.EarlyStopping(**options)
    expected, found = play(theirs, values)[0], play(ours, values)[0]
    assert (found.epoch, found.stop_training, found.weights) == (
        expected.epoch,
        expected.stop_training,
        expected.weights,
    )
    for name in ("wait", "best", "best_epoch", "stopped_epoch"):
        assert getattr(ours, name) == getattr(theirs, name), name


@given(
    SERIES,
    st.fixed_dictionaries(
        {
            "factor": st.sampled_from([0.5, 0.25]),
            "patience": st.integers(0, 3),
            "mode": st.sampled_from(["auto", "min", "max"]),
            "min_delta": EIGHTHS,
            "cooldown": st.integers(0, 3),
            "min_lr": st.sampled_from([0.0, 0.1]),
        }
    ),
)
def test_reducing_the_rate_on_a_plateau_equals_keras(values, options):
    keras = import_tensorflow().keras
    theirs, ours = keras.callbacks.ReduceLROnPlateau(**options), callbacks.ReduceLROnPlateau(**options)
    expected, found = play(theirs, values)[1], play(ours, values)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(SERIES, st.integers(0, 15), st.integers(0, 3))
def test_a_callback_goes_on_from_the_state_of_another(values, cut, patience):
    """In two halves, with another callback for the second, as in one."""
    whole, first, second = (callbacks.EarlyStopping(patience=patience, restore_best_weights=True) for _ in range(3))
    play(whole, values)
    model, _ = play(first, values[:cut])
    if not model.stop_training:
        second.on_train_begin = lambda: second.set_state(first.get_state())
        model.epoch = cut
        second.model = model
        second.on_train_begin()
        for model.epoch, value in enumerate(values[cut:], cut):
            second.on_epoch_end(model.epoch, {"val_loss": value})
            if model.stop_training:
                break
        assert second.get_state() == whole.get_state()


X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def make(rate=0.01):
    model = Sequential([Dense(1)], seed=0)
    model.compile(optimizers.SGD(rate), "mse")
    return model


class Recorder(callbacks.Callback):
    """Writes down what it is told, and measures the weights as well."""

    def __init__(self):
        self.told = []

    def on_train_begin(self):
        self.told.append("begin")

    def on_train_end(self):
        self.told.append("end")

    def on_epoch_begin(self, epoch):
        self.told.append(epoch)

    def on_epoch_end(self, epoch, logs):
        logs["size"] = float(np.abs(self.model.weights[0]).max())


def test_callbacks_are_told_in_order_and_may_add_to_the_history():
    recorder = Recorder()
    history = make().fit(X, Y, epochs=5, callbacks=[recorder], initial_epoch=2, verbose=0)
    assert recorder.told == ["begin", 2, 3, 4, "end"]
    assert history.epoch == [2, 3, 4]
    assert history.history.keys() == {"loss", "size"}


def test_early_stopping_watches_what_another_callback_measured_and_restores_the_best():
    model, sizes = make(), []

    class Watch(Recorder):
        def on_epoch_end(self, epoch, logs):
            super().on_epoch_end(epoch, logs)
            sizes.append((logs["size"], self.model.get_weights()))

    stop = callbacks.EarlyStopping("size", mode="min", patience=2, restore_best_weights=True)
    history = model.fit(X, Y, epochs=50, callbacks=[Watch(), stop], verbose=0)
    assert len(history.epoch) < 50
    best = min(sizes, key=lambda pair: pair[0])[1]
    for weight, expected in zip(model.weights, best, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_the_scheduler_sets_the_rate_before_each_epoch_as_in_keras():
    keras = import_tensorflow().keras
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    ours = make()
    ours.build(X.shape)
    ours.set_weights(theirs.get_weights())
    theirs.compile(keras.optimizers.SGD(0.01), "mse")

    def halve(epoch, rate):
        return rate / 2 if epoch else rate

    options = {"epochs": 4, "shuffle": False, "verbose": 0}
    expected = theirs.fit(X, Y, callbacks=[keras.callbacks.LearningRateScheduler(halve)], **options).history
    history = ours.fit(X, Y, callbacks=[callbacks.LearningRateScheduler(halve)], **options).history
    for name in ("loss", "learning_rate"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: callbacks.EarlyStopping(patience=-1), ValueError, "patience wants at least 0"),
        (lambda: callbacks.EarlyStopping(mode="best"), ValueError, "mode wants one of max, min, got 'best'"),
        (lambda: callbacks.EarlyStopping("accuracy"), ValueError, "mode wants 'min' or 'max' for monitor='accuracy'"),
        (lambda: callbacks.ReduceLROnPlateau(factor=1), ValueError, r"factor wants a number in \(0, 1\), got 1"),
        (lambda: callbacks.LearningRateScheduler(0.1), TypeError, "schedule wants a function"),
        (lambda: callbacks.Checkpoint("w.h5"), ValueError, "ends in .safetensors or .npz"),
        (lambda: make().fit(X, Y, callbacks=["stop"]), TypeError, "callbacks wants rnnlib callbacks, got 'stop'"),
        (
            lambda: make().fit(X, Y, callbacks=[callbacks.EarlyStopping("size", mode="min")], verbose=0),
            ValueError,
            "monitor of EarlyStopping wants one of loss, got 'size'",
        ),
        (
            lambda: make().fit(X, Y, callbacks=[callbacks.Checkpoint("no/such/folder/w.npz")], verbose=0),
            FileNotFoundError,
            "path of Checkpoint wants a folder that exists",
        ),
        (
            lambda: make(lambda step: 0.1).fit(X, Y, callbacks=callbacks.ReduceLROnPlateau("loss"), verbose=0),
            TypeError,
            "ReduceLROnPlateau wants an optimizer whose learning_rate is a number",
        ),
        (
            lambda: make(lambda step: 0.1).fit(X, Y, callbacks=callbacks.LearningRateScheduler(max), verbose=0),
            TypeError,
            "learning_rate follows the schedule",
        ),
        (lambda: callbacks.EarlyStopping().set_state({"wait": 1}), ValueError, "EarlyStopping wants a state of"),
    ],
)
def test_bad_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_number_that_will_not_be_measured_is_refused_before_training():
    model = make()
    model.build(X.shape)
    before = model.get_weights()
    with pytest.raises(ValueError, match="EarlyStopping is 'val_loss', but fit got no validation_data"):
        model.fit(X, Y, callbacks=[callbacks.EarlyStopping()], verbose=0)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
