"""The activations of gates side by side."""

import functools

import numpy as np


@functools.lru_cache(maxsize=16)
def squash(activations, units, batch, dtype):
    """The `Squash` of these gates: one for all passes of that shape, since it never changes."""
    return Squash(activations, units, batch, dtype)


class Squash:
    """Applies the activation of each gate, `activations`, to columns side by side, in place.

    tanh and the sigmoid are both a tanh(b z) + c. Where all gates are of this kind, as the usual ones are, one call of
    tanh on all columns serves them all: long rows of numbers are quicker than many short ones. The b are `inner`, one
    number a column, which the maker of z has to multiply in; None where some gate is of another kind.
    """

    def __init__(self, activations, units, batch, dtype):
        self.activations, self.units = activations, units
        forms = tuple(activation.as_tanh for activation in activations)
        self.inner = None
        if None not in forms:
            # a and c are kept in full: NumPy takes two arrays of one shape in one go, a row again and again.
            self.inner, *rows = np.repeat(np.asarray(forms, dtype).T, units, axis=1)
            self.outer, self.shift = (np.tile(row, (batch, 1)) for row in rows)

    def __call__(self, z):
        """`z` (batch, gates * units) becomes the gates."""
        if self.inner is not None:
            np.tanh(z, z)
            np.multiply(z, self.outer, z)
            np.add(z, self.shift, z)
        else:
            for i, activation in enumerate(self.activations):
                gate = z[:, i * self.units : (i + 1) * self.units]
                activation(gate, gate)
