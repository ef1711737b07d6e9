"""Many comparisons at once: what is left of them when luck has had many chances."""

import numpy as np


def holm(p_values):
    """Adjusted p values, (comparisons,), for as many tests at once (Holm 1979).

    Of m p values in increasing order, the i-th is multiplied by m - i + 1, and none may become smaller than one before
    it, or larger than 1. To reject those at or below alpha keeps the probability of even one false rejection at or
    below alpha, whatever the tests have to do with one another.

    Raises ValueError for another shape, no value, or values that are not from 0 to 1.
    """
    p_values = np.asarray(p_values, dtype=float)
    if p_values.ndim != 1 or p_values.size == 0:
        raise ValueError(f"p_values wants shape (comparisons,), at least one, got {p_values.shape}")
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError(f"p_values wants values from 0 to 1, got {p_values}")
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(p_values.size, 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1)
    return adjusted
