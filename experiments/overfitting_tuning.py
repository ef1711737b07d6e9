"""Settings chosen on validation data: learning rates, and the strength of each remedy against overfitting.

What is chosen here is used by experiments/regularisers.py, with other seeds: each choice is the strength with the
lowest mean validation error over the seeds. No test example is looked at.

The first rows are networks without a remedy and with different rates, at 0.003 and two or three others; the other rows
are a SimpleRNN at 0.003 with one of the remedies of experiments/remedies.py, each in three strengths.
"""

from experiments.overfitting import BASE, CELLS, SAME_SIZE, UNITS, judged, predictor
from experiments.remedies import STRENGTHS, remedied
from rnnlib.experiments import run

NAMES = ("task", "cell", "units", "rate", "method", "strength")
SETTINGS = [
    dict(zip(NAMES, (task, cell, units, rate, "none", 0.0), strict=True))
    for task in BASE
    for cell in CELLS
    for units in sorted({UNITS[task], SAME_SIZE[task][cell]})
    for rate in (0.001, 0.003, 0.01, {"digits": 0.03, "weather": 0.0003}[task])  # where 0.01 and 0.001 were best
]
SETTINGS += [
    dict(zip(NAMES, (task, "SimpleRNN", UNITS[task], 0.003, method, strength), strict=True))
    for task in BASE
    for method, strengths in STRENGTHS.items()
    for strength in strengths
]
SEEDS = range(100, 104)
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def trial(setting, seed):
    """Train one network; its loss and error on validation data."""
    data, _, model = remedied(**setting, seed=seed)
    loss, error = judged(predictor(model), data, data.validation)
    return {"validation_loss": round(loss, 5), "validation_error": round(error, 5)}


def main():
    """Make the table, or what is missing of it."""
    return run("overfitting_tuning")


if __name__ == "__main__":
    main()
