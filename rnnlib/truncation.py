"""Truncated back-propagation through time: long sequences in short windows, the state carried on, the gradient cut.

BPTT(h; h') of Williams and Peng (1990), with h = k2 and h' = k1: after every `k1` steps the loss of those steps is
taken back through the last `k2` steps, and the weights change. Memory and the wait for a step then depend on k2, not on
the length of the sequence. Each step's loss counts once. What a loss owes to inputs that are more than k2 steps away
does not reach the weights, though it did reach the state: the gradient is biased towards what is near.

With k1 = k2 the windows do not overlap, and each costs as much as its steps cost in full back-propagation. A larger k2
lets every loss see at least k2 - k1 + 1 steps, and costs k2 / k1 times as much.
"""

import functools

import numpy as np

from rnnlib import checks, divergence
from rnnlib.layers.recurrent import RNN


def windows(time, k1, k2):
    """The windows of a sequence of `time` steps: triples (start, middle, stop) of indices.

    The steps from `middle` to `stop` (k1 of them, fewer at the end) have their loss taken back as far as `start`.
    """
    for middle in range(0, time, k1):
        yield max(0, middle - (k2 - k1)), middle, min(middle + k1, time)


def checked(truncate, model, x, y):
    """(k1, k2) from `truncate`, a whole number for both or such a pair, for a model and data that can be cut in time.

    Raises TypeError or ValueError for other numbers, for k2 that is no multiple of k1, for layers that do not give an
    output at each step from the past alone, and for data without a time axis.
    """
    k1, k2 = truncate if isinstance(truncate, tuple | list) and len(truncate) == 2 else (truncate, truncate)
    k1, k2 = (checks.integer_at_least(k, 1, "truncate") for k in (k1, k2))
    if k2 % k1:
        raise ValueError(f"truncate wants (k1, k2) with k2 a multiple of k1, got ({k1}, {k2})")
    for i, layer in enumerate(model.layers):
        forwards = isinstance(layer, RNN) and layer.return_sequences and not layer.go_backwards
        if not forwards and hasattr(layer, "return_sequences"):
            raise ValueError(
                f"truncate wants recurrent layers that read forwards and have return_sequences=True, "
                f"got {layer!r} in place {i}"
            )
    if x.ndim < 3 or y.ndim < 2 or y.shape[1] != x.shape[1]:
        raise ValueError(
            f"truncate wants x of shape (batch, time, features) and a target at each step, got {x.shape} and {y.shape}"
        )
    return k1, k2


def passes(model, x, y, k1, k2):
    """For each window in turn one pass forward and back, from states of zeros at the first step.

    Yields the mean loss of the window's last steps and how many they are; their gradient is then in `model.gradients`,
    and the weights may be changed before the next window is asked for. States are carried on as they were computed:
    with the weights of their time.

    `x` (batch, time, features), `y` (batch, time, ...), arrays that are known to fit the model. Raises
    FloatingPointError at the first loss that is not finite.
    """
    states = {0: [_zeros(layer, len(x)) for layer in model.layers]}
    for start, middle, stop in windows(x.shape[1], k1, k2):
        inputs, before = x[:, start:stop], states[start]
        predictions, mask, states[stop] = _forward(model.layers, inputs, before)
        targets, counted = y[:, middle:stop], np.s_[:, middle - start :]
        mask = None if mask is None else mask[counted]
        loss = model.loss.masked_value(targets, predictions[counted], mask)
        if not np.isfinite(loss):
            again = functools.partial(_forward, model.layers, inputs, before)
            trouble = divergence.of_loss(model, inputs, loss, again)
            raise FloatingPointError(f"steps {middle} to {stop - 1}: {trouble}")
        d_predictions = np.zeros_like(predictions)
        d_predictions[counted] = model.loss.masked_slope(targets, predictions[counted], mask)
        model.backward_to_weights(d_predictions)
        yield loss, stop - middle
        states = {t: kept for t, kept in states.items() if t >= start}  # no later window starts earlier


def _zeros(layer, batch):
    """The states before the first step, or None for a layer that has none."""
    if isinstance(layer, RNN):
        return [np.zeros((batch, layer.units), layer.dtype) for _ in range(layer.cell.number_of_states)]
    return None


def _forward(layers, x, states):
    """The outputs of a stack of layers that starts with these states, their mask, and the states that it ends with."""
    mask, last = None, []
    for layer, before in zip(layers, states, strict=True):
        options = {} if before is None else {"initial_state": before}
        outputs = layer.forward(x, mask=mask, training=True, **options)
        last.append(None if before is None else [state[-1].copy() for state in layer.record.states])
        x, mask = outputs, layer.compute_mask(x, mask)
    return x, mask, last
