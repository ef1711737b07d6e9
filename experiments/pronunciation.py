"""From letters to phonemes: networks with attention and without, results/pronunciation.csv.

The words of `rnnlib.datasets.pronunciations` stand in random order: the first 46,000 are for training, the next 1,000
for validation, the last 3,000 for the test. Stress is left out, as in the published results. The seed of a trial draws
the initial weights, the order of the words and the dropout.

For each network `parameters`, and on both parts, with greedy decoding, `per`, the errors in percent of the phonemes
(substitutions, deletions and insertions of the cheapest alignment), and `wer`, the percentage of words that are not
right as a whole; for the test also `per_beam` and `wer_beam`, with a beam of 5.
"""

import functools

import numpy as np

from rnnlib import datasets
from rnnlib.decoding import beam_search, greedy
from rnnlib.experiments import run
from rnnlib.optimizers import Adam
from rnnlib.schedules import CosineDecay
from rnnlib.seq2seq import END, PADDING, START, Seq2Seq

PARTS = {"training": slice(46_000), "validation": slice(46_000, 47_000), "test": slice(47_000, 50_000)}
LONGEST = 40  # phonemes that a decoder may write, its end mark included; the longest word has 28
BATCH, EMBEDDING, RATE, CLIP = 64, 64, 0.003, 5.0

SEEDS = range(3)
SETTINGS = [
    {"attention": attention, "units": 128, "dropout": dropout, "epochs": 8}
    for attention in ("additive", "none")
    for dropout in (0.0, 0.2)
] + [{"attention": "additive", "units": 256, "dropout": 0.2, "epochs": 16}]


@functools.cache
def dictionary():
    """All words, and for each its phonemes without stress."""
    frame = datasets.pronunciations().frame
    phones = frame["phones"].str.replace(r"\d", "", regex=True).str.split()
    return tuple(frame["word"]), tuple(tuple(said) for said in phones)


@functools.cache
def phonemes():
    """The 39 phonemes, in alphabetical order; their ids begin after the end mark."""
    return tuple(sorted({phone for said in dictionary()[1] for phone in said}))


def letter_ids(word):
    """The ids of a word in a to z, a list."""
    return [ord(letter) - ord("a") + END + 1 for letter in word]


def phoneme_ids(said):
    """The ids of some phonemes and the end mark, a list."""
    return [END + 1 + phonemes().index(phone) for phone in said] + [END]


def said(tokens):
    """The phonemes of some ids, without the end mark and what follows it, a tuple."""
    tokens = list(tokens)
    tokens = tokens[: tokens.index(END)] if END in tokens else tokens
    return tuple(phonemes()[token - END - 1] for token in tokens)


def padded(rows):
    """Lists of ids as one array (rows, longest), filled up on the right."""
    out = np.full((len(rows), max(map(len, rows))), PADDING)
    for row, ids in zip(out, rows, strict=True):
        row[: len(ids)] = ids
    return out


def batches(lengths, size, rng):
    """All rows once, in batches of `size` of about the same length, in random order: so few steps are padding."""
    rows = rng.permutation(len(lengths))
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    found = [rows[i : i + size] for i in range(0, len(rows), size)]
    return [found[i] for i in rng.permutation(len(found))]


def network(attention, units, dropout, seed):
    """A new network."""
    return Seq2Seq(
        END + 1 + 26,
        END + 1 + len(phonemes()),
        units,
        EMBEDDING,
        attention=None if attention == "none" else attention,
        dropout=dropout,
        seed=seed,
    )


def trained(attention, units, dropout, epochs, seed, progress=lambda epoch, loss: None):
    """A network after `epochs` passes over the training words; `progress` is told of each."""
    words, spoken = (part[PARTS["training"]] for part in dictionary())
    letters, targets = [letter_ids(word) for word in words], [phoneme_ids(phones) for phones in spoken]
    rng, lengths = np.random.default_rng([seed, 1]), np.array([len(word) for word in words])
    model = network(attention, units, dropout, seed)
    model.compile(Adam(CosineDecay(RATE, epochs * -(-len(words) // BATCH)), global_clipnorm=CLIP))
    for epoch in range(epochs):
        losses = [
            model.train_on_batch(padded([letters[i] for i in batch]), padded([targets[i] for i in batch]))
            for batch in batches(lengths, BATCH, rng)
        ]
        progress(epoch, np.mean(losses))
    return model


def spoken_by(model, words, width=1):
    """What the network makes of each word, a list of tuples of phonemes: greedily, or with a beam of that width."""
    order = np.argsort([len(word) for word in words], kind="stable")
    found = [()] * len(words)
    for rows in np.array_split(order, -(-len(words) // 250)):
        begin = model.step, model.encode(padded([letter_ids(words[i]) for i in rows])), np.full(len(rows), START)
        if width == 1:
            best = greedy(*begin, end=END, max_length=LONGEST)
        else:
            best = [beam[0] for beam in beam_search(*begin, width=width, end=END, max_length=LONGEST)]
        for i, hypothesis in zip(rows, best, strict=True):
            found[i] = said(hypothesis.tokens)
    return found


def edits(reference, found):
    """The cheapest way from one sequence to the other, a list of pairs (of the reference, of what was found): equal
    where right, two unequal ones a substitution, None on the right a deletion, None on the left an insertion.

    Of equally cheap ways one that substitutes. Levenshtein (1966), by dynamic programming (Wagner and Fischer 1974).
    """
    cost = np.zeros((len(reference) + 1, len(found) + 1), int)
    cost[:, 0], cost[0] = range(len(reference) + 1), range(len(found) + 1)
    for i, a in enumerate(reference, 1):
        for j, b in enumerate(found, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + (a != b), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j, way = len(reference), len(found), []
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != found[j - 1]):
            i, j = i - 1, j - 1
            way.append((reference[i], found[j]))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            way.append((reference[i], None))
        else:
            j -= 1
            way.append((None, found[j]))
    return way[::-1]


def errors(references, found):
    """For each word the number of errors and the number of phonemes that are right to say: two arrays."""
    wrong = [sum(a != b for a, b in edits(r, f)) for r, f in zip(references, found, strict=True)]
    return np.array(wrong), np.array([len(r) for r in references])


def rates(references, found):
    """The phoneme error rate and the word error rate, in percent."""
    wrong, phones = errors(references, found)
    return 100 * wrong.sum() / phones.sum(), 100 * np.mean(wrong > 0)


def trial(setting, seed):
    """Train one network and score it on both parts."""
    model = trained(**setting, seed=seed)
    metrics = {"parameters": sum(weight.size for weight in model.weights)}
    for part in ("validation", "test"):
        words, spoken = (array[PARTS[part]] for array in dictionary())
        metrics[f"{part}_per"], metrics[f"{part}_wer"] = rates(spoken, spoken_by(model, words))
    metrics["test_per_beam"], metrics["test_wer_beam"] = rates(spoken, spoken_by(model, words, width=5))
    return {name: round(float(value), 3) for name, value in metrics.items()}


def main():
    run("pronunciation")


if __name__ == "__main__":
    main()
