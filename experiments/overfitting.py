"""Two small real tasks on which networks overfit, and the training that the long tables about them share.

- "digits": an image read row by row, 8 steps of 8 pixels. Training, validation and test images come from different
  forms, filled in by people on different sheets. The loss is the cross-entropy, the error the share of wrong digits, %.
- "weather": the change of New York's temperature in the 24 hours to come, from 8 quantities in the hours before.
  Training windows are drawn from January to August, validation is September, test October to December. The loss is the
  mean squared error in (°C)², the error its root in °C.

The seed of a trial draws the training examples, the initial weights and the order of training; two settings with the
same seed learn from the same examples, and where the network is the same, from the same start. Every network gets the
same number of steps, however many examples there are, so that more data does not also mean more training.
"""

import functools
from dataclasses import dataclass

import numpy as np

from experiments import digits, weather
from rnnlib.averaging import AveragedAdam, SwapEMAWeights
from rnnlib.callbacks import EarlyStopping
from rnnlib.layers import GRU, LSTM, SimpleRNN
from rnnlib.losses import MeanSquaredError, SparseCategoricalCrossentropy
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import generator

CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
STEPS, BATCH, LONGEST = 600, 25, 1.0  # LONGEST: gradients are shortened to this global norm
WINDOW, LONGEST_WINDOW = 12, 48  # hours
UNITS = {"digits": 40, "weather": 39}
SAME_SIZE = {  # units, for as many weights as a SimpleRNN of UNITS has, within 2 %
    "digits": {"SimpleRNN": 40, "LSTM": 19, "GRU": 22},
    "weather": {"SimpleRNN": 39, "LSTM": 20, "GRU": 23},
}
BASE = {"digits": 100, "weather": 200}  # training examples where they are not what is varied


@dataclass(frozen=True)
class Task:
    """Inputs (examples, time, features) and targets of the pool to draw from, of validation and of test; the network's
    number of outputs, and what one unit of a weather target is in °C (1 for digits)."""

    pool: tuple
    validation: tuple
    test: tuple
    outputs: int
    unit: float

    def parts(self):
        """The three parts by name."""
        return {"pool": self.pool, "validation": self.validation, "test": self.test}

    @property
    def loss(self):
        """What training minimises."""
        return SparseCategoricalCrossentropy(from_logits=True) if self.outputs == 10 else MeanSquaredError()


@functools.cache
def prepared(name, window=WINDOW):
    """The task of that name; `window` is the number of hours that the weather task sees, of the same examples."""
    if name == "digits":
        images, labels = digits.images_and_labels()
        return Task(*((images[part], labels[part]) for part in digits.split(labels)), outputs=10, unit=1.0)
    parts = weather.prepare(LONGEST_WINDOW)
    unit = float(parts[0].changes.std())
    parts = ((part.inputs[:, -window:], part.changes / unit) for part in parts)
    return Task(*parts, outputs=weather.HORIZON, unit=unit)


def drawn(pool, examples):
    """The training examples of a trial: inputs and targets. Fewer are the first of more."""
    chosen = generator("overfitting", "drawn").permutation(len(pool[0]))[:examples]
    return pool[0][chosen], pool[1][chosen]


def fitted(layers, data, x, y, seed, rate, *, validation=None, patience=None, altered=None, averaging=None):
    """A network of these layers, trained on `x` and `y`.

    `patience` stops it early, by its loss on `validation`. `altered(x, rng)` is what an epoch sees in place of `x`.
    `averaging` is the momentum of a mean of the weights that takes their place in the end.
    """
    model = Sequential(layers, seed=seed)
    callbacks, epochs = [], STEPS * BATCH // len(x)
    if averaging is None:
        optimizer = Adam(rate, global_clipnorm=LONGEST)
    else:
        optimizer = AveragedAdam(rate, averaging, global_clipnorm=LONGEST)
        callbacks.append(SwapEMAWeights())
    if patience is not None:
        callbacks.append(EarlyStopping(patience=patience, restore_best_weights=True))
    model.compile(optimizer, data.loss)
    options = {"batch_size": BATCH, "callbacks": callbacks, "validation_data": validation, "verbose": 0}
    if altered is None:
        model.fit(x, y, epochs=epochs, **options)
        return model
    rng = generator("overfitting", "altered")
    for epoch in range(epochs):
        model.fit(altered(x, rng), y, epochs=epoch + 1, initial_epoch=epoch, **options)
    return model


def judged(predict, data, part):
    """Loss and error of the function `predict` on inputs and targets `part`."""
    x, y = part
    said = predict(x)
    loss = float(data.loss(y, said)) * data.unit**2
    return loss, float(100 * np.mean(said.argmax(axis=1) != y)) if data.outputs == 10 else loss**0.5


def scores(predict, data, training):
    """Loss and error on training, validation and test examples: what a row of a table holds."""
    parts = {"training": training, "validation": data.validation, "test": data.test}
    found = {name: judged(predict, data, part) for name, part in parts.items()}
    return {
        f"{name}_{what}": round(value, 5)
        for name, both in found.items()
        for what, value in zip(("loss", "error"), both, strict=True)
    }


def predictor(model):
    """`model.predict` in batches that are large enough to be quick."""
    return lambda x: model.predict(x, 512)
