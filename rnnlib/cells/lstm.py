"""The long short-term memory cell."""

import numpy as np

from rnnlib import activations, initializers
from rnnlib.cells.base import RecurrentCell
from rnnlib.cells.products import GateProducts


class LSTMCell(GateProducts, RecurrentCell):
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
    loop_order = (3, 0, 1, 2)

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
        self.o, self.i, self.f, self.g = (np.s_[..., n * u : (n + 1) * u] for n in range(4))
        self.sigmoids = np.s_[..., : 3 * u]

    def initial_bias(self, shape, dtype, rng):
        """What the bias starts from; with `unit_forget_bias` ones for the forget gate."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype, rng)
        before, after = (
            initializers.initial_array(self.bias_initializer, (n * self.units,), dtype, rng) for n in (1, 2)
        )
        return np.concatenate([before, np.ones(self.units, dtype), after])

    # In the loop the order is o i f c: the three sigmoids are neighbours, and so are the three gates that c_t is made
    # of, which all get their gradient from it.

    def ready(self, batch, masks=None):
        self.inward, self.recurrent = self.last_first(self.kernel), self.last_first(self.recurrent_kernel)
        self.masks = None if masks is None else masks[list(self.loop_order)]
        self.product = np.empty((batch, 4 * self.units), self.dtype)
        return self

    def project(self, inputs):
        """x W + b for all steps and gates, (time * batch, features) or one such array a gate to (..., 4 * units)."""
        z = np.empty((inputs.shape[-2], 4 * self.units), self.dtype)
        self.times(inputs, self.inward, z)
        if self.use_bias:
            z += self.last_first(self.bias)
        return z

    def step(self, z, states, next_states):
        """The equations of the class, with z = x_t W + b; leaves the gates in z."""
        (h, c), (h_next, c_next) = states, next_states
        np.add(z, self.recur(h), z)
        gates, candidate = z[self.sigmoids], z[self.g]
        self.recurrent_activation(gates, gates)
        self.activation(candidate, candidate)
        np.multiply(z[self.f], c, c_next)
        np.multiply(z[self.i], candidate, h_next)
        np.add(c_next, h_next, c_next)
        self.activation(c_next, h_next)
        np.multiply(z[self.o], h_next, h_next)

    def slopes(self, z, states):
        """For each step: dz_o / dh_t, then dz_i, dz_f, dz_g / dc_t, dc_t / dh_t, dc_{t-1} / dc_t."""
        c = states[1]
        o, i, f, g = (z[block] for block in (self.o, self.i, self.f, self.g))
        shown = self.activation(c[1:])
        slope = self.recurrent_activation.derivative
        of_c = np.empty((*c[1:].shape[:2], 3, self.units), self.dtype)
        np.multiply(g, slope(i), of_c[:, :, 0])
        np.multiply(c[:-1], slope(f), of_c[:, :, 1])
        np.multiply(i, self.activation.derivative(g), of_c[:, :, 2])
        return list(zip(shown * slope(o), of_c, o * self.activation.derivative(shown), f, strict=True))

    def step_back(self, d_states, slope, dz):
        """dc_t gathers what reaches it through h_t; from dh_t and dc_t follow those of the gates and of both states."""
        (dh, dc), (of_h, of_c, through, f) = d_states, slope
        np.multiply(dh, of_h, dz[self.o])
        np.multiply(dh, through, through)
        np.add(dc, through, dc)
        np.multiply(dc[:, np.newaxis], of_c, dz.reshape(-1, 4, self.units)[:, 1:])
        np.multiply(dc, f, dc)
        self.recur_back(dz, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t, dU = sum h_{t-1}^T dz_t, db = sum dz_t, over all steps and the batch."""
        dz = dz.reshape(-1, 4 * self.units)
        pairs = ((inputs, self.d_kernel), (self.seen(states[0][:-1]), self.d_recurrent_kernel))
        for rows, out in pairs:
            gradient = np.empty_like(out)
            self.outer(rows, dz, gradient)
            self.first_last(gradient, out)
        if self.use_bias:
            self.first_last(dz.sum(axis=0), self.d_bias)

    def input_gradient(self, dz):
        """dx_t = dz_t W^T for all steps, (time * batch, 4 * units) to (time * batch, features)."""
        return dz.reshape(-1, 4 * self.units) @ self.inward.T

    def input_gradients(self, dz):
        """The same where each gate had inputs of its own: (gates, time * batch, features)."""
        return self.times_back(dz.reshape(-1, 4 * self.units), self.inward)
