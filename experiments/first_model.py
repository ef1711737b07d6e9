"""The source article's example and its repair, from many initial weights: results/first_model.csv.

Inputs are uniform random sequences, as in the article. Targets are "unrelated" to them (uniform, as in the article),
or the last "level" that the sequence leaves behind, seen through noise. The data come from fixed seeds; the seed of a
trial makes the initial weights and the order of the samples.
"""

import numpy as np

from rnnlib.experiments import run
from rnnlib.layers import Dense, SimpleRNN
from rnnlib.model import Sequential

NOISE = 0.1  # standard deviation of what is added to the level

SEEDS = range(10)
SETTINGS = [
    {"targets": "unrelated", "units": 1, "centre": 0.0},
    {"targets": "unrelated", "units": 32, "centre": 0.0},
    {"targets": "level", "units": 1, "centre": 0.0},
    {"targets": "level", "units": 1, "centre": 0.5},
    {"targets": "level", "units": 32, "centre": 0.5},
]


def last_level(x):
    """The level that the sequences `x`, (batch, time), leave behind, (batch, 1).

        level_t = tanh(0.9 level_{t-1} + 1.5 (x_t - 0.5)),  level_0 = 0

    Numbers above 1/2 raise it, numbers below lower it; it fades slowly and stays between -1 and 1.
    """
    level = np.zeros(len(x))
    for x_t in x.T:
        level = np.tanh(0.9 * level + 1.5 * (x_t - 0.5))
    return level[:, np.newaxis]


def samples(targets, count, seed):
    """`count` sequences, (count, 10), and their targets, (count, 1); ValueError for unknown `targets`."""
    draw = np.random.RandomState(seed)
    x = draw.uniform(size=(count, 10))
    if targets == "unrelated":
        return x, draw.uniform(size=(count, 1))
    if targets == "level":
        return x, last_level(x) + draw.normal(scale=NOISE, size=(count, 1))
    raise ValueError(f"targets wants 'unrelated' or 'level', got {targets!r}")


def training_samples(targets):
    """100 samples; with unrelated targets they are the article's own numbers."""
    return samples(targets, 100, seed=1)


def test_samples(targets):
    """100,000 samples that no model is trained on."""
    return samples(targets, 100_000, seed=2)


def trained(x, y, units, seed):
    """The article's model, with `units` in place of 1, after its training on `x` (samples, time), `y` (samples, 1)."""
    model = Sequential([SimpleRNN(units), Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mse")
    model.fit(x[..., np.newaxis], y, epochs=100, batch_size=1, verbose=0)
    return model


def trial(setting, seed):
    """Train with `units` on `targets`, inputs less `centre`; the mean squared error on training and test samples."""
    (x, y), (x_test, y_test) = training_samples(setting["targets"]), test_samples(setting["targets"])
    model = trained(x - setting["centre"], y, setting["units"], seed)
    inputs = (x - setting["centre"])[..., np.newaxis], (x_test - setting["centre"])[..., np.newaxis]
    return {
        "training_mse": model.evaluate(inputs[0], y, batch_size=100),
        "test_mse": model.evaluate(inputs[1], y_test, batch_size=1000),
    }


def main():
    run("first_model")


if __name__ == "__main__":
    main()
