"""The units of a recurrent layer: what they and their gates do over time, what they go along with, what for."""

import contextlib

import numpy as np

from rnnlib import checks
from rnnlib.layers import GRU, LSTM, RNN, Dense, SimpleRNN


def states_and_gates(layer, sequences, initial_state=None, mask=None):
    """All that a layer computes at each step, a dict of arrays (batch, time, units), in the order of time.

    "h" for `SimpleRNN`; "h", "z", "r", "g" for `GRU` (g is the candidate); "h", "c", "i", "f", "o", "g" for `LSTM`: the
    letters of the equations of their cells. Dropout is off; a `stateful` layer keeps the states that it carries.
    Raises TypeError for another layer; else as a call does.
    """
    _one_of(layer, (SimpleRNN, LSTM, GRU), "states_and_gates")
    carried = layer.states
    layer(sequences, initial_state=initial_state, mask=mask)
    layer.states, record = carried, layer.record
    found = dict(zip("hc", (state[1:] for state in record.states), strict=False))
    if isinstance(layer, LSTM):
        found |= {gate: record.z[0][getattr(layer.cell, gate)] for gate in "ifog"}
    if isinstance(layer, GRU):
        gates, candidate, _ = record.z
        found |= {"z": gates[..., : layer.units], "r": gates[..., layer.units :], "g": candidate}
    order = slice(None, None, -1 if layer.go_backwards else 1)
    return {name: array[order].swapaxes(0, 1).copy() for name, array in found.items()}


def correlations(states, values):
    """Pearson's correlation of each unit with something known about each step, (units,): a probe of a single unit.

    `states` (..., units), `values` (...), numbers or booleans. NaN for a unit that never changes. Raises ValueError for
    shapes that do not fit, and for values that are all the same.
    """
    states, values = checks.as_floats(states, np.float64, "states"), checks.as_floats(values, np.float64, "values")
    checks.shape(values, states.shape[:-1], "correlations", "values")
    states, values = states.reshape(-1, states.shape[-1]), values.ravel()
    states, values = states - states.mean(axis=0), values - values.mean()
    if not values.any():
        raise ValueError("values wants some that differ, got the same everywhere")
    with np.errstate(invalid="ignore"):
        return values @ states / np.sqrt((values @ values) * (states**2).sum(axis=0))


@contextlib.contextmanager
def held_units(network, place, units, values):
    """Within this context all that reads these units of layer `place` sees constants: an ablation.

        with held_units(network, 1, [7], means[[7]]):
            ...

    `values`, one a unit, are what h is held at: means over a text do less harm than zeros, which a unit may never show.
    Exact, and without another loop: the rows of the units in the kernels that read h, the layer's own U and that of the
    next layer with a kernel, become zero, and the bias gets value times row. Afterwards the weights are what they were,
    to the bit. (The gate of a GRU goes on seeing its own old state, which nothing else reads.)

    Raises TypeError for a layer that is not a SimpleRNN, LSTM or GRU, or one that no `Dense` or recurrent layer reads;
    ValueError for a GRU with `reset_after=False`, where a constant has no such form, a layer without bias, and units
    that are not there.
    """
    layer = network.layers[place]
    _one_of(layer, (SimpleRNN, LSTM, GRU), "held_units")
    if isinstance(layer, GRU) and not layer.reset_after:
        raise ValueError("held_units wants a GRU with reset_after=True, got one with reset_after=False")
    reader = next((other for other in network.layers[place + 1 :] if other.weights), None)
    _one_of(reader, (Dense, RNN), "held_units", "behind it ")
    if not (layer.use_bias and reader.use_bias):
        raise ValueError("held_units wants layers with a bias, got use_bias=False")
    units = np.atleast_1d(checks.whole_numbers(units, "units"))
    if units.size == 0 or units.min() < 0 or units.max() >= layer.units:
        raise ValueError(f"units wants numbers from 0 to {layer.units - 1}, got {units.tolist()}")
    values = checks.as_floats(values, layer.dtype, "values")
    checks.shape(values, units.shape, "held_units", "values")
    kept = [weight.copy() for weight in network.weights]
    try:
        own_bias = layer.bias[1] if isinstance(layer, GRU) else layer.bias
        inputs_bias = reader.bias[0] if reader.bias.ndim == 2 else reader.bias
        for kernel, bias in ((layer.recurrent_kernel, own_bias), (reader.kernel, inputs_bias)):
            bias += values @ kernel[units]
            kernel[units] = 0
        yield network
    finally:
        for weight, before in zip(network.weights, kept, strict=True):
            weight[...] = before


def _one_of(layer, kinds, owner, where=""):
    if not isinstance(layer, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{owner} wants {where}a layer {wanted} of rnnlib, got {layer!r}")
