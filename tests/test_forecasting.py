"""Windows look back and never ahead; baselines and scores are what their names say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from rnnlib.forecasting import (
    climatology_forecast,
    fill_forward,
    hourly_climatology,
    mae,
    paired_block_bootstrap,
    persistence,
    ridge_forecast,
    rmse,
    skill_score,
    split_by_time,
    tune_ridge,
    windows,
)


def hourly(rows, start="2013-01-01"):
    return pd.date_range(start, periods=rows, freq="h", tz="UTC")


def counting(length, window, horizon, **options):
    """Windows of a series that counts its rows, so that every value says which row it came from."""
    row = np.arange(float(length))
    return windows(np.stack([row, -row], axis=1), row, window, horizon, **options)


shapes = st.tuples(st.integers(8, 40), st.integers(1, 5), st.integers(1, 3))  # rows, window, horizon


@given(shapes)
def test_a_counting_series_shows_the_alignment(shape):
    rows, window, horizon = shape
    cut = counting(rows, window, horizon)
    assert len(cut) == rows - window - horizon + 1
    assert cut.inputs.shape == (len(cut), window, 2)
    assert_array_equal(cut.targets, cut.first_target[:, None] + np.arange(horizon))
    assert_array_equal(cut.inputs[:, :, 0], cut.first_target[:, None] + np.arange(-window, 0))
    assert_array_equal(cut.inputs[:, :, 1], -cut.inputs[:, :, 0])
    assert_array_equal(cut.level[:, 0], cut.first_target - 1)
    assert_array_equal(cut.flat_inputs[:, 0], cut.inputs[:, 0, 0])
    assert_array_equal(cut.changes, np.broadcast_to(np.arange(1, horizon + 1), cut.targets.shape))
    assert_array_equal(cut.from_changes(cut.changes), cut.targets)


@given(shapes, st.data())
def test_nothing_after_the_origin_changes_an_input(shape, data):
    rows, window, horizon = shape
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    inputs, series = rng.normal(size=(rows, 2)), rng.normal(size=rows)
    before = windows(inputs, series, window, horizon)
    item = data.draw(st.integers(0, len(before) - 1))
    origin = before.first_target[item] - 1
    inputs[origin + 1 :] += 100
    series[origin + 1 :] -= 100
    after = windows(inputs, series, window, horizon)
    assert_array_equal(after.inputs[: item + 1], before.inputs[: item + 1])
    assert_array_equal(after.level[: item + 1], before.level[: item + 1])
    assert_array_equal(persistence(after)[: item + 1], persistence(before)[: item + 1])
    assert (after.targets[item] != before.targets[item]).all()


@given(st.data())
def test_the_whole_preparation_of_the_weather_page_leaks_nothing(data):
    """Gaps filled, parts split, scaler fitted: change the table after an origin, and no input up to it changes."""
    rows = 96
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    frame = pd.DataFrame(rng.normal(size=(rows, 2)), columns=["temperature", "pressure"], index=hourly(rows))
    gaps = rng.random((rows, 2)) < 0.2
    gaps[0] = False
    frame = frame.mask(gaps)

    def prepare(frame):
        parts = split_by_time(frame.index, "2013-01-03", "2013-01-04")
        filled = fill_forward(frame)
        scaler = StandardScaler().fit(filled[parts[0]])
        scaled, known = scaler.transform(filled), filled["temperature"]
        whole = windows(scaled, known, 6, 3)
        return scaler, [windows(scaled, known, 6, 3, rows=part) for part in parts], whole, parts

    scaler, cut, whole, parts = prepare(frame)
    item = data.draw(st.integers(parts[0].stop, len(whole) - 1))  # an origin after training: it fits the scaler
    altered = frame.copy()
    altered.iloc[whole.first_target[item] :] = 50.0
    scaler_after, cut_after, whole_after, _ = prepare(altered)
    assert_array_equal(scaler_after.mean_, scaler.mean_)
    assert_array_equal(whole_after.inputs[: item + 1], whole.inputs[: item + 1])
    assert_array_equal(cut_after[0].inputs, cut[0].inputs)
    assert_array_equal(cut_after[0].targets, cut[0].targets)


@given(shapes, st.data())
def test_targets_stay_in_their_part_and_inputs_may_reach_back(shape, data):
    rows, window, horizon = shape
    start = data.draw(st.integers(0, rows - horizon))
    stop = data.draw(st.integers(start + horizon, rows))
    part = slice(start, stop)
    if stop - horizon < window:
        with pytest.raises(ValueError, match="hold no window"):
            counting(rows, window, horizon, rows=part)
        return
    cut = counting(rows, window, horizon, rows=part)
    assert cut.targets.min() == max(start, window)
    assert cut.targets.max() == stop - 1
    assert cut.inputs[0, 0, 0] == cut.first_target[0] - window  # before `start` if there is such a past


def test_parts_share_no_target():
    parts = split_by_time(hourly(96), "2013-01-02", "2013-01-03")
    targets = [set(counting(96, 5, 4, rows=part).targets.ravel()) for part in parts]
    assert not targets[0] & targets[1]
    assert not targets[1] & targets[2]


def test_windows_copies_what_it_is_given():
    inputs, series = np.zeros((20, 1)), np.zeros(20)
    cut = windows(inputs, series, 3, 2)
    inputs[:], series[:] = 1, 1
    for array in (cut.inputs, cut.targets, cut.level):
        assert not array.any()


def test_a_window_with_an_unobserved_target_is_left_out():
    series = np.arange(20.0)
    series[10] = np.nan
    known = pd.Series(series).ffill().to_numpy()
    cut = windows(known[:, None], series, 3, 2, known=known)
    assert not {9, 10} & set(cut.first_target)
    assert {8, 11} <= set(cut.first_target)
    assert cut.level[cut.first_target == 11] == 9  # the origin is the gap: the forecaster knows the value before it
    with pytest.raises(ValueError, match="NaN at an origin"):
        windows(known[:, None], series, 3, 2)


@pytest.mark.parametrize(
    ("inputs", "series", "window", "horizon", "message"),
    [
        (np.zeros(9), np.zeros(9), 2, 2, r"inputs wants shape \(time, features\), got \(9,\)"),
        (np.zeros((9, 1)), np.zeros(8), 2, 2, "series wants one value for each of the 9 rows"),
        (np.zeros((9, 1)), np.zeros((9, 1)), 2, 2, "series wants one value for each of the 9 rows"),
        (np.zeros((9, 1)), np.zeros(9), 0, 2, "window wants a whole number of rows from 1, got 0"),
        (np.zeros((9, 1)), np.zeros(9), 2, 0, "horizon wants a whole number of rows from 1, got 0"),
        (np.full((9, 1), np.nan), np.zeros(9), 2, 2, "inputs holds NaN, first in row 0"),
        (np.zeros((9, 1)), np.full(9, np.nan), 2, 2, "hold no window"),
        (np.zeros((3, 1)), np.zeros(3), 2, 2, "rows 0 to 3 hold no window"),
    ],
)
def test_windows_refuses_what_does_not_fit(inputs, series, window, horizon, message):
    with pytest.raises(ValueError, match=message):
        windows(inputs, series, window, horizon)


def test_known_has_to_fit_as_well():
    with pytest.raises(ValueError, match="known wants one value for each of the 9 rows"):
        windows(np.zeros((9, 1)), np.zeros(9), 2, 2, known=np.zeros(5))


def test_from_changes_refuses_another_shape():
    with pytest.raises(ValueError, match="changes wants the shape of the targets"):
        counting(9, 2, 2).from_changes(np.zeros(2))


def test_split_by_time_gives_adjoining_parts_in_the_time_zone_of_the_index():
    index = hourly(72).tz_convert("Etc/GMT+5")  # starts at 19:00 on December 31, local time
    parts = split_by_time(index, "2013-01-01", "2013-01-02")
    assert parts == [slice(0, 5), slice(5, 29), slice(29, 72)]
    assert index[5] == pd.Timestamp("2013-01-01", tz="Etc/GMT+5")


@pytest.mark.parametrize(
    "boundaries", [("2013-01-02", "2013-01-02"), ("2013-01-03", "2013-01-02"), ("2012-01-01",), ("2014",)]
)
def test_split_by_time_refuses_empty_parts(boundaries):
    with pytest.raises(ValueError, match="leave a part with no rows"):
        split_by_time(hourly(72), *boundaries)


def test_split_by_time_refuses_times_out_of_order():
    with pytest.raises(ValueError, match="increasing"):
        split_by_time(hourly(5)[::-1], "2013-01-01 02:00")


@given(st.lists(st.sampled_from([1.0, 2.0, np.nan]), min_size=1, max_size=20), st.data())
def test_fill_forward_takes_the_last_value_before(values, data):
    frame = pd.DataFrame({"x": [0.0, *values]})
    filled = fill_forward(frame)["x"]
    for row, value in enumerate(frame["x"]):
        assert filled[row] == (filled[row - 1] if np.isnan(value) else value)
    row = data.draw(st.integers(1, len(values)))
    altered = frame.copy()
    altered.loc[row:, "x"] = 9.0
    assert_array_equal(fill_forward(altered)["x"][:row], filled[:row])


def test_fill_forward_refuses_a_leading_gap():
    with pytest.raises(ValueError, match=r"gap in y \(2 rows\)"):
        fill_forward(pd.DataFrame({"x": [1.0, np.nan, 3.0], "y": [np.nan, np.nan, 1.0]}))


def test_persistence_repeats_the_last_value():
    cut = counting(20, 3, 4)
    assert_array_equal(persistence(cut), np.repeat(cut.level, 4, axis=1))


def test_climatology_is_perfect_on_a_pure_daily_cycle():
    hours = (np.arange(96) + 5) % 24
    series = 10 + np.cos(2 * np.pi * hours / 24)
    cut = windows(series[:, None], series, 6, 30)
    climatology = hourly_climatology(series[:48], hours[:48])
    assert_allclose(climatology, 10 + np.cos(2 * np.pi * np.arange(24) / 24))
    assert_allclose(climatology_forecast(climatology, hours, cut), cut.targets)


def test_climatology_leaves_gaps_out_and_wants_every_hour():
    series = np.array([*range(24), *range(24)], dtype=float)
    series[3] = np.nan
    assert_array_equal(hourly_climatology(series, np.tile(np.arange(24), 2)), np.arange(24))
    with pytest.raises(ValueError, match=r"no observation at hours \[22, 23\]"):
        hourly_climatology(np.zeros(22), np.arange(22))


def test_ridge_finds_a_linear_rule_and_picks_alpha_by_validation():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(400, 2))
    series = np.zeros(400)
    series[1:] = inputs[:-1] @ [2.0, -1.0]  # the next value is a linear function of the last inputs
    parts = slice(0, 200), slice(200, 300), slice(300, 400)
    training, validation, test = (windows(inputs, series, 3, 1, rows=part) for part in parts)
    model, errors = tune_ridge(training, validation, [1e-3, 1e4])
    assert list(errors) == [1e-3, 1e4]
    assert errors[1e-3] < 0.01 < errors[1e4]
    assert model.alpha == 1e-3
    assert mae(test.targets, ridge_forecast(model, test)) < 0.01


def test_scores_by_hand():
    targets, forecasts = np.array([[0.0, 0.0], [0.0, 4.0]]), np.array([[1.0, 3.0], [-3.0, 0.0]])
    assert mae(targets, forecasts) == (1 + 3 + 3 + 4) / 4
    assert_allclose(mae(targets, forecasts, axis=0), [2, 3.5])
    assert_allclose(rmse(targets, forecasts, axis=0), np.sqrt([5, 12.5]))
    assert_allclose(skill_score(targets, forecasts, targets + 5.0, axis=0), [1 - 5 / 25, 1 - 12.5 / 25])


@given(st.integers(0, 99))
def test_skill_is_one_if_perfect_and_nothing_for_the_reference(seed):
    targets, reference = np.random.default_rng(seed).normal(size=(2, 7, 3))
    assert skill_score(targets, targets, reference) == 1
    assert_allclose(skill_score(targets, reference, reference, axis=0), np.zeros(3), atol=1e-12)


@pytest.mark.parametrize("score", [mae, rmse])
def test_scores_refuse_to_broadcast(score):
    with pytest.raises(ValueError, match="forecasts wants the shape of targets"):
        score(np.zeros((5, 1)), np.zeros(5))


def test_bootstrap_of_equal_losses_is_zero_and_of_a_constant_advantage_that_advantage():
    losses, days = np.random.default_rng(0).random(60), np.repeat(np.arange(6), 10)
    rng = np.random.default_rng(1)
    assert_array_equal(paired_block_bootstrap(losses, losses, days, rng, resamples=50), np.zeros(50))
    assert_allclose(paired_block_bootstrap(losses - 0.3, losses, days, rng, resamples=50), -0.3)


def test_bootstrap_centres_on_the_difference_and_knows_that_blocks_hang_together():
    rng = np.random.default_rng(2)
    days = np.repeat(np.arange(100), 24)
    by_day = rng.normal(size=100)
    losses = 0.5 + np.repeat(by_day, 24)  # all hours of a day are the same: 100 things were seen, not 2,400
    drawn = paired_block_bootstrap(losses, np.zeros(2400), days, rng)
    assert_allclose(drawn.mean(), losses.mean(), atol=0.02)
    assert_allclose(drawn.std(), by_day.std() / 10, rtol=0.1)
    alone = paired_block_bootstrap(losses, np.zeros(2400), np.arange(2400), rng)
    assert alone.std() < drawn.std() / 3


def test_bootstrap_refuses_what_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="shape of targets"):
        paired_block_bootstrap(np.zeros(4), np.zeros(5), np.arange(4), rng)
    with pytest.raises(ValueError, match=r"one shape \(items,\)"):
        paired_block_bootstrap(np.zeros(4), np.zeros(4), np.arange(5), rng)
    with pytest.raises(ValueError, match="at least two blocks"):
        paired_block_bootstrap(np.zeros(4), np.zeros(4), np.zeros(4), rng)
