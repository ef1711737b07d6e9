"""The matrix products of cells with several gates: one for all gates, or one a gate where dropout masks differ."""

import numpy as np


class GateProducts:
    """Mixin of cells with several gates; wants `units`, `recurrent`, `product` and `masks`, which `ready` sets.

    The gates of one time step lie side by side in memory, those with the same activation next to each other, so that
    one call serves them all. Where Keras's order does not have that, `last_first` moves the last block of columns to
    the front in a copy of the weights, and `first_last` moves their gradients back.
    """

    def last_first(self, weight):
        """A copy of `weight` (..., gates * units) with the columns of its last gate first."""
        units = self.units
        return np.concatenate([weight[..., -units:], weight[..., :-units]], axis=-1)

    def first_last(self, gradient, out):
        """Write `gradient`, in the order that `last_first` makes, to `out` in Keras's order."""
        units = self.units
        out[..., -units:] = gradient[..., :units]
        out[..., :-units] = gradient[..., units:]

    def gatewise(self, array):
        """A view of (rows, gates * units) as (gates, rows, units)."""
        return array.reshape(len(array), -1, self.units).swapaxes(0, 1)

    def times(self, rows, weight, out):
        """rows @ weight, where `rows` is (n, k), the same for all gates, or (gates, n, k), one for each gate."""
        if rows.ndim == 2:
            np.matmul(rows, weight, out)
        else:
            np.matmul(rows, self.gatewise(weight), self.gatewise(out))

    def outer(self, rows, dz, out):
        """The gradient at `weight` of `times`, from that at its result: rows^T @ dz."""
        if rows.ndim == 2:
            np.matmul(rows.T, dz, out)
        else:
            np.matmul(rows.swapaxes(1, 2), self.gatewise(dz), self.gatewise(out))

    def times_back(self, dz, weight):
        """The gradient at `rows` (gates, n, k) of `times`, from that at its result."""
        return np.matmul(self.gatewise(dz), self.gatewise(weight).swapaxes(1, 2))

    def recur(self, h):
        """h U for the gates in `recurrent`, written over the last product; each gate through its mask, if any."""
        if self.masks is None:
            return h.dot(self.recurrent, self.product)
        self.times(h * self.masks, self.recurrent, self.product)
        return self.product

    def recur_back(self, dz, dh):
        """Write to `dh` the gradient at the state that `recur` saw, from that at its product."""
        if self.masks is None:
            dz.dot(self.recurrent.T, dh)
        else:
            np.sum(self.masks * self.times_back(dz, self.recurrent), axis=0, out=dh)

    def seen(self, h):
        """What `recur` saw of the states (time, batch, units), as `times` and `outer` take it."""
        if self.masks is None:
            return h.reshape(-1, self.units)
        return (h * self.masks[:, np.newaxis]).reshape(len(self.masks), -1, self.units)
