import numpy as np
import pytest

from rnnlib.inspection import correlations, held_units, states_and_gates
from rnnlib.layers import GRU, LSTM, Bidirectional, Dense, Dropout, SimpleRNN
from rnnlib.model import Sequential

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 2))
LAYERS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_states_and_gates_satisfy_the_equations_of_the_lstm():
    layer = LSTM(4, dtype="float64", seed=1)
    a = states_and_gates(layer, X)
    h = np.concatenate([np.zeros((3, 1, 4)), a["h"][:, :-1]], axis=1)
    c = np.concatenate([np.zeros((3, 1, 4)), a["c"][:, :-1]], axis=1)
    z = X @ layer.kernel + h @ layer.recurrent_kernel + layer.bias
    i, f, g, o = np.split(z, 4, axis=2)
    for name, wanted in {"i": sigmoid(i), "f": sigmoid(f), "g": np.tanh(g), "o": sigmoid(o)}.items():
        np.testing.assert_allclose(a[name], wanted, atol=1e-12)
    np.testing.assert_allclose(a["c"], a["f"] * c + a["i"] * a["g"], atol=1e-12)
    np.testing.assert_allclose(a["h"], a["o"] * np.tanh(a["c"]), atol=1e-12)


@pytest.mark.parametrize("reset_after", [True, False])
def test_states_and_gates_satisfy_the_equations_of_the_gru(reset_after):
    layer = GRU(4, dtype="float64", seed=1, reset_after=reset_after)
    a = states_and_gates(layer, X)
    before = np.concatenate([np.zeros((3, 1, 4)), a["h"][:, :-1]], axis=1)
    bias = layer.bias.sum(axis=0) if reset_after else layer.bias
    z = X @ layer.kernel + before @ layer.recurrent_kernel + bias
    np.testing.assert_allclose(a["z"], sigmoid(z[..., :4]), atol=1e-12)
    np.testing.assert_allclose(a["r"], sigmoid(z[..., 4:8]), atol=1e-12)
    np.testing.assert_allclose(a["h"], a["z"] * before + (1 - a["z"]) * a["g"], atol=1e-12)


def test_states_and_gates_of_layers_that_go_backwards_carry_or_mask():
    backwards = SimpleRNN(4, dtype="float64", seed=1, go_backwards=True, return_sequences=True)
    np.testing.assert_array_equal(states_and_gates(backwards, X)["h"], backwards(X)[:, ::-1])
    stateful = GRU(4, dtype="float64", seed=1, stateful=True)
    stateful(X)
    carried = [state.copy() for state in stateful.states]
    states_and_gates(stateful, X)
    np.testing.assert_array_equal(stateful.states, carried)
    mask = np.ones((3, 6), bool)
    mask[:, 3] = False
    h = states_and_gates(SimpleRNN(4, seed=1), X, mask=mask)["h"]
    np.testing.assert_array_equal(h[:, 3], h[:, 2])


def test_correlations_are_numpys():
    states = RNG.normal(size=(5, 7, 3))
    values = states[..., 1] > 0.2
    wanted = [np.corrcoef(states[..., unit].ravel(), values.ravel())[0, 1] for unit in range(3)]
    np.testing.assert_allclose(correlations(states, values), wanted, atol=1e-12)
    assert np.isnan(correlations(np.zeros((4, 1)), np.arange(4)))


def step_by_step(model, layer, units, values):
    """The outputs with those units of h held at constants wherever they are read, one step at a time."""
    outputs, states = [], [np.zeros((3, layer.units)) for _ in range(layer.cell.number_of_states)]
    own = states[0][:, units]
    for t in range(X.shape[1]):
        seen = [states[0].copy(), *states[1:]]
        seen[0][:, units] = values
        _, *states = layer(X[:, t : t + 1], initial_state=seen)
        if isinstance(layer, GRU):  # z h_{t-1} + (1 - z) g takes the unit's own old state
            gates = states_and_gates(layer, X[:, t : t + 1], seen)
            z, g = gates["z"][:, 0, units], gates["g"][:, 0, units]
            own = z * own + (1 - z) * g
        else:
            own = states[0][:, units]
        shown = states[0].copy()
        shown[:, units] = values
        outputs.append(model.layers[-1](shown[:, np.newaxis])[:, 0])
        states[0][:, units] = own
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("name", LAYERS)
def test_held_units_are_constants_for_all_that_reads_them(name):
    options = {"dtype": "float64"}
    layer = LAYERS[name](5, return_sequences=True, **options)
    model = Sequential([layer, Dropout(0.3, **options), Dense(3, **options)], seed=2)
    model.build(X.shape)
    for weight in model.weights:
        weight += 0.1 * RNG.normal(size=weight.shape)
    kept, before, values = model.get_weights(), model(X), np.array([0.3, -0.2])
    with held_units(model, 0, [1, 4], values):
        held = model(X)
    assert np.abs(held - before).max() > 0.01
    for weight, same in zip(model.weights, kept, strict=True):
        np.testing.assert_array_equal(weight, same)
    stepper = LAYERS[name](5, return_state=True, **options)
    stepper.checked(X)
    for weight, same in zip(stepper.weights, layer.weights, strict=True):
        weight[...] = same
    np.testing.assert_allclose(held, step_by_step(model, stepper, [1, 4], values), atol=1e-12)


def test_a_recurrent_layer_can_be_the_reader_and_an_error_puts_the_weights_back():
    model = Sequential([SimpleRNN(4, return_sequences=True), GRU(3), Dense(2)], seed=1)
    model.build(X.shape)
    kept = model.get_weights()
    with held_units(model, 0, range(4), np.zeros(4)):
        np.testing.assert_array_equal(model(X), model(2 * X))
    with pytest.raises(KeyError), held_units(model, 0, [1], [0.5]):
        raise KeyError
    assert all((a == b).all() for a, b in zip(kept, model.weights, strict=True))


def test_errors():
    def build(*layers):
        model = Sequential(list(layers), 0)
        model.build(X.shape)
        return model

    def hold(model, units=(0,), values=(0.0,), place=0):
        with held_units(model, place, units, values):
            pass

    good = build(SimpleRNN(3), Dense(2))
    with pytest.raises(ValueError, match="numbers from 0 to 2, got"):
        hold(good, [3])
    with pytest.raises(ValueError, match="values of shape"):
        hold(good, [1], [0.0, 1.0])
    with pytest.raises(TypeError, match="wants a layer SimpleRNN or LSTM or GRU"):
        hold(good, place=1)
    with pytest.raises(TypeError, match="wants behind it a layer Dense or RNN"):
        hold(build(SimpleRNN(3)))
    with pytest.raises(TypeError, match="wants behind it a layer Dense or RNN"):
        hold(build(SimpleRNN(3, return_sequences=True), Bidirectional(GRU(2))))
    with pytest.raises(ValueError, match="reset_after=True"):
        hold(build(GRU(3, reset_after=False), Dense(2)))
    with pytest.raises(ValueError, match="layers with a bias"):
        hold(build(SimpleRNN(3), Dense(2, use_bias=False)))
    with pytest.raises(TypeError, match="states_and_gates wants"):
        states_and_gates(Dense(2), X)
    with pytest.raises(ValueError, match="values of shape"):
        correlations(X, np.zeros(3))
    with pytest.raises(ValueError, match="some that differ"):
        correlations(X, np.ones((3, 6)))
