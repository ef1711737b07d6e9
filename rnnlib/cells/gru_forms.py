"""The two forms of the gated recurrent unit, each made by `GRUCell.ready` for one pass.

The projections are three blocks: the gates z r side by side, which share an activation; the candidate g; and k, what
the reset gate acts on or what it makes.
"""

import numpy as np

from rnnlib.cells.products import Product, RecurrentProduct
from rnnlib.cells.squash import squash


class GRUForm:
    """What both forms share: the projection of the inputs, and how the old and the new state are mixed."""

    def __init__(self, cell, batch):
        self.cell, self.units, self.activation = cell, cell.units, cell.activation
        u, sigma = cell.units, cell.recurrent_activation
        self.slope, self.squash = sigma.derivative, squash((sigma, sigma), u, batch, cell.dtype)
        self.update, self.reset = np.s_[..., :u], np.s_[..., u : 2 * u]
        of_gates, of_candidate = self.split(cell.kernel)
        self.inward = Product(of_gates, u, self.squash.inner), Product(of_candidate, u)
        self.product, self.scratch = np.empty((batch, 2 * u), cell.dtype), np.empty((batch, u), cell.dtype)

    def split(self, columns):
        """Views of the columns (..., 3 * units) of z and r, and of those of the candidate."""
        return columns[..., : 2 * self.units], columns[..., 2 * self.units :]

    def seen(self, inputs):
        """The inputs of z and r, and those of the candidate: the same, or one array a gate."""
        return (inputs, inputs) if inputs.ndim == 2 else (inputs[:2], inputs[2:])

    def project(self, inputs):
        """x W + b for all steps, from (time * batch, features) or one such array a gate; and room for k."""
        gates, candidate, k = (np.empty((inputs.shape[-2], n * self.units), self.cell.dtype) for n in (2, 1, 1))
        for product, rows, block in zip(self.inward, self.seen(inputs), (gates, candidate), strict=True):
            product(rows, block)
        if self.cell.use_bias:
            bias_of_gates, bias_of_candidate = self.split(self.input_bias)
            gates += bias_of_gates if self.squash.inner is None else bias_of_gates * self.squash.inner
            candidate += bias_of_candidate
        return gates, candidate, k

    def mix(self, gates, candidate, h, h_next):
        """h_t = z_t h_{t-1} + (1 - z_t) g_t, computed as g_t + z_t (h_{t-1} - g_t)."""
        np.subtract(h, candidate, h_next)
        np.multiply(gates[self.update], h_next, h_next)
        np.add(candidate, h_next, h_next)

    def flat(self, dz):
        """The blocks as (time * batch, columns)."""
        return tuple(block.reshape(-1, block.shape[-1]) for block in dz)

    def inward_gradients(self, inputs, at_gates, at_candidate):
        """dW = sum x_t^T dz_t, over all steps and the batch."""
        found = zip(
            self.inward, self.seen(inputs), (at_gates, at_candidate), self.split(self.cell.d_kernel), strict=True
        )
        for product, rows, dz, out in found:
            product.weight_gradient(rows, dz, out)

    def input_gradient(self, dz, each=False):
        """dx_t = dz_t W^T for all steps, (time * batch, features); with `each` gate by gate, (3, ..., features)."""
        at_gates, at_candidate = self.flat(dz[:2])
        of_gates = self.inward[0].row_gradient(at_gates[:, : 2 * self.units], each)
        of_candidate = self.inward[1].row_gradient(at_candidate, each)
        if each:
            return np.concatenate([of_gates, of_candidate])
        return np.add(of_gates, of_candidate, of_gates)


class ResetAfter(GRUForm):
    """The reset gate acts on the product: r_t (h_{t-1} U_h + b'_h), where the bracket is k.

    All three products are of h_{t-1}, so the way back takes one for all, from the gradients at z r k side by side.
    """

    back_widths = (3, 1)  # z r k, g

    def __init__(self, cell, batch, masks):
        super().__init__(cell, batch)
        u, (of_gates, of_k) = self.units, self.split(cell.recurrent_kernel)
        masks_of_gates, masks_of_k = (None, None) if masks is None else (masks[:2], masks[2:])
        self.recurrent_gates = RecurrentProduct(of_gates, u, masks_of_gates, self.squash.inner)
        self.recurrent_k = RecurrentProduct(of_k, u, masks_of_k)
        self.recurrent = RecurrentProduct(cell.recurrent_kernel, u, masks)
        self.reset_bias = None
        if cell.use_bias:
            self.reset_bias = np.empty((batch, u), cell.dtype)  # in full: adding a row to each row would be slower
            self.reset_bias[:] = cell.bias[1, 2 * u :]
            self.input_bias = cell.bias[0].copy()  # z and r add both biases up
            self.input_bias[: 2 * u] += cell.bias[1, : 2 * u]

    def step(self, z, states, next_states):
        """The equations of `GRUCell`, with z = x_t W + b; leaves the gates in z."""
        (gates, candidate, k), (h,), (h_next,) = z, states, next_states
        np.add(gates, self.recurrent_gates(h, self.product), gates)
        self.squash(gates)
        self.recurrent_k(h, k)
        if self.reset_bias is not None:
            np.add(k, self.reset_bias, k)
        np.multiply(gates[self.reset], k, self.scratch)
        np.add(candidate, self.scratch, candidate)
        self.activation(candidate, candidate)
        self.mix(gates, candidate, h, h_next)

    def slopes(self, z, states):
        """For each step: the gradients at z r k and at g for each unit of that at h_t, and z_t."""
        (gates, g, k), (h,) = z, states
        update, reset = gates[self.update], gates[self.reset]
        of_g = (1 - update) * self.activation.derivative(g)
        of_zrk = np.empty((*g.shape[:2], 3, self.units), g.dtype)
        np.multiply(h[:-1] - g, self.slope(update), of_zrk[:, :, 0])
        np.multiply(of_g * k, self.slope(reset), of_zrk[:, :, 1])
        np.multiply(of_g, reset, of_zrk[:, :, 2])
        return list(zip(of_zrk, of_g, update, strict=True))

    def step_back(self, d_states, slope, dz):
        """From dh_t those at z r k and g; the state before gets z_t dh_t and what the products hand back."""
        (dh,), (of_zrk, of_g, update), (at_zrk, at_g) = d_states, slope, dz
        np.multiply(dh[:, np.newaxis], of_zrk, at_zrk.reshape(-1, 3, self.units))
        np.multiply(dh, of_g, at_g)
        np.multiply(dh, update, dh)
        self.recurrent.back(at_zrk, self.scratch)
        np.add(dh, self.scratch, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t over z r g, dU = sum h_{t-1}^T dz_t over z r k; the sums of dz_t for the biases."""
        cell, (at_zrk, at_g) = self.cell, self.flat(dz)
        self.inward_gradients(inputs, at_zrk[:, : 2 * self.units], at_g)
        self.recurrent.weight_gradient(states[0][:-1], at_zrk, cell.d_recurrent_kernel)
        if cell.use_bias:
            at_zrk.sum(axis=0, out=cell.d_bias[1])
            of_gates, of_candidate = self.split(cell.d_bias[0])
            of_gates[:] = cell.d_bias[1, : 2 * self.units]
            at_g.sum(axis=0, out=of_candidate)


class ResetBefore(GRUForm):
    """The reset gate acts on the state: (r_t h_{t-1}) U_h, where the bracket is k. One product after the other."""

    back_widths = (2, 1, 1)  # z r, g, k

    def __init__(self, cell, batch, masks):
        super().__init__(cell, batch)
        of_gates, of_k = self.split(cell.recurrent_kernel)
        masks_of_gates, self.mask_of_k = (None, None) if masks is None else (masks[:2], masks[2])
        self.recurrent = RecurrentProduct(of_gates, self.units, masks_of_gates, self.squash.inner)
        self.recurrent_k = RecurrentProduct(of_k, self.units)
        if cell.use_bias:
            self.input_bias = cell.bias

    def reset_sees(self, h):
        """h, through the candidate's mask with recurrent dropout."""
        return h if self.mask_of_k is None else h * self.mask_of_k

    def step(self, z, states, next_states):
        """The equations of `GRUCell`, with z = x_t W + b; leaves the gates in z."""
        (gates, candidate, k), (h,), (h_next,) = z, states, next_states
        np.add(gates, self.recurrent(h, self.product), gates)
        self.squash(gates)
        np.multiply(gates[self.reset], self.reset_sees(h), k)
        np.add(candidate, self.recurrent_k(k, self.scratch), candidate)
        self.activation(candidate, candidate)
        self.mix(gates, candidate, h, h_next)

    def slopes(self, z, states):
        """For each step: dz_z and dz_g / dh_t, dz_r / dk_t, dk_t / dh_{t-1}, k_t and z_t."""
        (gates, g, k), (h,) = z, states
        update, reset = gates[self.update], gates[self.reset]
        of_g = (1 - update) * self.activation.derivative(g)
        of_z = (h[:-1] - g) * self.slope(update)
        of_r = self.reset_sees(h[:-1]) * self.slope(reset)
        return list(zip(of_z, of_g, of_r, self.reset_sees(reset), k, update, strict=True))

    def step_back(self, d_states, slope, dz):
        """From dh_t those at z r g; leaves k in dz, for `weight_gradients`."""
        (dh,), (of_z, of_g, of_r, of_k, k, update), (at_gates, at_g, k_kept) = d_states, slope, dz
        scratch = self.scratch
        np.copyto(k_kept, k)
        np.multiply(dh, of_z, at_gates[self.update])
        np.multiply(dh, of_g, at_g)
        np.multiply(dh, update, dh)
        self.recurrent_k.back(at_g, scratch)
        np.multiply(scratch, of_r, at_gates[self.reset])
        np.multiply(scratch, of_k, scratch)
        np.add(dh, scratch, dh)
        self.recurrent.back(at_gates, scratch)
        np.add(dh, scratch, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t; dU = sum h_{t-1}^T dz_t for z and r, sum k_t^T dz_t for the candidate; db = sum dz_t."""
        cell, (at_gates, at_g, _) = self.cell, self.flat(dz)
        self.inward_gradients(inputs, at_gates, at_g)
        of_gates, of_k = self.split(cell.d_recurrent_kernel)
        self.recurrent.weight_gradient(states[0][:-1], at_gates, of_gates)
        self.recurrent_k.weight_gradient(dz[2], at_g, of_k)
        if cell.use_bias:
            for block, out in zip((at_gates, at_g), self.split(cell.d_bias), strict=True):
                block.sum(axis=0, out=out)
