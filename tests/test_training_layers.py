"""Checkpoints and truncated back-propagation with every kind of layer: dropout, masks, states that are carried."""

import numpy as np
import pytest

from rnnlib import layers, optimizers, truncation
from rnnlib.callbacks import Checkpoint
from rnnlib.inspection import relative_error
from rnnlib.layers import GRU, LSTM, Bidirectional, Dense, Dropout, Embedding, Masking
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow

RNG = np.random.default_rng(0)
Y = RNG.normal(size=(12, 1)).astype("float32")


def with_masks_and_dropout(seed):
    """The model, and ids with padding, a hole and a sequence that is all padding."""
    model = Sequential(
        [
            Embedding(7, 4, mask_zero=True),
            Dropout(0.3),
            Bidirectional(LSTM(3, return_sequences=True, dropout=0.2)),
            GRU(3, dropout=0.1, recurrent_dropout=0.2, kernel_regularizer="l2"),
            Dense(1),
        ],
        seed=seed,
    )
    ids = np.random.default_rng(1).integers(1, 7, size=(12, 6))
    ids[:5, 4:] = ids[0] = ids[3, 1] = 0
    return model, ids


def stateful(seed):
    """The model, and sequences for it."""
    model = Sequential(
        [Bidirectional(GRU(3, stateful=True, return_sequences=True)), LSTM(3, stateful=True), Dense(1)], seed=seed
    )
    return model, np.random.default_rng(1).normal(size=(12, 5, 2)).astype("float32")


@pytest.mark.parametrize("make", [with_masks_and_dropout, stateful])
@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_resumed_training_is_the_uninterrupted_one_bit_for_bit(tmp_path, make, stop):
    path = tmp_path / "training.safetensors"

    def fit(seed, epochs, **options):
        model, x = make(seed)
        model.compile(optimizers.RMSprop(0.01, momentum=0.5), "mse")
        return model, model.fit(x, Y, batch_size=4, epochs=epochs, verbose=0, **options).history

    whole, expected = fit(0, 4)
    fit(0, stop, callbacks=[Checkpoint(path)])
    resumed, found = fit(5, 4, resume_from=path)
    assert found == expected
    for weight, other in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("masked", [False, True])
def test_truncated_gradients_equal_tensorflows(kind, masked):
    tf = import_tensorflow()
    x, y = RNG.normal(size=(3, 11, 2)), RNG.normal(size=(3, 11, 2))
    if masked:
        x[0, 7:] = x[1, :2] = x[2, 4] = 0
    of_keras, options = tf.keras.layers, {"dtype": "float64", "return_sequences": True}
    *recurrent, last = theirs = [
        *(getattr(of_keras, kind)(3, return_state=True, **options) for _ in range(2)),
        of_keras.Dense(2, dtype="float64"),
    ]
    own = [getattr(layers, kind)(3, **options) for _ in range(2)]
    ours = Sequential([*[Masking(dtype="float64")] * masked, *own, Dense(2, dtype="float64")], seed=1)
    ours.compile("sgd", "mse")
    ours.build(x.shape)

    def run(states, start, stop):
        mask = tf.constant(np.any(x[:, start:stop] != 0, axis=-1)) if masked else None
        h, after = tf.constant(x[:, start:stop]), []
        for layer, state in zip(recurrent, states, strict=True):
            h, *state = layer(h, initial_state=state, mask=mask)
            after.append(state)
        return last(h), after, mask

    zeros = [[tf.zeros((3, 3), tf.float64)] * own[0].cell.number_of_states for _ in recurrent]
    run(zeros, 0, 2)
    arrays = iter(ours.get_weights())
    for layer in theirs:
        layer.set_weights([next(arrays) for _ in layer.weights])
    variables = [weight.value for layer in theirs for weight in layer.trainable_weights]

    passes = truncation.passes(ours, x, y, 2, 6)
    for (loss, _), (start, middle, stop) in zip(passes, truncation.windows(11, 2, 6), strict=True):
        states = run(zeros, 0, start)[1] if start else zeros  # outside the tape: no gradient goes there
        with tf.GradientTape() as tape:
            outputs, _, mask = run(states, start, stop)
            errors = tf.reduce_mean((outputs - y[:, start:stop]) ** 2, axis=-1)[:, middle - start :]
            counts = tf.cast(mask[:, middle - start :], tf.float64) if masked else tf.ones_like(errors)
            expected = tf.reduce_sum(errors * counts) / tf.reduce_sum(counts)
        assert loss == pytest.approx(float(expected), rel=1e-9)
        for gradient, theirs_ in zip(ours.gradients, tape.gradient(expected, variables), strict=True):
            assert relative_error(gradient, theirs_.numpy()) < 1e-8


def test_what_reads_both_ways_cannot_be_cut():
    model = Sequential([Bidirectional(LSTM(2, return_sequences=True)), Dense(2)])
    with pytest.raises(ValueError, match="recurrent layers that read forwards"):
        truncation.checked(2, model, np.ones((2, 3, 2)), np.ones((2, 3, 2)))
