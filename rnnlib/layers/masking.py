"""Masking: which time steps do not count."""

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Scaling


class Masking(Scaling):
    """Marks the steps whose features all equal `mask_value`, and sets them to zero, as Keras's `Masking`.

    Inputs (batch, ..., features) keep their shape; the mask that goes with the outputs (batch, ...) is False where a
    step does not count. `compute_mask(inputs)` returns it; `Sequential` hands it on.

    Raises TypeError for what is not numbers, ValueError for inputs of rank below 2 or empty ones.
    """

    def __init__(self, mask_value=0.0, *, dtype="float32", name=None):
        super().__init__(dtype, name=name)
        self.mask_value = checks.real_in(mask_value, "mask_value", -np.inf)

    def checked(self, inputs):
        inputs = checks.as_floats(inputs, self.dtype, "inputs")
        if inputs.ndim < 2 or inputs.size == 0:
            raise ValueError(f"Masking wants inputs of shape (batch, ..., features), not empty, got {inputs.shape}")
        return inputs

    def forward(self, inputs, mask=None, training=False):
        counts = self.compute_mask(inputs)[..., np.newaxis]
        self.record = counts, inputs.shape
        return np.where(counts, inputs, self.dtype.type(0))

    def compute_mask(self, inputs, mask=None):
        return (np.asarray(inputs, self.dtype) != self.dtype.type(self.mask_value)).any(axis=-1)
