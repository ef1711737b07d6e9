"""What a recurrent layer loses when its gates and its candidate no longer see the state: counting, brackets, a latch.

The page chapters/5_future/minimal_gates.ipynb explains the tasks and reads the table. Every network is trained on
sequences of LENGTH steps and tested on longer ones. All models get the same: about PARAMETERS weights, the same head,
the same sequences in the same order, the same number of updates, and the learning rates RATES, of which the one with
the lowest validation loss after FIRST updates goes on. The weights with the lowest validation loss are tested. A
trial's seed makes the sequences and the initial weights.

- "SimpleRNN", "GRU", "LSTM", "MinGRU", "MinLSTM": one recurrent layer.
- "MinGRU x2", "MinLSTM x2": two, with a dense layer of tanh units between them.
- "GRU, blind gates": both gates see the input alone; the candidate sees the state, as usual.
- "GRU, blind candidate": the other way round.

The layers are taken without a model around them, so that only a change to what computes makes this table void.
"""

import numpy as np

from rnnlib.datasets.state_tracking import brackets, latch, modular_counting
from rnnlib.experiments import run
from rnnlib.layers.dense import Dense
from rnnlib.layers.minimal import MinGRU, MinLSTM
from rnnlib.layers.recurrent import GRU, LSTM, SimpleRNN
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import generator

LENGTH, TIMES = 20, (1, 2, 4, 10)  # steps in training; tested up to so many times as far
BATCH, FIRST, UPDATES, EVERY = 32, 150, 600, 75  # EVERY: updates from one look at the validation loss to the next
RATES = (0.03, 0.01, 0.003)
LONGEST = 1.0  # gradients are shortened to this global norm
VALIDATION, TEST = 300, 200  # sequences
PARAMETERS, BETWEEN, HEAD = 3500, 24, 32  # units of the dense layer between two layers, and of the one after them

CLASSES = {"parity": 2, "brackets": 3, "latch": 2, "modulo 3": 3}
LAYERS = {
    "SimpleRNN": (SimpleRNN, 1),
    "GRU": (GRU, 1),
    "GRU, blind gates": (GRU, 1),
    "GRU, blind candidate": (GRU, 1),
    "LSTM": (LSTM, 1),
    "MinGRU": (MinGRU, 1),
    "MinGRU x2": (MinGRU, 2),
    "MinLSTM": (MinLSTM, 1),
    "MinLSTM x2": (MinLSTM, 2),
}
SETTINGS = [
    {"task": task, "model": model}
    for task in CLASSES
    for model in LAYERS
    if "blind" not in model or task in ("parity", "modulo 3")
]
SEEDS = range(5)


def sequences(task, count, length, rng, **options):
    """`count` inputs and answers of a task."""
    if task == "modulo 3":
        return modular_counting(count, length, rng, 3)
    return {"parity": modular_counting, "brackets": brackets, "latch": latch}[task](count, length, rng, **options)


def asked(task, x):
    """Which answers are counted: of brackets those after a closing one, since an opening one is the answer itself."""
    return x[..., x.shape[-1] // 2 :].any(axis=-1) if task == "brackets" else np.ones(x.shape[:2], bool)


def blinded(model, layer):
    """The parts of a built layer's weights that stay zero, as views, and those of its gradients."""
    if not model.startswith("GRU, blind"):
        return []
    columns = slice(0, 2 * layer.units) if model.endswith("gates") else slice(2 * layer.units, None)
    parts = [(layer.recurrent_kernel, layer.d_recurrent_kernel)]
    if model.endswith("candidate"):  # or the reset gate, which sees the state, would reach it by way of this bias
        parts.append((layer.bias[1:], layer.d_bias[1:]))
    return [array[:, columns] for pair in parts for array in pair]


class Network:
    """Recurrent layers, a hidden and an output layer, at every step; with Adam."""

    def __init__(self, task, model, units, rate):
        rng, (kind, number) = generator("minimal gates", model, "weights"), LAYERS[model]
        layers = [kind(units, return_sequences=True, seed=rng)]
        for _ in range(number - 1):
            layers += [Dense(BETWEEN, "tanh", seed=rng), kind(units, return_sequences=True, seed=rng)]
        self.layers = [*layers, Dense(HEAD, "tanh", seed=rng), Dense(CLASSES[task], seed=rng)]
        self.loss, self.task, self.rate = SparseCategoricalCrossentropy(from_logits=True), task, rate
        self.optimizer = Adam(rate, global_clipnorm=LONGEST)
        self(sequences(task, 1, 2, rng)[0])  # makes the weights
        self.blind = blinded(model, self.layers[0])
        for part in self.blind:
            part[...] = 0
        self.lowest, self.best = np.inf, None

    @property
    def weights(self):
        """All weight arrays."""
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def parameters(self):
        """How many weights can change."""
        return sum(weight.size for weight in self.weights) - sum(part.size for part in self.blind) // 2

    def __call__(self, x):
        """The outputs at every step."""
        for layer in self.layers:
            x = layer(x)
        return x

    def update(self, x, y):
        """One update on one batch."""
        slope = self.loss.gradient(y, self(x))
        for layer in reversed(self.layers):
            slope = layer.backward(slope)
        for part in self.blind:
            part[...] = 0
        self.optimizer.apply([gradient for layer in self.layers for gradient in layer.gradients], self.weights)

    def train(self, updates, rng, held_out):
        """Train on sequences that are never seen twice; keeps the weights with the lowest validation loss."""
        for done in range(1, updates + 1):
            self.update(*sequences(self.task, BATCH, LENGTH, rng))
            if done % EVERY == 0:
                loss = float(self.loss(held_out[1], self(held_out[0])))
                if loss < self.lowest:
                    self.lowest, self.best = loss, [weight.copy() for weight in self.weights]

    def restore(self):
        """Go back to the weights with the lowest validation loss."""
        for weight, kept in zip(self.weights, self.best, strict=True):
            weight[...] = kept


def units_for(task, model):
    """The number of units that comes nearest to PARAMETERS weights."""
    last = 0
    for units in range(2, 200):
        found = Network(task, model, units, 0.01).parameters
        if found >= PARAMETERS:
            return units if found - PARAMETERS < PARAMETERS - last else units - 1
        last = found
    raise ValueError(f"{model} does not reach {PARAMETERS} parameters")


def trained(task, model):
    """A network, with the learning rate chosen by the validation loss."""
    held_out = sequences(task, VALIDATION, LENGTH, generator("minimal gates", task, "validation"))
    units = units_for(task, model)
    tried = [Network(task, model, units, rate) for rate in RATES]
    for network in tried:
        network.train(FIRST, generator("minimal gates", task, "first"), held_out)
    network = min(tried, key=lambda one: one.lowest)
    network.train(UPDATES - FIRST, generator("minimal gates", task, "rest"), held_out)
    network.restore()
    return network


def steady(task, x, y):
    """The sequences, changed so that nothing new is heard after the first LENGTH steps: from there on all are ones."""
    x, y = x.copy(), y.copy()
    x[:, LENGTH:] = (0, 1)
    y[:, LENGTH:] = (y[:, LENGTH - 1 : LENGTH] + np.arange(1, x.shape[1] - LENGTH + 1)) % CLASSES[task]
    return x, y


def tests(task):
    """Longer sequences of a task by name: as in training, and, but for brackets, where nothing new is heard."""
    x, y = sequences(task, TEST, TIMES[-1] * LENGTH, generator("minimal gates", task, "test"))
    if task == "latch":  # nothing is written after the first step
        rng = generator("minimal gates", task, "steady")
        return {"right": (x, y), "steady": sequences(task, TEST, x.shape[1], rng, write=0.0)}
    return {"right": (x, y)} if task == "brackets" else {"right": (x, y), "steady": steady(task, x, y)}


def trial(setting, seed):
    """Shares of right answers in the LENGTH // 2 steps up to LENGTH and beyond, and of sequences without a mistake."""
    network = trained(**setting)
    found = {
        "units": network.layers[0].units,
        "parameters": network.parameters,
        "learning_rate": network.rate,
        "validation_loss": network.lowest,
        **{f"steady_{times}": float("nan") for times in TIMES},
    }
    for name, (x, y) in tests(setting["task"]).items():
        right, counted = network(x).argmax(axis=-1) == y, asked(setting["task"], x)
        flawless = np.logical_and.accumulate(right, axis=1).mean(axis=0)
        for times in TIMES:
            last = slice(times * LENGTH - LENGTH // 2, times * LENGTH)
            found[f"{name}_{times}"] = float(right[:, last][counted[:, last]].mean())
            if name == "right":
                found[f"flawless_{times}"] = float(flawless[times * LENGTH - 1])
    return found


def main():
    """Make the table, or what is missing of it."""
    return run("minimal_gates")


if __name__ == "__main__":
    main()
