"""The next letter of seven plays: how long must the windows of training be, and is the state to be carried on?

The page chapters/4_code/long_text.ipynb explains the data, the baselines and what is measured. A trial trains an LSTM
by truncated back-propagation through time: the text is cut into as many rows as make 2,048 letters an update with
windows of this length, the rows are read in parallel, and after each window the weights change. With `carry` a window
begins with the state that the one before ended with; without, with zeros. All settings see the same letters equally
often and make as many updates. The seed makes the initial weights.

Bits a letter: `validation_bits` and `test_bits` with the state carried on, `test_bits_reset` with zeros at the start of
each window, as in training without carry. `from_<n>`: on the test part with an empty memory every 512 letters, the mean
at the letters n to 2 n - 1 after it was emptied.
"""

import numpy as np

from rnnlib.callbacks import Callback, LearningRateScheduler
from rnnlib.datasets.more_plays import more_plays
from rnnlib.datasets.plays import shakespeare
from rnnlib.experiments import run
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.optimizers import Adam
from rnnlib.text_models import TextModel

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))  # the end of a line, and all of ASCII that can be printed
LETTERS_AN_UPDATE, EPOCHS, UNITS, EMBEDDING, LONGEST = 2048, 3, 64, 32, 1.0  # LONGEST: the global norm of gradients
ROWS = 8  # pieces that a part is cut into for scoring, to be read in parallel
SEGMENT = 512  # letters from one emptying of the memory to the next, for `from_<n>`

SETTINGS = [
    {"window": window, "carry": carry, "rate": rate}
    for window, carry, rate in (
        *((window, carry, 0.03) for window in (8, 32, 128) for carry in (True, False)),
        (32, True, 0.01),
        (32, True, 0.1),
    )
]
SEEDS = [0, 1, 2]
DATA = ["rnnlib/datasets/files/shakespeare.txt.gz", "rnnlib/datasets/files/more_plays.txt.gz"]


def split():
    """Three texts: the first eight tenths of each play for training, the ninth for choosing, the last for judging."""
    parts = ["", "", ""]
    for play in (shakespeare().texts | more_plays().texts).values():
        edges = [0, int(0.8 * len(play)), int(0.9 * len(play)), len(play)]
        parts = [part + play[a:b] for part, a, b in zip(parts, edges, edges[1:], strict=False)]
    return parts


def encoded(text):
    """The places of the letters in the alphabet: (time,)."""
    return np.array([ALPHABET.index(letter) for letter in text])


def in_rows(ids, rows):
    """Inputs and targets (rows, time): each target is one letter ahead of its input; a few letters are left over."""
    time = (len(ids) - 1) // rows
    return ids[: rows * time].reshape(rows, time), ids[1 : rows * time + 1].reshape(rows, time)


def in_windows(array, window):
    """(rows, time) as (windows * rows, window), in the order in which a stateful network wants them: first the first
    window of every row, then the second of every row. What does not fill a window is left out."""
    rows, count = len(array), array.shape[1] // window
    cut = array[:, : count * window].reshape(rows, count, window)
    return cut.swapaxes(0, 1).reshape(-1, window)


class EmptyMemory(Callback):
    """Lets a stateful layer begin each epoch with zeros."""

    def __init__(self, layer):
        self.layer = layer

    def on_epoch_begin(self, epoch):
        self.layer.reset_state()


def trained(ids, window, carry, rate, seed, *, units=UNITS, dropout=0.0, epochs=EPOCHS, letters=LETTERS_AN_UPDATE):
    """A network after its training on these letters; the learning rate falls in a straight line."""
    rows = letters // window
    options = {"cell": "LSTM", "units": units, "embedding": EMBEDDING, "dropout": dropout}
    model = TextModel(ALPHABET, stateful=carry, seed=seed, **options)
    model.network.compile(Adam(rate, global_clipnorm=LONGEST), SparseCategoricalCrossentropy(from_logits=True))
    falling = LearningRateScheduler(lambda epoch, _: rate * (1 - epoch / epochs))
    x, y = (in_windows(array, window) for array in in_rows(ids, rows))
    callbacks = [falling, EmptyMemory(model.recurrent)]
    model.network.fit(x, y, batch_size=rows, epochs=epochs, shuffle=False, callbacks=callbacks, verbose=0)
    return model


def surprise(model, before, text, reset_every=None):
    """-log2 p of each letter of `text`, in bits: (ROWS, time). The first input is the last letter of `before`."""
    return model.surprise(*in_rows(encoded(before[-1] + text), ROWS), reset_every=reset_every)


def by_position(bits):
    """What was measured with the memory emptied every `SEGMENT` letters, by letters since: {n: mean over n..2n-1}."""
    segments = bits.shape[1] // SEGMENT
    at = bits[:, : segments * SEGMENT].reshape(-1, SEGMENT).mean(axis=0)
    starts = 2 ** np.arange(SEGMENT.bit_length() - 1)
    return {int(n): at[n - 1 : 2 * n - 1].mean() for n in starts}


def trial(setting, seed):
    """Train one network; its bits a letter on validation and test part."""
    training, validation, test = split()
    model = trained(encoded(training), **setting, seed=seed)
    scores = {
        "validation_bits": surprise(model, training, validation).mean(),
        "test_bits": surprise(model, validation, test).mean(),
        "test_bits_reset": surprise(model, validation, test, setting["window"]).mean(),
    }
    positions = by_position(surprise(model, validation, test, SEGMENT))
    scores |= {f"from_{n}": bits for n, bits in positions.items()}
    return {
        "parameters": model.network.count_params(),
        **{name: round(float(bits), 5) for name, bits in scores.items()},
    }


def main():
    """Make the table, or what is missing of it."""
    return run("letters")


if __name__ == "__main__":
    main()
