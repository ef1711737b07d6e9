"""Dropout, and the masks that it multiplies by."""

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Scaling


def dropout_mask(shape, rate, dtype, rng):
    """An array of zeros, each with probability `rate`, and of 1 / (1 - rate): it keeps the mean of what it multiplies
    (inverted dropout)."""
    if rate == 1:
        return np.zeros(shape, dtype)
    return (rng.random(shape, np.float32) >= rate).astype(dtype) / dtype.type(1 - rate)


class Dropout(Scaling):
    """Sets each input to zero with probability `rate` in training (Srivastava et al. 2014), as Keras's `Dropout`.

    The inputs that stay are divided by 1 - rate, so that nothing need change when training ends. `noise_shape` is the
    shape of the mask where it is not that of the inputs: an entry of 1 drops along that whole axis, None stands for
    the size of the inputs.

    Raises ValueError for a rate outside [0, 1], a noise_shape that does not fit, and empty inputs.
    """

    def __init__(self, rate, noise_shape=None, seed=None, *, dtype="float32", name=None):
        super().__init__(dtype, seed, name)
        self.rate = checks.real_in(rate, "rate", 0, 1)
        self.noise_shape = noise_shape if noise_shape is None else tuple(noise_shape)

    def checked(self, inputs):
        inputs = checks.as_floats(inputs, self.dtype, "inputs")
        checks.not_empty(inputs, "Dropout", "inputs")
        wanted = self.noise_shape or inputs.shape
        if len(wanted) != inputs.ndim or any(m not in (None, 1, n) for m, n in zip(wanted, inputs.shape, strict=True)):
            raise ValueError(f"noise_shape wants None, 1 or the size for each axis of {inputs.shape}, got {wanted}")
        return inputs

    def draw_mask(self, shape):
        """A new mask for inputs of that shape. Replace this method to say which mask the layer takes."""
        wanted = [size or n for size, n in zip(self.noise_shape or shape, shape, strict=True)]
        return dropout_mask(wanted, self.rate, self.dtype, self.rng)

    def forward(self, inputs, mask=None, training=False):
        factors = self.draw_mask(inputs.shape) if training and self.rate else self.dtype.type(1)
        self.record = factors, inputs.shape
        return inputs * factors
