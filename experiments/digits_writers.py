"""Handwritten digits, each form judged once: how far can a network that reads an image be taken?

The page chapters/4_code/digits.ipynb explains the data and the forms. There are 14 forms and seven folds; each fold
judges two forms, chooses by the next two and learns from the other ten, so that no form is in two parts. All networks
are GRUs with 64 units and one rate, chosen in the experiment `digits`.

- "order": by "rows" or by "columns".
- "direction": "one way", from the top or the left, or "both ways", with half of the units each.
- "shifted": whether each training image is shown in five places: where it is, and one pixel up, down, left and right.

A row holds what the network said of each image of the two forms, in the order of the file: a word of digits a form.
Five networks that are to vote need no more.
"""

import numpy as np

from experiments.digits import accuracy, fitted, forms, images_and_labels, read
from rnnlib.experiments import run
from rnnlib.layers import GRU, Bidirectional

UNITS, RATE, FORMS, FOLDS = 64, 0.01, 14, 7
RECIPES = [  # each with one step more than the one before
    {"order": "rows", "direction": "one way", "shifted": False},
    {"order": "columns", "direction": "one way", "shifted": False},
    {"order": "columns", "direction": "both ways", "shifted": False},
    {"order": "columns", "direction": "both ways", "shifted": True},
]
SETTINGS = [{**recipe, "fold": fold} for recipe in RECIPES for fold in range(FOLDS)]
SETTINGS += [{**RECIPES[-1], "direction": "one way", "fold": fold} for fold in range(FOLDS)]  # what copies do alone
SEEDS = [0, 1, 2, 3, 4]


def split(labels, fold):
    """Truth values (images,) for training, validation and test: ten forms, two and two."""
    form = forms(labels)
    test, validation = (np.isin(form, [(first % FORMS), (first + 1) % FORMS]) for first in (2 * fold, 2 * fold + 2))
    return ~(validation | test), validation, test


def shifts(images, labels):
    """Five times as many images and labels: each image where it is, and one pixel to the left, right, up and down.

    What leaves the image is lost, and what comes in is empty, as the paper around a digit is.
    """
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    places = [(1, 1), (1, 2), (1, 0), (2, 1), (0, 1)]
    moved = [wide[:, row : row + 8, column : column + 8] for row, column in places]
    return np.concatenate(moved), np.tile(labels, len(places))


def trained(order, direction, shifted, fold, seed):
    """The network of one setting and seed."""
    images, labels = images_and_labels()
    learn, choose, _ = split(labels, fold)
    x, y, options = images[learn], labels[learn], {}
    if shifted:  # five times the images: half the epochs, and batches of twice the size
        (x, y), options = shifts(x, y), {"epochs": 20, "batch_size": 64}
    layer = GRU(UNITS) if direction == "one way" else Bidirectional(GRU(UNITS // 2))
    return fitted([layer], RATE, seed, (read(x, order), y), (read(images[choose], order), labels[choose]), **options)


def words(said, form):
    """What was said (images,) as text: a word of digits for each form (images,)."""
    return " ".join("".join(map(str, said[form == number])) for number in np.unique(form))


def trial(setting, seed):
    """Train one network; its accuracy on the validation and test forms, and what it said of each of their images."""
    images, labels = images_and_labels()
    model, form, sequences = trained(**setting, seed=seed), forms(labels), read(images, setting["order"])
    metrics = {"parameters": model.count_params()}
    for name, part in zip(("validation", "test"), split(labels, setting["fold"])[1:], strict=True):
        metrics[f"{name}_accuracy"] = round(accuracy(model, sequences[part], labels[part]), 5)
        metrics[f"{name}_said"] = words(model.predict(sequences[part]).argmax(axis=1), form[part])
    return metrics


def main():
    """Make the table, or what is missing of it."""
    return run("digits_writers")


if __name__ == "__main__":
    main()
