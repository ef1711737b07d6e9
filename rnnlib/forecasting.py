"""Forecasting a series: windows, splits by time, baselines and scores.

Row t of a table is what was known at the end of hour t. A forecast made at its *origin*, the last row it may see, says
something about the rows after it: lead 1 is the next row, lead `horizon` the last one. Nothing here looks past an
origin to make an input.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.linear_model import Ridge


@dataclass(frozen=True)
class Windows:
    """What a forecaster is given, and what it is to say.

    inputs        (batch, window, features): the rows up to and with the origin
    targets       (batch, horizon): the series at leads 1 to `horizon`
    level         (batch, 1): the series at the origin, the last value the forecaster may see
    first_target  (batch,): the row of the first target; the origin is the row before it
    """

    inputs: np.ndarray
    targets: np.ndarray
    level: np.ndarray
    first_target: np.ndarray

    def __len__(self) -> int:
        return len(self.first_target)

    @property
    def flat_inputs(self) -> np.ndarray:
        """(batch, window * features): the same inputs for a model without a notion of time."""
        return self.inputs.reshape(len(self), -1)

    @property
    def changes(self) -> np.ndarray:
        """(batch, horizon): targets less the level at the origin. Easier to learn than the level."""
        return self.targets - self.level

    def from_changes(self, changes: np.ndarray) -> np.ndarray:
        """(batch, horizon): forecasts of the change, put back on the level at the origin."""
        if np.shape(changes) != self.targets.shape:
            raise ValueError(f"changes wants the shape of the targets, {self.targets.shape}, got {np.shape(changes)}")
        return np.asarray(changes) + self.level


def windows(inputs, series, window: int, horizon: int, rows: slice | None = None, known=None) -> Windows:
    """Cut a table into windows, one for each row from which a forecast can be made and scored.

    `inputs` is (time, features), without NaN. `series` is (time,): what is to be forecast, NaN where nothing was
    observed; a window with such a target is left out, since a filled value is no observation. `known` is (time,): the
    series as a forecaster knows it, with gaps filled from the past; by default `series` itself. `rows` is the part of
    the table, such as one from `split_by_time`, in which all targets of a window must lie. Its inputs may reach back
    before that part: the past is known at the origin, whichever part it belongs to.

    Raises ValueError for shapes that do not fit, NaN in `inputs` or at an origin, and a part with no window in it.
    """
    inputs, series = np.asarray(inputs), np.asarray(series)
    known = series if known is None else np.asarray(known)
    if inputs.ndim != 2:
        raise ValueError(f"inputs wants shape (time, features), got {inputs.shape}")
    for name, values in (("series", series), ("known", known)):
        if values.shape != (len(inputs),):
            raise ValueError(f"{name} wants one value for each of the {len(inputs)} rows of inputs, got {values.shape}")
    for name, value in (("window", window), ("horizon", horizon)):
        if value < 1:
            raise ValueError(f"{name} wants a whole number of rows from 1, got {value}")
    if np.isnan(inputs).any():
        raise ValueError(f"inputs holds NaN, first in row {np.isnan(inputs).any(axis=1).argmax()}: see fill_forward")
    start, stop, _ = (rows or slice(None)).indices(len(inputs))
    first_target = np.arange(max(start, window), stop - horizon + 1)
    if len(first_target):
        targets = sliding_window_view(series, horizon)[first_target]
        observed = ~np.isnan(targets).any(axis=1)
        first_target, targets = first_target[observed], targets[observed]
    if not len(first_target):
        raise ValueError(
            f"rows {start} to {stop} hold no window: {window} rows before the first target and {horizon} observed "
            f"targets are wanted, of {len(inputs)} rows"
        )
    level = known[first_target - 1, np.newaxis]
    if np.isnan(level).any():
        raise ValueError("known holds NaN at an origin: fill the gaps of the series from the past, see fill_forward")
    history = sliding_window_view(inputs, window, axis=0)[first_target - window]  # (batch, features, window)
    return Windows(np.ascontiguousarray(history.swapaxes(1, 2)), targets, level, first_target)


def split_by_time(index: pd.DatetimeIndex, *boundaries: str) -> list[slice]:
    """The rows before the first boundary, from it to the next, and so on to the end: one slice more than boundaries.

    A boundary such as "2013-09-01" is the first moment of its part, in the time zone of `index`.

    Raises ValueError if times or boundaries do not increase, or if a part is empty.
    """
    if not (index.is_monotonic_increasing and index.is_unique):
        raise ValueError("index wants increasing times, none twice")
    moments = [pd.Timestamp(boundary, tz=index.tz) for boundary in boundaries]
    edges = [0, *(int(index.searchsorted(moment)) for moment in moments), len(index)]
    if any(start >= stop for start, stop in pairwise(edges)):
        raise ValueError(
            f"boundaries {', '.join(map(str, moments))} leave a part with no rows: they want to increase and to lie "
            f"between {index[0]} and {index[-1]}"
        )
    return [slice(start, stop) for start, stop in pairwise(edges)]


def fill_forward(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill each gap with the last value before it: never from behind, which would tell the past about the future.

    Raises ValueError if a column begins with a gap, which the past cannot fill: drop those rows first.
    """
    filled = frame.ffill()
    leading = filled.isna().sum()
    if leading.any():
        named = ", ".join(f"{column} ({count} rows)" for column, count in leading[leading > 0].items())
        raise ValueError(f"frame begins with a gap in {named}: nothing came before to fill it with; drop those rows")
    return filled


def persistence(windows: Windows) -> np.ndarray:
    """(batch, horizon): the value at the origin, for every lead."""
    return np.broadcast_to(windows.level, windows.targets.shape).copy()


def hourly_climatology(series, hours) -> np.ndarray:
    """(24,): the mean of the series at each hour of the day. Give it rows of the training part only.

    `series` and `hours` are (time,), hours from 0 to 23; NaN is left out.

    Raises ValueError if an hour was never observed.
    """
    means = pd.Series(np.asarray(series)).groupby(np.asarray(hours)).mean().reindex(range(24))
    if means.isna().any():
        raise ValueError(f"series holds no observation at hours {list(means.index[means.isna()])}")
    return means.to_numpy()


def climatology_forecast(climatology, hours, windows: Windows) -> np.ndarray:
    """(batch, horizon): the climatology of each target's hour of the day. `hours` is (time,), the whole table's."""
    leads = np.arange(windows.targets.shape[1])
    return np.asarray(climatology)[np.asarray(hours)[windows.first_target[:, np.newaxis] + leads]]


def tune_ridge(training: Windows, validation: Windows, alphas) -> tuple[Ridge, dict[float, float]]:
    """Linear regression on the flattened window, one output a lead, of the change since the origin.

    Fits the training windows once for each penalty in `alphas` (Hoerl and Kennard 1970). Returns the model with the
    least mean absolute error on the validation windows, and that error for every alpha. See `ridge_forecast`.
    """
    models = {alpha: Ridge(alpha=alpha).fit(training.flat_inputs, training.changes) for alpha in alphas}
    errors = {alpha: float(mae(validation.targets, ridge_forecast(models[alpha], validation))) for alpha in alphas}
    return models[min(errors, key=errors.get)], errors


def ridge_forecast(model: Ridge, windows: Windows) -> np.ndarray:
    """(batch, horizon): what a model of `tune_ridge` says about these windows."""
    changes = model.predict(windows.flat_inputs)
    return windows.from_changes(changes.reshape(windows.targets.shape))  # one lead alone comes as (batch,)


def mae(targets, forecasts, axis=None):
    """Mean absolute error, in the unit of the targets. Of arrays (batch, horizon), axis=0 gives one score a lead."""
    return np.mean(np.abs(_difference(targets, forecasts)), axis=axis)


def rmse(targets, forecasts, axis=None):
    """Root of the mean squared error, in the unit of the targets. axis=0 gives one score a lead."""
    return np.sqrt(np.mean(_difference(targets, forecasts) ** 2, axis=axis))


def skill_score(targets, forecasts, reference, axis=None):
    """One less the ratio of mean squared errors, forecasts' to reference's (Murphy 1988).

    1 is perfect, 0 is no better than the reference, negative is worse. axis=0 gives one score a lead.
    """
    return 1 - (rmse(targets, forecasts, axis) / rmse(targets, reference, axis)) ** 2


def _difference(targets, forecasts):
    targets, forecasts = np.asarray(targets), np.asarray(forecasts)
    if targets.shape != forecasts.shape:
        raise ValueError(f"forecasts wants the shape of targets, {targets.shape}, got {forecasts.shape}")
    return forecasts - targets


def paired_block_bootstrap(losses, other_losses, blocks, rng, resamples: int = 2000) -> np.ndarray:
    """(resamples,): the mean of `losses` less that of `other_losses`, as it might have come out on other days.

    Both are (items,): what two models lost on the same items. `blocks` is (items,): which block, such as a day, each
    item belongs to. Whole blocks are drawn with replacement (Künsch 1989), since neighbours share their weather; both
    models are judged on the same draw, so what makes a day hard for both cancels. Percentiles of the result are an
    interval for the difference.

    Raises ValueError for shapes that differ, or fewer than two blocks.
    """
    difference = -_difference(losses, other_losses)
    _, block = np.unique(np.asarray(blocks), return_inverse=True)
    if block.shape != difference.shape or difference.ndim != 1:
        raise ValueError(
            f"losses, other_losses and blocks want one shape (items,), got {difference.shape}, {block.shape}"
        )
    sums, counts = np.bincount(block, weights=difference), np.bincount(block)
    if len(counts) < 2:
        raise ValueError("blocks wants at least two blocks to draw from, got one")
    draws = rng.integers(len(counts), size=(resamples, len(counts)))
    return sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
