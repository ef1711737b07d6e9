"""Intervals for New York's temperature 1 to 48 hours ahead: quantiles by a GRU and by a linear model.

The page chapters/4_code/weather_intervals.ipynb explains all of it. Both models say the quantiles 0.05, 0.5 and 0.95
at 48 leads and are trained with the pinball loss, on the split of experiments/weather_horizons.py. Scored are the
intervals as they come, and moved by how far they missed: in September, or in the latest days whose truth was known.

- "model": "GRU", whose "setting" is the dropout, or "linear" in the flat window, whose "setting" is the learning rate.
"""

import numpy as np

from experiments.weather import features, hourly_table
from experiments.weather_horizons import BATCH_SIZE, HORIZON, LEARNING_RATE, UNITS, WINDOW, prepare, split
from rnnlib.callbacks import EarlyStopping
from rnnlib.experiments import run
from rnnlib.forecasting import mae, windows
from rnnlib.intervals import conformal_quantile, covered, interval_score, rolling_conformal_quantile
from rnnlib.layers import GRU, Dense
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.quantiles import PinballLoss

COVERAGE, QUANTILES = 0.9, (0.05, 0.5, 0.95)
MAX_EPOCHS, PATIENCE = 40, 5
ROLLING_DAYS = 30
SETTINGS = [
    *({"model": "GRU", "setting": dropout} for dropout in (0.0, 0.3)),
    *({"model": "linear", "setting": rate} for rate in (0.001, 0.003)),
]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def parts():
    """Windows of the training, validation and test part, and of validation and test without a break between them."""
    cuts, scaled, _ = prepare("autumn")
    table = hourly_table()
    known = features(table)["temperature"]
    _, september, autumn = split(table.index, "autumn")
    rows = slice(september.start, autumn.stop)
    return *cuts, windows(scaled, table["temperature"], WINDOW, HORIZON, rows=rows, known=known)


def fitted(setting, seed, training, validation):
    """A function from windows to quantiles in °C, (batch, HORIZON, 3), none below the one before."""
    loss, unit, linear = PinballLoss(QUANTILES), training.changes.std(), setting["model"] == "linear"
    outputs = Dense(HORIZON * len(QUANTILES))
    model = Sequential([outputs] if linear else [GRU(UNITS, dropout=setting["setting"]), outputs], seed=seed)
    model.compile(Adam(setting["setting"] if linear else LEARNING_RATE), loss)
    x, watched = (part.flat_inputs if linear else part.inputs for part in (training, validation))
    stop = EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    options = {"batch_size": BATCH_SIZE, "epochs": MAX_EPOCHS, "callbacks": [stop], "verbose": 0}
    model.fit(x, training.changes / unit, validation_data=(watched, validation.changes / unit), **options)

    def quantiles(part):
        said = loss.by_quantile(model.predict(part.flat_inputs if linear else part.inputs, 512))
        return part.level[..., np.newaxis] + unit * np.sort(said, axis=-1)  # quantiles that cross are put in order

    return quantiles


def misses(targets, low, high):
    """How far targets lie outside the interval, below zero if inside: by how much to widen it to cover them."""
    return np.maximum(low - targets, targets - high)


def calibrated(quantiles, validation, test, both):
    """Test intervals (low, high): as said, and moved by the misses of September, and of the latest days known.

    Moving both ends by a quantile of the misses is the conformalised quantile regression of Romano et al. 2019.
    """
    low, _, high = np.moveaxis(quantiles(test), -1, 0)
    before, ever = (misses(p.targets, *np.moveaxis(quantiles(p), -1, 0)[[0, 2]]) for p in (validation, both))
    september = conformal_quantile(before, COVERAGE)
    latest = rolling_conformal_quantile(ever, both.first_target, test.first_target, 24 * ROLLING_DAYS, COVERAGE)
    moved = {"raw": 0, "september": september, "rolling": latest}
    return {name: (low - width, high + width) for name, width in moved.items()}


def trial(setting, seed):
    """Fit one model; its pinball loss in September, and coverage, width and score of its intervals in autumn."""
    training, validation, test, both = parts()
    quantiles = fitted(setting, seed, training, validation)
    said = quantiles(validation).reshape(len(validation), -1)
    scores = {
        "validation_pinball": PinballLoss(QUANTILES)(validation.targets, said),
        "test_median_mae": mae(test.targets, quantiles(test)[..., 1]),
    }
    month = hourly_table().index.month.to_numpy()[test.first_target]
    for name, (low, high) in calibrated(quantiles, validation, test, both).items():
        scores[f"{name}_covered"] = covered(test.targets, low, high)
        for number in (10, 11, 12):
            mine = month == number
            scores[f"{name}_covered_{number}"] = covered(test.targets[mine], low[mine], high[mine])
        scores[f"{name}_width"] = np.mean(high - low)
        scores[f"{name}_score"] = interval_score(test.targets, low, high, COVERAGE)
    return {name: round(float(score), 5) for name, score in scores.items()}


def main():
    """Make the table, or what is missing of it."""
    return run("weather_intervals")


if __name__ == "__main__":
    main()
