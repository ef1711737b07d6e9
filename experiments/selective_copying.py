"""Which recurrent layers can copy a few symbols from among blanks, at known places and at drawn ones?

The page chapters/5_future/state_spaces.ipynb explains the task and reads the table. A network is a recurrent layer and
a linear one that names all symbols after the last step; "LRU twice" has a second recurrent layer, and rectified units
between the two. All have as many parameters, to a few per cent, and learn from sequences that are never seen twice. The
seed makes the sequences and the initial weights. The learning rate, which falls in a straight line, is to be chosen by
the accuracy on validation sequences.

The layers are taken without a model around them, so that only a change to what computes makes this table void.
"""

from rnnlib.datasets.selective_copying import selective_copy_task
from rnnlib.experiments import run
from rnnlib.layers.dense import Dense
from rnnlib.layers.minimal import MinGRU
from rnnlib.layers.recurrent import GRU, LSTM
from rnnlib.layers.selective import SelectiveSSM
from rnnlib.layers.state_space import LRU, ContinuousSSM
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import generator

LENGTH, SYMBOLS, REMEMBER = 24, 6, 4
BATCH, UPDATES = 64, 600
LONGEST = 1.0  # gradients are shortened to this global norm
RATES = (0.03, 0.01)
HELD_OUT = 2000  # sequences, for validation and again for test

STACKS = {  # from a generator to the layers before the last
    "GRU": lambda rng: [GRU(22, seed=rng)],
    "LSTM": lambda rng: [LSTM(19, seed=rng)],
    "MinGRU": lambda rng: [MinGRU(64, seed=rng)],
    "SelectiveSSM": lambda rng: [SelectiveSSM(24, 25, seed=rng)],
    "ContinuousSSM": lambda rng: [ContinuousSSM(24, 28, seed=rng)],
    "LRU": lambda rng: [LRU(24, 28, seed=rng)],
    "LRU twice": lambda rng: [
        LRU(16, 13, return_sequences=True, seed=rng),
        Dense(16, "relu", seed=rng),
        LRU(16, 13, seed=rng),
    ],
}
SETTINGS = [
    {"scattered": scattered, "stack": stack, "rate": rate}
    for rate in RATES
    for scattered in (False, True)
    for stack in STACKS
]
SEEDS = range(5)


class Network:
    """The layers of one of the `STACKS`, and a linear one on what they say after the last step."""

    def __init__(self, stack, rate):
        rng = generator("selective copying", "weights")
        self.layers = [*STACKS[stack](rng), Dense(REMEMBER * SYMBOLS, seed=rng)]
        self.loss = SparseCategoricalCrossentropy(from_logits=True)
        self.rate, self.optimizer = rate, Adam(rate, global_clipnorm=LONGEST)

    @property
    def weights(self):
        """All weight arrays."""
        return [weight for layer in self.layers for weight in layer.weights]

    def __call__(self, x):
        """Logits (sequences, places in the order, symbols)."""
        for layer in self.layers:
            x = layer(x)
        return x.reshape(len(x), REMEMBER, SYMBOLS)

    def train(self, x, y):
        """One update on one batch."""
        slope = self.loss.gradient(y, self(x)).reshape(len(x), -1)
        for layer in reversed(self.layers):
            slope = layer.backward(slope)
        self.optimizer.apply([gradient for layer in self.layers for gradient in layer.gradients], self.weights)

    def accuracy(self, x, y):
        """The share of right symbols, for each place in the order: (remember,)."""
        return (self(x).argmax(axis=-1) == y).mean(axis=0)


def sequences(count, scattered, rng):
    """`count` inputs and targets."""
    return selective_copy_task(count, LENGTH, rng, SYMBOLS, REMEMBER, scattered)


def trained(scattered, stack, rate, updates=UPDATES):
    """The network of one setting."""
    rng, network = generator("selective copying", "training"), Network(stack, rate)
    for done in range(updates):
        network.optimizer.learning_rate = rate * (1 - done / updates)
        network.train(*sequences(BATCH, scattered, rng))
    return network


def trial(setting, seed):
    """Train one network; its accuracy on new sequences, in test for each place in the order, and its size."""
    network, scattered = trained(**setting), setting["scattered"]
    validation, test = (
        network.accuracy(*sequences(HELD_OUT, scattered, generator("selective copying", part)))
        for part in ("validation", "test")
    )
    by_place = {f"test_accuracy_{place}": round(float(value), 5) for place, value in enumerate(test, 1)}
    return {
        "parameters": sum(weight.size for weight in network.weights),
        "validation_accuracy": round(float(validation.mean()), 5),
        "test_accuracy": round(float(test.mean()), 5),
        **by_place,
    }


def main():
    """Make the table, or what is missing of it."""
    return run("selective_copying")


if __name__ == "__main__":
    main()
