"""What the page on pronunciation counts with: edits, error rates, batches, and the baselines."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import pronunciation as p

sequences = st.lists(st.sampled_from("abc"), max_size=6)


def distance(a, b):
    """Levenshtein's distance, by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(distance(a[1:], b[1:]) + (a[0] != b[0]), distance(a[1:], b) + 1, distance(a, b[1:]) + 1)


@given(sequences, sequences)
def test_edits_lead_from_one_to_the_other_as_cheaply_as_can_be(reference, found):
    way = p.edits(reference, found)
    assert [a for a, _ in way if a is not None] == reference
    assert [b for _, b in way if b is not None] == found
    assert (None, None) not in way
    assert sum(a != b for a, b in way) == distance(reference, found)


def test_rates_count_phonemes_and_words():
    references = [("K", "AE", "T"), ("D", "AO", "G")]
    assert p.rates(references, references) == (0, 0)
    assert p.rates(references, [("K", "AE", "T"), ("D", "AO")]) == pytest.approx((100 / 6, 50))
    assert p.rates(references, [("K", "AE", "T", "S"), ()]) == pytest.approx((400 / 6, 100))


def test_words_and_phonemes_come_back_from_their_ids():
    words, spoken = p.dictionary()
    assert words[0] == "".join(chr(i - 3 + ord("a")) for i in p.letter_ids(words[0]))
    for phones in spoken[:100]:
        assert p.said(p.phoneme_ids(phones)) == phones
    assert p.said([*p.phoneme_ids(("K", "AE", "T")), 5, 0]) == ("K", "AE", "T")
    assert len(p.phonemes()) == 39


def test_the_parts_share_no_word():
    words, _ = p.dictionary()
    parts = [set(words[rows]) for rows in p.PARTS.values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 50_000


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 9))
def test_batches_hold_each_row_once_and_rows_of_like_length(lengths, size, seed):
    lengths = np.array(lengths)
    found = p.batches(lengths, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(found)) == list(range(len(lengths)))
    assert max(map(len, found)) <= size
    spans = sorted((lengths[rows].min(), lengths[rows].max()) for rows in found)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_a_network_writes_the_same_alone_and_among_others():
    words = p.dictionary()[0][:20]
    model = p.network("additive", 16, 0.0, seed=0)
    assert p.spoken_by(model, words) == [p.spoken_by(model, [word])[0] for word in words]
    assert p.spoken_by(model, words, width=2) == [p.spoken_by(model, [word], width=2)[0] for word in words]
