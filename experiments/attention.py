"""Encoder-decoders that write a word backwards, with and without attention: results/attention.csv.

A word is 1 to 12 random letters of an alphabet of 12. All networks have as many weights, within 2 %, and the same grid
of learning rates, to choose from by `validation_loss` (nats a letter, on words of all lengths). The seed of a trial
draws the words, the initial weights and the order of the samples. Shares and errors are in percent, on new words of 2
to 10 letters: `whole_<n>`, words of n letters written without a mistake; `truth_<n>`, letters that are wrong when every
letter before them is the true one; `own_<n>`, when they are the network's own. `truth_at_<t>` and `own_at_<t>` are the
same at place t of words of 10 letters, the end mark at place 11 included. `aligned`: letters, of words of 8, for which
the largest attention weight is on the letter of the source that is to be written.
"""

import numpy as np

from rnnlib.decoding import greedy
from rnnlib.experiments import run
from rnnlib.optimizers import Adam
from rnnlib.seq2seq import END, PADDING, START, Seq2Seq

LETTERS, LONGEST = 12, 12
LENGTHS = (2, 4, 6, 8, 10)

SEEDS = range(6)
SETTINGS = [
    {"attention": attention, "units": units, "rate": rate}
    for attention, units in (("additive", 32), ("dot", 36), ("none", 38))
    for rate in (0.005, 0.01, 0.02)
]


def words(lengths, rng):
    """Random words of these lengths and the same words backwards: ids, (words, LONGEST) and (words, LONGEST + 1)."""
    sources = np.full((len(lengths), LONGEST), PADDING)
    targets = np.full((len(lengths), LONGEST + 1), PADDING)
    for source, target, length in zip(sources, targets, lengths, strict=True):
        source[:length] = rng.integers(END + 1, END + 1 + LETTERS, length)
        target[:length], target[length] = source[:length][::-1], END
    return sources, targets


def trained(attention, units, rate, seed, samples=3000, epochs=8):
    """A network after its training on words of all lengths; `attention` is "additive", "dot" or "none"."""
    rng = np.random.default_rng([seed, 1])
    tokens = END + 1 + LETTERS
    attention = None if attention == "none" else attention
    model = Seq2Seq(tokens, tokens, units, embedding_dim=16, attention=attention, seed=seed)
    model.compile(Adam(rate, global_clipnorm=1.0))
    pairs = words(rng.integers(1, LONGEST + 1, samples), rng)
    model.fit(*pairs, batch_size=50, epochs=epochs, verbose=0)
    return model


def new_words(length, seed, count=400):
    """Words of one length, drawn apart from those of training; of the shortest there are few, so some are the same."""
    return words(np.full(count, length), np.random.default_rng([seed, 2, length]))


def mistakes(model, sources, targets):
    """Where the letters are wrong, (words, places) of booleans: fed with the truth, and with the network's own."""
    places = (targets != PADDING).sum(axis=1).max()
    truth = model.predict(sources, targets, batch_size=400).argmax(axis=-1)
    start = np.full(len(sources), START)
    own = np.full_like(targets, PADDING)
    for row, found in zip(own, greedy(model.step, model.encode(sources), start, max_length=places), strict=True):
        row[:places] = found.tokens
    return (truth != targets)[:, :places], (own != targets)[:, :places]


def aligned(model, sources, targets):
    """For which letters the largest attention weight is where it ought to be, (words, letters) of booleans.

    All words have one length, n: letter t of the target is letter n + 1 - t of the source.
    """
    length = (sources[0] != PADDING).sum()
    return model.attention_weights(sources, targets)[:, :length].argmax(axis=-1) == np.arange(length)[::-1]


def trial(setting, seed):
    """Train one network; its share of whole words and its two kinds of error, by length and by place."""
    model = trained(setting["attention"], setting["units"], setting["rate"], seed)
    rng = np.random.default_rng([seed, 3])
    validation = words(rng.integers(1, LONGEST + 1, 500), rng)
    metrics = {"parameters": model.count_params(), "validation_loss": model.evaluate(*validation)}
    looks = model.attention is not None
    metrics["aligned"] = 100 * aligned(model, *new_words(8, seed)).mean() if looks else np.nan
    for length in LENGTHS:
        truth, own = mistakes(model, *new_words(length, seed))
        metrics[f"whole_{length}"] = 100 * (~own.any(axis=1)).mean()
        metrics[f"truth_{length}"], metrics[f"own_{length}"] = 100 * truth.mean(), 100 * own.mean()
    for place, errors in enumerate(zip(truth.T, own.T, strict=True), start=1):
        metrics[f"truth_at_{place}"], metrics[f"own_at_{place}"] = (100 * e.mean() for e in errors)
    return {name: round(float(value), 4) for name, value in metrics.items()}


def main():
    run("attention")


if __name__ == "__main__":
    main()
