"""Prediction intervals: from past errors, and how to judge them.

Errors and origins are those of `rnnlib.forecasting`: an error at lead k is known k rows after its origin, not before.
"""

import math

import numpy as np


def conformal_quantile(scores, coverage: float):
    """The half-width that covers a new score with probability `coverage`: the ceil((n + 1) coverage)-th smallest of n.

    `scores` is (n, ...), absolute errors on data that were not fitted; the result is (...), infinite where n is too
    small to promise that much. The promise holds if the new score and the n old ones could as well have come in any
    other order (Lei et al. 2018, algorithm 2 and theorem 2); weather does not do that favour.

    Raises ValueError for no scores, or a coverage not between 0 and 1.
    """
    scores = np.asarray(scores)
    _require_coverage(coverage)
    if scores.ndim == 0 or len(scores) == 0:
        raise ValueError(f"scores wants at least one score in its first axis, got shape {scores.shape}")
    rank = math.ceil((len(scores) + 1) * coverage)
    if rank > len(scores):
        return np.full(scores.shape[1:], np.inf)[()]
    return np.partition(scores, rank - 1, axis=0)[rank - 1]


def rolling_conformal_quantile(scores, first_target, asked, last: int, coverage: float) -> np.ndarray:
    """(asked, horizon): `conformal_quantile` of the latest scores, known when each forecast is made.

    `scores` is (batch, horizon), those of lead k in column k - 1; `first_target` (batch,) increases. `asked` is
    (asked,), first targets of the forecasts that want a width. For each of them and each lead, the scores count whose
    target lies in the `last` rows up to the origin.

    Raises ValueError for shapes that do not fit, and where not a single score was known in time.
    """
    scores, first_target, asked = np.asarray(scores), np.asarray(first_target), np.asarray(asked)
    _require_coverage(coverage)
    if scores.ndim != 2 or first_target.shape != scores.shape[:1] or asked.ndim != 1:
        raise ValueError(
            "scores, first_target and asked want shapes (batch, horizon), (batch,) and (asked,), "
            f"got {scores.shape}, {first_target.shape} and {asked.shape}"
        )
    if (np.diff(first_target) <= 0).any():
        raise ValueError("first_target wants increasing rows, none twice")
    widths = np.empty((len(asked), scores.shape[1]))
    for ahead in range(scores.shape[1]):
        target = first_target + ahead  # a score is known once its target is
        begin = np.searchsorted(target, asked - last)
        end = np.searchsorted(target, asked)
        if (begin == end).any():
            row = asked[(begin == end).argmax()]
            raise ValueError(f"scores has none of lead {ahead + 1} with a target in the {last} rows before row {row}")
        for i, (start, stop) in enumerate(zip(begin, end, strict=True)):
            widths[i, ahead] = conformal_quantile(scores[start:stop, ahead], coverage)
    return widths


def covered(targets, low, high, axis=None):
    """The share of targets that lie from `low` to `high`, all of one shape. axis=0 gives one share a lead."""
    _require_one_shape(targets, low, high)
    return np.mean((np.asarray(low) <= targets) & (targets <= np.asarray(high)), axis=axis)


def interval_score(targets, low, high, coverage: float, axis=None):
    """Mean width, plus 2 / (1 - coverage) times the distance of targets outside (Gneiting and Raftery 2007, eq. 43).

    In the unit of the targets; less is better. Nobody gains by saying other quantiles than those believed in. It is the
    pinball loss of both ends, added and divided by (1 - coverage) / 2.
    """
    _require_coverage(coverage)
    _require_one_shape(targets, low, high)
    low, high = np.asarray(low), np.asarray(high)
    outside = np.maximum(low - targets, 0) + np.maximum(targets - high, 0)
    return np.mean(high - low + 2 / (1 - coverage) * outside, axis=axis)


def _require_coverage(coverage):
    if not 0 < coverage < 1:
        raise ValueError(f"coverage wants a share between 0 and 1, got {coverage}")


def _require_one_shape(targets, low, high):
    shapes = {"targets": np.shape(targets), "low": np.shape(low), "high": np.shape(high)}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"targets, low and high want one shape, got {shapes}")
