"""Handwritten digits read in five orders: three kinds of cells, four settings each, five seeds.

The page chapters/4_code/digits.ipynb explains the data, the split and the baselines. All orders show a network the same
64 pixels of an image; what differs is how many come at once, and which come next.

- "rows", "columns": 8 steps of 8 pixels, from the top down or from the left to the right.
- "scattered": 8 steps of 8 pixels that were drawn from all over the image.
- "pixels": 64 steps of one pixel, as one reads: the top row from the left, then the next.
- "scattered pixels": 64 steps of one pixel, in an order that was drawn.

The seed makes the initial weights, the order of the training images and what was drawn: within a trial, all images, of
training and test, are scattered in the same way.
"""

import re

import numpy as np

from rnnlib.callbacks import EarlyStopping, LearningRateScheduler
from rnnlib.datasets.images import digits
from rnnlib.experiments import run
from rnnlib.layers import GRU, LSTM, Dense, SimpleRNN
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam

EPOCHS, PATIENCE, BATCH, LONGEST = 40, 10, 32, 1.0  # LONGEST: gradients are shortened to this global norm
CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
ORDERS = ["rows", "columns", "scattered", "pixels", "scattered pixels"]
SETTINGS = [
    {"order": order, "cell": cell, "units": units, "rate": rate}
    for order in ORDERS
    for cell in CELLS
    for units, rate in ((32, 0.003), (32, 0.01), (32, 0.03), (64, 0.01))
]
SEEDS = [0, 1, 2, 3, 4]

FORM = re.compile("095565098984177351")  # digits 31 to 48 of the form, the same in each of its copies
TRAINING, VALIDATION, TEST = range(8), range(8, 10), range(10, 14)


def images_and_labels():
    """Images (images, 8, 8) with grey values from 0 to 1, and what was written (images,)."""
    data = digits()
    return np.array(data.sequences) / 16, np.asarray(data.labels)


def forms(labels):
    """The number of the form each image is from (images,): 0 to 13.

    Everyone was asked to write the same digits in the same order, three times 0 to 9 first. So the labels say where a
    form begins, though a few images of most forms are missing.
    """
    text = "".join(map(str, labels))
    starts = []
    for hit in FORM.finditer(text):
        begin = hit.start()
        expected = "0123456789" * 3
        while expected and begin > 0:  # back over the first 30 digits, some of which may be missing
            *before, last = expected
            expected = "".join(before)
            begin -= text[begin - 1] == last
        starts.append(begin)
    return np.searchsorted(starts, np.arange(len(labels)), side="right") - 1


def split(labels):
    """Truth values (images,) for training, validation and test: 8, 2 and 4 whole forms, in the order of the file."""
    form = forms(labels)
    return [np.isin(form, part) for part in (TRAINING, VALIDATION, TEST)]


def scattering(seed):
    """An order of the 64 pixels, drawn."""
    return np.random.default_rng([64, seed]).permutation(64)


def read(images, order, seed=0):
    """The images as sequences (images, steps, pixels a step)."""
    if order == "columns":
        return images.transpose(0, 2, 1)
    pixels = images.reshape(len(images), 64)
    if order.startswith("scattered"):
        pixels = pixels[:, scattering(seed)]
    return pixels.reshape(len(images), 64, 1) if order.endswith("pixels") else pixels.reshape(len(images), 8, 8)


def fitted(layers, rate, seed, training, validation, *, epochs=EPOCHS, batch_size=BATCH):
    """A network after training; the rate falls in a straight line, and the best epoch on validation images stays."""
    model = Sequential([*layers, Dense(10)], seed=seed)
    model.compile(Adam(rate, global_clipnorm=LONGEST), SparseCategoricalCrossentropy(from_logits=True))
    callbacks = [
        LearningRateScheduler(lambda epoch, _: rate * (1 - epoch / epochs)),
        EarlyStopping(patience=PATIENCE, restore_best_weights=True),
    ]
    options = {"epochs": epochs, "batch_size": batch_size, "callbacks": callbacks, "verbose": 0}
    model.fit(*training, validation_data=validation, **options)
    return model


def trained(order, cell, units, rate, seed):
    """The network of one setting and seed."""
    images, labels = images_and_labels()
    learn, choose, _ = split(labels)
    sequences = read(images, order, seed)
    parts = [(sequences[part], labels[part]) for part in (learn, choose)]
    return fitted([CELLS[cell](units)], rate, seed, *parts)


def accuracy(model, sequences, labels):
    """The share of images whose most probable digit is the one that was written."""
    return float(np.mean(model.predict(sequences).argmax(axis=1) == labels))


def trial(setting, seed):
    """Train one network; its accuracy on the three parts, and how many weights it has."""
    images, labels = images_and_labels()
    sequences, model = read(images, setting["order"], seed), trained(**setting, seed=seed)
    names = ("training", "validation", "test")
    scores = {
        f"{name}_accuracy": round(accuracy(model, sequences[part], labels[part]), 5)
        for name, part in zip(names, split(labels), strict=True)
    }
    return {"parameters": model.count_params(), **scores}


def main():
    """Make the table, or what is missing of it."""
    return run("digits")


if __name__ == "__main__":
    main()
