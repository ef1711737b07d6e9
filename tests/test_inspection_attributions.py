import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlib.inspection import (
    completeness_gap,
    deletion_curve,
    gradient_times_input,
    integrated_gradients,
    numeric_gradient,
    occlusion,
    permutation,
    plain_gradient,
    random_order,
)
from rnnlib.layers import GRU, LSTM, Dense, Embedding, SimpleRNN
from rnnlib.model import Sequential

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 5, 2))


def network(layer=SimpleRNN, activation="softmax", seed=1, units=4):
    model = Sequential([layer(units, dtype="float64"), Dense(3, activation=activation, dtype="float64")], seed)
    model.build(X.shape)
    return model


def linear():
    model = Sequential([Dense(3, dtype="float64")], 0)
    model.build((None, 4))
    model.layers[0].bias[...] = RNG.normal(size=3)
    return model


@pytest.mark.parametrize("method", [gradient_times_input, integrated_gradients, occlusion])
def test_of_a_linear_model_all_are_weight_times_input(method):
    model, x, targets = linear(), RNG.normal(size=(6, 4)), np.array([0, 1, 2, 2, 1, 0])
    wanted = x * model.layers[0].kernel[:, targets].T
    np.testing.assert_allclose(method(model, x, targets), wanted, atol=1e-14)


def test_permutation_of_a_linear_model_is_the_weight_times_the_difference_to_another_sample():
    model, x = linear(), RNG.normal(size=(2, 4))
    wanted = (x - x[::-1]) * model.layers[0].kernel[:, [0, 0]].T
    np.testing.assert_allclose(permutation(model, x, RNG, [0, 0]), wanted, atol=1e-14)


@pytest.mark.parametrize("layer", [SimpleRNN, LSTM, GRU])
@pytest.mark.parametrize("log", [False, True])
def test_the_gradient_is_that_of_finite_differences(layer, log):
    model, targets = network(layer), np.array([2, 0, 1])

    def score():
        chosen = model(X)[np.arange(3), targets]
        return float(np.log(chosen).sum() if log else chosen.sum())

    found = plain_gradient(model, X, targets, log)
    np.testing.assert_allclose(found, numeric_gradient(score, X), atol=1e-8)
    np.testing.assert_array_equal(gradient_times_input(model, X, targets, log), X * found)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), log=st.booleans(), layer=st.sampled_from([SimpleRNN, LSTM, GRU]))
def test_integrated_gradients_are_complete(seed, log, layer):
    rng = np.random.default_rng(seed)
    model, x, baseline = network(layer, seed=seed), rng.normal(size=(2, 5, 2)), rng.normal(size=(5, 2))
    few, many = (
        np.abs(completeness_gap(model, x, found, log=log, baseline=baseline)).max()
        for found in (integrated_gradients(model, x, None, log, baseline=baseline, steps=n) for n in (4, 400))
    )
    assert many < 1e-4
    assert many <= max(few, 1e-9)


def test_gradient_times_input_is_not_complete():
    model = network()
    assert np.abs(completeness_gap(model, 3 * X, gradient_times_input(model, 3 * X))).max() > 0.01


def test_what_the_model_does_not_see_gets_nothing():
    model = network()
    model.layers[0].kernel[1] = 0  # the second feature
    for method in (gradient_times_input, integrated_gradients, occlusion):
        assert (method(model, X)[..., 1] == 0).all()
        assert (method(model, X)[..., 0] != 0).any()
    assert (permutation(model, X, RNG)[..., 1] == 0).all()


def test_occlusion_by_hand():
    model = network()
    before, answer = model(X), model(X).argmax(axis=1)
    gone = X.copy()
    gone[:, 3, 1] = 0.5
    fall = np.take_along_axis(before - model(gone), answer[:, np.newaxis], 1)[:, 0]
    np.testing.assert_allclose(occlusion(model, X, baseline=0.5)[:, 3, 1], fall, atol=1e-15)
    gone[:, 3] = 0.5
    fall = np.take_along_axis(before - model(gone), answer[:, np.newaxis], 1)[:, 0]
    by_step = occlusion(model, X, baseline=0.5, whole_steps=True)
    assert by_step.shape == (3, 5)
    np.testing.assert_allclose(by_step[:, 3], fall, atol=1e-15)


def test_permutation_takes_from_other_samples_only():
    model, same = network(), np.broadcast_to(X[:1], X.shape)
    assert (permutation(model, same, RNG, [0, 1, 2]) == 0).all()
    assert permutation(model, X, RNG, whole_steps=True).shape == (3, 5)
    assert (permutation(model, X, RNG)[0] != 0).any()


def test_deletion_curve_of_a_linear_model_adds_up():
    model, x = linear(), RNG.normal(size=(6, 4))
    targets = np.zeros(6, int)
    given = gradient_times_input(model, x, targets)
    curve = deletion_curve(model, x, given, targets)
    outputs = model(x)[:, 0]
    taken = np.cumsum(-np.sort(-given, axis=1), axis=1)
    np.testing.assert_allclose(curve, np.column_stack([outputs, outputs[:, np.newaxis] - taken]), atol=1e-14)
    best, worst = curve.mean(), deletion_curve(model, x, -given, targets).mean()
    assert best < deletion_curve(model, x, random_order(x, RNG), targets).mean() < worst


def test_deletion_curve_by_steps_and_partly():
    model = network()
    curve = deletion_curve(model, X, RNG.random((3, 5)), places=2)
    assert curve.shape == (3, 3)
    whole = deletion_curve(model, X, RNG.random((3, 5)), log=True)
    answer = model(X).argmax(axis=1)
    np.testing.assert_allclose(whole[:, -1], np.log(model(0 * X)[np.arange(3), answer]))


def test_random_order_leaves_nothing_for_last():
    x = np.zeros((2, 3, 2))
    x[:, 1, 0] = 1
    order = random_order(x, RNG)
    assert (order.reshape(2, -1).argmax(axis=1) == 2).all()
    assert random_order(x, RNG, whole_steps=True).argmax(axis=1).tolist() == [1, 1]


def test_errors():
    model = network()
    ids = Sequential([Embedding(5, 2), SimpleRNN(3), Dense(2)], 0)
    with pytest.raises(TypeError, match="model of real inputs"):
        occlusion(ids, np.ones((2, 3), int))
    with pytest.raises(ValueError, match="outputs of shape"):
        plain_gradient(Sequential([SimpleRNN(2, return_sequences=True, dtype="float64")], 0), X)
    with pytest.raises(ValueError, match="outputs from 0 to 2, got 0 to 3"):
        plain_gradient(model, X, [0, 1, 3])
    with pytest.raises(ValueError, match="targets of shape"):
        plain_gradient(model, X, [0, 1])
    with pytest.raises(ValueError, match="baseline wants a shape that fits"):
        integrated_gradients(model, X, baseline=np.zeros(3))
    with pytest.raises(ValueError, match="steps wants at least 1"):
        integrated_gradients(model, X, steps=0)
    with pytest.raises(ValueError, match="at least two samples"):
        permutation(model, X[:1], RNG)
    with pytest.raises(ValueError, match="attributions of shape"):
        deletion_curve(model, X, np.zeros((3, 4)))
    with pytest.raises(ValueError, match="at most the 10"):
        deletion_curve(model, X, X, places=11)
    with pytest.raises(ValueError, match="attributions of shape"):
        completeness_gap(model, X, X[:2])
