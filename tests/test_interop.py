import numpy as np
import pytest

from rnnlib import layers
from rnnlib.interop import copy_weights, from_keras, running_sum
from rnnlib.model import Sequential
from rnnlib.reproducibility import import_tensorflow


@pytest.fixture(scope="module")
def keras():
    return import_tensorflow().keras


def keras_model(keras, **options):
    return keras.Sequential(
        [
            keras.layers.Input((6, 2)),
            keras.layers.SimpleRNN(4, return_sequences=True),
            keras.layers.SimpleRNN(3, activation="sigmoid", go_backwards=True, use_bias=False, **options),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


X = np.random.default_rng(0).normal(size=(5, 6, 2)).astype("float32")


def test_a_twin_computes_the_same(keras):
    theirs = keras_model(keras)
    np.testing.assert_allclose(from_keras(theirs).predict(X), theirs(X), rtol=1e-5, atol=1e-6)


SEQUENCES = [
    lambda K: K.SimpleRNN(3, "relu", use_bias=False),
    lambda K: K.SimpleRNN(3, return_sequences=True, zero_output_for_mask=True),
    lambda K: K.LSTM(3, "sigmoid", "tanh", unit_forget_bias=False, go_backwards=True),
    lambda K: K.LSTM(3, use_bias=False, dropout=0.2, recurrent_dropout=0.1, return_sequences=True),
    lambda K: K.GRU(3, "linear", reset_after=False, kernel_regularizer="l2", bias_regularizer="l1"),
    lambda K: K.GRU(3, reset_after=True, return_sequences=True, go_backwards=True),
    lambda K: K.Bidirectional(K.LSTM(3, return_sequences=True), merge_mode="mul"),
    lambda K: K.Bidirectional(K.GRU(3, reset_after=False), backward_layer=K.SimpleRNN(2, go_backwards=True)),
    lambda K: K.Dropout(0.3),
    lambda K: K.Masking(0.5),
    lambda K: K.Dense(3, "relu", use_bias=False),
]


@pytest.mark.parametrize("make", SEQUENCES)
@pytest.mark.parametrize("mask", [False, True])
def test_a_twin_of_every_layer_computes_the_same(keras, make, mask):
    K = keras.layers
    theirs = keras.Sequential([K.Input((6, 2)), *([K.Masking(0.5)] if mask else []), make(K)])
    x = X.copy()
    x[1, 2:4], x[2, 4:] = 0.5, 0.5
    ours = from_keras(theirs)
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=1e-5, atol=1e-6)
    assert ours.layers[-1].name == theirs.layers[-1].name
    assert ours.penalty() == pytest.approx(float(sum(theirs.losses)))


def test_a_twin_keeps_rates_and_flags(keras):
    K = keras.layers
    theirs = keras.Sequential(
        [
            K.Input(batch_shape=(5, 6)),
            K.Embedding(9, 4, mask_zero=True),
            K.Dropout(0.3, noise_shape=(None, 1, None)),
            K.GRU(3, dropout=0.2, recurrent_dropout=0.1, return_sequences=True, stateful=True),
            K.Bidirectional(K.LSTM(3, stateful=True)),
        ]
    )
    embedding, dropout, gru, both = from_keras(theirs).layers
    assert (embedding.mask_zero, embedding.input_dim) == (True, 9)
    assert (dropout.rate, dropout.noise_shape) == (0.3, (None, 1, None))
    assert (gru.dropout, gru.recurrent_dropout, gru.stateful, gru.return_sequences) == (0.2, 0.1, True, True)
    assert both.stateful
    assert (both.backward_layer.go_backwards, both.forward_layer.go_backwards) == (True, False)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_of_layers_go_there_and_back(keras, kind, wrapped):
    def both_of(library):
        layer = getattr(library, kind)(3, dropout=0.1, recurrent_dropout=0.1)
        return library.Bidirectional(layer) if wrapped else layer

    theirs, other, ours = both_of(keras.layers), both_of(keras.layers), both_of(layers)
    for layer in (theirs, other, ours):
        layer(X)
    copy_weights(theirs, ours)
    copy_weights(ours, other)
    np.testing.assert_array_equal(theirs(X), other(X))
    np.testing.assert_allclose(ours(X), theirs(X), rtol=1e-5, atol=1e-6)


def test_weights_go_there_and_back(keras):
    first, second = keras_model(keras), keras_model(keras)
    assert not np.allclose(first(X), second(X))
    copy_weights(from_keras(first), second)
    np.testing.assert_array_equal(first(X), second(X))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k: k.layers.Conv1D(3, 2), "no twin of the Keras layer Conv1D"),
        (lambda k: k.layers.LSTM(3, kernel_constraint="non_neg"), "LSTM does not support kernel_constraint="),
        (lambda k: k.layers.GRU(3, activity_regularizer="l2"), "GRU does not support activity_regularizer="),
        (lambda k: k.layers.Dense(3, trainable=False), "Dense does not support trainable=False"),
        (lambda k: k.layers.Dense(3, kernel_regularizer="orthogonal_regularizer"), "no twin of the Keras regularizer"),
        (
            lambda k: k.layers.Bidirectional(k.layers.LSTM(3, bias_constraint="non_neg")),
            "LSTM does not support bias_constraint=",
        ),
    ],
)
def test_what_rnnlib_lacks_is_refused(keras, make, message):
    with pytest.raises(TypeError, match=message):
        from_keras(keras.Sequential([keras.layers.Input((6, 2)), make(keras)]))


def test_an_unbuilt_model_is_refused(keras):
    with pytest.raises(ValueError, match="not built yet"):
        from_keras(keras.Sequential([keras.layers.Dense(3)]))


def test_weights_that_do_not_fit(keras):
    model = Sequential([layers.SimpleRNN(4), layers.Dense(1)])
    with pytest.raises(ValueError, match="target has no weights yet"):
        copy_weights(keras_model(keras), model)
    with pytest.raises(ValueError, match="source has no weights yet"):
        copy_weights(model, keras_model(keras))
    model.build((None, 6, 2))
    with pytest.raises(ValueError, match="target wants weights of shapes"):
        copy_weights(keras_model(keras), model)


def test_running_sum_adds_and_takes_the_arguments_of_simple_rnn(keras):
    x = np.arange(24, dtype="float32").reshape(2, 12, 1)
    np.testing.assert_array_equal(running_sum()(x), x.sum(axis=1))
    np.testing.assert_array_equal(running_sum(return_sequences=True)(x), x.cumsum(axis=1))
    np.testing.assert_array_equal(running_sum(go_backwards=True, return_sequences=True)(x), x[:, ::-1].cumsum(axis=1))
    assert [w.shape for w in keras.Sequential([keras.Input((None, 1)), running_sum()]).weights] == [(1, 1), (1, 1)]
