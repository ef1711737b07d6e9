"""Tomorrow's change of the DAX, and its size: recurrent networks in every setting tried, five seeds each.

The page chapters/4_code/stocks.ipynb explains the data, the split and the scores, and fits the baselines. A trial fits
a network of one setting four times, each time with more of the past (a rolling origin), and scores it on the eighth of
the series that comes next.

- "target": the "change" itself, in per cent, or its "size", the absolute value.
- "trained on": the windows of the "DAX" alone, or of "all four" indices.
"""

import numpy as np

from rnnlib.callbacks import EarlyStopping
from rnnlib.datasets.stocks import eu_stock_markets
from rnnlib.experiments import run
from rnnlib.forecasting import windows
from rnnlib.layers import GRU, LSTM, Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam

WINDOW, UNITS, BATCHES, MAX_EPOCHS, PATIENCE = 20, 8, 12, 40, 5  # BATCHES: updates an epoch, whatever the data
PARTS, FOLDS = 8, 4
CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
SETTINGS = [
    {"target": target, "cell": cell, "trained on": markets, "rate": rate}
    for target in ("change", "size")
    for cell in CELLS
    for markets in ("DAX", "all four")
    for rate in (0.003, 0.01)
]
SEEDS = range(5)
DATA = ["rnnlib/datasets/files/eu_stock_markets.csv.gz"]


def daily_changes():
    """(days, 4): logarithmic changes in per cent, from one day on which the DAX moved to the next such day."""
    prices = eu_stock_markets().frame
    traded = prices[prices["DAX"].diff() != 0]  # on a holiday the source repeats the day before
    return 100 * np.diff(np.log(traded.to_numpy()), axis=0)


def split(days, fold):
    """Slices for training, validation and test; `fold` is 0 to 3: the test is eighth 5 to 8, validation that before."""
    edges = np.linspace(0, days, PARTS + 1).astype(int).tolist()
    first = PARTS - FOLDS + fold
    return slice(0, edges[first - 1]), slice(edges[first - 1], edges[first]), slice(edges[first], edges[first + 1])


def prepare(target, fold, market=0):
    """Training, validation and test windows of one index, and their unit: its standard deviation in training.

    The inputs of each day are its change and the size of its change, both in that unit; so is what is to be forecast.
    """
    change = daily_changes()[:, market]
    parts = split(len(change), fold)
    unit = change[parts[0]].std()
    change = change / unit
    inputs = np.column_stack([change, np.abs(change)])
    series = {"change": change, "size": np.abs(change)}[target]
    return [windows(inputs, series, WINDOW, 1, rows=part) for part in parts], unit


def reference(target, training):
    """What the naive rule says every day: no change; or the size that was usual in training."""
    return 0.0 if target == "change" else training.targets.mean()


def training_data(setting, fold):
    """The windows (batch, time, 2) and targets (batch, 1) that a setting learns from, less the naive rule."""
    markets = range(4) if setting["trained on"] == "all four" else [0]
    pieces = [prepare(setting["target"], fold, market)[0][0] for market in markets]
    targets = [piece.targets - reference(setting["target"], piece) for piece in pieces]
    return np.concatenate([piece.inputs for piece in pieces]), np.concatenate(targets)


def trained(setting, fold, seed):
    """The network of one setting and fold, stopped by its validation loss."""
    (training, validation, _), _ = prepare(setting["target"], fold)
    x, y = training_data(setting, fold)
    model = Sequential([CELLS[setting["cell"]](UNITS), Dense(1, kernel_initializer="zeros")], seed=seed)
    model.compile(Adam(setting["rate"]), loss="mse")
    model.fit(
        x,
        y,
        batch_size=-(-len(x) // BATCHES),
        epochs=MAX_EPOCHS,
        validation_data=(validation.inputs, validation.targets - reference(setting["target"], training)),
        callbacks=[EarlyStopping(patience=PATIENCE, restore_best_weights=True)],
        verbose=0,
    )
    return model


def forecasts(setting, fold, seed):
    """What a trained network says of the validation days and of the test days, in per cent: two arrays (days,)."""
    (training, *others), unit = prepare(setting["target"], fold)
    model, naive = trained(setting, fold, seed), reference(setting["target"], training)
    return [unit * (naive + model.predict(part.inputs)[:, 0].astype(float)) for part in others]


def scores(target, fold, said, part):
    """Mean squared error of forecasts in per cent, and the share of days on the right side of the naive rule."""
    pieces, unit = prepare(target, fold)
    came, naive = unit * pieces[part].targets[:, 0], unit * reference(target, pieces[0])
    return float(np.mean((said - came) ** 2)), float(np.mean((said > naive) == (came > naive)))


def trial(setting, seed):
    """Fit the four folds; validation error, test error and share on the right side of each."""
    metrics = {}
    for fold in range(FOLDS):
        validation, test = forecasts(setting, fold, seed)
        metrics[f"validation_mse_{fold}"] = scores(setting["target"], fold, validation, 1)[0]
        metrics[f"test_mse_{fold}"], metrics[f"test_right_{fold}"] = scores(setting["target"], fold, test, 2)
    return {name: round(value, 6) for name, value in metrics.items()}


def main():
    """Make the table, or what is missing of it."""
    return run("stocks")


if __name__ == "__main__":
    main()
