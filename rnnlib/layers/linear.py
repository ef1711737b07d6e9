"""Recurrent layers whose states obey a linear recurrence, with coefficients that do not see the states."""

import dataclasses

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Layer
from rnnlib.scan import linear_recurrence, linear_recurrence_gradients

METHODS = ("loop", "scan")


@dataclasses.dataclass
class LinearRecord:
    """What a backward pass needs of its forward pass, in the order of reading."""

    x: np.ndarray  # (batch, time, features)
    coefficients: tuple  # what the layer's own `coefficients` kept
    a: np.ndarray  # (batch, time, state size), as h too
    h: np.ndarray
    initial: np.ndarray  # (batch, state size)
    mask: np.ndarray | None  # (batch, time)


class LinearRecurrence(Layer):
    """A recurrent layer with h_t = a_t h_{t-1} + b_t, each entry for itself; `MinGRU` is one.

    A subclass says what a and b are, `coefficients(x)`, and what is shown of the states, `read(h, x)`, each with its
    way back beside it. a_t and b_t may not depend on h_{t-1}: then all of them are known at once, and the states are
    left to `rnnlib.scan`, by `method` "scan" or "loop".

    Call: `layer(sequences, initial_state=None, mask=None, training=False)` with `return_sequences`, `return_state` and
    `go_backwards` as for `RNN`. A masked step is one with a = 1 and b = 0; the output before is repeated (zeros before
    the first True). `backward(d_outputs, d_states=None)` leaves the gradients of the initial states in
    `d_initial_states`. The layer does not carry states from call to call (there is no `stateful`).

    Raises as `RNN`, and ValueError for another method.
    """

    number_of_states = 1

    def __init__(
        self,
        units,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        method="scan",
        dtype="float32",
        seed=None,
        name=None,
    ):
        super().__init__(dtype, seed, name)
        self.units = checks.integer_at_least(units, 1, "units")
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        if method not in METHODS:
            raise ValueError(f"method wants one of {', '.join(METHODS)}, got {method!r}")
        self.method = method
        self.d_initial_states = None

    @property
    def state_size(self):
        """How many entries a state has."""
        return self.units

    def coefficients(self, x):
        """a and b, (batch, time, state size) each, and a tuple of what the way back needs."""
        raise NotImplementedError

    def coefficients_back(self, d_a, d_b, x, kept):
        """Leave the gradients of the weights behind a and b; return the gradient at x by this way."""
        raise NotImplementedError

    def read(self, h, x):
        """The outputs at all steps, (batch, time, units): here the states themselves."""
        return h

    def read_back(self, d_outputs, h, x):
        """The gradients at h and, by this way, at x (0 for none); leaves those of the weights in between."""
        return d_outputs, 0

    def checked(self, sequences):
        sequences = checks.sequences(sequences, self.dtype, type(self).__name__)
        self.ensure_built(sequences, "sequences")
        return sequences

    def __call__(self, sequences, initial_state=None, mask=None, training=False):
        sequences = self.checked(sequences).copy()
        batch, time, _ = sequences.shape
        if initial_state is not None:
            initial_state = self.checked_states(initial_state, batch, "initial_state")
        if mask is not None:
            mask = checks.mask(mask, (batch, time), type(self).__name__)
        return self.forward(sequences, initial_state, mask, training)

    def checked_states(self, states, batch, name):
        """`states`, one array (batch, state size) or a list of them, as a list; `name` is for errors."""
        states = states if isinstance(states, list | tuple) else [states]
        if len(states) != self.number_of_states:
            raise ValueError(f"{type(self).__name__} wants {self.number_of_states} arrays in {name}, got {len(states)}")
        states = [checks.as_floats(state, self.dtype, name) for state in states]
        for state in states:
            checks.shape(state, (batch, self.state_size), type(self).__name__, name)
        return states

    def joined(self, states):
        """The list of states as the one array that the recurrence works on."""
        return states[0]

    def parted(self, h):
        """The other way round."""
        return [h.copy()]

    def forward(self, sequences, initial_state=None, mask=None, training=False):
        """`__call__` without its checks."""
        order = self._order()
        x, mask = sequences[:, order], None if mask is None else mask[:, order].copy()
        a, b, kept = self.coefficients(x)
        if mask is not None:
            a, b = (
                np.where(mask[..., np.newaxis], array, idle)
                for array, idle in ((a, a.dtype.type(1)), (b, b.dtype.type(0)))
            )
        initial = np.zeros_like(b[:, 0]) if initial_state is None else self.joined(initial_state)
        h = linear_recurrence(a, b, initial, self.method)
        self.record = LinearRecord(x, kept, a, h, initial, mask)
        outputs = self.read(h, x)
        if mask is not None:
            place, seen = _last_seen(mask)
            outputs = np.take_along_axis(outputs, place, axis=1) * seen
        outputs = (outputs if self.return_sequences else outputs[:, -1]).copy()
        return [outputs, *self.parted(h[:, -1])] if self.return_state else outputs

    def backward(self, d_outputs, d_states=None, record=None):
        """The gradient at the sequences, from that at the outputs and, with `return_state`, at the final states."""
        record = self.taken_record(record)
        d_read = self._d_read(d_outputs, record)
        d_h, d_x = self.read_back(d_read, record.h, record.x)
        if d_states is not None:
            d_h = d_h.copy()
            d_h[:, -1] += self.joined(self.checked_states(d_states, len(d_h), "d_states"))
        d_a, d_b, d_initial = linear_recurrence_gradients(record.a, record.h, d_h, record.initial, self.method)
        self.d_initial_states = self.parted(d_initial)
        if record.mask is not None:
            d_a, d_b = (np.where(record.mask[..., np.newaxis], d, 0).astype(d.dtype) for d in (d_a, d_b))
        d_x = d_x + self.coefficients_back(d_a, d_b, record.x, record.coefficients)
        return d_x[:, self._order()].copy()

    def _d_read(self, d_outputs, record):
        """The gradient at what was read at each step: a repeated output hands its own to the step that it repeats."""
        batch, time = record.h.shape[:2]
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        wanted = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        checks.shape(d_outputs, wanted, f"{type(self).__name__}.backward", "d_outputs")
        d_all = np.zeros((batch, time, self.units), self.dtype)
        d_all[:, slice(None) if self.return_sequences else -1] = d_outputs
        if record.mask is None:
            return d_all
        place, seen = _last_seen(record.mask)
        d_read = np.zeros_like(d_all)
        np.add.at(d_read, (np.arange(batch)[:, np.newaxis], place[..., 0]), d_all * seen)
        return d_read

    def _order(self):
        return slice(None, None, -1 if self.go_backwards else 1)

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None

    def output_shape(self, input_shape):
        batch, time, _ = input_shape
        return (batch, time, self.units) if self.return_sequences else (batch, self.units)


def _last_seen(mask):
    """For each step the last one that is not masked, up to it, and whether there is one; (batch, time, 1) both."""
    place = np.maximum.accumulate(np.where(mask, np.arange(mask.shape[1]), -1), axis=1)[..., np.newaxis]
    return np.maximum(place, 0), place >= 0
