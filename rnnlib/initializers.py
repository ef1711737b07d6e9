"""How weights start. An initializer is a callable `(shape, dtype, rng) -> array`; Keras's names and defaults.

`fan_in` and `fan_out` of a matrix are its rows and columns: the number of inputs a unit adds up, and of outputs an
input feeds. Of a vector both are its length, as in Keras.
"""

import dataclasses
import inspect

import numpy as np

from rnnlib import checks


def _fans(shape):
    if len(shape) != 2:
        raise ValueError(f"this initializer wants a matrix shape (fan_in, fan_out), got {tuple(shape)}")
    return shape


@dataclasses.dataclass(frozen=True)
class Zeros:
    """All zero."""

    def __call__(self, shape, dtype, rng):
        return np.zeros(shape, dtype)


@dataclasses.dataclass(frozen=True)
class Ones:
    """All one."""

    def __call__(self, shape, dtype, rng):
        return np.ones(shape, dtype)


@dataclasses.dataclass(frozen=True)
class Constant:
    """All `value`."""

    value: float = 0.0

    def __call__(self, shape, dtype, rng):
        return np.full(shape, self.value, dtype)


@dataclasses.dataclass(frozen=True)
class RandomUniform:
    """U(minval, maxval)."""

    minval: float = -0.05
    maxval: float = 0.05

    def __call__(self, shape, dtype, rng):
        return rng.uniform(self.minval, self.maxval, shape).astype(dtype)


@dataclasses.dataclass(frozen=True)
class RandomNormal:
    """N(mean, stddev^2)."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape, dtype, rng):
        return rng.normal(self.mean, self.stddev, shape).astype(dtype)


@dataclasses.dataclass(frozen=True)
class GlorotUniform:
    """U(-a, a) with a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 16)."""

    def __call__(self, shape, dtype, rng):
        fan_in, fan_out = _fans(shape if len(shape) != 1 else shape * 2)
        limit = np.sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-limit, limit, shape).astype(dtype)


@dataclasses.dataclass(frozen=True)
class Orthogonal:
    """`gain` times a matrix with orthonormal columns, or rows if it is wide (Saxe et al. 2014).

    QR of a Gaussian matrix, with the signs of R's diagonal made positive, so that the result is uniform over all
    orthogonal matrices (Mezzadri 2007).
    """

    gain: float = 1.0

    def __call__(self, shape, dtype, rng):
        rows, columns = _fans(shape)
        q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return (self.gain * (q if rows >= columns else q.T)).astype(dtype)


@dataclasses.dataclass(frozen=True)
class Identity:
    """`gain` times the identity matrix, the start of an IRNN (Le, Jaitly and Hinton 2015)."""

    gain: float = 1.0

    def __call__(self, shape, dtype, rng):
        return self.gain * np.eye(*_fans(shape), dtype=dtype)


_BY_NAME = {
    "zeros": Zeros(),
    "ones": Ones(),
    "random_uniform": RandomUniform(),
    "uniform": RandomUniform(),
    "random_normal": RandomNormal(),
    "normal": RandomNormal(),
    "glorot_uniform": GlorotUniform(),
    "orthogonal": Orthogonal(),
    "identity": Identity(),
}


def get(initializer):
    """The initializer of that name, or the callable itself; one that takes the shape alone is accepted too.

    Raises ValueError for an unknown name and TypeError for what is neither.
    """
    if isinstance(initializer, str):
        return checks.one_of(_BY_NAME, initializer, "initializer")
    if not callable(initializer):
        raise TypeError(f"initializer wants a name or a callable (shape, dtype, rng) -> array, got {initializer!r}")
    return initializer if _wants_generator(initializer) else lambda shape, dtype, rng: initializer(shape)


def _wants_generator(function):
    """Whether it takes (shape, dtype, rng): it names an rng, or needs three arguments. `np.ones` does neither."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # a builtin without a signature
        return False
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(needed) >= 3 or any(p.name == "rng" for p in parameters)


def initial_array(initializer, shape, dtype, rng):
    """The array that `initializer` gives. Raises ValueError if it comes in another shape."""
    array = np.array(initializer(shape, dtype, rng), dtype=dtype)
    checks.shape(array, shape, repr(initializer), "its result")
    return array
