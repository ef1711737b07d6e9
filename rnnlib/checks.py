"""What every public entry asks of its arguments, with errors that say how to mend them.

Each error names the argument, what came and what is wanted. Checks run once a public call, never once a time step.
"""

import numbers

import numpy as np

FLOATS = ("float32", "float64")


def float_dtype(dtype, name="dtype"):
    """`dtype` as a numpy dtype: float32 or float64. Raises ValueError otherwise."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in FLOATS:
        raise ValueError(f"{name} wants one of {FLOATS}, got {dtype!r}")
    return found


def as_numbers(array, name):
    """`array` as a numpy array. Raises TypeError for what is not real numbers (text, objects, complex)."""
    try:
        array = np.asarray(array)
    except ValueError as error:  # a ragged list
        raise TypeError(f"{name} wants a rectangular array of numbers, got a ragged {type(array).__name__}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} wants real numbers, got an array of {array.dtype}")
    return array


def as_floats(array, dtype, name):
    """`array` as a numpy array of `dtype`. Raises TypeError for what is not real numbers."""
    return as_numbers(array, name).astype(dtype, copy=False)


def whole_numbers(array, name):
    """`array` as an array of integers. Raises TypeError for what is not real numbers, ValueError for fractions."""
    array = as_numbers(array, name)
    if array.dtype.kind in "iu":
        return array
    if not (np.isfinite(array).all() and (array == np.floor(array)).all()):
        raise ValueError(f"{name} wants whole numbers, got fractions, NaN or infinite values")
    return array.astype(np.int64)


def sequences(array, dtype, owner, name="sequences"):
    """`array` as (batch, time, features) of `dtype`. Raises ValueError for another rank or an empty axis."""
    array = as_floats(array, dtype, name)
    if array.ndim != 3:
        hint = {2: f": add the feature axis with {name}[..., np.newaxis]"}.get(array.ndim, "")
        raise ValueError(f"{owner} wants {name} of shape (batch, time, features), got {array.shape}{hint}")
    if 0 in array.shape:
        empty = ("batch", "time", "features")[array.shape.index(0)]
        raise ValueError(f"{owner} wants {name} with at least one {empty}, got the empty shape {array.shape}")
    return array


def mask(array, wanted, owner, name="mask"):
    """`array` as booleans of the shape `wanted`. Raises TypeError for another dtype, ValueError for another shape."""
    array = np.asarray(array)
    if array.dtype != bool:
        raise TypeError(f"{owner} wants {name} as booleans, True where a step counts, got an array of {array.dtype}")
    shape(array, wanted, owner, name)
    return array


def not_empty(array, owner, name):
    """Raises ValueError for an array of rank 0 or without entries."""
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{owner} wants {name} of shape (batch, ...), not empty, got {array.shape}")


def last_axis(array, size, owner, name):
    """Raises ValueError unless the last axis of `array` has `size` entries."""
    if array.shape[-1] != size:
        raise ValueError(f"{owner} was built for {size} features in the last axis, got {name} of shape {array.shape}")


def shape(array, wanted, owner, name):
    """Raises ValueError unless `array` has exactly the shape `wanted`."""
    if np.shape(array) != tuple(wanted):
        raise ValueError(f"{owner} wants {name} of shape {tuple(wanted)}, got {np.shape(array)}")


def finite(array, name):
    """Raises ValueError when `array` holds NaN or infinite values, and says how many and where the first one is."""
    bad = ~np.isfinite(array)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} wants finite numbers, got {int(bad.sum())} NaN or infinite, the first at index {first}"
        )


def integer_at_least(value, least, name):
    """`value` as an int. Raises TypeError for what is no whole number, ValueError below `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} wants a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} wants at least {least}, got {value}")
    return int(value)


def real_in(value, name, low, high=np.inf, low_open=False, high_open=False):
    """`value` as a float in the interval. Raises TypeError for what is no number, ValueError outside."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} wants a number, got {value!r}")
    inside = (low < value if low_open else low <= value) and (value < high if high_open else value <= high)
    if not inside:  # NaN fails every comparison, so it ends here too
        interval = f"{'(' if low_open else '['}{low}, {high}{')' if high_open or high == np.inf else ']'}"
        raise ValueError(f"{name} wants a number in {interval}, got {value!r}")
    return float(value)


def one_of(table, key, name):
    """`table[key]`. Raises ValueError that lists the known names."""
    if key not in table:
        raise ValueError(f"{name} wants one of {', '.join(sorted(table))}, got {key!r}")
    return table[key]
