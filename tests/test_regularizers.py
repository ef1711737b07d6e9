import numpy as np
import pytest

from rnnlib import layers, regularizers
from rnnlib.inspection import numeric_gradient, relative_error
from rnnlib.interop import from_keras
from rnnlib.layers import LSTM, Bidirectional, Dense, Embedding
from rnnlib.model import Sequential
from rnnlib.regularizers import L1, L1L2, L2
from rnnlib.reproducibility import import_tensorflow

W = np.random.default_rng(0).normal(size=(3, 4))
PENALTIES = [L1(0.3), L2(0.2), L1L2(0.1, 0.4), L1L2(l2=0.4), L1L2()]


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_value_and_gradient_equal_those_of_keras(penalty):
    tf = import_tensorflow()
    factors = {"l1": penalty.l1, "l2": penalty.l2}
    theirs = getattr(tf.keras.regularizers, type(penalty).__name__)
    theirs = theirs(**{k: v for k, v in factors.items() if type(penalty) is L1L2 or v})
    with tf.GradientTape() as tape:
        weight = tf.Variable(W)
        value = theirs(weight)
    gradient = tape.gradient(value, weight, unconnected_gradients="zero")
    assert penalty(W) == pytest.approx(float(value), rel=1e-6)
    np.testing.assert_allclose(penalty.gradient(W), gradient, rtol=1e-6)
    assert relative_error(penalty.gradient(W), numeric_gradient(lambda: penalty(W), W)) < 1e-8


def test_the_kink_is_flat_and_the_dtype_stays():
    assert (L1().gradient(np.zeros(3, np.float32)) == 0).all()
    assert L1L2(1, 1).gradient(np.ones(3, np.float32)).dtype == np.float32


def test_names():
    assert regularizers.get(None) is None
    assert regularizers.get("l1").l1 == regularizers.get("l2").l2 == 0.01
    assert regularizers.get(PENALTIES[0]) is PENALTIES[0]
    with pytest.raises(ValueError, match="regularizer wants one of l1, l2, got 'l1l2'"):
        regularizers.get("l1l2")
    with pytest.raises(TypeError, match="regularizer wants a name"):
        regularizers.get(0.1)
    with pytest.raises(ValueError, match=r"l2 wants a number in \[0, inf\), got -1"):
        L2(-1)
    with pytest.raises(ValueError, match="l1 wants a number"):
        L1(np.nan)


def penalised(kind):
    """A layer of that kind with another penalty on each of its weights, and the sum of what they give."""
    names = {"Dense": ["kernel", "bias"], "Embedding": ["embeddings"]}.get(kind, ["kernel", "recurrent", "bias"])
    options = {f"{name}_regularizer": penalty for name, penalty in zip(names, PENALTIES, strict=False)}
    sizes = {"Embedding": (5, 3)}.get(kind, (3,))
    start = {} if kind == "Embedding" else {"bias_initializer": "random_normal"}
    return getattr(layers, kind)(*sizes, **options, **start, seed=0)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU", "Dense", "Embedding"])
def test_each_weight_has_its_own_penalty(kind):
    layer = penalised(kind)
    layer(np.ones((2, 3, 4)))
    expected = sum(p(w) for p, w in zip(PENALTIES, layer.weights, strict=False))
    assert layer.penalty() == pytest.approx(expected)
    assert expected > 0
    layer.add_penalty_gradients()
    for gradient, weight, penalty in zip(layer.gradients, layer.weights, PENALTIES, strict=False):
        np.testing.assert_array_equal(gradient, penalty.gradient(weight))


def test_bidirectional_penalises_both_halves():
    layer = Bidirectional(LSTM(2, kernel_regularizer=L2(0.5)), seed=0)
    layer(np.ones((1, 2, 3)))
    kernels = layer.forward_layer.kernel, layer.backward_layer.kernel
    assert layer.penalty() == pytest.approx(0.5 * sum(np.square(k).sum() for k in kernels))
    layer.add_penalty_gradients()
    np.testing.assert_array_equal(layer.backward_layer.d_kernel, kernels[1])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_model_trains_with_penalties_as_keras_does(optimizer):
    keras = import_tensorflow().keras
    R, K = keras.regularizers, keras.layers
    rng = np.random.default_rng(0)
    ids, y = rng.integers(5, size=(23, 6)), rng.normal(size=(23, 2)).astype("float32")
    each = {"kernel_regularizer": R.L2(0.02), "recurrent_regularizer": R.L1(0.01), "bias_regularizer": R.L1L2(0.1, 0.2)}
    theirs = keras.Sequential(
        [
            K.Input((6,)),
            K.Embedding(5, 3, embeddings_regularizer=R.L2(0.03)),
            K.Bidirectional(K.GRU(3, return_sequences=True, **each)),
            K.SimpleRNN(3, return_sequences=True, **each),
            K.LSTM(3, **each),
            K.Dense(2, kernel_regularizer="l1", bias_regularizer="l2"),
        ]
    )
    ours = from_keras(theirs)
    for model in (theirs, ours):
        model.compile(optimizer, "mse")
    options = {"batch_size": 5, "epochs": 3, "shuffle": False, "verbose": 0, "validation_data": (ids[:7], y[:7])}
    expected, history = theirs.fit(ids, y, **options).history, ours.fit(ids, y, **options).history
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    assert ours.evaluate(ids, y) == pytest.approx(theirs.evaluate(ids, y, verbose=0), rel=1e-5)
    for mine, weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, weight, rtol=1e-3, atol=2e-5)


def test_the_gradient_of_the_training_loss_holds_the_penalties():
    model = Sequential([Embedding(5, 3, dtype="float64"), Dense(1, kernel_regularizer="l2", dtype="float64")], seed=0)
    model.compile("sgd", "mse")
    ids, y = np.array([[1], [2], [2]]), np.ones((3, 1, 1))
    model.build((None, 1))
    before = model.get_weights()

    class Kept(type(model.optimizer)):
        def apply(self, gradients, weights, borders=None):
            self.kept = [g.copy() for g in gradients]

    model.optimizer = Kept()
    assert model.train_on_batch(ids, y) == pytest.approx(model.evaluate(ids, y))
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    numeric = [numeric_gradient(lambda: model.evaluate(ids, y), w).ravel() for w in model.weights]
    assert relative_error(model.optimizer.kept[0], np.concatenate(numeric)) < 1e-8
