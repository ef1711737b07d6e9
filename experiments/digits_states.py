"""Handwritten digits, pixel by pixel: layers with linear states beside the GRU of the experiment `digits`.

The page chapters/5_future/state_spaces.ipynb reads the table, chapters/4_code/digits.ipynb explains data and orders. A
network has two recurrent layers of one kind with rectified units between them, since such layers are linear in their
states, and as many parameters as a GRU of 64 units, to one per cent. Images, split, training and what a seed draws are
those of `digits`, and so is the learning rate, the one that was chosen for the GRU: nothing is tuned for these layers.
"""

from experiments.digits import accuracy, fitted, images_and_labels, read, split
from rnnlib.experiments import run
from rnnlib.layers import LRU, ContinuousSSM, Dense, MinGRU

STACKS = {
    "LRU": lambda: [LRU(45, 32, return_sequences=True), Dense(45, "relu"), LRU(45, 32)],
    "MinGRU": lambda: [MinGRU(64, return_sequences=True), Dense(64, "relu"), MinGRU(64)],
    "ContinuousSSM": lambda: [ContinuousSSM(45, 32, return_sequences=True), Dense(45, "relu"), ContinuousSSM(45, 32)],
}
ORDERS = ["pixels", "scattered pixels"]
SETTINGS = [{"order": order, "stack": stack, "rate": 0.01} for stack in STACKS for order in ORDERS]
SEEDS = [0, 1, 2, 3, 4]


def trained(order, stack, rate, seed):
    """The network of one setting and seed."""
    images, labels = images_and_labels()
    learn, choose, _ = split(labels)
    sequences = read(images, order, seed)
    parts = [(sequences[part], labels[part]) for part in (learn, choose)]
    return fitted(STACKS[stack](), rate, seed, *parts)


def trial(setting, seed):
    """Train one network; its accuracy on the three parts, and how many weights it has."""
    images, labels = images_and_labels()
    sequences, model = read(images, setting["order"], seed), trained(**setting, seed=seed)
    names = ("training", "validation", "test")
    scores = {
        f"{name}_accuracy": round(accuracy(model, sequences[part], labels[part]), 5)
        for name, part in zip(names, split(labels), strict=True)
    }
    return {"parameters": model.count_params(), **scores}


def main():
    """Make the table, or what is missing of it."""
    return run("digits_states")


if __name__ == "__main__":
    main()
