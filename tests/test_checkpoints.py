import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rnnlib import optimizers, schedules, weight_files
from rnnlib.callbacks import Checkpoint, EarlyStopping, LearningRateScheduler, ReduceLROnPlateau
from rnnlib.layers import Dense, Layer, SimpleRNN
from rnnlib.model import Sequential

RNG = np.random.default_rng(0)
X = RNG.normal(size=(11, 4, 2)).astype("float32")
Y = RNG.normal(size=(11, 1)).astype("float32")
VALIDATION = X[:5] + 1, Y[:5]
many_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


class Noise(Layer):
    """Adds random numbers in training, and carries a state from batch to batch: its last mean."""

    states = None

    def checked(self, inputs):
        return inputs

    def forward(self, inputs, mask=None, training=False):
        carried = self.states[0] if self.states else 0
        if training:
            inputs = inputs + self.rng.normal(0, 0.1, inputs.shape).astype(self.dtype) + carried
            self.states = [inputs.mean(axis=0)]
        return inputs

    def __call__(self, inputs, training=False):
        return self.forward(inputs, training=training)

    def backward(self, d_outputs):
        return d_outputs

    def output_shape(self, input_shape):
        return input_shape


SCHEDULE = schedules.CosineDecay(0.02, 12, warmup_target=0.05, warmup_steps=5)
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.05),
    "momentum": lambda: optimizers.SGD(SCHEDULE, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(SCHEDULE, momentum=0.5, centered=True, clipnorm=0.5),
    "adam": lambda: optimizers.Adam(0.05, global_clipnorm=0.1),
    "adam with a schedule": lambda: optimizers.Adam(SCHEDULE),
}
CALLBACKS = {
    "none": list,
    "early stopping": lambda: [EarlyStopping("loss", patience=1, restore_best_weights=True)],
    "validation": lambda: [EarlyStopping(patience=2, min_delta=0.01), EarlyStopping("loss", patience=3)],
}
PLATEAU = {"plateau": lambda: [ReduceLROnPlateau("loss", patience=0, min_delta=0.05, cooldown=1)]}


def make(optimizer="adam", seed=0, units=3, dtype="float32", **options):
    layers = [SimpleRNN(units, dtype=dtype, **options), Noise(dtype=dtype), Dense(1, dtype=dtype)]
    model = Sequential(layers, seed=seed)
    model.compile(OPTIMIZERS[optimizer](), "mse")
    return model


def fit(model, callbacks, epochs, shuffle=True, **options):
    options = {"batch_size": 4, "verbose": 0, "shuffle": shuffle, "validation_data": VALIDATION} | options
    return model.fit(X, Y, epochs=epochs, callbacks=callbacks, **options).history


@given(
    st.sampled_from(sorted(OPTIMIZERS)),
    st.sampled_from(sorted(CALLBACKS | PLATEAU)),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from(weight_files.SUFFIXES),
)
@many_files
def test_a_resumed_training_is_the_uninterrupted_one_bit_for_bit(tmp_path, optimizer, callbacks, stop, shuffle, suffix):
    if callbacks in PLATEAU and callable(getattr(OPTIMIZERS[optimizer](), "schedule", None)):
        callbacks = "none"  # what sets the learning rate cannot stand beside a schedule
    path, make_callbacks = tmp_path / f"training{suffix}", (CALLBACKS | PLATEAU)[callbacks]
    whole = make(optimizer)
    expected = fit(whole, make_callbacks(), 6, shuffle)

    fit(make(optimizer), [Checkpoint(path), *make_callbacks()], stop, shuffle)
    resumed = make(optimizer, seed=99)  # nothing is left of its own beginning
    found = fit(resumed, make_callbacks(), 6, shuffle, resume_from=path)

    assert found == expected
    for weight, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(weight, other)
    after = [fit(model, [], 2, shuffle) for model in (whole, resumed)]  # generators and slots are alike too
    assert after[0] == after[1]


def test_a_training_killed_in_an_epoch_goes_on_from_the_last_whole_one(tmp_path):
    path, whole, killed, resumed = tmp_path / "training.npz", make(), make(), make(seed=1)
    expected = fit(whole, [], 5)

    def kill(epoch, rate):
        if epoch == 3:
            raise KeyboardInterrupt
        return rate

    with pytest.raises(KeyboardInterrupt):
        fit(killed, [LearningRateScheduler(kill), Checkpoint(path, every=2)], 5)
    found = fit(resumed, [], 5, resume_from=path)
    assert found["loss"][:2] == expected["loss"][:2]
    assert found["loss"] == expected["loss"]


def test_a_finished_training_can_be_made_longer(tmp_path):
    path, model = tmp_path / "training.safetensors", make()
    expected = fit(make(), [], 5)
    fit(model, [], 2)
    model.save_checkpoint(path)
    assert fit(model, [], 2, resume_from=path)["loss"] == expected["loss"][:2]
    assert fit(model, [], 5, resume_from=path) == expected


def test_loading_by_hand_lets_settings_be_changed(tmp_path):
    path, model, other = tmp_path / "training.npz", make(), make(seed=1)
    fit(model, [EarlyStopping()], 3)
    model.save_checkpoint(path)
    other.build(X.shape)
    assert other.load_checkpoint(path) == 3
    assert other.optimizer.iterations == model.optimizer.iterations
    for weight, old in zip(other.weights, model.weights, strict=True):
        np.testing.assert_array_equal(weight, old)
    other.optimizer.learning_rate = 1e-4
    assert other.fit(X, Y, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]
    assert other.optimizer.learning_rate == 1e-4


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM])
def test_every_kind_of_generator_is_kept(tmp_path, kind):
    first, second = make(), make(seed=1)
    for model, seed in ((first, 3), (second, 4)):
        model.layers[1].rng = np.random.Generator(kind(seed))
        model.build(X.shape)
    first.layers[1].rng.normal(size=7)
    first.save_checkpoint(tmp_path / "training.npz")
    second.load_checkpoint(tmp_path / "training.npz")
    assert second.layers[1].rng.normal() == first.layers[1].rng.normal()


def everything(model):
    """All that a checkpoint could change, as one text."""
    state = model.optimizer.get_state(), model.get_weights(), model.order_rng.bit_generator.state
    layers = [(layer.rng.bit_generator.state, getattr(layer, "states", None)) for layer in model.layers]
    return repr((state, layers, model.epochs_done, model.stop_training))


def of_another(optimizer="adam", callbacks=(), **options):
    model = make(optimizer, **options)
    fit(model, list(callbacks), 1)
    return model


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: of_another(units=4), r"0\.simple_rnn\.kernel of shape \(2, 3\), got \(2, 4\)"),
        (lambda: of_another(use_bias=False), "this model has the weights .* the checkpoint"),
        (lambda: of_another(dtype="float64"), "computes in float32, the checkpoint in float64"),
        (lambda: of_another("momentum"), "this optimizer is 'adam' .* got the state of 'sgd'"),
        (lambda: of_another("adam with a schedule"), "learning_rate of this optimizer is a number, got .* a schedule"),
        (lambda: of_another(callbacks=[EarlyStopping("loss")]), "callbacks are History, got .* EarlyStopping"),
    ],
)
def test_a_checkpoint_of_another_training_changes_nothing(tmp_path, other, message):
    path, model = tmp_path / "other.npz", of_another()
    other().save_checkpoint(path)
    before = everything(model)
    with pytest.raises(ValueError, match=rf"other\.npz holds no checkpoint of this training: .*{message}"):
        fit(model, [], 2, resume_from=path)
    assert everything(model) == before


@given(st.data(), st.sampled_from(weight_files.SUFFIXES))
@many_files
def test_an_altered_or_cut_file_changes_nothing(tmp_path, data, suffix):
    path, model = tmp_path / f"training{suffix}", of_another()
    model.save_checkpoint(path)
    saved, whole = everything(model), path.read_bytes()
    fit(model, [], 1)
    before = everything(model)
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        path.write_bytes(whole[:place])
    else:
        altered = bytearray(whole)
        altered[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(altered)
    try:
        model.load_checkpoint(path)
    except OSError as error:
        message, expected = str(error), before
    else:  # a byte that says nothing of the arrays, such as the time in an npz file
        message, expected = "altered", saved
    assert "altered" in message
    assert everything(model) == expected


def test_what_is_no_checkpoint(tmp_path):
    model = of_another()
    model.save_weights(tmp_path / "w.npz")
    with pytest.raises(ValueError, match=r"holds no checkpoint, but arrays named .* is it for load_weights"):
        model.load_checkpoint(tmp_path / "w.npz")
    for rest in (b"{", b"[]", b"{}", json.dumps({"weights": {}, "optimizer": None}).encode()):
        weight_files.save(tmp_path / "bad.npz", {"training": np.frombuffer(rest, np.uint8)})
        before = everything(model)
        with pytest.raises(ValueError, match="holds no checkpoint of this training"):
            model.load_checkpoint(tmp_path / "bad.npz")
        assert everything(model) == before
    with pytest.raises(FileNotFoundError):
        fit(model, [], 2, resume_from=tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.save_checkpoint("c.npz"), "save_checkpoint wants a model whose shapes are known"),
        (lambda m: m.load_checkpoint("c.npz"), "load_checkpoint wants a model whose shapes are known"),
        (lambda m: fit(m, [], 2, resume_from="c.npz", initial_epoch=1), "initial_epoch is what the file says"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call(make())
