"""Gated layers whose gates see the input alone, so that all steps can be computed at once: `MinGRU` and `MinLSTM`."""

import numpy as np

from rnnlib import activations, initializers, regularizers
from rnnlib.layers.linear import LinearRecurrence


class MinimalLayer(LinearRecurrence):
    """h_t = a_t h_{t-1} + (1 - a_t) g_t: a subclass says how the gate a_t comes from the input.

    The candidate is g_t = phi(x_t W_h + b_h), phi is `activation` (None: the linear function, as published). `kernel`
    is (features, blocks * units), `bias` (blocks * units,), the candidate's block last; the gates' blocks as the class
    says. Initializers and regularizers as in Keras's layers.

    Raises ValueError or TypeError for impossible settings, and as `LinearRecurrence`.
    """

    blocks = 2

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        *,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        method="scan",
        dtype="float32",
        seed=None,
        name=None,
    ):
        super().__init__(units, return_sequences, return_state, go_backwards, method, dtype, seed, name)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def build(self, features):
        self.features = features
        columns = self.blocks * self.units
        shape = (features, columns)
        self.add_weight("kernel", shape, self.kernel_initializer, self.dtype, self.rng, self.kernel_regularizer)
        if self.use_bias:
            self.add_weight("bias", (columns,), self.bias_initializer, self.dtype, self.rng, self.bias_regularizer)

    def gate(self, z):
        """a from the blocks of the projection that are not the candidate's, and what the way back needs."""
        raise NotImplementedError

    def gate_back(self, d_a, a, kept):
        """The gradient at those blocks from that at a."""
        raise NotImplementedError

    def coefficients(self, x):
        z = x @ self.kernel
        if self.use_bias:
            z += self.bias
        a, kept = self.gate(z[..., : -self.units])
        candidate = self.activation(z[..., -self.units :])
        return a, (1 - a) * candidate, (a, kept, candidate)

    def coefficients_back(self, d_a, d_b, x, kept):
        a, of_gate, candidate = kept
        d_gate = self.gate_back(d_a - d_b * candidate, a, of_gate)
        dz = np.concatenate([d_gate, self.activation.pullback(d_b * (1 - a), candidate)], axis=-1)
        rows = dz.reshape(-1, dz.shape[-1])
        np.matmul(x.reshape(-1, self.features).T, rows, out=self.d_kernel)
        if self.use_bias:
            rows.sum(axis=0, out=self.d_bias)
        return dz @ self.kernel.T


class MinGRU(MinimalLayer):
    """The minGRU (Feng et al. 2024, section 3.1): a GRU whose update gate and candidate do not see the state.

        z_t = sigma(x_t W_z + b_z)                update gate
        g_t = phi(x_t W_h + b_h)                  candidate
        h_t = z_t h_{t-1} + (1 - z_t) g_t         hidden state, the only state

    The columns stand in the order z h. Here z_t = 1 keeps the old state, as in this library's `GRU`; Feng et al. give
    that part to 1 - z_t. See `MinimalLayer` for the arguments, `LinearRecurrence` for the call.
    """

    def gate(self, z):
        return activations.sigmoid(z), None

    def gate_back(self, d_a, a, kept):
        return activations.sigmoid.pullback(d_a, a)


class MinLSTM(MinimalLayer):
    """The minLSTM (Feng et al. 2024, section 3.2): forget and input gate from the input alone, scaled to add up to 1.

        f_t = sigma(x_t W_f + b_f),    i_t = sigma(x_t W_i + b_i)
        a_t = f_t / (f_t + i_t)
        g_t = phi(x_t W_h + b_h)                  candidate
        h_t = a_t h_{t-1} + (1 - a_t) g_t         hidden state, the only state: there is no cell state, no output gate

    The columns stand in the order f i h. See `MinimalLayer` for the arguments, `LinearRecurrence` for the call.
    """

    blocks = 3

    def gate(self, z):
        f, i = np.split(z, 2, axis=-1)
        # log sigma(z) is -log(1 + exp(-z)): by way of logarithms f / (f + i) holds where both underflow.
        a = activations.sigmoid(np.logaddexp(0, -i) - np.logaddexp(0, -f))
        return a, activations.sigmoid(z)

    def gate_back(self, d_a, a, kept):
        f, i = np.split(kept, 2, axis=-1)
        slope = d_a * a * (1 - a)  # da/df = i / (f + i)^2, and df/dz = f (1 - f); f i / (f + i)^2 is a (1 - a)
        return np.concatenate([slope * (1 - f), -slope * (1 - i)], axis=-1)
