"""The two forms of the gated recurrent unit, each made by `GRUCell.ready` for one pass.

In the loop the columns of a step are k z r g: before the gates stands k, what the reset gate acts on or what it makes.
So z and r, which share an activation, are neighbours, and the gradients at z r g, which belong to the inputs, are too.
"""

import numpy as np

from rnnlib.cells.products import GateProducts


class GRUForm(GateProducts):
    """What both forms share: the projection of the inputs, and how the old and the new state are mixed."""

    def __init__(self, cell, batch):
        self.cell, self.units = cell, cell.units
        self.activation, self.recurrent_activation = cell.activation, cell.recurrent_activation
        u = cell.units
        self.k, self.z, self.r, self.g = (np.s_[..., i * u : (i + 1) * u] for i in range(4))
        self.kzr, self.zr, self.zrg = np.s_[..., : 3 * u], np.s_[..., u : 3 * u], np.s_[..., u:]
        self.scratch = np.empty((batch, u), cell.dtype)

    def project(self, inputs):
        """x W + b for all steps and gates, (time * batch, features) or one such array a gate to (..., 4 * units)."""
        z = np.empty((inputs.shape[-2], 4 * self.units), inputs.dtype)
        self.times(inputs, self.cell.kernel, z[self.zrg])
        if self.cell.use_bias:
            z[self.zrg] += self.input_bias
        return z

    def mix(self, z, h, h_next):
        """h_t = z_t h_{t-1} + (1 - z_t) g_t, computed as g_t + z_t (h_{t-1} - g_t)."""
        candidate = z[self.g]
        np.subtract(h, candidate, h_next)
        np.multiply(z[self.z], h_next, h_next)
        np.add(candidate, h_next, h_next)

    def input_gradient(self, dz):
        """dx_t = dz_t W^T for all steps, (time * batch, 4 * units) to (time * batch, features)."""
        return dz.reshape(-1, 4 * self.units)[self.zrg] @ self.cell.kernel.T

    def input_gradients(self, dz):
        """The same where each gate had inputs of its own: (gates, time * batch, features)."""
        return self.times_back(dz.reshape(-1, 4 * self.units)[self.zrg], self.cell.kernel)


class ResetAfter(GRUForm):
    """The reset gate acts on the product: r_t (h_{t-1} U_h + b'_h), which is k. One product a step.

    The recurrent weights stand in the order h z r here, that of their product's place in k z r.
    """

    def __init__(self, cell, batch, masks):
        super().__init__(cell, batch)
        self.recurrent = self.last_first(cell.recurrent_kernel)
        self.product = np.empty((batch, 3 * self.units), cell.dtype)
        self.masks = None if masks is None else np.roll(masks, 1, axis=0)
        self.reset_bias = None
        if cell.use_bias:
            self.reset_bias = cell.bias[1, 2 * self.units :]
            self.input_bias = cell.bias[0].copy()  # z and r add both biases up
            self.input_bias[: 2 * self.units] += cell.bias[1, : 2 * self.units]

    def step(self, z, states, next_states):
        """The equations of `GRUCell`, with z = x_t W + b; leaves the gates in z."""
        (h,), (h_next,) = states, next_states
        product, scratch = self.recur(h), self.scratch
        gates, candidate, k = z[self.zr], z[self.g], z[self.k]
        np.add(gates, product[:, self.units :], gates)
        self.recurrent_activation(gates, gates)
        if self.reset_bias is None:
            np.copyto(k, product[self.k])
        else:
            np.add(product[self.k], self.reset_bias, k)
        np.multiply(z[self.r], k, scratch)
        np.add(candidate, scratch, candidate)
        self.activation(candidate, candidate)
        self.mix(z, h, h_next)

    def slopes(self, z, states):
        """For each step: the gradient at k z r g for each unit of that at h_t, and z_t."""
        (h,) = states
        k, update, reset, g = (z[block] for block in (self.k, self.z, self.r, self.g))
        slope = self.recurrent_activation.derivative
        of_h = np.empty((*update.shape[:2], 4, self.units), h.dtype)
        of_g = np.multiply(1 - update, self.activation.derivative(g), of_h[:, :, 3])
        np.multiply(h[:-1] - g, slope(update), of_h[:, :, 1])
        np.multiply(of_g * k, slope(reset), of_h[:, :, 2])
        np.multiply(of_g, reset, of_h[:, :, 0])
        return list(zip(of_h, update, strict=True))

    def step_back(self, d_states, slope, dz):
        """From dh_t those at k z r g; the state before gets z_t dh_t and what the product hands back."""
        (dh,), (of_h, update) = d_states, slope
        np.multiply(dh[:, np.newaxis], of_h, dz.reshape(-1, 4, self.units))
        np.multiply(dh, update, dh)
        self.recur_back(dz[self.kzr], self.scratch)
        np.add(dh, self.scratch, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t over z r g, dU = sum h_{t-1}^T dz_t over k z r; the sums of dz_t for the biases."""
        cell, dz = self.cell, dz.reshape(-1, 4 * self.units)
        self.outer(inputs, dz[self.zrg], cell.d_kernel)
        gradient = np.empty_like(cell.d_recurrent_kernel)
        self.outer(self.seen(states[0][:-1]), dz[self.kzr], gradient)
        self.first_last(gradient, cell.d_recurrent_kernel)
        if cell.use_bias:
            sums = dz.sum(axis=0)
            cell.d_bias[0] = sums[self.zrg]
            self.first_last(sums[self.kzr], cell.d_bias[1])


class ResetBefore(GRUForm):
    """The reset gate acts on the state: (r_t h_{t-1}) U_h, where r_t h_{t-1} is k. Two products a step."""

    def __init__(self, cell, batch, masks):
        super().__init__(cell, batch)
        u = self.units
        self.recurrent, self.candidate_kernel = (
            cell.recurrent_kernel[:, : 2 * u].copy(),
            cell.recurrent_kernel[:, 2 * u :],
        )
        self.product = np.empty((batch, 2 * u), cell.dtype)
        self.masks, self.candidate_mask = (None, None) if masks is None else (masks[:2], masks[2])
        if cell.use_bias:
            self.input_bias = cell.bias

    def step(self, z, states, next_states):
        """The equations of `GRUCell`, with z = x_t W + b; leaves the gates in z."""
        (h,), (h_next,) = states, next_states
        gates, candidate, k = z[self.zr], z[self.g], z[self.k]
        np.add(gates, self.recur(h), gates)
        self.recurrent_activation(gates, gates)
        np.multiply(z[self.r], self.reset_sees(h), k)
        k.dot(self.candidate_kernel, self.scratch)
        np.add(candidate, self.scratch, candidate)
        self.activation(candidate, candidate)
        self.mix(z, h, h_next)

    def reset_sees(self, h):
        """h, through the candidate's mask with recurrent dropout."""
        return h if self.candidate_mask is None else h * self.candidate_mask

    def slopes(self, z, states):
        """For each step: dz_z and dz_g / dh_t, dz_r / dk_t, dk_t / dh_{t-1}, k_t and z_t."""
        (h,) = states
        k, update, reset, g = (z[block] for block in (self.k, self.z, self.r, self.g))
        slope = self.recurrent_activation.derivative
        of_g = (1 - update) * self.activation.derivative(g)
        of_z = (h[:-1] - g) * slope(update)
        of_r = self.reset_sees(h[:-1]) * slope(reset)
        return list(zip(of_z, of_g, of_r, self.reset_sees(reset), k, update, strict=True))

    def step_back(self, d_states, slope, dz):
        """From dh_t those at z r g; leaves k in dz, for `weight_gradients`."""
        (dh,), (of_z, of_g, of_r, of_k, k, update) = d_states, slope
        scratch, at_candidate = self.scratch, dz[self.g]
        dz[self.k] = k
        np.multiply(dh, of_z, dz[self.z])
        np.multiply(dh, of_g, at_candidate)
        np.multiply(dh, update, dh)
        at_candidate.dot(self.candidate_kernel.T, scratch)
        np.multiply(scratch, of_r, dz[self.r])
        np.multiply(scratch, of_k, scratch)
        np.add(dh, scratch, dh)
        self.recur_back(dz[self.zr], scratch)
        np.add(dh, scratch, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t; dU = sum h_{t-1}^T dz_t for z and r, sum k_t^T dz_t for the candidate; db = sum dz_t."""
        cell, dz = self.cell, dz.reshape(-1, 4 * self.units)
        self.outer(inputs, dz[self.zrg], cell.d_kernel)
        self.outer(self.seen(states[0][:-1]), dz[self.zr], cell.d_recurrent_kernel[:, : 2 * self.units])
        np.matmul(dz[self.k].T, dz[self.g], cell.d_recurrent_kernel[:, 2 * self.units :])
        if cell.use_bias:
            dz[self.zrg].sum(axis=0, out=cell.d_bias)
