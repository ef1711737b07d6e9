"""The Elman cell."""

import numpy as np

from rnnlib.cells.base import RecurrentCell


class SimpleRNNCell(RecurrentCell):
    """One step of an Elman network (Elman 1990), as in Keras's `SimpleRNNCell`.

        z_t = x_t W + h_{t-1} U + b
        h_t = phi(z_t)

    W is `kernel` (features, units), U is `recurrent_kernel` (units, units), b is `bias` (units,), phi is `activation`.
    Weights in the order kernel, recurrent_kernel, bias.
    """

    def ready(self, batch, masks=None):
        return self if masks is None else DroppedState(self, masks[0])

    def ready_back(self, batch, masks=None):
        self.transposed = np.ascontiguousarray(self.recurrent_kernel.T)  # a product with a view would be slower
        return self.ready(batch, masks)

    def project(self, inputs):
        """x W + b for all steps, (time * batch, features) to (time * batch, units)."""
        z = inputs @ self.kernel
        if self.use_bias:
            z += self.bias
        return (z,)

    def step(self, z, states, next_states):
        """h_t = phi(x_t W + b + h_{t-1} U), with z = x_t W + b."""
        (z,), (h,), (h_next,) = z, states, next_states
        h.dot(self.recurrent_kernel, h_next)
        np.add(h_next, z, h_next)
        self.activation(h_next, h_next)

    def slopes(self, z, states):
        """phi'(z_t) of every step, written in its output h_t, (time, batch, units)."""
        (h,) = states
        return self.activation.derivative(h[1:])

    def step_back(self, d_states, slope, dz):
        """dz_t = dh_t phi'(z_t) to the projection; dz_t U^T to the state before."""
        (dh,), (dz,) = d_states, dz
        np.multiply(dh, slope, dz)
        dz.dot(self.transposed, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t, dU = sum h_{t-1}^T dz_t, db = sum dz_t, over all steps and the batch."""
        (h,), (dz,) = states, dz
        dz = dz.reshape(-1, self.units)
        inputs.T.dot(dz, self.d_kernel)
        h[:-1].reshape(-1, self.units).T.dot(dz, self.d_recurrent_kernel)
        if self.use_bias:
            dz.sum(axis=0, out=self.d_bias)

    def input_gradient(self, dz):
        """dx_t = dz_t W^T for all steps, (time * batch, units) to (time * batch, features)."""
        return dz[0].reshape(-1, self.units) @ self.kernel.T


class DroppedState:
    """A cell that sees its state h only through U, with that state multiplied by a mask (batch, units)."""

    def __init__(self, cell, mask):
        self.cell, self.mask = cell, mask
        self.project, self.slopes, self.input_gradient = cell.project, cell.slopes, cell.input_gradient
        self.back_widths = cell.back_widths

    def step(self, z, states, next_states):
        """The cell's step from h_{t-1} times the mask."""
        self.cell.step(z, (states[0] * self.mask,), next_states)

    def step_back(self, d_states, slope, dz):
        """The cell's step back, then back through the mask."""
        self.cell.step_back(d_states, slope, dz)
        np.multiply(d_states[0], self.mask, d_states[0])

    def weight_gradients(self, inputs, states, dz):
        """The cell's, of the states as its steps saw them."""
        self.cell.weight_gradients(inputs, (states[0] * self.mask,), dz)
