"""How far back can a network learn to look? The adding problem and the copy task against length.

The page chapters/3_math/vanishing_gradients.ipynb explains the tasks and reads the table. A trial gives one kind of
cell the same chances as any other: the same sequences in the same order, as many units and updates, and the same
learning rates. It trains a network with each rate, the largest first, until one solves the task; the network with the
lowest validation loss is tested. Its seed makes the sequences and the initial weights.

- "SimpleRNN", "LSTM", "GRU": the layers as Keras starts them.
- "IRNN": a SimpleRNN with ReLU that starts from the identity matrix (Le, Jaitly and Hinton 2015).

The layers are taken without a model around them, so that only a change to what computes makes this table void.
"""

import numpy as np

from rnnlib.datasets.synthetic import ADDING_BASELINE, adding_problem, copy_baseline, copy_task
from rnnlib.experiments import run
from rnnlib.layers.dense import Dense
from rnnlib.layers.recurrent import GRU, LSTM, SimpleRNN
from rnnlib.losses import MeanSquaredError, SparseCategoricalCrossentropy
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import generator

UNITS, BATCH, UPDATES, EVERY = 32, 32, 3000, 250  # EVERY: updates from one look at the validation loss to the next
RATES = (0.01, 0.003, 0.001)
LONGEST = 1.0  # gradients are shortened to this global norm
VALIDATION, TEST = 1000, 4000  # sequences
SOLVED = 0.01  # of the loss of the best answer that remembers nothing

CELLS = {
    "SimpleRNN": SimpleRNN,
    "IRNN": lambda units, **options: SimpleRNN(units, "relu", recurrent_initializer="identity", **options),
    "LSTM": LSTM,
    "GRU": GRU,
}
SETTINGS = [
    {"task": task, "length": length, "cell": cell}
    for task, lengths in (("adding", (10, 20, 40, 80, 160)), ("copy", (1, 10, 30)))
    for length in lengths
    for cell in CELLS
]
SEEDS = range(3)


def baseline(task, length):
    """The loss of the best answer that remembers nothing; `length` is the delay of the copy task."""
    return ADDING_BASELINE if task == "adding" else copy_baseline(length)


def sequences(task, length, count, rng):
    """`count` inputs and targets of a task."""
    return (adding_problem if task == "adding" else copy_task)(count, length, rng)


class Network:
    """A recurrent layer, and a linear one on its last state (adding) or on every state (copy: 8 symbols and blank)."""

    def __init__(self, task, cell, rate):
        rng = generator("long range", "weights")
        self.recurrent = CELLS[cell](UNITS, return_sequences=task == "copy", seed=rng)
        self.dense = Dense(1 if task == "adding" else 9, seed=rng)
        self.loss = MeanSquaredError() if task == "adding" else SparseCategoricalCrossentropy(from_logits=True)
        self.optimizer = Adam(rate, global_clipnorm=LONGEST)

    @property
    def weights(self):
        """All weight arrays."""
        return self.recurrent.weights + self.dense.weights

    def __call__(self, x):
        """The outputs for the sequences `x`."""
        return self.dense(self.recurrent(x))

    def train(self, x, y):
        """One update on one batch."""
        slope = self.loss.gradient(y, self(x))
        self.recurrent.backward(self.dense.backward(slope))
        self.optimizer.apply(self.recurrent.gradients + self.dense.gradients, self.weights)

    def evaluate(self, x, y):
        """The mean loss."""
        return float(np.mean([self.loss(y[i : i + 1000], self(x[i : i + 1000])) for i in range(0, len(x), 1000)]))


@np.errstate(over="ignore", invalid="ignore")  # a network that has exploded is told by its loss
def trained(task, length, cell, rate, updates=UPDATES):
    """Train on sequences that are never seen twice; the network as it was when its validation loss was lowest.

    Returns the network, that loss and the number of updates until then. Ends early where the task is solved.
    """
    rng, network = generator("long range", task, length), Network(task, cell, rate)
    held_out = sequences(task, length, VALIDATION, rng)
    lowest, best, weights = network.evaluate(*held_out), 0, [weight.copy() for weight in network.weights]
    for done in range(EVERY, updates + 1, EVERY):
        x, y = sequences(task, length, EVERY * BATCH, rng)
        for start in range(0, len(x), BATCH):
            network.train(x[start : start + BATCH], y[start : start + BATCH])
        loss = network.evaluate(*held_out)
        if loss < lowest:
            lowest, best, weights = loss, done, [weight.copy() for weight in network.weights]
        if lowest < SOLVED * baseline(task, length):
            break
    for weight, kept in zip(network.weights, weights, strict=True):
        weight[...] = kept
    return network, lowest, best


def trial(setting, seed):
    """Choose the learning rate by the validation loss; the test loss, and what it took."""
    task, length, cell = setting["task"], setting["length"], setting["cell"]
    tried = []
    for rate in RATES:
        network, loss, updates = trained(task, length, cell, rate)
        tried.append((loss, rate, updates, network))
        if loss < SOLVED * baseline(task, length):
            break
    loss, rate, updates, network = min(tried, key=lambda one: one[0])
    test = sequences(task, length, TEST, generator("long range", task, length, "test"))
    return {
        "parameters": sum(weight.size for weight in network.weights),
        "learning_rate": rate,
        "updates": updates,
        "validation_loss": loss,
        "test_loss": network.evaluate(*test),
    }


def main():
    """Make the table, or what is missing of it."""
    return run("long_range")


if __name__ == "__main__":
    main()
