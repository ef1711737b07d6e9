"""The next letter of a surname: recurrent networks of three kinds and up to three sizes, five seeds each.

The page chapters/4_code/names.ipynb explains the data, the split and the baselines. A trial trains one network on 8,000
names, each counted once, and scores it on 1,000 for choosing and 1,000 for judging: bits a letter, where the end of a
name counts as a letter. The seed makes the initial weights, the order of the names and what dropout drops; the split is
the same for all.
"""

import hashlib

import numpy as np

from rnnlib.callbacks import LearningRateScheduler
from rnnlib.datasets.names import surnames
from rnnlib.experiments import run
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.optimizers import Adam
from rnnlib.text_models import TextModel

SYMBOLS = ["<pad>", "<end>", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
PADDING, END = 0, 1
EPOCHS, BATCH, EMBEDDING, LONGEST = 12, 64, 16, 1.0  # LONGEST: gradients are shortened to this global norm
RATES = {"SimpleRNN": 0.005, "LSTM": 0.01, "GRU": 0.01}  # at the start; falls in a straight line

SETTINGS = [
    {"cell": cell, "units": units, "dropout": dropout}
    for cell in RATES
    for units, dropout in ((32, 0.0), (64, 0.2), (128, 0.3))
    if cell != "SimpleRNN" or units < 128
]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/surnames.csv.gz"]


def split():
    """The names for training, validation and test, 8,000, 1,000 and 1,000, each a list: drawn by the sha256 of the
    name, which has nothing to do with letters or frequency and is the same on every machine."""
    names = sorted(surnames().frame["surname"], key=lambda name: hashlib.sha256(name.encode()).digest())
    return names[:8000], names[8000:9000], names[9000:]


def padded(names):
    """Inputs and targets, ids (names, time): the input begins with the end of the name before, and the target is one
    letter ahead of it; behind the name both are padding."""
    width = max(map(len, names)) + 1
    inputs, targets = np.full((2, len(names), width), PADDING)
    for row, name in enumerate(names):
        ids = [SYMBOLS.index(letter) for letter in name]
        inputs[row, : len(ids) + 1], targets[row, : len(ids) + 1] = [END, *ids], [*ids, END]
    return inputs, targets


def bits(model, names):
    """-log2 p of each name and the number of its letters, with the end: two arrays (names,)."""
    inputs, targets = padded(names)
    counted = inputs != PADDING
    return (model.surprise(inputs, targets) * counted).sum(axis=1), counted.sum(axis=1)


def bits_a_letter(model, names):
    """The mean over all letters of all names."""
    each, letters = bits(model, names)
    return each.sum() / letters.sum()


def trained(cell, units, dropout, seed, names):
    """A network after its training on these names."""
    options = {"units": units, "dropout": dropout, "embedding": EMBEDDING, "padding": True}
    model = TextModel(SYMBOLS, cell=cell, seed=seed, **options)
    rate = RATES[cell]
    falling = LearningRateScheduler(lambda epoch, _: rate * (1 - epoch / EPOCHS))
    model.network.compile(Adam(rate, global_clipnorm=LONGEST), SparseCategoricalCrossentropy(from_logits=True))
    model.network.fit(*padded(names), batch_size=BATCH, epochs=EPOCHS, callbacks=[falling], verbose=0)
    return model


def trial(setting, seed):
    """Train one network; its bits a letter on the three parts."""
    training, validation, test = split()
    model = trained(**setting, seed=seed, names=training)
    parts = {"training": training, "validation": validation, "test": test}
    scores = {f"{name}_bits": round(float(bits_a_letter(model, part)), 5) for name, part in parts.items()}
    return {"parameters": model.network.count_params(), **scores}


def main():
    """Make the table, or what is missing of it."""
    return run("surnames")


if __name__ == "__main__":
    main()
