"""Comparisons of models by paired runs: an interval for one, and what is left of many that were made at once."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Effect(NamedTuple):
    """A mean difference, the ends of its interval, and the p value of "there is no difference"."""

    mean: float
    low: float
    high: float
    p_value: float


def paired_effect(scores, others, coverage=0.95):
    """The `Effect` of what changed `others` into `scores`, both (runs,), of the same seeds in the same order.

    With differences d of mean m and standard deviation s: m +- t s / sqrt(n), t the quantile of Student's distribution
    with n - 1 degrees of freedom, and the p value of his test, two-sided (Student 1908). It takes the differences for
    draws from a normal distribution.

    Raises ValueError for other shapes, fewer than two runs, values that are not finite, or a coverage not between 0
    and 1.
    """
    scores, others = np.asarray(scores, dtype=float), np.asarray(others, dtype=float)
    if scores.ndim != 1 or scores.shape != others.shape or scores.size < 2:
        raise ValueError(
            f"scores and others want one shape (runs,), two runs at least, got {scores.shape} and {others.shape}"
        )
    if not (np.isfinite(scores).all() and np.isfinite(others).all()):
        raise ValueError(f"scores and others want finite values, got {scores} and {others}")
    if not 0 < coverage < 1:
        raise ValueError(f"coverage wants a share between 0 and 1, got {coverage}")
    differences = scores - others
    mean, error = differences.mean(), differences.std(ddof=1) / np.sqrt(differences.size)
    if error == 0:
        return Effect(mean, mean, mean, 1.0 if mean == 0 else 0.0)
    half = stats.t.ppf((1 + coverage) / 2, differences.size - 1) * error
    p_value = 2 * stats.t.sf(abs(mean) / error, differences.size - 1)
    return Effect(*(float(value) for value in (mean, mean - half, mean + half, p_value)))


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
