"""Checks of what the drawing functions are given. Each raises a `ValueError` that names the argument."""

import numpy as np


def require(name, array, wanted, fits):
    """Raise unless `fits`, saying what shape was wanted."""
    if not fits:
        raise ValueError(f"{name} wants shape {wanted}, got {array.shape}")


def finite(name, array):
    """Raise if anything in the array is NaN or infinite."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds {np.count_nonzero(~np.isfinite(array))} values that are NaN or infinite")


def finite_vector(name, values, wanted):
    """Return `values` as a float array with one axis, not empty, all finite."""
    array = np.asarray(values, dtype=float)
    require(name, array, wanted, array.ndim == 1 and array.size > 0)
    finite(name, array)
    return array


def named(name, mapping):
    """Return `mapping` if it is a dict with something in it."""
    if not (isinstance(mapping, dict) and mapping):
        raise ValueError(f"{name} wants a dict of names to arrays with at least one entry, got {mapping!r}")
    return mapping


def repeats(name, values, length, axis):
    """Return `values`, (length,) or (repeats, length), as (repeats, length); any length if `length` is None."""
    array = np.asarray(values, dtype=float)
    wanted = axis if length is None else f"{axis} = {length}"
    fits = array.ndim in (1, 2) and array.size > 0 and (length is None or array.shape[-1] == length)
    require(name, array, f"({wanted},) or (repeats, {wanted})", fits)
    return np.atleast_2d(array)


def pair(name, x, y):
    """Return x and y as arrays with one axis of the same length; x as it is (numbers or dates), y as floats."""
    x, y = np.asarray(x), np.asarray(y, dtype=float)
    if not (x.ndim == 1 and x.size > 0 and x.shape == y.shape):
        raise ValueError(f"{name} wants times and values of one shape (points,), got {x.shape} and {y.shape}")
    return x, y
