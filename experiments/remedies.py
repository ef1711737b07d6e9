"""What is said to help against overfitting: networks that are trained with one remedy each, of one strength.

The page chapters/5_future/regularisation.ipynb explains them. A network is a recurrent layer and a dense one;
experiments/overfitting.py has the tasks and the training.

- "none"; "width": other units, the strength.
- "L1 ..." and "L2 ...": a penalty on the weights of the "input", the "recurrent" ones, the "bias", or on "all" but the
  biases, the dense layer's too.
- "dropout ...": a share of the "input", of the "recurrent" state, or of what goes "between" the two layers.
- "early stopping": by the validation data, with the strength as patience; "early stopping, own": by a fifth of the
  training examples, which it then does not learn from.
- "averaging": an exponential moving average of the weights.
- "jitter", "scaling", "time shift": training sequences that are altered anew in each epoch.
"""

import numpy as np

from experiments.overfitting import BASE, CELLS, drawn, fitted, prepared
from rnnlib.layers import Dense, Dropout
from rnnlib.regularizers import L1, L2

STRENGTHS = {
    "width": (4, 16, 64),
    **dict.fromkeys(("L1 input", "L1 recurrent", "L1 bias", "L1 all"), (0.0005, 0.002, 0.01)),
    **dict.fromkeys(("L2 input", "L2 recurrent", "L2 bias", "L2 all"), (0.002, 0.01, 0.05)),
    **dict.fromkeys(("dropout input", "dropout recurrent", "dropout between"), (0.1, 0.25, 0.5)),
    **dict.fromkeys(("early stopping", "early stopping, own"), (3, 10, 30)),
    "averaging": (0.9, 0.98, 0.995),
    **dict.fromkeys(("jitter", "scaling"), (0.2, 0.4, 0.8)),
    "time shift": (1, 2, 3),
}


def penalties(method, strength):
    """The regularizers of a recurrent layer by argument, and that of the dense kernel."""
    kind, _, place = method.partition(" ")
    if kind not in ("L1", "L2"):
        return {}, None
    penalty = {"L1": L1, "L2": L2}[kind](strength)
    names = {"input": "kernel", "recurrent": "recurrent", "bias": "bias"}
    chosen = ["kernel", "recurrent"] if place == "all" else [names[place]]
    return {f"{name}_regularizer": penalty for name in chosen}, penalty if place == "all" else None


def layers(cell, units, method, strength, outputs):
    """The recurrent layer, what is between, and the dense layer: as many for all remedies, so that all start alike."""
    recurrent, dense = penalties(method, strength)
    rates = {"dropout input": "dropout", "dropout recurrent": "recurrent_dropout"}
    if method in rates:
        recurrent[rates[method]] = strength
    between = Dropout(strength if method == "dropout between" else 0.0)
    units = strength if method == "width" else units
    return [CELLS[cell](units, **recurrent), between, Dense(outputs, kernel_regularizer=dense)]


def jitter(x, rng, strength):
    """Gaussian noise on each number, `strength` standard deviations of its feature over time and examples."""
    return x + strength * x.std(axis=(0, 1)) * rng.normal(size=x.shape)


def scaling(x, rng, strength):
    """Each feature of each sequence times a Gaussian number of mean 1, the same at all steps."""
    return x * rng.normal(1, strength, size=(len(x), 1, x.shape[2]))


def time_shift(x, rng, strength):
    """Each sequence moved by up to `strength` steps, later or earlier; the step at the edge is repeated."""
    moved = np.arange(x.shape[1]) - rng.integers(-strength, strength + 1, size=(len(x), 1))
    return x[np.arange(len(x))[:, np.newaxis], moved.clip(0, x.shape[1] - 1)]


ALTERED = {"jitter": jitter, "scaling": scaling, "time shift": time_shift}


def remedied(task, cell, units, rate, method, strength, seed):
    """The data of the task, the training examples, and the network that was trained on them."""
    data = prepared(task)
    x, y = training = drawn(data.pool, BASE[task])
    options = {}
    if method in ALTERED:
        options["altered"] = lambda x, rng: ALTERED[method](x, rng, strength)
    elif method == "averaging":
        options["averaging"] = strength
    elif method == "early stopping":
        options.update(patience=strength, validation=data.validation)
    elif method == "early stopping, own":
        kept = len(x) * 4 // 5
        options.update(patience=strength, validation=(x[kept:], y[kept:]))
        x, y = x[:kept], y[:kept]
    network = layers(cell, units, method, strength, data.outputs)
    return data, training, fitted(network, data, x, y, seed, rate, **options)
