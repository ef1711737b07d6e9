import numpy as np
import pytest

from rnnlib import layers
from rnnlib.interop import copy_weights, from_keras
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
