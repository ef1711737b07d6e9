"""From letters to phonemes by counting: what a network has to beat, results/pronunciation_baselines.csv.

First every training word is aligned: each letter says nothing, one phoneme or two. Then two models count.

- `context`: a letter says what it said most often between the same neighbours. It looks `size` letters to each side,
  and at fewer where the training words never had so many (back-off, as in Katz 1987, but of the commonest answer).
- `joint`: an n-gram model of the pairs (letter, what it says), in the manner of Bisani and Ney (2008), who also learn
  how to cut words into pairs. `size` is the n; smoothing is that of Witten and Bell (1991), `escape` as in
  `rnnlib.ngrams.WittenBellModel`, decoding a beam search.

`words` is how many training words are counted. Nothing is random here. The rates are those of
`experiments.pronunciation`; `validation_errors` and `test_errors` have the number of errors in each word, for
comparisons word by word.
"""

import collections
import functools
import math

import numpy as np

from experiments.pronunciation import PARTS, dictionary, errors, rates
from rnnlib.experiments import run

EDGE = "#"  # before and after each word
NOTHING = (EDGE, ())  # the pair that stands there
ROUNDS, RARE = 4, -14.0  # passes of the alignment; the log-probability of what a letter has never said
BEAM = 16

SEEDS = range(1)
FEW = 3_000  # words that a page can align and count while you wait
SETTINGS = [
    *({"model": "context", "size": size, "escape": 0, "words": 46_000} for size in (1, 2, 3, 4, 5)),
    *(
        {"model": "joint", "size": size, "escape": escape, "words": 46_000}
        for size in (4, 5, 6, 7)
        for escape in (1, 2, 4, 8, 16)
    ),
    {"model": "joint", "size": 5, "escape": 2, "words": FEW},
]


def alignment(word, spoken, scores):
    """What each letter says, a list of tuples of 0, 1 or 2 phonemes, with the largest sum of `scores`.

    `scores[letter]` gives the log-probability of each tuple. None if the word has more than twice as many phonemes as
    letters. By dynamic programming (Viterbi 1967).
    """
    best = {0: (0.0, ())}  # by the number of phonemes said so far: the score, and how it came about
    for letter in word:
        known, after = scores[letter], {}
        for j, (score, way) in best.items():
            for n in range(min(2, len(spoken) - j) + 1):
                says = spoken[j : j + n]
                new = score + known.get(says, RARE * max(1, n))
                if j + n not in after or new > after[j + n][0]:
                    after[j + n] = new, (way, says)
        best = after
    if len(spoken) not in best:
        return None
    way, says = best[len(spoken)][1], []
    while way:
        way, last = way
        says.append(last)
    return says[::-1]


def first_scores(words, said):
    """To begin with: how much more often a phoneme is in words with a letter than in words without it."""
    together, letters, phones = collections.Counter(), collections.Counter(), collections.Counter()
    for word, spoken in zip(words, said, strict=True):
        letters.update(set(word))
        phones.update(set(spoken))
        together.update((a, b) for a in set(word) for b in set(spoken))
    scores = collections.defaultdict(lambda: {(): -3.0})
    for (letter, phone), count in together.items():
        scores[letter][(phone,)] = math.log(count**2 / (letters[letter] * phones[phone]))
    return scores


@functools.cache
def learned(count):
    """The scores of `alignment`, from the first `count` training words: align all, count who said what, and again."""
    words, said = (array[PARTS["training"]][:count] for array in dictionary())
    scores = first_scores(words, said)
    for _ in range(ROUNDS):
        counts = collections.defaultdict(collections.Counter)
        for word, spoken in zip(words, said, strict=True):
            for letter, says in zip(word, alignment(word, spoken, scores) or (), strict=False):
                counts[letter][says] += 1
        scores = {
            letter: {says: math.log(n / sum(found.values())) for says, n in found.items()}
            for letter, found in counts.items()
        }
    return scores


@functools.cache
def aligned(count):
    """The first `count` training words as tuples of pairs (letter, what it says), without those that have no way."""
    words, said = (array[PARTS["training"]][:count] for array in dictionary())
    ways = [alignment(word, spoken, learned(count)) for word, spoken in zip(words, said, strict=True)]
    return [tuple(zip(word, way, strict=True)) for word, way in zip(words, ways, strict=True) if way]


class Context:
    """The commonest answer between the same neighbours, `size` to each side, or as many as were ever seen."""

    def __init__(self, pairs, size):
        self.size = size
        counts = collections.defaultdict(collections.Counter)
        for word in pairs:
            for i, (_, says) in enumerate(word):
                for width in range(size + 1):
                    counts[self.neighbours("".join(letter for letter, _ in word), i, width)][says] += 1
        self.answers = {around: found.most_common(1)[0][0] for around, found in counts.items()}

    @staticmethod
    def neighbours(word, i, width):
        """Letter i with `width` letters on each side, and where in it the letter stands."""
        word = EDGE * width + word + EDGE * width
        return word[i : i + 2 * width + 1]

    def __call__(self, word):
        """The phonemes of a word, a tuple."""
        found = []
        for i in range(len(word)):
            width = next(w for w in range(self.size, -1, -1) if self.neighbours(word, i, w) in self.answers)
            found += self.answers[self.neighbours(word, i, width)]
        return tuple(found)


class Joint:
    """An n-gram model of pairs (letter, what it says): p(pair | the n - 1 pairs before).

    `escape` says how far the shorter contexts are trusted; 1 is Witten and Bell's own.
    """

    def __init__(self, pairs, size, escape=1):
        self.size = size
        self.counts = collections.defaultdict(collections.Counter)
        for word in pairs:
            word = self.start + word + (NOTHING,)
            for i in range(size - 1, len(word)):
                for n in range(size):
                    self.counts[word[i - n : i]][word[i]] += 1
        self.totals = {before: (sum(found.values()), escape * len(found)) for before, found in self.counts.items()}
        self.choices = collections.defaultdict(list)
        for pair in sorted(self.counts[()]):
            self.choices[pair[0]].append(pair)
        self.probabilities = functools.cache(self.probabilities)

    @property
    def start(self):
        """What stands before the first letter."""
        return (NOTHING,) * (self.size - 1)

    def probabilities(self, letter, before):
        """Of all pairs with that letter, after the pairs `before`: an array in the order of `choices[letter]`.

        Witten and Bell's: the counts, and with the weight of `escape` times the kinds the model one pair shorter.
        """
        choices = self.choices[letter]
        if before:
            shorter = self.probabilities(letter, before[1:])
        else:
            shorter = np.full(len(choices), 1 / len(self.counts[()]))
        if before not in self.totals:
            return shorter
        total, kinds = self.totals[before]
        counts = self.counts[before]
        return (np.array([counts.get(pair, 0) for pair in choices]) + kinds * shorter) / (total + kinds)

    def __call__(self, word):
        """The phonemes of the most probable pairs for a word that a beam finds, a tuple."""
        beam, scores = [(self.start, ())], np.zeros(1)
        for letter in word + EDGE:
            choices = self.choices[letter]
            scores = np.concatenate(
                [
                    score + np.log(self.probabilities(letter, before))
                    for score, (before, _) in zip(scores, beam, strict=True)
                ]
            )
            best = np.argsort(-scores, kind="stable")[:BEAM]
            beam = [self.after(*beam[i // len(choices)], choices[i % len(choices)]) for i in best]
            scores = scores[best]
        return beam[0][1]

    def after(self, before, found, pair):
        """A hypothesis, the last pairs and all phonemes, with one more pair."""
        return (*before, pair)[1:], found + pair[1]


def counted(model, size, escape, words):
    """The model of a setting, a function from a word to its phonemes."""
    pairs = aligned(words)
    return Context(pairs, size) if model == "context" else Joint(pairs, size, escape)


def trial(setting, seed):
    """Count, and score on both parts."""
    model = counted(**setting)
    metrics = {}
    for part in ("validation", "test"):
        words, said = (array[PARTS[part]] for array in dictionary())
        answers = [model(word) for word in words]
        metrics[f"{part}_per"], metrics[f"{part}_wer"] = (round(float(rate), 3) for rate in rates(said, answers))
        metrics[f"{part}_errors"] = " ".join(map(str, errors(said, answers)[0]))
    return metrics


def main():
    run("pronunciation_baselines")


if __name__ == "__main__":
    main()
