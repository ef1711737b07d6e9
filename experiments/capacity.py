"""How many random labels can a network learn by heart? Its effective capacity, with remedies, and against length.

The pages chapters/5_future/generalisation.ipynb and regularisation.ipynb read the table. A label drawn at random has
nothing to do with its sequence: nothing can be learned, all must be memorised (Zhang et al. 2017, section 2). A row has
the share of labels that the network gives back, in %, after 1,000 and 5,000 steps; guessing gives 10 % of ten
classes and 50 % of two.

- "digits": 500 images with labels from 0 to 9; a SimpleRNN with one of the remedies of experiments/remedies.py.
- "noise": 200 sequences of "length" steps of two Gaussian numbers, with labels 0 and 1; a SimpleRNN of 8 units, which
  has the same number of weights for every length.
"""

import numpy as np

from experiments import remedies
from experiments.overfitting import BATCH, LONGEST, prepared
from rnnlib.experiments import run
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import generator

STAGES = (1000, 5000)  # steps
RATE = 0.003
NAMES = ("task", "length", "units", "method", "strength")
SETTINGS = [
    dict(zip(NAMES, values, strict=True))
    for values in [
        *(("digits", 8, units, "none", 0.0) for units in (10, 20, 40)),
        *(("digits", 8, 40, f"dropout {place}", 0.25) for place in ("input", "recurrent", "between")),
        ("digits", 8, 40, "L2 all", 0.002),
        *(("noise", length, 8, "none", 0.0) for length in (1, 2, 4, 8, 16)),
    ]
]
SEEDS = range(10)


def examples(task, length):
    """Sequences, labels drawn at random, and the number of classes."""
    rng = generator("capacity", task, length)
    if task == "noise":
        return rng.normal(size=(200, length, 2)), rng.integers(2, size=200), 2
    images = prepared("digits").pool[0]
    return images[rng.permutation(len(images))[:500]], rng.integers(10, size=500), 10


def trial(setting, seed):
    """Train one network on random labels; the share that it gives back at each stage, in %."""
    task, length, units, method, strength = setting.values()
    x, y, classes = examples(task, length)
    model = Sequential(remedies.layers("SimpleRNN", units, method, strength, classes), seed=seed)
    model.compile(Adam(RATE, global_clipnorm=LONGEST), SparseCategoricalCrossentropy(from_logits=True))
    found, done = {}, 0
    for steps in STAGES:
        epochs = steps * BATCH // len(x)
        model.fit(x, y, batch_size=BATCH, epochs=epochs, initial_epoch=done, verbose=0)
        done = epochs
        found[f"by_heart_{steps}"] = round(float(100 * np.mean(model.predict(x, 500).argmax(axis=1) == y)), 2)
    return {"parameters": model.count_params(), **found}


def main():
    """Make the table, or what is missing of it."""
    return run("capacity")


if __name__ == "__main__":
    main()
