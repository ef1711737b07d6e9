"""Penalties on the size of weights, each with its gradient beside it. Keras's names and defaults.

A regularizer is called with a weight array and returns a number that is added to the training loss; `gradient` is its
derivative, of the array's shape.
"""

import numpy as np

from rnnlib import checks


class Regularizer:
    """The base of all regularizers. Raises ValueError for factors that are negative or not finite."""

    l1 = l2 = 0.0

    def __call__(self, weight):
        """l1 sum |w| + l2 sum w^2, a float."""
        penalty = 0.0
        if self.l1:
            penalty += self.l1 * float(np.abs(weight).sum())
        if self.l2:
            penalty += self.l2 * float(np.square(weight).sum())
        return penalty

    def gradient(self, weight):
        """l1 sign(w) + 2 l2 w; the kink of |w| at 0 counts as flat, as in TensorFlow."""
        return weight.dtype.type(self.l1) * np.sign(weight) + weight.dtype.type(2 * self.l2) * weight

    def __repr__(self):
        return f"{type(self).__name__}(l1={self.l1}, l2={self.l2})"


class L1(Regularizer):
    """l1 times the sum of absolute values (Tibshirani 1996): drives weights to exactly zero."""

    def __init__(self, l1=0.01):
        self.l1 = checks.real_in(l1, "l1", 0, high_open=True)


class L2(Regularizer):
    """l2 times the sum of squares (Hoerl and Kennard 1970): shrinks large weights most."""

    def __init__(self, l2=0.01):
        self.l2 = checks.real_in(l2, "l2", 0, high_open=True)


class L1L2(Regularizer):
    """Both penalties (Zou and Hastie 2005)."""

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = checks.real_in(l1, "l1", 0, high_open=True)
        self.l2 = checks.real_in(l2, "l2", 0, high_open=True)


def get(regularizer):
    """The regularizer "l1" or "l2" with a factor of 0.01, or the `Regularizer` itself; None stays None.

    Keras's "l1l2" is left out: its factors are 0, so that it would do nothing.

    Raises ValueError for an unknown name and TypeError for anything else.
    """
    if regularizer is None or isinstance(regularizer, Regularizer):
        return regularizer
    if isinstance(regularizer, str):
        return checks.one_of({"l1": L1, "l2": L2}, regularizer, "regularizer")()
    raise TypeError(f"regularizer wants a name, None or an rnnlib Regularizer, got {regularizer!r}")
