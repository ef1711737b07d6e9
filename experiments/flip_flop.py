"""Three bits of memory: recurrent networks trained on the flip-flop task, and the fixed points of what they became.

The task of Sussillo and Barak (2013, "A 3-bit flip-flop example"): three inputs, mostly 0, with pulses of +1 or -1 now
and then; three outputs, each of which shows the sign of the last pulse of its input. Their network has 1,000 units in
continuous time and learns its outputs and feedback alone (FORCE); these are small, in steps, and learn all weights by
back-propagation. Each channel begins with a pulse, so that the target is known from the first step.

A trial trains one network, scores it on new sequences, searches for the points where its state stays without input, and
counts them by the number of directions in which they are unstable: `stable`, `saddles_1` (one direction), `saddles_2`,
`saddles_3`, `others`. `index_sum` is the sum of their indices, 1 if none was missed. `corners` is the number of
patterns of three signs that the outputs at the stable points show, and `reached` the share of a thousand states of the
running network whose outputs are within 0.5 of the right corner after 1,000 steps without input.
"""

import numpy as np

from rnnlib.experiments import run
from rnnlib.inspection import fixed_points
from rnnlib.layers import GRU, Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam
from rnnlib.schedules import CosineDecay

BITS, LENGTH, CHANCE = 3, 50, 0.1  # CHANCE: of a pulse, a step and channel
UNITS, BATCH, RATE, LONGEST = 24, 32, 0.01, 1.0  # LONGEST: the global norm of gradients
STARTS = 400  # of the search: states of the running network, and points between two of them

SETTINGS = [{"cell": cell, "updates": updates} for cell in ("SimpleRNN", "GRU") for updates in (200, 2000)]
SEEDS = list(range(10))


def task(count, length, rng):
    """Inputs and targets (count, length, BITS), float32: pulses, and the sign of the last pulse of each channel."""
    pulses = rng.choice([-1, 0, 1], (count, length, BITS), p=[CHANCE / 2, 1 - CHANCE, CHANCE / 2])
    pulses[:, 0] = rng.choice([-1, 1], (count, BITS))
    last = np.maximum.accumulate(np.where(pulses != 0, np.arange(length)[:, np.newaxis], 0), axis=1)
    return pulses.astype("float32"), np.take_along_axis(pulses, last, axis=1).astype("float32")


def trained(cell, updates, seed):
    """A network after its training; every batch is new."""
    layer = {"SimpleRNN": SimpleRNN, "GRU": GRU}[cell](UNITS, return_sequences=True)
    model = Sequential([layer, Dense(BITS)], seed=seed)
    model.compile(Adam(CosineDecay(RATE, updates), global_clipnorm=LONGEST), "mse")
    rng = np.random.default_rng([seed, 1])
    for _ in range(updates):
        model.train_on_batch(*task(BATCH, LENGTH, rng))
    return model


def visited(model, count, rng):
    """States of the running network, (count, UNITS), from sequences that it has not seen."""
    model(task(count // 4, LENGTH, rng)[0])
    states = model.layers[0].record.states[0][1:].reshape(-1, UNITS)
    return states[rng.permutation(len(states))[:count]]


def searched(model, rng):
    """The fixed points without input: from states of the running network, and from halfway between two of them."""
    half = STARTS // 2
    states = visited(model, 3 * half, rng)
    between = (states[half : 2 * half] + states[2 * half :]) / 2
    return fixed_points(model.layers[0], np.concatenate([states[:half], between]), np.zeros(BITS))


def shown(model, states):
    """The outputs in these states, (points, BITS)."""
    return states @ model.layers[1].kernel + model.layers[1].bias


def settled(model, states, steps=1000):
    """The states after that many steps without input."""
    return model.layers[0](np.zeros((len(states), steps, BITS)), initial_state=states)[:, -1]


def trial(setting, seed):
    """Train one network; its errors and its fixed points."""
    model = trained(**setting, seed=seed)
    rng = np.random.default_rng([seed, 2])
    x, y = task(500, 4 * LENGTH, rng)
    outputs = model(x)
    points = searched(model, rng)
    corners = np.sign(shown(model, points.states[points.stable]))
    states = visited(model, 1000, rng)
    before, after = shown(model, states), shown(model, settled(model, states))
    unstable = np.bincount(points.unstable, minlength=4)
    return {
        "parameters": model.count_params(),
        "wrong_signs": round(float(np.mean(np.sign(outputs) != y)), 6),
        "mse": round(float(np.mean((outputs - y) ** 2)), 6),
        "stable": int(unstable[0]),
        "saddles_1": int(unstable[1]),
        "saddles_2": int(unstable[2]),
        "saddles_3": int(unstable[3]),
        "others": int(unstable[4:].sum()),
        "index_sum": int(points.index.sum()),
        "corners": len(np.unique(corners, axis=0)),
        "reached": round(float(np.mean((np.abs(after - np.sign(before)) < 0.5).all(axis=1))), 4),
    }


def main():
    """Make the table, or what is missing of it."""
    return run("flip_flop")


if __name__ == "__main__":
    main()
