"""The matrix products of gates side by side: one for all gates, or one a gate where each has rows of its own."""

import functools

import numpy as np


class Product:
    """rows @ weight, where the columns of `weight` (k, gates * units) are gates side by side, and the way back.

    `rows` is (n, k), the same for all gates, or (gates, n, k), one for each gate, as dropout makes them. The forward
    product is multiplied by `inner`, one number a column, if that is given.
    """

    def __init__(self, weight, units, inner=None):
        self.weight, self.units, self.inner = weight, units, inner

    @functools.cached_property
    def forward_weight(self):
        """What the rows are multiplied by."""
        return self.weight if self.inner is None else self.weight * self.inner

    @functools.cached_property
    def transposed(self):
        """A copy, since a product with it is quicker than one with the transposed view."""
        return np.ascontiguousarray(self.weight.T)

    def gatewise(self, array):
        """A view of (rows, gates * units) as (gates, rows, units)."""
        return array.reshape(len(array), -1, self.units).swapaxes(0, 1)

    def __call__(self, rows, out):
        """rows @ weight, written to `out` (n, gates * units)."""
        if rows.ndim == 2:
            rows.dot(self.forward_weight, out)
        else:
            np.matmul(rows, self.gatewise(self.forward_weight), self.gatewise(out))

    def weight_gradient(self, rows, dz, out):
        """The gradient at `weight`, rows^T @ dz, written to `out`, from that at the product."""
        if rows.ndim == 2:
            np.matmul(rows.T, dz, out)
        else:
            np.matmul(rows.swapaxes(1, 2), self.gatewise(dz), self.gatewise(out))

    def row_gradient(self, dz, each):
        """The gradient at the rows, from that at the product; (gates, n, k) if `each` gate had its own."""
        if each:
            return np.matmul(self.gatewise(dz), self.gatewise(self.weight).swapaxes(1, 2))
        return dz @ self.weight.T


class RecurrentProduct(Product):
    """The product of a state (batch, units) in the loop over time; with `masks` (gates, batch, units), recurrent
    dropout, each gate sees the state through its own."""

    def __init__(self, weight, units, masks=None, inner=None):
        super().__init__(weight, units, inner)
        self.masks = masks

    def __call__(self, h, out):
        """h U, written to `out`; returns it."""
        if self.masks is None:
            return h.dot(self.forward_weight, out)
        super().__call__(h * self.masks, out)
        return out

    def back(self, dz, dh):
        """Write to `dh` the gradient at the state, from that at the product."""
        if self.masks is None:
            dz.dot(self.transposed, dh)
        else:
            np.sum(self.masks * self.row_gradient(dz, each=True), axis=0, out=dh)

    def weight_gradient(self, h, dz, out):
        """The gradient at `weight` from the states (time, batch, units) of all steps."""
        if self.masks is None:
            rows = h.reshape(-1, self.units)
        else:
            rows = (h * self.masks[:, np.newaxis]).reshape(len(self.masks), -1, self.units)
        super().weight_gradient(rows, dz, out)
