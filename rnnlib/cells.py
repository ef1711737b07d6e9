"""Recurrent cells: one step forward, one step back. The loop over time is not here; it is in `layers`.

What a cell and the loop agree on (time-major arrays; B batch, H units):

- `project(inputs)` makes, for all steps at once, what does not depend on the state: (time * batch, features) to
  (time * batch, H times the number of gates).
- `step(z, states, next_states)` takes one step: `z` is this step's projection, `states` a tuple of (B, H) arrays;
  it writes the next states in place, and may leave in `z` what its backward pass wants.
- `slopes(z, states)` computes what the backward steps need of all time steps at once.
- `step_back(d_states, slope, dz)` takes the gradient at the next states back through one step: it writes the gradient
  at the projection into `dz` and that at the previous states into `d_states`.
- `weight_gradients(inputs, states, dz)` sums over time and batch, in one matrix product each.

This is why it is quick: only the few products that really depend on the previous step remain in the loop.
"""

import numpy as np

from rnnlib import activations, checks, initializers
from rnnlib.weights import Weighted


class SimpleRNNCell(Weighted):
    """One step of an Elman network (Elman 1990), as in Keras's `SimpleRNNCell`.

        z_t = x_t W + h_{t-1} U + b
        h_t = phi(z_t)

    W is `kernel` (features, units), U is `recurrent_kernel` (units, units), b is `bias` (units,), phi is `activation`.
    Weights in the order kernel, recurrent_kernel, bias.
    """

    number_of_states = 1

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        dtype="float32",
    ):
        self.units = checks.integer_at_least(units, 1, "units")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.dtype = checks.float_dtype(dtype)

    def build(self, features, rng):
        """Make the weights for inputs of that many features, from the generator `rng`."""
        self.add_weight("kernel", (features, self.units), self.kernel_initializer, self.dtype, rng)
        self.add_weight("recurrent_kernel", (self.units, self.units), self.recurrent_initializer, self.dtype, rng)
        if self.use_bias:
            self.add_weight("bias", (self.units,), self.bias_initializer, self.dtype, rng)

    def project(self, inputs):
        """x W + b for all steps, (time * batch, features) to (time * batch, units)."""
        z = inputs @ self.kernel
        if self.use_bias:
            z += self.bias
        return z

    def step(self, z, states, next_states):
        """h_t = phi(x_t W + b + h_{t-1} U), with z = x_t W + b."""
        (h,), (h_next,) = states, next_states
        h.dot(self.recurrent_kernel, h_next)
        np.add(h_next, z, h_next)
        self.activation(h_next, h_next)

    def slopes(self, z, states):
        """phi'(z_t) of every step, written in its output h_t, (time, batch, units)."""
        (h,) = states
        return self.activation.derivative(h[1:])

    def step_back(self, d_states, slope, dz):
        """dz_t = dh_t phi'(z_t) to the projection; dz_t U^T to the state before."""
        (dh,) = d_states
        np.multiply(dh, slope, dz)
        dz.dot(self.recurrent_kernel.T, dh)

    def weight_gradients(self, inputs, states, dz):
        """dW = sum x_t^T dz_t, dU = sum h_{t-1}^T dz_t, db = sum dz_t, over all steps and the batch."""
        (h,) = states
        dz = dz.reshape(-1, self.units)
        inputs.T.dot(dz, self.d_kernel)
        h[:-1].reshape(-1, self.units).T.dot(dz, self.d_recurrent_kernel)
        if self.use_bias:
            dz.sum(axis=0, out=self.d_bias)

    def input_gradient(self, dz):
        """dx_t = dz_t W^T for all steps, (time * batch, units) to (time * batch, features)."""
        return dz.reshape(-1, self.units) @ self.kernel.T
