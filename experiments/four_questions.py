"""What is said to improve generalisation, tried one at a time: penalties, dropout, and other cells.

The page chapters/6_qa/four_questions.ipynb explains the tasks and reads the table. A trial trains one small Keras
network on a few samples; its seed draws the samples, the weights and the order of training.

- "digits": 100 handwritten digits, read row by row; the test set is the 597 digits set apart for testing.
- "random labels": 600 digits, each with a label drawn at random: nothing can be learned, all must be memorised.
- "first sign": 100 sequences of 20 steps of noise; was the first number positive? The test set is 1,000 new ones.
"""

import numpy as np

from rnnlib.datasets.images import digits
from rnnlib.experiments import run
from rnnlib.reproducibility import generator, import_tensorflow

LEARNING_RATE, STEPS, RATE = 0.003, 1000, 0.3  # RATE: the share that dropout sets to zero
LENGTH, NEW = 20, 1000  # of "first sign"


def setting(task, cell="SimpleRNN", units=50, penalty="none", on="none", strength=0.0, dropout="none"):
    """A row of SETTINGS: what differs from the plain network."""
    return {
        "task": task,
        "cell": cell,
        "units": units,
        "penalty": penalty,
        "on": on,
        "strength": strength,
        "dropout": dropout,
    }


# In each task the three cells have the same number of weights, within 2 %.
SETTINGS = [
    setting("digits"),
    *(setting("digits", penalty="L2", on="all", strength=s) for s in (0.001, 0.01)),
    *(setting("digits", penalty="L1", on="all", strength=s) for s in (0.0003, 0.003)),
    *(setting("digits", penalty="L2", on=on, strength=0.01) for on in ("input", "recurrent")),
    *(setting("digits", dropout=place) for place in ("input", "recurrent", "between")),
    setting("digits", "LSTM", 24),
    setting("digits", "GRU", 28),
    *(setting("random labels", dropout=place) for place in ("none", "input", "recurrent", "between")),
    setting("first sign", "SimpleRNN", 17),
    setting("first sign", "LSTM", 8),
    setting("first sign", "GRU", 9),
]
SEEDS = range(5)


def first_sign(rng, count):
    """Noise, (count, 20, 2), and whether the first number of each sequence is positive, (count,)."""
    x = rng.normal(size=(count, LENGTH, 2)).astype("float32")
    return x, (x[:, 0, 0] > 0).astype(int)


def samples(task):
    """Training inputs and labels, test inputs and labels, and the number of classes."""
    rng = generator("four questions", task)
    if task == "first sign":
        return *first_sign(rng, 100), *first_sign(rng, NEW), 2
    data = digits()
    x, y = np.stack(data.sequences).astype("float32") / 16, data.labels
    chosen = rng.permutation(np.flatnonzero(data.is_train))[: 100 if task == "digits" else 600]
    labels = y[chosen] if task == "digits" else rng.integers(10, size=chosen.size)
    return x[chosen], labels, x[~data.is_train], y[~data.is_train], 10


def network(keras, inputs, outputs, cell, units, penalty, on, strength, dropout):
    """One recurrent layer and one dense layer, with the penalty and the dropout of a setting."""

    def cost(*places):
        return getattr(keras.regularizers, penalty)(strength) if on in places else None

    layer = getattr(keras.layers, cell)(
        units,
        kernel_regularizer=cost("all", "input"),
        recurrent_regularizer=cost("all", "recurrent"),
        dropout=RATE if dropout == "input" else 0.0,  # one mask a sequence, the same at every step
        recurrent_dropout=RATE if dropout == "recurrent" else 0.0,  # likewise
    )
    between = [keras.layers.Dropout(RATE)] if dropout == "between" else []
    dense = keras.layers.Dense(outputs, kernel_regularizer=cost("all"))
    return keras.Sequential([keras.Input(inputs), layer, *between, dense])


def trial(setting, seed):
    """Train one network for 1,000 steps; the share of right answers, in per cent, on training and test samples."""
    keras = import_tensorflow().keras
    setting = dict(setting)
    x, y, x_test, y_test, classes = samples(setting.pop("task"))
    model = network(keras, x.shape[1:], classes, **setting)
    batch = len(x) // 4
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, steps_per_execution=50)
    rng = generator("four questions", "order")
    order = np.concatenate([rng.permutation(len(x)) for _ in range(STEPS // 4)])  # all epochs in one call: quicker
    model.fit(x[order], y[order], batch_size=batch, shuffle=False, verbose=0)

    def right(inputs, labels):
        return 100 * float(np.mean(np.asarray(model(inputs)).argmax(axis=1) == labels))

    return {
        "parameters": model.count_params(),
        "training_right": round(right(x, y), 2),
        "test_right": round(right(x_test, y_test), 2),
    }


def main():
    """Make the table, or what is missing of it."""
    return run("four_questions")


if __name__ == "__main__":
    main()
