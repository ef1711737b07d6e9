import numpy as np
import pytest

from rnnlib.inspection import fixed_points, jacobian, next_states
from rnnlib.interop import copy_weights
from rnnlib.layers import GRU, LSTM, Dense, SimpleRNN

LAYERS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
RNG = np.random.default_rng(0)


def built(name="SimpleRNN", units=4, features=3, dtype="float32"):
    layer = LAYERS[name](units, seed=1, dtype=dtype)
    layer(np.zeros((1, 1, features)))
    return layer


def size_of(layer):
    return layer.units * layer.cell.number_of_states


def two_switches(strength=2.0):
    """h' = tanh(strength h) for each of two units: each has the points 0 and, above a strength of 1, +-a."""
    layer = built(units=2, features=1)
    layer.kernel[...], layer.recurrent_kernel[...], layer.bias[...] = 0, strength * np.eye(2), 0
    return layer


def switch_point(strength):
    a = 1.0
    for _ in range(200):
        a = np.tanh(strength * a)
    return a


def test_all_fixed_points_of_a_network_made_by_hand():
    points = fixed_points(two_switches(), RNG.uniform(-1, 1, (80, 2)), [0.0])
    a = switch_point(2.0)
    wanted = {(x, y) for x in (-a, 0, a) for y in (-a, 0, a)}
    assert len(points) == 9
    found = {tuple(min(wanted, key=lambda w: np.hypot(*(w - state)))) for state in points.states}
    assert found == wanted
    for state, unstable, index in zip(points.states, points.unstable, points.index, strict=True):
        zeros = int((np.abs(state) < 0.1).sum())  # tanh(2 h) has the slope 2 at zero
        assert unstable == zeros
        assert index == (-1) ** zeros
        np.testing.assert_allclose(np.abs(state), np.where(np.abs(state) < 0.1, 0, a), atol=1e-9)
    assert points.index.sum() == 1
    assert points.stable.tolist() == [True] * 4 + [False] * 5
    assert points.starts.sum() == 80
    np.testing.assert_allclose(points.eigenvalues[-1], 2, atol=1e-9)
    np.testing.assert_allclose(points.eigenvalues[0], 2 * (1 - a**2), atol=1e-9)


def test_a_contracting_network_has_one_point():
    points = fixed_points(two_switches(0.5), RNG.uniform(-1, 1, (20, 2)), [0.0])
    np.testing.assert_allclose(points.states, [[0, 0]], atol=1e-8)
    assert points.starts.tolist() == [20]


def test_what_is_only_slow_is_left_out():
    layer = two_switches(1.0)  # a bias that lifts tanh(h) off the diagonal: no point near 0, but a slow passage
    layer.bias[...] = [0.01, 0.0]
    layer.recurrent_kernel[...] = np.diag([1.0, 0.5])
    assert len(fixed_points(layer, [[-0.2, 0.0]], [0.0], iterations=3)) == 0
    slow = fixed_points(layer, [[-0.2, 0.0]], [0.0], iterations=3, speed=1.0)
    assert len(slow) == 1
    assert slow.speeds[0] > 1e-12


@pytest.mark.parametrize("name", LAYERS)
def test_points_stay_where_they_are(name):
    layer = built(name, 6)
    for weight in layer.weights:
        weight *= 2
    inputs = RNG.normal(size=3)
    points = fixed_points(layer, RNG.normal(size=(30, size_of(layer))), inputs)
    assert len(points) >= 1
    np.testing.assert_allclose(next_states(layer, points.states, inputs), points.states, atol=1e-9)
    assert (points.speeds <= 1e-20).all()
    if name != "LSTM":  # its cell state has no bound
        assert points.index.sum() == 1


@pytest.mark.parametrize("name", LAYERS)
def test_next_states_are_the_layers(name):
    layer = built(name, dtype="float64")
    states, inputs = RNG.normal(size=(5, size_of(layer))), RNG.normal(size=(5, 3))
    parts = np.split(states, layer.cell.number_of_states, axis=1)
    layer(inputs[:, np.newaxis], initial_state=parts)
    wanted = np.concatenate([state[1] for state in layer.record.states], axis=1)
    np.testing.assert_allclose(next_states(layer, states, inputs), wanted, atol=1e-15)


@pytest.mark.parametrize("name", LAYERS)
def test_the_jacobian_is_that_of_finite_differences(name, monkeypatch):
    monkeypatch.setattr("rnnlib.inspection.dynamics.ROWS", 10)  # two points at a time
    layer = built(name)
    size = size_of(layer)
    states, inputs, e = RNG.normal(size=(5, size)), RNG.normal(size=(5, 3)), 1e-6
    columns = [
        (next_states(layer, states + e * row, inputs) - next_states(layer, states - e * row, inputs)) / (2 * e)
        for row in np.eye(size)
    ]
    np.testing.assert_allclose(jacobian(layer, states, inputs), np.stack(columns, axis=2), atol=1e-8)


@pytest.mark.parametrize("name", LAYERS)
def test_the_jacobian_is_tensorflows(name):
    from rnnlib.reproducibility import import_tensorflow

    tf = import_tensorflow()
    layer = built(name, dtype="float64")
    twin = getattr(tf.keras.layers, name)(layer.units, dtype="float64", return_state=True)
    twin.build((1, 1, 3))
    copy_weights(layer, twin)
    states, inputs = RNG.normal(size=(2, size_of(layer))), RNG.normal(size=3)
    found = jacobian(layer, states, inputs)
    for point, wanted in zip(states, found, strict=True):
        state = tf.constant(point[np.newaxis])
        with tf.GradientTape() as tape:
            tape.watch(state)
            parts = tf.split(state, layer.cell.number_of_states, axis=1)
            _, *after = twin(tf.constant(inputs.reshape(1, 1, 3)), initial_state=parts)
            after = tf.concat(after, axis=1)
        np.testing.assert_allclose(tape.jacobian(after, state).numpy()[0, :, 0], wanted, atol=1e-12)


def test_the_layer_stays_as_it_is():
    layer = LAYERS["GRU"](4, seed=1, stateful=True, dropout=0.5, return_sequences=True)
    layer(np.ones((2, 3, 3)))
    kept, carried = [weight.copy() for weight in layer.weights], [state.copy() for state in layer.states]
    fixed_points(layer, RNG.normal(size=(4, 4)), np.zeros(3))
    assert all((a == b).all() for a, b in zip(kept, layer.weights, strict=True))
    np.testing.assert_array_equal(layer.states, carried)


def test_errors():
    layer = built()
    with pytest.raises(TypeError, match="wants a SimpleRNN, LSTM or GRU"):
        jacobian(Dense(3), np.zeros((1, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="has its weights"):
        jacobian(SimpleRNN(3), np.zeros((1, 3)), np.zeros(3))
    with pytest.raises(ValueError, match=r"states wants shape \(points, 4\)"):
        fixed_points(layer, np.zeros((2, 3)), np.zeros(3))
    with pytest.raises(ValueError, match=r"inputs wants shape \(3,\) or \(2, 3\), got \(2,\)"):
        fixed_points(layer, np.zeros((2, 4)), np.zeros(2))
    with pytest.raises(ValueError, match="states wants finite"):
        next_states(layer, np.full((2, 4), np.nan), np.zeros(3))
    with pytest.raises(ValueError, match="iterations wants at least 1"):
        fixed_points(layer, np.zeros((2, 4)), np.zeros(3), iterations=0)
    with pytest.raises(ValueError, match="speed wants a number"):
        fixed_points(layer, np.zeros((2, 4)), np.zeros(3), speed=0)
