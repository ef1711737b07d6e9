"""Dropout, and the masks that it multiplies by."""

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Layer


def dropout_mask(shape, rate, dtype, rng):
    """An array of zeros, each with probability `rate`, and of 1 / (1 - rate): it keeps the mean of what it multiplies
    (inverted dropout)."""
    if rate == 1:
        return np.zeros(shape, dtype)
    return (rng.random(shape, np.float32) >= rate).astype(dtype) / dtype.type(1 - rate)


class Dropout(Layer):
    """Sets each input to zero with probability `rate` in training (Srivastava et al. 2014), as Keras's `Dropout`.

    The inputs that stay are divided by 1 - rate, so that nothing need change when training ends. `noise_shape` is the
    shape of the mask where it is not that of the inputs: an entry of 1 drops along that whole axis, None stands for
    the size of the inputs.

    Raises ValueError for a rate outside [0, 1] and for empty inputs.
    """

    def __init__(self, rate, noise_shape=None, seed=None, *, dtype="float32", name=None):
        super().__init__(dtype, seed, name)
        self.rate = checks.real_in(rate, "rate", 0, 1)
        self.noise_shape = noise_shape if noise_shape is None else tuple(noise_shape)

    def checked(self, inputs):
        inputs = checks.as_floats(inputs, self.dtype, "inputs")
        checks.not_empty(inputs, "Dropout", "inputs")
        if self.noise_shape is not None and len(self.noise_shape) != inputs.ndim:
            raise ValueError(
                f"Dropout wants inputs of rank {len(self.noise_shape)}, got {inputs.shape}: noise_shape says so"
            )
        return inputs

    def draw_mask(self, shape):
        """A new mask for inputs of that shape. Replace this method to say which mask the layer takes."""
        wanted = [size or n for size, n in zip(self.noise_shape or shape, shape, strict=True)]
        return dropout_mask(wanted, self.rate, self.dtype, self.rng)

    def forward(self, inputs, mask=None, training=False):
        self.record = self.draw_mask(inputs.shape) if training and self.rate else np.ones(1, self.dtype)
        return inputs * self.record

    def backward(self, d_outputs, record=None):
        return d_outputs * self.taken_record(record)
