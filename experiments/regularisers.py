"""What helps against overfitting: each remedy with the strength that was chosen for it, beside the network without.

The page chapters/5_future/regularisation.ipynb explains the remedies of experiments/remedies.py and reads the table.
The strengths are those with the lowest mean validation error in experiments/overfitting_tuning.py, which has other
seeds. All networks are a SimpleRNN with a learning rate of 0.003; another rate counts as a remedy. Two rows of one task
and seed learn from the same examples, and from the same start unless the remedy is another width.
"""

from experiments.overfitting import UNITS, predictor, scores
from experiments.remedies import remedied
from rnnlib.experiments import run

NAMES = ("task", "cell", "units", "rate", "method", "strength")
CHOSEN = {  # rate, method, strength
    "digits": [
        (0.003, "none", 0.0),
        (0.01, "none", 0.0),
        (0.003, "width", 64),
        (0.003, "L1 input", 0.0005),
        (0.003, "L1 recurrent", 0.002),
        (0.003, "L1 bias", 0.01),
        (0.003, "L1 all", 0.002),
        (0.003, "L2 input", 0.002),
        (0.003, "L2 recurrent", 0.002),
        (0.003, "L2 bias", 0.05),
        (0.003, "L2 all", 0.002),
        (0.003, "dropout input", 0.25),
        (0.003, "dropout recurrent", 0.1),
        (0.003, "dropout between", 0.1),
        (0.003, "early stopping", 10),
        (0.003, "early stopping, own", 30),
        (0.003, "averaging", 0.995),
        (0.003, "jitter", 0.8),
        (0.003, "scaling", 0.8),
        (0.003, "time shift", 1),
    ],
    "weather": [
        (0.003, "none", 0.0),
        (0.0003, "none", 0.0),
        (0.003, "width", 16),
        (0.003, "L1 input", 0.01),
        (0.003, "L1 recurrent", 0.01),
        (0.003, "L1 bias", 0.002),
        (0.003, "L1 all", 0.002),
        (0.003, "L2 input", 0.05),
        (0.003, "L2 recurrent", 0.05),
        (0.003, "L2 bias", 0.01),
        (0.003, "L2 all", 0.01),
        (0.003, "dropout input", 0.25),
        (0.003, "dropout recurrent", 0.5),
        (0.003, "dropout between", 0.5),
        (0.003, "early stopping", 10),
        (0.003, "early stopping, own", 3),
        (0.003, "averaging", 0.995),
        (0.003, "jitter", 0.8),
        (0.003, "scaling", 0.4),
        (0.003, "time shift", 3),
    ],
}
SETTINGS = [
    dict(zip(NAMES, (task, "SimpleRNN", UNITS[task], rate, method, strength), strict=True))
    for task, methods in CHOSEN.items()
    for rate, method, strength in methods
]
SEEDS = range(20)
DATA = ["rnnlib/datasets/files/jfk_weather.csv.gz"]


def trial(setting, seed):
    """Train one network; its losses and errors on training, validation and test examples."""
    data, training, model = remedied(**setting, seed=seed)
    return {"parameters": model.count_params(), **scores(predictor(model), data, training)}


def main():
    """Make the table, or what is missing of it."""
    return run("regularisers")


if __name__ == "__main__":
    main()
