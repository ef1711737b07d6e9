"""Activation functions, each with its derivative beside it.

A derivative is written in the function's own *output*: the backward pass has that at hand and need not keep the input.
`pullback(dy, y)` takes the gradient at the output back to the input; for an elementwise function it is `dy` times the
derivative, for softmax it is the product with a full Jacobian.
"""

from typing import ClassVar

import numpy as np

from rnnlib import checks


class Activation:
    """An elementwise function. `activation(z, out=None)` returns an array of z's shape."""

    name: str
    as_tanh = None  # (b, a, c) where the function is a tanh(b z) + c, with b and a powers of two

    def __call__(self, z, out=None):
        raise NotImplementedError

    def derivative(self, y):
        """dy/dz, elementwise, from the output y."""
        raise NotImplementedError

    def pullback(self, dy, y):
        """The gradient at the input, from the gradient `dy` at the output `y`."""
        return dy * self.derivative(y)

    def __repr__(self):
        return f"rnnlib.activations.{self.name}"


class Linear(Activation):
    """z itself."""

    name = "linear"

    def __call__(self, z, out=None):
        if out is None:
            return np.array(z)
        np.copyto(out, z)
        return out

    def derivative(self, y):
        return np.ones_like(y)

    def pullback(self, dy, y):
        return dy


class Tanh(Activation):
    """The hyperbolic tangent, between -1 and 1; its derivative is 1 - y^2."""

    name = "tanh"
    as_tanh = (1, 1, 0)

    def __call__(self, z, out=None):
        return np.tanh(z, out=out)

    def derivative(self, y):
        return 1 - y * y


class Sigmoid(Activation):
    """1 / (1 + exp(-z)), computed as (1 + tanh(z/2)) / 2, which cannot overflow."""

    name = "sigmoid"
    as_tanh = (0.5, 0.5, 0.5)
    # One half as an array of each dtype: for small z that is quicker than a Python number, which NumPy converts anew.
    halves: ClassVar = {np.dtype(dtype): np.array(0.5, dtype) for dtype in checks.FLOATS}

    def __call__(self, z, out=None):
        half = self.halves.get(getattr(z, "dtype", None), 0.5)
        squashed = np.tanh(np.multiply(z, half, out=out), out=out)
        return np.add(np.multiply(squashed, half, out=out), half, out=out)

    def derivative(self, y):
        return y * (1 - y)


class ReLU(Activation):
    """max(z, 0). The derivative at the kink is taken as 0, as TensorFlow does."""

    name = "relu"

    def __call__(self, z, out=None):
        return np.maximum(z, 0, out=out)

    def derivative(self, y):
        return (y > 0).astype(y.dtype)


class Softmax(Activation):
    """exp(z_k) / sum_j exp(z_j) along the last axis; with the largest z subtracted first it cannot overflow."""

    name = "softmax"

    def __call__(self, z, out=None):
        out = np.subtract(z, np.max(z, axis=-1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= out.sum(axis=-1, keepdims=True)
        return out

    def derivative(self, y):
        raise TypeError("softmax mixes its inputs, so it has no elementwise derivative: use pullback(dy, y)")

    def pullback(self, dy, y):
        # The Jacobian is diag(y) - y y^T; its product with dy needs no matrix.
        return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


linear, tanh, sigmoid, relu, softmax = Linear(), Tanh(), Sigmoid(), ReLU(), Softmax()
_BY_NAME = {a.name: a for a in (linear, tanh, sigmoid, relu, softmax)}


def get(activation):
    """The activation of that name (None means linear), or the `Activation` itself.

    Raises ValueError for an unknown name and TypeError for anything else.
    """
    if activation is None:
        return linear
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str):
        return checks.one_of(_BY_NAME, activation, "activation")
    raise TypeError(f"activation wants a name or an rnnlib Activation, got {activation!r}")
