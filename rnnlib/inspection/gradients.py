"""Are the gradients of a network right, and how far back do they reach?"""

import numpy as np

from rnnlib import checks
from rnnlib.layers import RNN


def numeric_gradient(function, array, epsilon=1e-6):
    """The gradient of `function()`, a float, with respect to `array`, by central differences; of the array's shape.

    (f(a + e) - f(a - e)) / 2e for each entry, whose error shrinks with e^2. `array` is changed in place for each
    evaluation and put back to the bit. Use float64: float32 has too few digits for a difference this small.
    """
    checks.real_in(epsilon, "epsilon", 0, low_open=True)
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        raise ValueError(f"array wants float64 for finite differences, got {getattr(array, 'dtype', type(array))}")
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + epsilon
        above = function()
        array[index] = kept - epsilon
        below = function()
        array[index] = kept
        gradient[index] = (above - below) / (2 * epsilon)
    return gradient


def relative_error(a, b):
    """||a - b|| / (||a|| + ||b||): 0 when equal, 1 when opposite or when one of them is zero; 0 when both are."""
    a, b = np.asarray(a), np.asarray(b)
    checks.shape(b, a.shape, "relative_error", "b")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def gradient_check(network, inputs, y_true=None, loss=None, epsilon=1e-6):
    """The relative error of every gradient of a float64 layer or model against central differences.

    `inputs` (batch, ..., features). With `y_true` and a `loss` (the model's own if it is compiled) the function is the
    loss; without, it is a fixed random weighting of the outputs, which any mistake in the backward pass will show.
    Returns a dict: "inputs" (if they have a gradient: token ids have none) and the name of each weight, to its
    ||a - b|| / (||a|| + ||b||). Expect below 1e-7. What regularizers add to a loss is left out on both sides.

    Raises ValueError for a network that is not float64, where the check could not tell right from wrong.
    """
    if np.dtype(network.dtype) != np.float64:
        raise ValueError(f"gradient_check wants a network of dtype float64, got {np.dtype(network.dtype)}")
    inputs = np.array(inputs, np.float64)
    loss = loss or getattr(network, "loss", None)
    outputs = network(inputs)
    if y_true is None:
        weighting = np.random.default_rng(0).normal(size=outputs.shape)
        function, d_outputs = lambda: float(np.sum(weighting * network(inputs))), weighting
    elif loss is None:
        raise ValueError("gradient_check wants a loss to go with y_true: pass loss=, or compile the model")
    else:
        function, d_outputs = lambda: loss(y_true, network(inputs)), loss.gradient(y_true, outputs)
    d_inputs = network.backward(d_outputs)
    gradients = [gradient.copy() for gradient in network.gradients]
    errors = {}
    if d_inputs is not None:
        errors["inputs"] = relative_error(d_inputs, numeric_gradient(function, inputs, epsilon))
    for name, weight, gradient in zip(network.weight_names, network.weights, gradients, strict=True):
        errors[name] = relative_error(gradient, numeric_gradient(function, weight, epsilon))
    return errors


def gradient_by_lag(layer, sequences, d_output, initial_state=None):
    """How strongly the last output's loss asks each earlier state of a recurrent layer to change.

    `sequences` (batch, time, features); `d_output` (batch, units) is the gradient of a loss at the layer's last hidden
    state h_T. Returns an array (states, time + 1, batch, units) whose entry [:, k] is the total derivative with respect
    to the states k steps earlier, after step T - k: through all states in between, in one pass back. [:, 0] is
    `d_output`, [:, time] belongs to the initial state. The order of the states is the layer's: h, then c for `LSTM`.
    They count as separate: the derivative by c_{T-k} holds h_{T-k} fixed, as if both had been given as the
    `initial_state` of the last k steps. So the last c gets zero: h_T has been computed from it already.

    Dropout is off. The layer starts from `initial_state`, zeros if None; a `stateful` one keeps the states that it
    carries. In a layer with `go_backwards` the last step is the first in time. Norms over the units are the factors
    that Bengio, Simard and Frasconi (1994) and Pascanu et al. (2013, eq. 5) write of.

    Raises TypeError for what is no rnnlib recurrent layer, ValueError for arrays of other shapes.
    """
    if not isinstance(layer, RNN):
        raise TypeError(f"gradient_by_lag wants a SimpleRNN, LSTM or GRU of rnnlib, got {layer!r}")
    sequences = layer.checked(sequences)
    d_output = checks.as_floats(d_output, layer.dtype, "d_output")
    checks.shape(d_output, (len(sequences), layer.units), "gradient_by_lag", "d_output")
    zeros = [np.zeros_like(d_output) for _ in range(layer.cell.number_of_states)]
    if initial_state is not None:
        initial_state = layer.checked_states(initial_state, len(sequences), "initial_state")
    carried = layer.states
    layer.forward(sequences, zeros if initial_state is None else initial_state)
    layer.states, record = carried, layer.record

    cell = layer.cell.ready_back(len(sequences))
    d_states = (d_output.copy(), *zeros[1:])
    by_lag = [np.array(d_states)]
    dz = tuple(np.empty((len(sequences), n * layer.units), layer.dtype) for n in cell.back_widths)
    for slope in reversed(cell.slopes(record.z, record.states)):
        cell.step_back(d_states, slope, dz)
        by_lag.append(np.array(d_states))
    return np.stack(by_lag, axis=1)
