import hypothesis.strategies as st
import pytest
from hypothesis import given

from rnnlib import schedules
from rnnlib.reproducibility import import_tensorflow

RATE = st.floats(1e-4, 10)
STEPS = st.integers(1, 50)


@st.composite
def cases(draw):
    """The name of a schedule and its arguments."""
    kind = draw(st.sampled_from(["ExponentialDecay", "InverseTimeDecay", "CosineDecay", "PiecewiseConstantDecay"]))
    if kind == "PiecewiseConstantDecay":
        boundaries = sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=4)))
        count = len(boundaries) + 1
        return kind, {"boundaries": boundaries, "values": draw(st.lists(RATE, min_size=count, max_size=count))}
    options = {"initial_learning_rate": draw(RATE), "decay_steps": draw(STEPS)}
    if kind == "CosineDecay":
        options["alpha"] = draw(st.floats(0, 1))
        if draw(st.booleans()):
            options |= {"warmup_target": draw(RATE), "warmup_steps": draw(st.integers(0, 20))}
            options["initial_learning_rate"] = draw(st.one_of(st.just(0.0), RATE))
        return kind, options
    return kind, options | {"decay_rate": draw(st.floats(0.1, 2)), "staircase": draw(st.booleans())}


@given(cases(), st.lists(st.integers(0, 100), min_size=1, max_size=10))
def test_equals_keras(case, steps):
    kind, options = case
    theirs = getattr(import_tensorflow().keras.optimizers.schedules, kind)(**options)
    ours = getattr(schedules, kind)(**options)
    for step in steps:
        # Keras computes in 32 bits: 2e-6 of the size of the numbers that are added up.
        size = max(options.get("initial_learning_rate", 0), options.get("warmup_target", 0))
        assert ours(step) == pytest.approx(float(theirs(step)), rel=2e-5, abs=2e-6 * size)


def test_values_by_hand():
    cosine = schedules.CosineDecay(0.0, 10, alpha=0.1, warmup_target=1.0, warmup_steps=4)
    rates = [cosine(step) for step in (0, 1, 4, 9, 14, 100)]
    assert rates == pytest.approx([0, 0.25, 1, 0.55, 0.1, 0.1])
    stairs = schedules.ExponentialDecay(1.0, 10, 0.5, staircase=True)
    assert [stairs(step) for step in (0, 9, 10, 25)] == [1, 1, 0.5, 0.25]
    pieces = schedules.PiecewiseConstantDecay([2, 5], [3.0, 2.0, 1.0])
    assert [pieces(step) for step in range(8)] == [3, 3, 3, 2, 2, 2, 1, 1]
    inverse = schedules.InverseTimeDecay(1.0, 10, 1.0)
    assert [inverse(step) for step in (0, 10, 30)] == [1, 0.5, 0.25]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedules.ExponentialDecay(0, 10, 0.5), ValueError, r"initial_learning_rate wants a number in \(0"),
        (lambda: schedules.ExponentialDecay(1, 0, 0.5), ValueError, r"decay_steps wants a number in \(0, inf\), got 0"),
        (lambda: schedules.InverseTimeDecay(1, 10, "x"), TypeError, "decay_rate wants a number, got 'x'"),
        (lambda: schedules.CosineDecay(0, 10), ValueError, r"initial_learning_rate wants a number in \(0"),
        (lambda: schedules.CosineDecay(1, 10, alpha=-1), ValueError, "alpha wants a number in"),
        (lambda: schedules.PiecewiseConstantDecay([1, 2], [1.0, 2.0]), ValueError, "one rate more .* 3, got 2"),
        (lambda: schedules.PiecewiseConstantDecay([2, 2], [1.0] * 3), ValueError, r"boundaries wants .* got \[2, 2\]"),
        (lambda: schedules.PiecewiseConstantDecay([], [1.0]), ValueError, "boundaries wants at least one step"),
        (lambda: schedules.PiecewiseConstantDecay([1.5], [1.0, 2.0]), TypeError, "boundaries wants a whole number"),
    ],
)
def test_impossible_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()
