from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from rnnlib.datasets import LETTERS
from rnnlib.ngrams import NGramModel, WittenBellModel

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


def mixed_by_hand(train, context, symbol, escape, symbols=4):
    """p(symbol | context), counting one by one."""
    if context is None:
        return 1 / symbols
    followers = [train[t] for t in range(2, len(train)) if tuple(train[t - len(context) : t]) == context]
    shorter = mixed_by_hand(train, context[1:] if context else None, symbol, escape, symbols)
    if not followers:
        return shorter
    kinds = escape * len(set(followers))
    return (followers.count(symbol) + kinds * shorter) / (len(followers) + kinds)


@given(TEXTS, TEXTS, st.floats(0.1, 10))
def test_witten_bell_is_that_of_counting_one_by_one(train, test, escape):
    model = WittenBellModel(2, symbols=4, escape=escape).fit(train)
    train = train.tolist()
    for n, bits in enumerate(model.surprise_by_order(test)):
        places = range(2, len(test))
        expected = [mixed_by_hand(train, tuple(test[t - n : t]), test[t], escape) for t in places]
        assert 2**-bits == pytest.approx(np.array(expected))
    assert np.array_equal(model.surprise(test), model.surprise_by_order(test)[-1])


@given(TEXTS, st.integers(0, 3))
def test_witten_bell_steps_give_the_probabilities_of_the_whole(train, order):
    model = WittenBellModel(order, symbols=4).fit(train)
    text = np.concatenate([train[:order], train])
    state, bits = text[np.newaxis, :order], []
    state = np.roll(state, 1, axis=1)  # the last of them is the first token that the model is given
    for last, token in zip(text[max(order - 1, 0) :], text[order:], strict=False):
        log_p, state = model.step(np.array([last]), state)
        assert np.exp(log_p).sum() == pytest.approx(1)
        bits.append(-log_p[0, token] / np.log(2))
    assert bits == pytest.approx(model.surprise(text))


def test_places_that_do_not_count_are_context_alone():
    tokens = np.array([0, 1, 2, 0, 1, 3])  # 0 stands for what is before a word
    model = WittenBellModel(1, symbols=4).fit(tokens, tokens != 0)
    after_the_start = 2 ** -model.surprise([0, 1])
    unigram = (2 + 3 / 4) / (4 + 3)
    assert after_the_start == pytest.approx([(2 + unigram) / (2 + 1)])
    assert len(model.surprise(tokens, tokens != 0)) == 4


@pytest.mark.parametrize("setting", [{"order": -1}, {"order": 1, "symbols": 0}, {"order": 1, "escape": 0}])
def test_impossible_settings_of_witten_bell(setting):
    with pytest.raises(ValueError, match=r"order >= 0, symbols >= 1, escape > 0 are wanted"):
        WittenBellModel(**setting)
    with pytest.raises(ValueError, match=r"below 2\*\*63, got 96 \*\* 10"):
        WittenBellModel(9, symbols=96)


def test_what_witten_bell_is_given_is_checked():
    with pytest.raises(ValueError, match="counted nothing yet"):
        WittenBellModel(1, symbols=4).surprise([1, 2, 3])
    model = WittenBellModel(1, symbols=4).fit(np.arange(8) % 4)
    with pytest.raises(ValueError, match="tokens wants 0 to 3, got 0 to 4"):
        model.surprise([0, 1, 4])
    with pytest.raises(ValueError, match=r"counted wants booleans of shape \(3,\), got int64 \(3,\)"):
        model.surprise([0, 1, 2], np.array([1, 1, 0]))
    with pytest.raises(ValueError, match="at least one place from 1 on, got none"):
        model.surprise([0, 1, 2], np.array([True, False, False]))
