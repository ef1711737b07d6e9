"""New York's temperature 1 to 48 hours ahead: networks that forecast directly, on top of ridge regression, or step by
step; tested on one autumn, and on eight single months, each after all that was learned from.

The page chapters/4_code/weather_horizons.ipynb explains all of it. A trial fits one network and scores it.

- "test": "autumn" is the split of experiments/weather.py: January to August, September, October to December. A month
  is a rolling origin: test on it, validate on the month before, train on everything before that.
- "scheme": "direct" forecasts the change of temperature at all leads at once; "on ridge" forecasts what ridge
  regression leaves over; "recursive" forecasts the next hour's inputs and is fed with its own forecasts.
- "inputs": "all" columns of experiments/weather.py, or "temperature" and hour of the day alone.
"""

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from experiments.weather import features, hourly_table
from rnnlib.callbacks import EarlyStopping
from rnnlib.experiments import run
from rnnlib.forecasting import mae, ridge_forecast, split_by_time, tune_ridge, windows
from rnnlib.layers import GRU, Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.multistep import recursive_forecast
from rnnlib.optimizers import Adam

WINDOW = HORIZON = 48
CLOCK = 2  # the last columns, sine and cosine of the hour, are known ahead
UNITS, LEARNING_RATE, BATCH_SIZE, MAX_EPOCHS, PATIENCE = 32, 0.002, 128, 30, 4
ALPHAS, DROPOUTS = (1, 100), (0.0, 0.3)  # two settings for ridge regression, two for each kind of network
CELLS = {"SimpleRNN": SimpleRNN, "GRU": GRU}
MONTHS = {"May": 5, "June": 6, "July": 7, "August": 8, "September": 9, "October": 10, "November": 11, "December": 12}
KINDS = [  # test, scheme, inputs, cell
    *(("autumn", "direct", "all", cell) for cell in CELLS),
    ("autumn", "on ridge", "all", "GRU"),
    ("autumn", "direct", "temperature", "GRU"),
    *(("autumn", "recursive", inputs, "GRU") for inputs in ("temperature", "all")),
    *((month, scheme, "all", "GRU") for month in MONTHS for scheme in ("direct", "on ridge")),
]
SETTINGS = [
    {"test": test, "scheme": scheme, "inputs": inputs, "cell": cell, "dropout": dropout}
    for test, scheme, inputs, cell in KINDS
    for dropout in DROPOUTS
]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def split(index, test):
    """The rows of the training, validation and test part."""
    first = MONTHS.get(test, 10)
    last = [] if test == "autumn" or first == 12 else [first + 1]
    return split_by_time(index, *(f"2013-{month:02d}-01" for month in (first - 1, first, *last)))[:3]


def prepare(test, inputs="all", horizon=HORIZON):
    """Windows of the three parts; the scaled inputs (time, features) of the whole year; the temperature's own scaler.

    The scaler is a pair, mean and standard deviation in the training part, °C. Temperature is the first input.
    """
    table = hourly_table()
    columns = features(table)
    parts = split(columns.index, test)
    observed, known = table["temperature"], columns["temperature"]
    if inputs == "temperature":
        columns = columns[["temperature", *columns.columns[-CLOCK:]]]
    scaler = StandardScaler().fit(columns[parts[0]])
    scaled = scaler.transform(columns)
    cuts = [windows(scaled, observed, WINDOW, horizon, rows=part, known=known) for part in parts]
    return cuts, scaled, (scaler.mean_[0], scaler.scale_[0])


def next_changes(part, scaled):
    """(batch, values): from the origin to the next hour, the change of every scaled input but the clock's."""
    return (scaled[part.first_target] - scaled[part.first_target - 1])[:, :-CLOCK]


def iterated(one_step_change, parts, scaled, scaler):
    """Forecasts in °C (batch, HORIZON) for each part, by a model of the change to the next hour, step by step."""
    mean, deviation = scaler

    def step(window):
        return window[:, -1, :-CLOCK] + one_step_change(window)

    forecasts = []
    for part in parts:
        future = scaled[part.first_target[:, np.newaxis] + np.arange(HORIZON), -CLOCK:]
        forecasts.append(mean + deviation * recursive_forecast(step, part.inputs, future)[:, :, 0])
    return forecasts


def fitted(setting, seed, x, y, validation):
    """A network of that setting, stopped by its validation loss; it begins with forecasts of zero."""
    cell = CELLS[setting["cell"]](UNITS, dropout=setting["dropout"])
    model = Sequential([cell, Dense(y.shape[1], kernel_initializer="zeros")], seed=seed)
    model.compile(Adam(LEARNING_RATE), loss="mse")
    stop = EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    options = {"batch_size": BATCH_SIZE, "epochs": MAX_EPOCHS, "callbacks": [stop], "verbose": 0}
    model.fit(x, y, validation_data=validation, **options)
    return model


def forecasts(setting, seed):
    """What one network says of the validation and of the test windows, °C: two arrays (batch, HORIZON)."""
    if setting["scheme"] == "recursive":
        return recursive_network(setting, seed)
    parts, _, _ = prepare(setting["test"], setting["inputs"])
    if setting["scheme"] == "direct":
        bases = [part.level for part in parts]
    else:
        ridge, _ = tune_ridge(*parts[:2], ALPHAS)
        bases = [ridge_forecast(ridge, part) for part in parts]
    errors = [part.targets - base for part, base in zip(parts, bases, strict=True)]
    unit = errors[0].std()
    model = fitted(setting, seed, parts[0].inputs, errors[0] / unit, (parts[1].inputs, errors[1] / unit))
    return [base + unit * model.predict(part.inputs, 512) for part, base in zip(parts[1:], bases[1:], strict=True)]


def recursive_network(setting, seed):
    """`forecasts` of a network that is trained to say the next hour, and iterated."""
    (training, validation, _), scaled, _ = prepare(setting["test"], setting["inputs"], horizon=1)
    changes = [next_changes(part, scaled) for part in (training, validation)]
    unit = changes[0].std(axis=0)
    model = fitted(setting, seed, training.inputs, changes[0] / unit, (validation.inputs, changes[1] / unit))
    parts, scaled, scaler = prepare(setting["test"], setting["inputs"])
    return iterated(lambda window: unit * model.predict(window, 512), parts[1:], scaled, scaler)


def recursive_ridge(test, inputs):
    """Ridge regression of the next hour, iterated: what it says of the validation and of the test windows, °C.

    The penalty is the one with the least error on the validation part, over all leads.
    """
    (training, *_), scaled, _ = prepare(test, inputs, horizon=1)
    parts, scaled, scaler = prepare(test, inputs)
    tried = {}
    for alpha in ALPHAS:
        model = Ridge(alpha=alpha).fit(training.flat_inputs, next_changes(training, scaled))

        def one_step_change(window, model=model):
            return model.predict(window.reshape(len(window), -1)).reshape(len(window), -1)

        said = iterated(one_step_change, parts[1:], scaled, scaler)
        tried[mae(parts[1].targets, said[0])] = said
    return tried[min(tried)]


def trial(setting, seed):
    """Fit one network; its error over all leads on the validation part, and on the test part by lead, °C."""
    said, judged = forecasts(setting, seed)
    (_, validation, test), _, _ = prepare(setting["test"], setting["inputs"])
    by_lead = mae(test.targets, judged, axis=0)
    scores = {
        "validation_mae": mae(validation.targets, said),
        "test_mae": by_lead.mean(),
        **{f"test_mae_{lead}": error for lead, error in enumerate(by_lead, start=1)},
    }
    return {name: round(float(score), 5) for name, score in scores.items()}


def main():
    """Make the table, or what is missing of it."""
    return run("weather_horizons")


if __name__ == "__main__":
    main()
