"""New York's temperature 24 hours ahead, with the stations around: settings drawn at random, tried on September.

The page chapters/4_code/weather_stations.ipynb explains the data; targets and split are those of the page weather.
The same twelve settings are drawn for each kind of cell, one seed each: 36 networks, as many as the page tries ridge
regressions. What is here serves experiments/weather_stations.py as well. A setting says, besides cell, window, units,
dropout, l2 (on the cell's two kernels), learning rate and batch size:

- "stations": 1 is JFK alone, 2 with Newark, 3 with LaGuardia too: their observations are inputs.
- "trained on": the windows of "JFK", or of "all three" airports, each forecasting its own change.
- "months": how many months before September are learned from.
- "wind": its two "components", or speed and "degrees". "day" of the year: "none", as a "number", or on a "circle".
"""

import random

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from experiments.weather import HORIZON, features
from rnnlib.callbacks import EarlyStopping
from rnnlib.datasets.stations import STATIONS, new_york_weather
from rnnlib.experiments import run
from rnnlib.forecasting import Windows, fill_forward, mae, split_by_time, windows
from rnnlib.layers import GRU, LSTM, Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.regularizers import L2

MAX_JUMP, MAX_WIND = 10, 60  # degrees within an hour, m/s: what no airport of New York has seen
MAX_EPOCHS, PATIENCE = 20, 3
CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz", "rnnlib/datasets/files/new_york_weather.csv.gz"]
USUAL = {"trained on": "JFK", "months": 8, "wind": "components", "day": "none"}
SPACE = {
    "stations": [1, 2, 3],
    "window": [24, 48, 72],
    "units": [16, 32, 64],
    "dropout": [0.0, 0.2, 0.4],
    "l2": [0.0, 0.0001],
    "rate": [0.002, 0.005],
    "batch": [64, 128, 256],
}
DRAWN = random.Random(2013)
TRIED = [{name: DRAWN.choice(values) for name, values in SPACE.items()} for _ in range(12)]
SETTINGS = [{"cell": cell, **tried, **USUAL} for cell in CELLS for tried in TRIED]
SEEDS = [0]


def hourly_tables():
    """By station, the observations: one row an hour in local standard time, gaps and impossible values as NaN."""
    frame = new_york_weather().frame
    hours = frame.loc[STATIONS[0]].tz_convert("Etc/GMT+5").asfreq("h").index
    tables = {}
    for station in STATIONS:
        table = frame.loc[station].tz_convert("Etc/GMT+5").reindex(hours)
        table["wind_speed"] = table["wind_speed"].where(table["wind_speed"] <= MAX_WIND)
        tables[station] = table.mask(table["temperature"].diff().abs() > MAX_JUMP)
    return tables


def inputs_of(table, wind="components", day="none"):
    """The inputs from one station, each row from itself and the rows before it; no NaN."""
    columns = features(table)
    if wind == "degrees":
        columns = columns.drop(columns=["wind from east", "wind from north"])
        columns[["wind speed", "degrees"]] = fill_forward(table)[["wind_speed", "wind_direction"]]
    turn = 2 * np.pi * table.index.day_of_year / 365
    days = {"none": {}, "number": {"day": turn}, "circle": {"day, sine": np.sin(turn), "day, cosine": np.cos(turn)}}
    return columns.assign(**days[day])


def joined_inputs(tables, target, stations, wind="components", day="none"):
    """The inputs of the target's station, then those of its neighbours, without a second clock or calendar."""
    order = [target, *(station for station in STATIONS if station != target)][:stations]
    pieces = [inputs_of(tables[order[0]], wind, day)]
    for station in order[1:]:
        columns = inputs_of(tables[station], wind)
        pieces.append(columns.drop(columns=["hour, sine", "hour, cosine"]).add_prefix(f"{station} "))
    return pd.concat(pieces, axis=1)


def prepare(window, stations=1, target="JFK", months=8, wind="components", day="none"):
    """Training, validation and test windows: the months before September, September, October to December."""
    tables = hourly_tables()
    inputs = joined_inputs(tables, target, stations, wind, day)
    january, *parts = split_by_time(inputs.index, "2013-09-01", "2013-10-01")
    first = inputs.index.searchsorted(pd.Timestamp(2013, 9 - months, 1, tz=inputs.index.tz))
    parts = [slice(int(first), january.stop), *parts]
    scaled = StandardScaler().fit(inputs[parts[0]]).transform(inputs)
    observed = tables[target]["temperature"]
    known = inputs["temperature"]
    return [windows(scaled, observed, window, HORIZON, rows=part, known=known) for part in parts]


def prepare_all(setting):
    """`prepare` of a setting; with "all three", training has the windows of every airport, the rest is JFK's."""
    names = ("window", "stations", "months", "wind", "day")
    options = {name: setting[name] for name in names}
    training, validation, test = prepare(**options)
    if setting["trained on"] == "all three":
        others = [prepare(**options, target=station)[0] for station in STATIONS[1:]]
        fields = ("inputs", "targets", "level", "first_target")
        whole = [np.concatenate([getattr(piece, name) for piece in (training, *others)]) for name in fields]
        training = Windows(*whole)
    return training, validation, test


def network(setting, seed):
    """The network of a setting, not yet trained; it begins with forecasts of no change."""
    penalty = L2(setting["l2"])
    cell = CELLS[setting["cell"]](
        setting["units"], dropout=setting["dropout"], kernel_regularizer=penalty, recurrent_regularizer=penalty
    )
    model = Sequential([cell, Dense(HORIZON, kernel_initializer="zeros")], seed=seed)
    model.compile(Adam(setting["rate"]), loss="mse")
    return model


def trained(setting, seed, parts=None):
    """The network of a setting, stopped by its loss on September; and its epochs. `parts` as from `prepare_all`."""
    training, validation, _ = parts or prepare_all(setting)
    unit = training.changes.std()
    model = network(setting, seed)
    longer = 8 // setting["months"]  # fewer windows make shorter epochs: as many updates either way
    history = model.fit(
        training.inputs,
        training.changes / unit,
        batch_size=setting["batch"],
        epochs=longer * MAX_EPOCHS,
        validation_data=(validation.inputs, validation.changes / unit),
        callbacks=[EarlyStopping(patience=longer * PATIENCE, restore_best_weights=True)],
        verbose=0,
    )
    return model, len(history.epoch)


def forecast(model, part, training):
    """(batch, horizon): what a trained network says of these windows, °C."""
    return part.from_changes(training.changes.std() * model.predict(part.inputs, 512))


def trial(setting, seed):
    """Fit one network; its errors on September and on October to December, °C."""
    parts = prepare_all(setting)
    training, validation, test = parts
    model, epochs = trained(setting, seed, parts)
    said, judged = (forecast(model, part, training) for part in (validation, test))
    scores = {
        "validation_mae": mae(validation.targets, said),
        "test_mae": mae(test.targets, judged),
        "test_mae_24": mae(test.targets, judged, axis=0)[-1],
        "test_bias_24": (judged - test.targets)[:, -1].mean(),
    }
    rounded = {name: round(float(score), 5) for name, score in scores.items()}
    return {"parameters": model.count_params(), "epochs": epochs, **rounded}


def main():
    """Make the table, or what is missing of it."""
    return run("weather_search")


if __name__ == "__main__":
    main()
