"""`Sequential`: a stack of layers that can be trained."""

import numpy as np

from rnnlib import checks
from rnnlib.model.stack import Stack
from rnnlib.model.training import Trained


class Sequential(Stack, Trained):
    """A `Stack` of layers that is trained, as Keras's `Sequential`.

    The loss is the mean over the steps that count where a mask comes with the last outputs. What regularizers add is
    part of it. Two models of the same `seed` start and train alike. Raises as `Stack`.
    """

    def predict(self, x, batch_size=32):
        """The outputs for `x`, a batch at a time. Raises ValueError or TypeError for inputs that do not fit."""
        batch_size = checks.integer_at_least(batch_size, 1, "batch_size")
        x, _ = self._checked_inputs(x, "x")
        self._check_batches(len(x), batch_size, "x")
        return np.concatenate([self.forward(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])
