"""The two tasks of the page on attention: what their sources, targets and measures are."""

import numpy as np
import pytest

from experiments import attention, beam_search
from rnnlib.decoding import Hypothesis
from rnnlib.seq2seq import END, PADDING


def test_words_come_backwards_with_an_end_and_padding():
    sources, targets = attention.words(np.array([3, 12, 1]), np.random.default_rng(0))
    for source, target, length in zip(sources, targets, (3, 12, 1), strict=True):
        np.testing.assert_array_equal(target[:length], source[:length][::-1])
        assert target[length] == END
        assert (source[length:] == PADDING).all()
        assert (target[length + 1 :] == PADDING).all()
        assert source[:length].min() > END


class Pretended:
    """A model that writes what it is told to."""

    def __init__(self, logits, looks=None):
        self.logits, self.looks = logits, looks

    def predict(self, sources, targets, batch_size):
        return self.logits

    def encode(self, sources):
        return np.zeros(len(sources), int)

    def step(self, tokens, state):
        rows = np.take_along_axis(self.logits, state[:, np.newaxis, np.newaxis], axis=1)[:, 0]
        return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True)), state + 1

    def attention_weights(self, sources, targets):
        return self.looks


def test_mistakes_are_counted_place_by_place():
    sources, targets = attention.words(np.array([2, 2]), np.random.default_rng(1))
    logits = 9.0 * np.eye(END + 1 + attention.LETTERS)[targets]
    logits[1, 0] = 9.0 * (np.arange(logits.shape[2]) == (targets[1, 0] == END + 1) + END + 1)  # another letter
    for errors in attention.mistakes(Pretended(logits), sources, targets):
        np.testing.assert_array_equal(errors, [[False] * 3, [True, False, False]])


def test_alignment_runs_backwards():
    sources, targets = attention.words(np.array([4, 4]), np.random.default_rng(0))
    looks = np.zeros((2, attention.LONGEST + 1, attention.LONGEST))
    looks[:, range(4), [3, 2, 1, 0]] = 1
    looks[1, 2] = np.eye(attention.LONGEST)[3]
    np.testing.assert_array_equal(
        attention.aligned(Pretended(None, looks), sources, targets), [[True] * 4, [True, True, False, True]]
    )


def tokens(spelling, end=True):
    letters = [END + 1 + beam_search.LETTERS.index(letter) for letter in spelling]
    return np.array(letters + [END] * end)


def test_every_example_is_right_and_both_languages_come_as_often():
    sources, targets = beam_search.examples(400, np.random.default_rng(0))
    assert all(beam_search.is_right(s, t[t != PADDING]) for s, t in zip(sources, targets, strict=True))
    words = [word for target in targets for word in beam_search.text(target).split("-")]
    share = np.mean([word in beam_search.ENGLISH for word in words])
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(len(words))


@pytest.mark.parametrize(
    ("spelling", "end", "right"),
    [
        ("four-er", True, True),
        ("si-two", True, True),
        ("four-er", False, False),
        ("four", True, False),
        ("four-er-er", True, False),
        ("two-four", True, False),
        ("four-", True, False),
    ],
)
def test_right_answers(spelling, end, right):
    source = END + 1 + np.array([4, 2, PADDING - END - 1])
    assert beam_search.digits(source) == [4, 2]
    assert beam_search.is_right(source, tokens(spelling, end)) == right


def test_scores_and_ranks():
    source = END + 1 + np.array([4, 2])
    short, whole = Hypothesis(tokens("si"), -2.0, -2.0), Hypothesis(tokens("four-two"), -3.0, -3.0)
    assert beam_search.scores("x", [source] * 2, [short, whole]) == {"length_x": 6, "right_x": 50, "short_x": 50}
    assert beam_search.ranked([short, whole], 0.0) is short
    assert beam_search.ranked([short, whole], 1.0) is whole
