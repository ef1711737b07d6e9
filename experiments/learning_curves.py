"""How much networks overfit: the number of examples, width, length and kind of cell, each varied alone.

The page chapters/5_future/generalisation.ipynb reads the table; experiments/overfitting.py explains the tasks.

- "cell": SimpleRNN, LSTM or GRU, with as many "units" as a SimpleRNN, or with as many weights within 2 %; or "linear",
  logistic or ridge regression on all inputs at once.
- "window": hours that the weather task sees. "extra": for the digits, steps before or after the image, "blank" ones
  or "noise", uniform from 0 to 1.

In every row the network has the best of three learning rates, and the linear model the best of six penalties: the one
with the lowest error on validation data. No test example is looked at before.
"""

import dataclasses

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from experiments.overfitting import (
    BASE,
    CELLS,
    SAME_SIZE,
    UNITS,
    WINDOW,
    drawn,
    fitted,
    judged,
    predictor,
    prepared,
    scores,
)
from rnnlib.experiments import run
from rnnlib.layers import Dense
from rnnlib.reproducibility import generator

SIZES = {"digits": (50, 100, 200, 400, 800), "weather": (50, 200, 400, 800, 3200)}
WIDTHS, WINDOWS, EXTRA = (4, 16, 128), (4, 24, 48), (8, 24)
RATES, PENALTIES = (0.001, 0.005, 0.02), (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def setting(task, examples=None, cell="SimpleRNN", units=None, window=WINDOW, extra="none", steps=0):
    """A row of SETTINGS: what differs from the usual."""
    names = ("task", "examples", "cell", "units", "window", "extra", "steps")
    values = (task, examples or BASE[task], cell, UNITS[task] if units is None else units, window, extra, steps)
    return dict(zip(names, values, strict=True))


SETTINGS = [setting(name, n, "linear", 0) for name, sizes in SIZES.items() for n in sizes]
SETTINGS += [
    setting(name, n, cell, units)
    for name, sizes in SIZES.items()
    for cell in CELLS
    for n in (sizes if cell == "SimpleRNN" else (BASE[name],))
    for units in sorted({UNITS[name], SAME_SIZE[name][cell]})
]
SETTINGS += [setting(name, units=units) for name in SIZES for units in WIDTHS]
SETTINGS += [setting("weather", window=hours) for hours in WINDOWS]
SETTINGS += [
    setting("digits", extra=f"{kind} {place}", steps=steps)
    for kind, place in (("blank", "after"), ("noise", "before"), ("noise", "after"))
    for steps in EXTRA
]
SEEDS = range(10)


def lengthened(x, extra, steps, rng):
    """The sequences with that many steps before or after them."""
    if extra == "none":
        return x
    kind, place = extra.split()
    new = (rng.random if kind == "noise" else np.zeros)((len(x), steps, x.shape[2]))
    return np.concatenate([new, x] if place == "before" else [x, new], axis=1)


def linear(data, x, y, strength):
    """The predictions, a function, of a linear model with a penalty of that strength."""
    if data.outputs == 10:
        ask = LogisticRegression(C=1 / strength, max_iter=2000).fit(flat(x), y).decision_function
    else:
        ask = Ridge(alpha=strength).fit(flat(x), y).predict
    return lambda x: ask(flat(x))


def flat(x):
    """All steps as one: (examples, time * features)."""
    return x.reshape(len(x), -1)


def models(data, training, cell, units, seed):
    """Everything that is tried for a row: what was varied, the number of weights, and predictions, a function."""
    if cell == "linear":
        weights = data.outputs * (training[0][0].size + 1)
        return [(strength, weights, linear(data, *training, strength)) for strength in PENALTIES]
    tried = []
    for rate in RATES:
        model = fitted([CELLS[cell](units), Dense(data.outputs)], data, *training, seed, rate)
        tried.append((rate, model.count_params(), predictor(model)))
    return tried


def trial(setting, seed):
    """Train one kind of model, choose by validation error; its losses and errors on the three parts."""
    name, examples, cell, units, window, extra, steps = setting.values()
    data, rng = prepared(name, window), generator("learning curves", "extra")
    parts = {part: (lengthened(x, extra, steps, rng), y) for part, (x, y) in data.parts().items()}
    data = dataclasses.replace(data, **parts)
    training = drawn(data.pool, examples)
    tried = models(data, training, cell, units, seed)
    chosen, weights, predict = min(tried, key=lambda one: judged(one[2], data, data.validation)[1])
    return {"parameters": weights, "chosen": chosen, **scores(predict, data, training)}


def main():
    """Make the table, or what is missing of it."""
    return run("learning_curves")


if __name__ == "__main__":
    main()
