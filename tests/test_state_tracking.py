"""The tasks that want a state at every step: their answers computed again the long way, and how often each comes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.datasets.state_tracking import brackets, latch, modular_counting

counts, lengths, seeds = st.integers(1, 8), st.integers(1, 30), st.integers(0, 99)


def symbols_of(x):
    """The symbols behind the one-hot vectors, which they have to be."""
    assert x.dtype == np.float32
    assert np.isin(x, (0, 1)).all()
    assert (x.sum(axis=-1) == 1).all()
    return x.argmax(axis=-1)


@given(counts, lengths, seeds, st.integers(2, 5))
def test_modular_counting(count, length, seed, modulus):
    x, y = modular_counting(count, length, np.random.default_rng(seed), modulus)
    assert x.shape == (count, length, 2)
    for bits, answers in zip(symbols_of(x), y, strict=True):
        assert list(answers) == [sum(bits[: t + 1]) % modulus for t in range(length)]


def test_every_answer_is_as_likely_once_there_were_enough_ones():
    _, y = modular_counting(20_000, 40, np.random.default_rng(0), 3)
    np.testing.assert_allclose(np.bincount(y[:, -1]) / len(y), 1 / 3, atol=0.02)


@given(counts, lengths, seeds, st.integers(1, 3), st.integers(1, 4))
def test_brackets_are_well_nested_and_not_too_deep(count, length, seed, kinds, depth):
    x, y = brackets(count, length, np.random.default_rng(seed), kinds, depth)
    assert x.shape == (count, length, 2 * kinds)
    for sequence, answers in zip(symbols_of(x), y, strict=True):
        stack = []
        for symbol, answer in zip(sequence, answers, strict=True):
            if symbol < kinds:
                stack.append(symbol)
            else:
                assert stack.pop() == symbol - kinds
            assert len(stack) <= depth
            assert answer == (stack[-1] if stack else kinds)


def test_brackets_use_every_kind_and_every_depth():
    x, y = brackets(20_000, 12, np.random.default_rng(0), kinds=2, depth=3)
    symbols = symbols_of(x)
    opened = np.where(symbols < 2, 1, -1).cumsum(axis=1)
    assert set(np.unique(opened)) == {0, 1, 2, 3}
    between = (opened[:, :-1] > 0) & (opened[:, :-1] < 3)
    opens = symbols[:, 1:][between] < 2
    assert opens.mean() == pytest.approx(0.5, abs=0.01)
    assert np.mean(symbols[symbols < 2]) == pytest.approx(0.5, abs=0.01)
    assert np.mean(y[symbols < 2] == symbols[symbols < 2]) == 1


@given(counts, lengths, seeds, st.floats(0, 1))
def test_latch_keeps_the_last_marked_bit(count, length, seed, write):
    x, y = latch(count, length, np.random.default_rng(seed), write)
    assert x.shape == (count, length, 4)
    for sequence, answers in zip(symbols_of(x), y, strict=True):
        assert sequence[0] < 2
        last = None
        for symbol, answer in zip(sequence, answers, strict=True):
            last = symbol if symbol < 2 else last
            assert answer == last


def test_latch_writes_as_often_as_asked():
    symbols = symbols_of(latch(5000, 21, np.random.default_rng(0), 0.3)[0])
    assert np.mean(symbols[:, 1:] < 2) == pytest.approx(0.3, abs=0.01)
    assert np.mean(symbols % 2) == pytest.approx(0.5, abs=0.01)
    assert (symbols_of(latch(50, 9, np.random.default_rng(0), 0.0)[0])[:, 1:] >= 2).all()


@pytest.mark.parametrize("task", [modular_counting, brackets, latch])
def test_the_same_generator_gives_the_same_sequences(task):
    one, two, other = (task(5, 20, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_errors():
    rng = np.random.default_rng(0)
    for task in (modular_counting, brackets, latch):
        with pytest.raises(ValueError, match="count wants at least 1, got 0"):
            task(0, 5, rng)
        with pytest.raises(ValueError, match="length wants at least 1, got 0"):
            task(3, 0, rng)
        with pytest.raises(TypeError, match=r"rng wants a numpy\.random\.Generator, got 0"):
            task(3, 5, 0)
    with pytest.raises(ValueError, match="modulus wants at least 2, got 1"):
        modular_counting(3, 5, rng, 1)
    with pytest.raises(TypeError, match="kinds wants a whole number"):
        brackets(3, 5, rng, kinds=1.5)
    with pytest.raises(ValueError, match="depth wants at least 1, got 0"):
        brackets(3, 5, rng, depth=0)
    with pytest.raises(ValueError, match=r"write wants a probability between 0 and 1, got 1\.5"):
        latch(3, 5, rng, write=1.5)
