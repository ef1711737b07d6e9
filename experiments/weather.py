"""New York's temperature 24 hours ahead: recurrent networks in every setting tried, five seeds each.

The data, the split and the baselines are explained on the page chapters/4_code/weather.ipynb, which writes the same
steps out and checks that they give the same arrays. One trial fits one network and scores it.
"""

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from rnnlib.datasets.weather import jfk_weather
from rnnlib.experiments import run
from rnnlib.forecasting import fill_forward, mae, rmse, split_by_time, windows
from rnnlib.reproducibility import import_tensorflow

HORIZON = 24
LEARNING_RATE, BATCH_SIZE, MAX_EPOCHS, PATIENCE = 0.005, 128, 20, 3

# Four settings for each cell; ridge regression gets four as well, on the page.
SETTINGS = [
    {"cell": cell, "window": window, "units": units}
    for cell in ("SimpleRNN", "LSTM", "GRU")
    for window in (24, 48)
    for units in (8, 32)
]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def hourly_table():
    """The observations, one row an hour in local standard time, gaps and one impossible jump as NaN."""
    frame = jfk_weather().frame.tz_convert("Etc/GMT+5").asfreq("h")
    return frame.mask(frame["temperature"].diff().abs() > 10)  # 10 degrees within an hour


def features(table):
    """The inputs of every model, each row from itself and the rows before it; no NaN."""
    filled = fill_forward(table)
    angle, hour = np.deg2rad(filled["wind_direction"]), 2 * np.pi * filled.index.hour / 24
    return pd.DataFrame(
        {
            **filled[["temperature", "dew_point", "humidity", "pressure"]],
            "wind from east": filled["wind_speed"] * np.sin(angle),
            "wind from north": filled["wind_speed"] * np.cos(angle),
            "hour, sine": np.sin(hour),
            "hour, cosine": np.cos(hour),
        }
    )


def prepare(window):
    """Training, validation and test windows: January to August, September, October to December."""
    table = hourly_table()
    inputs = features(table)
    parts = split_by_time(inputs.index, "2013-09-01", "2013-10-01")
    scaled = StandardScaler().fit(inputs[parts[0]]).transform(inputs)
    observed, known = table["temperature"], inputs["temperature"]
    return [windows(scaled, observed, window, HORIZON, rows=part, known=known) for part in parts]


def trial(setting, seed):
    """Fit one network to the change of temperature, stop it by September, score it on October to December."""
    keras = import_tensorflow().keras
    training, validation, test = prepare(setting["window"])
    scale = training.changes.std()
    cell = getattr(keras.layers, setting["cell"])
    model = keras.Sequential(
        [keras.Input(training.inputs.shape[1:]), cell(setting["units"]), keras.layers.Dense(HORIZON)]
    )
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss="mse")
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    history = model.fit(
        training.inputs,
        training.changes / scale,
        validation_data=(validation.inputs, validation.changes / scale),
        batch_size=BATCH_SIZE,
        epochs=MAX_EPOCHS,
        callbacks=[stop],
        verbose=0,
    )

    chosen_by, judged_by = (part.from_changes(scale * model(part.inputs).numpy()) for part in (validation, test))
    by_lead = mae(test.targets, judged_by, axis=0)
    scores = {
        "validation_mae": mae(validation.targets, chosen_by),
        "test_mae": by_lead.mean(),
        "test_rmse": rmse(test.targets, judged_by),
        "test_rmse_24": rmse(test.targets, judged_by, axis=0)[-1],
        **{f"test_mae_{lead}": error for lead, error in enumerate(by_lead, start=1)},
    }
    rounded = {name: round(float(score), 6) for name, score in scores.items()}
    return {"parameters": model.count_params(), "epochs": len(history.epoch), **rounded}


def main():
    """Make the table, or what is missing of it."""
    return run("weather")


if __name__ == "__main__":
    main()
