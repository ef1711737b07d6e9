"""The fully connected layer."""

import dataclasses

import numpy as np

from rnnlib import activations, checks, initializers, regularizers
from rnnlib.layers.base import Layer


@dataclasses.dataclass
class DenseRecord:
    """What a backward pass needs of its forward pass."""

    inputs: np.ndarray
    outputs: np.ndarray


class Dense(Layer):
    """phi(x V + c) along the last axis, at every time step alike, as in Keras's `Dense`.

    V is `kernel` (features, units), c is `bias` (units,). Inputs (batch, ..., features) give (batch, ..., units).

    Raises ValueError for inputs of rank below 2, empty ones, or another number of features than at first.
    """

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
        dtype="float32",
        seed=None,
        name=None,
    ):
        super().__init__(dtype, seed, name)
        self.units = checks.integer_at_least(units, 1, "units")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def build(self, features):
        self.features = features
        shape = (features, self.units)
        self.add_weight("kernel", shape, self.kernel_initializer, self.dtype, self.rng, self.kernel_regularizer)
        if self.use_bias:
            shape = (self.units,)
            self.add_weight("bias", shape, self.bias_initializer, self.dtype, self.rng, self.bias_regularizer)

    def checked(self, inputs):
        inputs = checks.as_floats(inputs, self.dtype, "inputs")
        if inputs.ndim < 2 or inputs.size == 0:
            raise ValueError(f"Dense wants inputs of shape (batch, ..., features), not empty, got {inputs.shape}")
        self.ensure_built(inputs, "inputs")
        return inputs

    def forward(self, inputs, mask=None, training=False):
        outputs = inputs @ self.kernel
        if self.use_bias:
            outputs += self.bias
        self.activation(outputs, outputs)
        self.record = DenseRecord(inputs, outputs)
        return outputs

    def backward(self, d_outputs, record=None):
        record = self.taken_record(record)
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        checks.shape(d_outputs, record.outputs.shape, "Dense.backward", "d_outputs")
        dz = self.activation.pullback(d_outputs, record.outputs)
        rows = dz.reshape(-1, self.units)
        record.inputs.reshape(-1, self.features).T.dot(rows, self.d_kernel)
        if self.use_bias:
            rows.sum(axis=0, out=self.d_bias)
        return dz @ self.kernel.T

    def output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)
