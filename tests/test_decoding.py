"""Decoding, with a model small enough to look at all its sequences."""

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib.decoding import beam_search, greedy, sample
from rnnlib.seq2seq import END, START, Seq2Seq


class Toy:
    """Random log-probabilities of the next token given all tokens so far: the state holds them, one row each."""

    def __init__(self, vocabulary, longest, seed):
        self.tables = [
            np.log(np.random.default_rng([seed, n]).dirichlet(np.full(vocabulary, 0.7), vocabulary**n))
            for n in range(longest + 1)
        ]
        self.vocabulary = vocabulary

    def start(self, rows):
        """The first tokens and the state: the number that the tokens so far make, and how many they are."""
        return np.zeros(rows, int), {"number": np.zeros(rows, int), "steps": [np.zeros(rows, int)]}

    def step(self, tokens, state):
        count = int(state["steps"][0][0])
        number = state["number"] * self.vocabulary + tokens if count else state["number"]
        return self.tables[count][number], {"number": number, "steps": [state["steps"][0] + 1]}

    def log_prob(self, tokens):
        number = 0
        total = 0.0
        for n, token in enumerate(tokens):
            total += self.tables[n][number, token]
            number = number * self.vocabulary + int(token)
        return total

    def all_sequences(self, end, longest):
        """Every sequence that ends with `end`, or has `longest` tokens."""
        for n in range(1, longest + 1):
            for tokens in itertools.product(range(self.vocabulary), repeat=n):
                if end not in tokens[:-1] and (tokens[-1] == end or n == longest):
                    yield tokens


toys = st.builds(Toy, st.integers(1, 3), st.just(4), st.integers(0, 10_000))
lengths = st.integers(1, 4)
alphas = st.sampled_from([0.0, 0.5, 1.0, 2.0])


def as_tuples(hypotheses):
    return [tuple(h.tokens.tolist()) for h in hypotheses]


@given(toys, lengths)
def test_greedy_takes_the_largest_each_time(toy, longest):
    tokens, state = toy.start(2)
    first, second = greedy(toy.step, state, tokens, end=0, max_length=longest)
    assert as_tuples([first]) == as_tuples([second])
    for n, token in enumerate(first.tokens):
        options = [toy.log_prob([*first.tokens[:n], k]) for k in range(toy.vocabulary)]
        assert token == np.argmax(options)
    assert first.tokens[-1] == 0 or len(first) == longest
    assert 0 not in first.tokens[:-1]


@given(toys, lengths, st.integers(1, 5), alphas)
def test_log_probabilities_are_those_of_the_model(toy, longest, width, alpha):
    tokens, state = toy.start(2)
    found = greedy(toy.step, state, tokens, end=0, max_length=longest)
    found += sample(toy.step, state, tokens, 0, temperature=2.0, end=0, max_length=longest)
    beams = beam_search(toy.step, state, tokens, width=width, end=0, max_length=longest, alpha=alpha)
    for hypothesis in itertools.chain(found, *beams):
        assert hypothesis.log_prob == pytest.approx(toy.log_prob(hypothesis.tokens), abs=1e-12)
    for hypothesis in itertools.chain(*beams):
        penalty = ((5 + len(hypothesis)) / 6) ** alpha
        assert hypothesis.score == pytest.approx(hypothesis.log_prob / penalty)


@given(toys, lengths, alphas)
def test_a_beam_of_one_is_greedy(toy, longest, alpha):
    tokens, state = toy.start(3)
    expected = greedy(toy.step, state, tokens, end=0, max_length=longest)
    beams = beam_search(toy.step, state, tokens, width=1, end=0, max_length=longest, alpha=alpha)
    assert [len(found) for found in beams] == [1, 1, 1]
    assert as_tuples(found[0] for found in beams) == as_tuples(expected)


@settings(max_examples=30)
@given(toys, lengths, alphas, st.sampled_from([0.0, 5.0]))
def test_a_beam_as_wide_as_there_are_sequences_finds_them_all(toy, longest, alpha, offset):
    tokens, state = toy.start(2)
    options = {"width": toy.vocabulary**longest, "alpha": alpha, "offset": offset}
    for found in beam_search(toy.step, state, tokens, end=0, max_length=longest, **options):
        every = list(toy.all_sequences(0, longest))
        assert sorted(as_tuples(found)) == sorted(every)
        scores = {s: toy.log_prob(s) / ((offset + len(s)) / (offset + 1)) ** alpha for s in every}
        assert [h.score for h in found] == pytest.approx(sorted(scores.values(), reverse=True))
        assert scores[as_tuples(found)[0]] == pytest.approx(max(scores.values()))


@given(toys, st.integers(1, 6), alphas)
def test_beams_are_ranked_distinct_and_at_most_as_many_as_asked_for(toy, width, alpha):
    tokens, state = toy.start(2)
    for found in beam_search(toy.step, state, tokens, width=width, end=0, max_length=4, alpha=alpha):
        assert 1 <= len(found) <= width
        assert len(set(as_tuples(found))) == len(found)
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


@given(toys, lengths, st.integers(0, 100))
def test_without_temperature_a_sample_is_greedy(toy, longest, seed):
    tokens, state = toy.start(2)
    expected = as_tuples(greedy(toy.step, state, tokens, end=0, max_length=longest))
    for options in ({"temperature": 0.0}, {"temperature": 1e-9}, {"top_k": 1, "temperature": 3.0}):
        found = sample(toy.step, state, tokens, seed, end=0, max_length=longest, **options)
        assert as_tuples(found) == expected


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"temperature": 2.0}, {"top_k": 2}])
def test_tokens_are_drawn_as_often_as_their_probabilities_say(options):
    toy, draws = Toy(3, 1, seed=1), 20_000
    tokens, state = toy.start(draws)
    found = sample(toy.step, state, tokens, np.random.default_rng(0), end=0, max_length=2, **options)

    def wanted(log_probs):
        p = np.exp(log_probs / options.get("temperature", 1.0))
        p[np.argsort(-p)[options.get("top_k", 3) :]] = 0
        return p / p.sum()

    first = wanted(toy.tables[0][0])
    for a in range(3):
        expected = (
            {(a,): first[a]}
            if a == 0
            else dict(zip([(a, b) for b in range(3)], first[a] * wanted(toy.tables[1][a]), strict=True))
        )
        for sequence, p in expected.items():
            share = as_tuples(found).count(sequence) / draws
            assert abs(share - p) <= 5 * np.sqrt(p * (1 - p) / draws)  # five standard deviations


def test_the_end_can_be_left_out():
    toy = Toy(2, 4, seed=0)
    tokens, state = toy.start(1)
    assert len(greedy(toy.step, state, tokens, max_length=4)[0]) == 4
    assert len(sample(toy.step, state, tokens, 0, max_length=3)[0]) == 3
    assert {len(h) for h in beam_search(toy.step, state, tokens, width=3, max_length=4)[0]} == {4}


def test_alpha_pushes_towards_long_sequences():
    """A token that is likely to end at once against one that goes on: the more alpha, the longer the winner."""
    log_probs = np.log([[0.4, 0.6]])  # 0 ends, 1 goes on
    step = lambda tokens, state: (np.repeat(log_probs, len(tokens), axis=0), state)  # noqa: E731
    winners = [
        len(beam_search(step, None, [1], width=8, end=0, max_length=6, alpha=alpha)[0][0]) for alpha in (0, 1, 2, 4)
    ]
    assert winners[0] == 1
    assert winners == sorted(winners)
    assert winners[-1] == 6


def test_rows_do_not_disturb_each_other():
    model = Seq2Seq(9, 6, 8, seed=3, dtype="float64")
    model.prediction.bias[:END] = -100  # no padding within a sequence
    sources = np.random.default_rng(0).integers(3, 9, (4, 5))
    options = {"end": END, "max_length": 6}
    together = beam_search(model.step, model.encode(sources), [START] * 4, width=3, alpha=1.0, **options)
    for row, found in zip(sources, together, strict=True):
        (alone,) = beam_search(model.step, model.encode(row[np.newaxis]), [START], width=3, alpha=1.0, **options)
        assert as_tuples(alone) == as_tuples(found)
        assert [h.score for h in alone] == pytest.approx([h.score for h in found])
        for hypothesis in found:
            target = hypothesis.tokens[np.newaxis]
            logits = model(row[np.newaxis], target)[0]
            log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
            assert hypothesis.log_prob == pytest.approx(log_probs[np.arange(target.size), target[0]].sum())


def plain(tokens, state):
    return np.full((len(tokens), 2), np.log(0.5)), state


@pytest.mark.parametrize(
    "decode", [greedy, lambda *a, **o: sample(*a, 0, **o), lambda *a, **o: beam_search(*a, width=2, **o)]
)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((plain, None, 1), ValueError, r"start wants the first token of each row, \(rows,\)"),
        ((plain, None, [0.5]), ValueError, "start wants whole numbers"),
        ((lambda t, s: (np.zeros(2), s), None, [1]), ValueError, r"log_probs \(\d, vocabulary\), got \(2,\)"),
        ((lambda t, s: (np.full((len(t), 2), np.nan), s), None, [1]), ValueError, "at most 0, got NaN"),
        ((lambda t, s: (np.full((len(t), 2), 0.5), s), None, [1]), ValueError, "at most 0, got NaN or numbers above"),
    ],
)
def test_bad_arguments(decode, arguments, error, message):
    with pytest.raises(error, match=message):
        decode(*arguments, max_length=3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: greedy(plain, None, [1], max_length=0), ValueError, "max_length wants at least 1"),
        (lambda: sample(plain, None, [1], 0, temperature=-1, max_length=1), ValueError, "temperature wants a number"),
        (lambda: sample(plain, None, [1], 0, top_k=0, max_length=1), ValueError, "top_k wants at least 1"),
        (lambda: beam_search(plain, None, [1], width=0, max_length=1), ValueError, "width wants at least 1"),
        (lambda: beam_search(plain, None, [1], width=2, alpha=-1, max_length=1), ValueError, "alpha wants a number"),
        (lambda: beam_search(plain, 7, [1], width=2, max_length=1), TypeError, "state wants arrays, or lists"),
        (
            lambda: beam_search(plain, [np.zeros((2, 3))], [1], width=2, max_length=1),
            ValueError,
            r"first axis is the 1 rows, got shape \(2, 3\)",
        ),
    ],
)
def test_impossible_settings(call, error, message):
    with pytest.raises(error, match=message):
        call()
