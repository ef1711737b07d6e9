from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from rnnlib.datasets import LETTERS
from rnnlib.ngrams import NGramModel

TEXTS = arrays(int, st.integers(4, 40), elements=st.integers(0, 3))


@given(TEXTS, TEXTS, st.integers(0, 2), st.floats(0.01, 2))
def test_probabilities_are_those_of_counting_one_by_one(train, test, order, added):
    model = NGramModel(order, symbols=4, added=added).fit(train)
    seen = Counter(tuple(train[t - order : t + 1]) for t in range(order, len(train)))
    for place, log_p in enumerate(model.log_probabilities(test), start=order):
        counts = [seen[(*test[place - order : place], symbol)] + added for symbol in range(4)]
        assert np.exp(log_p) == pytest.approx(np.array(counts) / sum(counts))


@given(TEXTS, st.integers(0, 2))
def test_surprise_is_that_of_the_tokens_that_came(tokens, order):
    model = NGramModel(order, symbols=4).fit(tokens)
    log_p = model.log_probabilities(tokens, first=3)
    expected = [-row[token] / np.log(2) for row, token in zip(log_p, tokens[3:], strict=True)]
    assert model.surprise(tokens, first=3) == pytest.approx(expected)
    assert model.surprise(tokens)[3 - order :] == pytest.approx(expected)


def test_letters_unless_told():
    assert NGramModel(1).symbols == len(LETTERS)


@pytest.mark.parametrize("setting", [{"order": -1}, {"order": 1, "symbols": 0}, {"order": 1, "added": 0}])
def test_impossible_settings(setting):
    with pytest.raises(ValueError, match=r"order >= 0, symbols >= 1, added > 0 are wanted"):
        NGramModel(**setting)


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        ([0.5, 1, 1], TypeError, "tokens wants whole numbers, got an array of float64"),
        ([[1, 2, 3]], ValueError, r"tokens wants shape \(time,\) with more than 2 tokens, got \(1, 3\)"),
        ([1, 2], ValueError, r"more than 2 tokens, got \(2,\)"),
        ([0, 1, 4], ValueError, "tokens wants 0 to 3, got 0 to 4"),
        ([0, -1, 2], ValueError, "tokens wants 0 to 3, got -1 to 2"),
    ],
)
def test_tokens_are_checked(tokens, error, message):
    model = NGramModel(2, symbols=4).fit(np.arange(12) % 4)
    for use in (NGramModel(2, symbols=4).fit, model.log_probabilities, model.surprise):
        with pytest.raises(error, match=message):
            use(tokens)


def test_places_and_order_of_calls_are_checked():
    with pytest.raises(ValueError, match="counted nothing yet"):
        NGramModel(2).log_probabilities([1, 2, 3])
    with pytest.raises(ValueError, match="first wants at least the order, 2, got 1"):
        NGramModel(2).fit([1, 2, 3]).surprise([1, 2, 3], first=1)
