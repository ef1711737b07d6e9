"""What is repeated is the last period seen; what is iterated sees nothing but itself and what is known ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rnnlib.forecasting import persistence, windows
from rnnlib.multistep import recursive_forecast, seasonal_persistence


def counting(rows=60, window=24, horizon=7):
    row = np.arange(float(rows))
    return row, windows(row[:, np.newaxis], row, window, horizon)


@given(period=st.integers(1, 24), horizon=st.integers(1, 30))
def test_seasonal_persistence_takes_the_last_value_of_the_same_phase(period, horizon):
    row, cut = counting(horizon=horizon)
    forecast = seasonal_persistence(row, cut, period)
    behind = cut.targets - forecast  # in rows
    assert (behind % period == 0).all()
    assert (forecast <= cut.level).all()  # nothing after the origin
    assert (forecast > cut.level - period).all()  # and the last of its phase


def test_a_period_of_one_is_persistence():
    row, cut = counting()
    assert_array_equal(seasonal_persistence(row, cut, 1), persistence(cut))


def test_a_periodic_series_is_forecast_exactly():
    series = np.tile(np.arange(24.0), 6)
    cut = windows(series[:, np.newaxis], series, 24, 48)
    assert_array_equal(seasonal_persistence(series, cut, 24), cut.targets)


def test_seasonal_persistence_refuses_what_it_cannot_look_up():
    row, cut = counting()
    with pytest.raises(ValueError, match="period wants at most the 24 rows before the first target, got 25"):
        seasonal_persistence(row, cut, 25)
    with pytest.raises(ValueError, match="period wants a whole number of rows from 1, got 0"):
        seasonal_persistence(row, cut, 0)
    row[30] = np.nan
    with pytest.raises(ValueError, match="known holds NaN"):
        seasonal_persistence(row, cut, 24)


@given(a=st.floats(-0.9, 0.9), b=st.floats(-0.9, 0.9), horizon=st.integers(1, 12))
def test_a_true_recurrence_is_continued_exactly(a, b, horizon):
    """x_t = a x_{t-1} + b x_{t-2} + k_t, with k known ahead."""
    rng = np.random.default_rng(0)
    known = rng.normal(size=40)
    x = np.zeros(40)
    for t in range(2, 40):
        x[t] = a * x[t - 1] + b * x[t - 2] + 0.5 * known[t - 1]  # the step reads its window only
    table = np.stack([x, known], axis=1)
    cut = windows(table, x, window=4, horizon=horizon)
    future = known[cut.first_target[:, np.newaxis] + np.arange(horizon)][:, :, np.newaxis]
    said = recursive_forecast(lambda w: a * w[:, -1:, 0] + b * w[:, -2:-1, 0] + 0.5 * w[:, -1:, 1], cut.inputs, future)
    assert said.shape == (len(cut), horizon, 1)
    assert_allclose(said[:, :, 0], cut.targets, atol=1e-9)


def test_the_window_moves_on_and_the_inputs_stay_as_they_were():
    inputs = np.arange(12.0).reshape(1, 6, 2)
    before, seen = inputs.copy(), []

    def step(window):
        seen.append(window.copy())
        return window[:, -1, :1] + 100

    said = recursive_forecast(step, inputs, np.array([[[-1.0], [-2.0]]]))
    assert_array_equal(said[0, :, 0], [110, 210])
    assert_array_equal(seen[1][0, -1], [110, -1])
    assert_array_equal(seen[1][0, :-1], before[0, 1:])
    assert_array_equal(inputs, before)


@pytest.mark.parametrize(
    ("inputs", "future", "message"),
    [
        ((3, 4), (3, 2, 1), r"inputs and future want .* got \(3, 4\) and \(3, 2, 1\)"),
        ((3, 4, 2), (2, 2, 1), "of one batch"),
        ((3, 4, 3), (3, 2, 1), r"step wants to return shape \(3, 2\)"),
    ],
)
def test_shapes_that_do_not_fit(inputs, future, message):
    with pytest.raises(ValueError, match=message):
        recursive_forecast(lambda window: window[:, -1, :1], np.zeros(inputs), np.zeros(future))
