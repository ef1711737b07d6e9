"""Forecasts many steps ahead: the rule that repeats the last period, and a one-step model fed with its own forecasts.

Rows, origins and leads are those of `rnnlib.forecasting`.
"""

import numpy as np

from rnnlib.forecasting import Windows


def seasonal_persistence(known, windows: Windows, period: int) -> np.ndarray:
    """(batch, horizon): for each lead the last value seen at the same place in the period, such as this hour yesterday.

    `known` is (time,): the whole table's series as a forecaster knows it, gaps filled from the past. `period` is in
    rows. Of leads beyond one period, the last period seen is repeated.

    Raises ValueError for a period below 1 or longer than what precedes the first target, and for NaN.
    """
    known = np.asarray(known)
    if period < 1:
        raise ValueError(f"period wants a whole number of rows from 1, got {period}")
    if windows.first_target.min() < period:
        raise ValueError(
            f"period wants at most the {windows.first_target.min()} rows before the first target, got {period}"
        )
    ahead = np.arange(windows.targets.shape[1])
    forecast = known[windows.first_target[:, np.newaxis] + ahead % period - period]
    if np.isnan(forecast).any():
        raise ValueError("known holds NaN: fill the gaps of the series from the past, see fill_forward")
    return forecast


def recursive_forecast(step, inputs, future) -> np.ndarray:
    """(batch, horizon, values): a one-step model that takes its own forecasts for observations.

    `inputs` is (batch, window, features), up to the origin. The first `values` features have to be forecast; the others
    are known ahead, such as the hour of the day: `future` is (batch, horizon, features - values), what they will be.
    `step` takes (batch, window, features) and returns (batch, values), those features one row later. Each forecast row
    then joins the window, whose oldest row is dropped (the recursive strategy of Taieb et al. 2012, section 2.1).

    Raises ValueError for shapes that do not fit.
    """
    window, future = np.asarray(inputs), np.asarray(future)
    if window.ndim != 3 or future.ndim != 3 or len(window) != len(future):
        raise ValueError(
            "inputs and future want (batch, window, features) and (batch, horizon, known features) of one batch, "
            f"got {window.shape} and {future.shape}"
        )
    wanted = (len(window), window.shape[2] - future.shape[2])
    forecasts = []
    for known in future.swapaxes(0, 1):
        values = np.asarray(step(window))
        if values.shape != wanted:
            raise ValueError(f"step wants to return shape {wanted}, the features not in future, got {values.shape}")
        row = np.concatenate([values, known], axis=1)
        window = np.concatenate([window[:, 1:], row[:, np.newaxis]], axis=1)
        forecasts.append(values)
    return np.stack(forecasts, axis=1)
