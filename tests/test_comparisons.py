"""Paired comparisons as in scipy; Holm's correction as he describes it, and what it promises."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from rnnlib.comparisons import holm, paired_effect

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(st.integers(2, 30), st.integers(0, 2**32 - 1), st.floats(0.5, 0.99))
def test_an_effect_is_that_of_scipy(runs, seed, coverage):
    scores, others = np.random.default_rng(seed).normal(size=(2, runs))
    found, expected = paired_effect(scores, others, coverage), stats.ttest_rel(scores, others)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(coverage)))
    assert found.mean == pytest.approx((found.low + found.high) / 2)


def test_an_interval_misses_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [paired_effect(*rng.normal(size=(2, 10)), coverage=0.9) for _ in range(4000)]
    assert 0.085 < np.mean([not effect.low <= 0 <= effect.high for effect in found]) < 0.115
    assert 0.04 < np.mean([effect.p_value < 0.05 for effect in found]) < 0.06


def test_runs_that_all_differ_alike_leave_no_doubt():
    assert paired_effect([1, 2, 3], [0, 1, 2]) == (1, 1, 1, 0)
    assert paired_effect([1, 2], [1, 2]) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([1, 2], [1, 2, 3]), "one shape"),
        (([1], [2]), "two runs at least"),
        (([1, np.nan], [1, 2]), "finite"),
        (([1, 2], [3, 5], 95), "coverage"),
    ],
)
def test_what_cannot_be_compared_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        paired_effect(*arguments)


def test_an_example_by_hand():
    # In order 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1: the last may not be smaller than the one before.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def rejected_one_at_a_time(p_values, alpha):
    """Holm (1979, section 2): the smallest against alpha / m, the next against alpha / (m - 1), until one is larger."""
    found, order = set(), np.argsort(p_values, kind="stable")
    for place, number in enumerate(order):
        if p_values[number] * (len(p_values) - place) > alpha:
            break
        found.add(int(number))
    return found


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.2]))
def test_it_rejects_what_the_procedure_rejects(p_values, alpha):
    assert set(np.flatnonzero(holm(p_values) <= alpha)) == rejected_one_at_a_time(p_values, alpha)


@given(P_VALUES)
def test_it_lies_between_no_correction_and_bonferroni_s(p_values):
    adjusted, p_values = holm(p_values), np.array(p_values)
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(1, len(p_values) * p_values)).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()


def test_false_alarms_among_twenty_true_hypotheses_are_rare():
    p_values = np.random.default_rng(0).random((4000, 20))
    alarms = [(holm(row) <= 0.05).any() for row in p_values]
    assert 0.035 < np.mean(alarms) < 0.065
    assert np.mean((p_values <= 0.05).any(axis=1)) > 0.6  # without the correction


@pytest.mark.parametrize("wrong", [[], [[0.1]], [0.5, 1.5], [-0.1], [np.nan]])
def test_wrong_values_are_named(wrong):
    with pytest.raises(ValueError, match="p_values wants"):
        holm(wrong)
