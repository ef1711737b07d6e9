"""New York's temperature 1 to 48 hours ahead when the station falls silent: a GRU, and four ways to fill the gaps.

The page chapters/4_code/weather_intervals.ipynb explains all of it. Whole hours are taken out of the inputs, of the
training, validation and test part alike, in outages of 12 hours on average. What is forecast and scored are the
temperatures that were observed: the archive has them, the forecaster's feed had not.

- "share" of the hours that are missing.
- "fill": "forward" repeats the last value; "indicator" does so and adds a column that is 1 where a value is a repeat;
  "age" adds the logarithm of how old it is; "line" draws a line across the gap, which looks into the future: a leak.
"""

import numpy as np
from sklearn.preprocessing import StandardScaler

from experiments.weather import features, hourly_table
from experiments.weather_horizons import HORIZON, WINDOW, fitted, split
from rnnlib.experiments import run
from rnnlib.forecasting import mae, windows

HOURS = 12  # the mean length of an outage
KIND = {"cell": "GRU", "dropout": 0.3}  # as September chose in experiments/weather_horizons.py
FILLS = ("forward", "indicator", "age", "line")
SETTINGS = [
    {"share": 0.0, "fill": "forward"},
    *({"share": share, "fill": fill} for share in (0.1, 0.3, 0.5) for fill in FILLS),
]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def outages(hours, share, seed):
    """(hours,): True in hours without data. Lengths are geometric; the first hour is always there."""
    rng = np.random.default_rng(seed)
    missing = np.zeros(hours, bool)
    while missing.mean() < share:
        start = rng.integers(1, hours)
        missing[start : start + rng.geometric(1 / HOURS)] = True
    return missing


def age(missing):
    """(hours,): how many hours old the last value is, 0 where there is one."""
    hours = np.arange(len(missing))
    return hours - np.maximum.accumulate(np.where(missing, 0, hours))


def prepare(share, fill, seed):
    """Windows of the training, validation and test part, with the inputs filled in one way."""
    table = hourly_table()
    missing = outages(len(table), share, seed)
    holes = table.copy()
    holes[missing] = np.nan
    inputs = features(holes.interpolate(limit_area="inside") if fill == "line" else holes)
    known = inputs["temperature"]
    if fill == "indicator":
        inputs.insert(0, "repeated", missing.astype(float))
    if fill == "age":
        inputs.insert(0, "age", np.log1p(age(missing)))
    parts = split(inputs.index, "autumn")
    scaled = StandardScaler().fit(inputs[parts[0]]).transform(inputs)
    return [windows(scaled, table["temperature"], WINDOW, HORIZON, rows=part, known=known) for part in parts]


def trial(setting, seed):
    """Fit a GRU to the change of temperature; its errors on the validation and test part, °C."""
    training, validation, test = prepare(setting["share"], setting["fill"], seed)
    unit = training.changes.std()
    watch = validation.inputs, validation.changes / unit
    model = fitted(KIND, seed, training.inputs, training.changes / unit, watch)
    said, judged = (part.from_changes(unit * model.predict(part.inputs, 512)) for part in (validation, test))
    by_lead = mae(test.targets, judged, axis=0)
    scores = {
        "validation_mae": mae(validation.targets, said),
        "test_mae": by_lead.mean(),
        **{f"test_mae_{lead}": by_lead[lead - 1] for lead in (1, 6, 24, 48)},
    }
    return {name: round(float(score), 5) for name, score in scores.items()}


def main():
    """Make the table, or what is missing of it."""
    return run("weather_gaps")


if __name__ == "__main__":
    main()
