"""Masks and carried states in `Sequential`: what fit, evaluate and predict make of them, against Keras."""

import numpy as np
import pytest

from rnnlib.interop import from_keras
from rnnlib.layers import GRU, LSTM, Bidirectional, Dense, Dropout, Embedding, Masking, SimpleRNN
from rnnlib.losses import MeanSquaredError
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

RNG = np.random.default_rng(0)
IDS = RNG.integers(1, 7, size=(12, 6))
IDS[0, 4:], IDS[1, :3], IDS[2, 2], IDS[3] = 0, 0, 0, 0  # right, left, a hole, nothing left
IDS[7] = IDS[8] = IDS[9] = 0  # with batches of 3: one batch has one sample that counts, ...
IDS[5, 1:], IDS[10:] = 0, 0  # ... one has none
X = RNG.normal(size=(12, 6, 3)).astype("float32")
X[IDS == 0] = 0
STEPS = RNG.normal(size=(12, 6, 2)).astype("float32")
CLASSES = RNG.integers(2, size=(12, 6))


def ids(k):
    return k.layers.Input((6,)), k.layers.Embedding(7, 4, mask_zero=True)


def vectors(k):
    return k.layers.Input((6, 3)), k.layers.Masking()


STACKS = {
    "lstm": (ids, lambda K: [K.LSTM(3, return_sequences=True), K.Dense(2)]),
    "gru, dropout layer": (ids, lambda K: [K.GRU(3, return_sequences=True), K.Dropout(0.0), K.Dense(2)]),
    "stacked": (vectors, lambda K: [K.SimpleRNN(3, return_sequences=True), K.LSTM(2, return_sequences=True)]),
    "bidirectional": (vectors, lambda K: [K.Bidirectional(K.GRU(2, return_sequences=True), merge_mode="ave")]),
    "two directions, then one": (
        ids,
        lambda K: [K.Bidirectional(K.LSTM(3, return_sequences=True)), K.GRU(2, return_sequences=True)],
    ),
    "backwards": (ids, lambda K: [K.GRU(3, return_sequences=True, go_backwards=True), K.Dense(2)]),
    "dense before": (vectors, lambda K: [K.Dense(4, "tanh"), K.LSTM(2, return_sequences=True)]),
    "no recurrence": (ids, lambda K: [K.Dense(2)]),
    "masked twice": (vectors, lambda K: [K.Masking(), K.SimpleRNN(2, return_sequences=True)]),
}


def keras_and_ours(first, rest, optimizer, loss):
    """A compiled Keras model and its twin."""
    keras = import_tensorflow().keras
    theirs = keras.Sequential([*first(keras), *rest(keras.layers)])
    ours = from_keras(theirs)
    for model in (theirs, ours):
        model.compile(optimizer, loss)
    return theirs, ours


def assert_equal_training(theirs, ours, x, y, batch_size):
    for size in (batch_size, 12):
        assert ours.evaluate(x, y, size) == pytest.approx(theirs.evaluate(x, y, size, verbose=0), rel=1e-5)
    options = {"batch_size": batch_size, "epochs": 3, "shuffle": False, "verbose": 0, "validation_data": (x[:6], y[:6])}
    expected, history = theirs.fit(x, y, **options).history, ours.fit(x, y, **options).history
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    for mine, weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, weight, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stack", STACKS)
def test_masked_steps_train_and_count_as_in_keras(stack):
    first, rest = STACKS[stack]
    x = IDS if first is ids else X
    theirs, ours = keras_and_ours(first, rest, "sgd", "mse")
    assert_equal_training(theirs, ours, x, STEPS, 3)


@pytest.mark.parametrize(
    "loss", ["mae", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]
)
def test_every_loss_counts_only_what_the_mask_leaves(loss):
    y = {"mae": STEPS, "sparse_categorical_crossentropy": CLASSES}.get(loss, np.eye(2, dtype="float32")[CLASSES])
    last = {"mae": None, "binary_crossentropy": "sigmoid"}.get(loss, "softmax")
    theirs, ours = keras_and_ours(vectors, lambda K: [K.GRU(3, return_sequences=True), K.Dense(2, last)], "adam", loss)
    assert_equal_training(theirs, ours, X, y, 3)


def test_one_output_a_sequence_counts_all_sequences():
    theirs, ours = keras_and_ours(ids, lambda K: [K.LSTM(3), K.Dense(2)], "sgd", "mse")
    assert_equal_training(theirs, ours, IDS, STEPS[:, 0], 3)


def test_a_stateful_model_carries_its_states_through_fit_evaluate_and_predict_as_keras_does():
    keras = import_tensorflow().keras
    K = keras.layers
    theirs = keras.Sequential([K.Input(batch_shape=(3, 6, 3)), K.GRU(3, stateful=True), K.Dense(2)])
    ours = from_keras(theirs)
    for model in (theirs, ours):
        model.compile("sgd", "mse")
    options = {"batch_size": 3, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (X[:6], STEPS[:6, 0])}
    expected, history = theirs.fit(X, STEPS[:, 0], **options).history, ours.fit(X, STEPS[:, 0], **options).history
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    evaluated = theirs.evaluate(X, STEPS[:, 0], 3, verbose=0)
    assert ours.evaluate(X, STEPS[:, 0], 3) == pytest.approx(evaluated, rel=1e-5)
    np.testing.assert_allclose(ours.predict(X, 3), theirs.predict(X, 3, verbose=0), rtol=1e-4, atol=1e-6)


def test_checking_the_data_does_not_move_a_stateful_layer_on():
    models = [Sequential([LSTM(2, stateful=True)], seed=0) for _ in range(2)]
    models[1].build((3, 6, 3))
    np.testing.assert_array_equal(
        models[0].predict(X, 3),
        models[1].forward(X[:3]).tolist()
        + [row for start in (3, 6, 9) for row in models[1].forward(X[start : start + 3]).tolist()],
    )


def test_dropout_acts_in_fit_and_nowhere_else():
    model = Sequential([SimpleRNN(4, dropout=0.5, recurrent_dropout=0.5), Dropout(0.5), Dense(2)], seed=0)
    model.compile("sgd", "mse")
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    assert model.evaluate(X, STEPS[:, 0]) == model.evaluate(X, STEPS[:, 0])
    assert not np.array_equal(model(X, training=True), model(X, training=True))
    one, two = (Sequential([GRU(4, dropout=0.5), Dropout(0.5), Dense(2)], seed=3) for _ in range(2))
    for m in (one, two):
        m.compile("adam", "mse")
    assert one.fit(X, STEPS[:, 0], verbose=0).history == two.fit(X, STEPS[:, 0], verbose=0).history


def test_a_loss_with_a_mask():
    loss, y, p = MeanSquaredError(), np.zeros((2, 3, 1)), np.arange(6.0).reshape(2, 3, 1)
    mask = np.array([[True, False, True], [False, False, False]])
    assert loss.masked_value(y, p, mask) == 2.0
    np.testing.assert_array_equal(loss.masked_slope(y, p, mask)[..., 0], [[0, 0, 2], [0, 0, 0]])
    assert loss.masked_value(y, p, mask & False) == 0
    assert (loss.masked_slope(y, p, mask & False) == 0).all()
    assert loss.masked_value(y, p, None) == loss(y, p)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.fit(IDS + 1, STEPS), ValueError, r"ids from 0 to 6 in inputs, got \d to 7"),
        (lambda m: m.predict(IDS - 1), ValueError, "ids from 0 to 6 in inputs, got -1"),
        (lambda m: m.evaluate(IDS + 0.5, STEPS), ValueError, "x wants whole numbers, got fractions"),
        (lambda m: m.fit(X, STEPS), ValueError, "x wants whole numbers"),
        (lambda m: m.fit(IDS, STEPS[:, 0]), ValueError, r"y of the predictions' shape \(12, 6, 2\), got \(12, 2\)"),
        (lambda m: m.fit(IDS[:, 0], STEPS), ValueError, r"sequences of shape \(batch, time, features\), got \(1, 4\)"),
        (
            lambda m: Sequential([Dense(2), Embedding(3, 2)]),
            ValueError,
            "wants <Embedding embedding> first.*in place 1",
        ),
        (lambda m: Sequential([LSTM(2, return_state=True)]), ValueError, "layers with one output, got <LSTM lstm>"),
        (
            lambda m: Sequential([Bidirectional(LSTM(2), None)]),
            ValueError,
            "layers with one output, got <Bidirectional",
        ),
        (
            lambda m: Sequential([Masking(), LSTM(2, stateful=True)]).predict(X, batch_size=5),
            ValueError,
            "x wants a multiple of batch_size=5 samples, since a layer is stateful, got 12",
        ),
    ],
)
def test_bad_calls(call, error, message):
    model = Sequential([Embedding(7, 4, mask_zero=True), LSTM(3, return_sequences=True), Dense(2)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(error, match=message):
        call(model)
