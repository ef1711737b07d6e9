"""The long short-term memory cell."""

import numpy as np

from rnnlib import activations, initializers
from rnnlib.cells.base import RecurrentCell
from rnnlib.cells.products import Product, RecurrentProduct
from rnnlib.cells.squash import squash


class LSTMCell(RecurrentCell):
    """One step of a long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers,
    Schmidhuber and Cummins (2000) and without peepholes, as in Keras's `LSTMCell`.

        i_t = sigma(x_t W_i + h_{t-1} U_i + b_i)        input gate
        f_t = sigma(x_t W_f + h_{t-1} U_f + b_f)        forget gate
        g_t = phi(x_t W_c + h_{t-1} U_c + b_c)          candidate
        o_t = sigma(x_t W_o + h_{t-1} U_o + b_o)        output gate
        c_t = f_t c_{t-1} + i_t g_t                     cell state
        h_t = o_t phi(c_t)                              hidden state

    sigma is `recurrent_activation`, phi `activation`. The states are h, c. The columns of the weights stand in the
    order i f c o; `unit_forget_bias` starts b_f at one (Gers et al. 2000; Jozefowicz et al. 2015).
    """

    gates = 4
    number_of_states = 2
    back_widths = (4,)

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        *,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype="float32",
    ):
        options = {"dropout": dropout, "recurrent_dropout": recurrent_dropout, "dtype": dtype}
        initial = kernel_initializer, recurrent_initializer, bias_initializer
        penalties = kernel_regularizer, recurrent_regularizer, bias_regularizer
        super().__init__(units, activation, use_bias, *initial, *penalties, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = bool(unit_forget_bias)
        u = self.units
        self.i, self.f, self.g, self.o = (np.s_[..., n * u : (n + 1) * u] for n in range(4))

    def initial_bias(self, shape, dtype, rng):
        """What the bias starts from; with `unit_forget_bias` ones for the forget gate."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype, rng)
        before, after = (
            initializers.initial_array(self.bias_initializer, (n * self.units,), dtype, rng) for n in (1, 2)
        )
        return np.concatenate([before, np.ones(self.units, dtype), after])

    def ready(self, batch, masks=None):
        sigma, phi, units = self.recurrent_activation, self.activation, self.units
        self.squash = squash((sigma, sigma, phi, sigma), units, batch, self.dtype)
        self.inward = Product(self.kernel, units, self.squash.inner)
        self.recurrent = RecurrentProduct(self.recurrent_kernel, units, masks, self.squash.inner)
        self.product = np.empty((batch, 4 * units), self.dtype)
        return self

    def project(self, inputs):
        """x W + b for all steps and gates, (time * batch, features) or one such array a gate to (..., 4 * units)."""
        z = np.empty((inputs.shape[-2], 4 * self.units), self.dtype)
        self.inward(inputs, z)
        if self.use_bias:
            z += self.bias if self.squash.inner is None else self.bias * self.squash.inner
        return (z,)

    def step(self, z, states, next_states):
        """The equations of the class, with z = x_t W + b; leaves the gates in z."""
        (z,), (h, c), (h_next, c_next) = z, states, next_states
        np.add(z, self.recurrent(h, self.product), z)
        self.squash(z)
        np.multiply(z[self.f], c, c_next)
        np.multiply(z[self.i], z[self.g], h_next)
        np.add(c_next, h_next, c_next)
        self.activation(c_next, h_next)
        np.multiply(z[self.o], h_next, h_next)

    def slopes(self, z, states):
        """For each step: dz_i, dz_f, dz_g / dc_t, then dz_o / dh_t, dc_t / dh_t, dc_{t-1} / dc_t."""
        (z,), (_, c) = z, states
        i, f, g, o = (z[block] for block in (self.i, self.f, self.g, self.o))
        shown = self.activation(c[1:])
        slope = self.recurrent_activation.derivative
        of_c = np.empty((*c[1:].shape[:2], 3, self.units), self.dtype)
        np.multiply(g, slope(i), of_c[:, :, 0])
        np.multiply(c[:-1], slope(f), of_c[:, :, 1])
        np.multiply(i, self.activation.derivative(g), of_c[:, :, 2])
        return list(zip(of_c, shown * slope(o), o * self.activation.derivative(shown), f, strict=True))

    def step_back(self, d_states, slope, dz):
        """dc_t gathers what reaches it through h_t; from dh_t and dc_t follow those of the gates and of both states."""
        (dh, dc), (of_c, of_h, through, f), (dz,) = d_states, slope, dz
        np.multiply(dh, of_h, dz[self.o])
        np.multiply(dh, through, through)
        np.add(dc, through, dc)
        np.multiply(dc[:, np.newaxis], of_c, dz.reshape(-1, 4, self.units)[:, :3])
        np.multiply(dc, f, dc)
        self.recurrent.back(dz, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t, dU = sum h_{t-1}^T dz_t, db = sum dz_t, over all steps and the batch."""
        dz = dz[0].reshape(-1, 4 * self.units)
        self.inward.weight_gradient(inputs, dz, self.d_kernel)
        self.recurrent.weight_gradient(states[0][:-1], dz, self.d_recurrent_kernel)
        if self.use_bias:
            dz.sum(axis=0, out=self.d_bias)

    def input_gradient(self, dz, each=False):
        """dx_t = dz_t W^T for all steps, (time * batch, features); with `each` gate by gate, (4, ..., features)."""
        return self.inward.row_gradient(dz[0].reshape(-1, 4 * self.units), each)
