"""Widths come from what was known, cover what they promise where the promise holds, and are scored properly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from rnnlib.intervals import conformal_quantile, covered, interval_score, rolling_conformal_quantile
from rnnlib.quantiles import PinballLoss


@given(n=st.integers(1, 60), coverage=st.floats(0.05, 0.95))
def test_the_rank_is_the_one_of_the_theorem(n, coverage):
    scores = np.random.default_rng(0).permutation(n) + 1.0  # 1 to n
    width, rank = conformal_quantile(scores, coverage), int(np.ceil((n + 1) * coverage))
    assert width == (rank if rank <= n else np.inf)


def test_exchangeable_scores_are_covered_as_promised():
    rng = np.random.default_rng(1)
    scores = np.abs(rng.standard_t(3, size=(30, 20_000)))
    new = np.abs(rng.standard_t(3, size=20_000))
    assert abs((new <= conformal_quantile(scores, 0.8)).mean() - np.ceil(31 * 0.8) / 31) < 0.01


def test_each_column_for_itself():
    scores = np.random.default_rng(2).random((50, 3))
    assert_array_equal(conformal_quantile(scores, 0.9), [conformal_quantile(column, 0.9) for column in scores.T])


@given(st.data())
def test_the_rolling_width_knows_only_the_past(data):
    """Change every score whose target had not been seen at the origin, or lies too far back: nothing changes."""
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    first_target = np.sort(rng.choice(np.arange(100), size=70, replace=False))
    scores, last = rng.random((70, 4)), data.draw(st.integers(15, 40))
    asked = np.array([60])
    before = rolling_conformal_quantile(scores, first_target, asked, last, 0.8)
    target = first_target[:, np.newaxis] + np.arange(4)
    used = (target < 60) & (target >= 60 - last)
    after = rolling_conformal_quantile(np.where(used, scores, 1e9), first_target, asked, last, 0.8)
    assert_array_equal(after, before)
    expected = [conformal_quantile(scores[used[:, k], k], 0.8) for k in range(4)]
    assert_array_equal(before[0], expected)


def test_rolling_over_everything_is_conformal():
    scores = np.random.default_rng(3).random((40, 1))
    widths = rolling_conformal_quantile(scores, np.arange(40), np.array([40]), 1000, 0.9)
    assert_array_equal(widths[0], conformal_quantile(scores, 0.9))


def test_covered():
    targets = np.array([[0.0, 5.0], [1.0, 1.0]])
    assert_array_equal(covered(targets, targets * 0, targets * 0 + 1, axis=0), [1, 0.5])
    assert covered(targets, targets, targets) == 1  # the ends belong to the interval


@given(coverage=st.floats(0.1, 0.9), seed=st.integers(0, 99))
def test_the_interval_score_is_the_pinball_loss_of_its_ends(coverage, seed):
    rng = np.random.default_rng(seed)
    y, ends = rng.normal(size=(20, 1)), np.sort(rng.normal(size=(20, 2)), axis=1)
    tail = (1 - coverage) / 2
    pinball = 2 * PinballLoss([tail, 1 - tail])(y, ends)  # the loss is the mean of two
    score = interval_score(y, ends[:, :1], ends[:, 1:], coverage)
    assert score == pytest.approx(pinball / tail)


def test_the_interval_score_by_hand():
    zeros = np.zeros((3, 1))
    scores = interval_score([[0.5], [2.0], [-1.0]], zeros, zeros + 1, 0.8, axis=1)
    assert_allclose(scores, [1, 1 + 10, 1 + 10])


def test_bad_input():
    with pytest.raises(ValueError, match="coverage wants a share between 0 and 1, got 90"):
        conformal_quantile([1.0], 90)
    with pytest.raises(ValueError, match="scores wants at least one score"):
        conformal_quantile([], 0.9)
    with pytest.raises(ValueError, match=r"targets, low and high want one shape, got"):
        covered(np.zeros(3), np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="want one shape"):
        interval_score(np.zeros(3), np.zeros((3, 1)), np.zeros(3), 0.9)
    with pytest.raises(ValueError, match="lead 2 with a target in the 1 rows before row 1"):
        rolling_conformal_quantile(np.zeros((3, 2)), np.arange(3), np.array([1]), 1, 0.5)
    with pytest.raises(ValueError, match="increasing rows"):
        rolling_conformal_quantile(np.zeros((2, 1)), np.array([1, 0]), np.array([5]), 9, 0.5)
    with pytest.raises(ValueError, match=r"got \(3,\), \(3,\) and \(1,\)"):
        rolling_conformal_quantile(np.zeros(3), np.arange(3), np.array([1]), 1, 0.5)
