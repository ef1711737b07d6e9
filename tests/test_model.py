import numpy as np
import pytest

from rnnlib import losses, optimizers
from rnnlib.interop import from_keras
from rnnlib.layers import Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 6, 2)).astype("float32")
Y = RNG.normal(size=(23, 1)).astype("float32")


def make(seed=0, **options):
    model = Sequential([SimpleRNN(4, **options), Dense(1)], seed=seed)
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("loss", ["mse", "mae", "sparse_categorical_crossentropy"])
def test_training_equals_keras_epoch_by_epoch(optimizer, loss):
    keras = import_tensorflow().keras
    last = keras.layers.Dense(3, activation="softmax") if loss.startswith("sparse") else keras.layers.Dense(1)
    y = RNG.integers(3, size=23) if loss.startswith("sparse") else Y
    theirs = keras.Sequential([keras.layers.Input((6, 2)), keras.layers.SimpleRNN(4), last])
    ours = from_keras(theirs)
    theirs.compile(optimizer, loss)
    ours.compile(optimizer, loss)
    options = {"batch_size": 5, "epochs": 4, "shuffle": False, "verbose": 0, "validation_data": (X[:7], y[:7])}
    expected, history = theirs.fit(X, y, **options).history, ours.fit(X, y, **options).history
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    assert ours.evaluate(X, y) == pytest.approx(theirs.evaluate(X, y, verbose=0), rel=1e-5)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-6)


def test_training_learns():
    y = X.mean(axis=(1, 2))[:, np.newaxis]
    model = make()
    model.compile(optimizers.Adam(0.01), "mse")
    before = model.evaluate(X, y)
    history = model.fit(X, y, epochs=200, verbose=0)
    assert history.epoch == list(range(200))
    assert model.evaluate(X, y) < 0.1 * before


def test_equal_seeds_train_alike_and_others_do_not():
    def losses_of(seed):
        return make(seed).fit(X, Y, batch_size=4, epochs=3, verbose=0).history["loss"]

    assert losses_of(1) == losses_of(1)
    assert losses_of(1) != losses_of(2)


def test_a_generator_will_do_for_a_seed():
    made = [make(np.random.default_rng(7)), make(7)]
    histories = [model.fit(X, Y, batch_size=4, epochs=2, verbose=0).history for model in made]
    assert histories[0] == histories[1]
    rng = np.random.default_rng(7)
    assert make(rng).layers[0].rng.random() != make(rng).layers[0].rng.random()  # each model takes its own


def test_shuffle_draws_a_new_order_from_the_seed():
    first, second = make(1), make(2)
    for model in (first, second):
        model.build(X.shape)
    second.set_weights(first.get_weights())
    a, b = (m.fit(X, Y, batch_size=4, epochs=2, verbose=0).history["loss"] for m in (first, second))
    assert a != b  # the same weights, another order


def test_layers_of_one_model_start_differently():
    model = Sequential([SimpleRNN(4, return_sequences=True), SimpleRNN(4)], seed=0)
    model.build((None, 6, 4))
    assert not np.array_equal(model.layers[0].kernel, model.layers[1].kernel)


def test_the_weights_are_views_of_one_vector():
    model = make()
    model.build(X.shape)
    assert all(np.shares_memory(w, model._flat) for w in [*model.weights, *model.gradients])
    model.layers[0].kernel[...] = 0  # writing into a layer's weight changes the model
    assert (model.get_weights()[0] == 0).all()


def test_predict_does_not_depend_on_the_batches():
    model = make()
    np.testing.assert_allclose(model.predict(X, batch_size=5), model.predict(X, batch_size=23), rtol=1e-6)
    assert model.predict(X).shape == (23, 1)


def test_summary(capsys):
    model = make()
    model.build((None, 6, 2))
    model.summary()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "simple_rnn", "dense", "all"]
    assert [line.split()[-1] for line in lines[1:]] == ["28", "5", "33"]


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_saved_weights_come_back(tmp_path, suffix):
    model, other = make(0), make(1)
    for m in (model, other):
        m.build(X.shape)
    model.save_weights(tmp_path / f"w{suffix}")
    other.load_weights(tmp_path / f"w{suffix}")
    np.testing.assert_array_equal(model.predict(X), other.predict(X))
    assert all(np.shares_memory(w, other._flat) for w in other.weights)


def test_weights_of_another_model_change_nothing(tmp_path):
    model, other = make(), Sequential([SimpleRNN(5), Dense(1)], seed=0)
    for m in (model, other):
        m.build(X.shape)
    other.save_weights(tmp_path / "other.npz")
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"0\.simple_rnn\.kernel of shape \(2, 4\), got \(2, 5\)"):
        model.load_weights(tmp_path / "other.npz")
    single = Sequential([Dense(1)], seed=0)
    single.build((None, 2))
    single.save_weights(tmp_path / "one.npz")
    with pytest.raises(ValueError, match="weights of another model"):
        model.load_weights(tmp_path / "one.npz")
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


BAD = X.copy()
BAD[3, 2, 1] = np.nan


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.fit(BAD, Y), ValueError, r"x wants finite numbers, got 1 NaN or infinite, .* index \(3, 2, 1\)"),
        (lambda m: m.fit(X, Y * np.inf), ValueError, "y wants finite numbers"),
        (lambda m: m.evaluate(BAD, Y), ValueError, "x wants finite numbers"),
        (lambda m: m.predict(BAD), ValueError, "x wants finite numbers"),
        (lambda m: m.fit(X, Y, validation_data=(BAD, Y)), ValueError, "validation x wants finite numbers"),
        (lambda m: m.fit(X, Y[:5]), ValueError, "x and y want as many samples, got 23 and 5"),
        (
            lambda m: m.fit(X, Y[:, 0]),
            ValueError,
            r"y of the predictions' shape \(23, 1\), got \(23,\): add the last axis",
        ),
        (lambda m: m.fit(X[..., 0], Y), ValueError, r"add the feature axis with sequences\[\.\.\., np\.newaxis\]"),
        (lambda m: m.fit(X[:0], Y[:0]), ValueError, "x wants at least one sample"),
        (lambda m: m.fit(X, Y, batch_size=0), ValueError, "batch_size wants at least 1"),
        (lambda m: m.fit(X, Y, epochs=1.5), TypeError, "epochs wants a whole number"),
        (lambda m: m.fit([["a"]], [[1.0]]), TypeError, "x wants real numbers"),
        (lambda m: m.compile("adamm", "mse"), ValueError, "optimizer wants one of"),
        (lambda m: m.summary(), ValueError, "summary wants a model whose shapes are known"),
        (lambda m: m.save_weights("w.npz"), ValueError, "save_weights wants a model whose shapes"),
    ],
)
def test_bad_calls(call, error, message):
    with pytest.raises(error, match=message):
        call(make())


def test_a_refused_fit_changes_no_weight():
    model = make()
    model.build(X.shape)
    before = model.get_weights()
    with pytest.raises(ValueError, match="finite"):
        model.fit(X, Y, validation_data=(X, Y * np.nan), verbose=0)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_bad_stacks():
    with pytest.raises(ValueError, match="at least one layer"):
        Sequential([])
    with pytest.raises(TypeError, match="rnnlib layers, got 'dense'"):
        Sequential(["dense"])
    dense = Dense(1)
    with pytest.raises(ValueError, match="same layer in two places"):
        Sequential([dense, dense])
    with pytest.raises(ValueError, match="does not know its loss"):
        Sequential([Dense(1)]).fit(X[:, 0], Y)


def test_objects_in_place_of_names():
    model = Sequential([Dense(2)], seed=0)
    model.compile(optimizers.SGD(0.1), losses.CategoricalCrossentropy(from_logits=True))
    y = np.eye(2)[RNG.integers(2, size=23)]
    first = model.train_on_batch(X[:, 0], y)
    assert model.train_on_batch(X[:, 0], y) < first
