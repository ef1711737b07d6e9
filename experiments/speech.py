"""Who is speaking? Recurrent networks of four kinds on spoken vowels, in every setting tried, five seeds each.

The page chapters/4_code/speech.ipynb explains the data, the folds and the baselines. A trial trains six networks of one
setting and one seed: five on four fifths of the training utterances each, for choosing, and one on all of them, which
is scored on the test utterances. The seed makes the initial weights, the order of the utterances, what dropout drops,
and how frames are shuffled where they are.
"""

from dataclasses import dataclass

import numpy as np

from rnnlib.callbacks import LearningRateScheduler
from rnnlib.datasets.vowels import japanese_vowels
from rnnlib.experiments import run
from rnnlib.layers.base import Layer
from rnnlib.layers.bidirectional import Bidirectional
from rnnlib.layers.dense import Dense
from rnnlib.layers.masking import Masking
from rnnlib.layers.recurrent import GRU, LSTM, SimpleRNN
from rnnlib.losses import SparseCategoricalCrossentropy
from rnnlib.model import Sequential
from rnnlib.optimizers import Adam

SPEAKERS, FOLDS, LONGEST = 9, 5, 29  # LONGEST: frames
EPOCHS, BATCH, LARGEST = 30, 32, 1.0  # LARGEST: gradients are shortened to this global norm
RATES = {"SimpleRNN": 0.005, "LSTM": 0.01, "GRU": 0.01, "BiGRU": 0.01}  # at the start; falls in a straight line
CELLS = {
    "SimpleRNN": SimpleRNN,
    "LSTM": LSTM,
    "GRU": GRU,
    "BiGRU": lambda units, **options: Bidirectional(GRU(units, **options)),  # so many units in each direction
}

USUAL = {"readout": "last", "units": 32, "dropout": 0.3, "padding": "masked", "frames": "in order"}
SETTINGS = [
    {"cell": cell, **USUAL, "readout": readout, "units": units, "dropout": dropout}
    for cell in CELLS
    for readout in ("last", "mean")
    for units, dropout in (((32, 0.0), (32, 0.3), (64, 0.3)) if cell != "BiGRU" else ((16, 0.3), (32, 0.0), (32, 0.3)))
]
SETTINGS += [{"cell": cell, **USUAL, "padding": "not masked"} for cell in ("SimpleRNN", "GRU")]
SETTINGS += [{"cell": cell, **USUAL, "frames": "shuffled"} for cell in ("GRU", "BiGRU")]
SEEDS = [0, 1, 2, 3, 4]
DATA = ["rnnlib/datasets/files/japanese_vowels.csv.gz"]


def split():
    """The training utterances and their speakers, and the test utterances and theirs, in the order of the file."""
    data = japanese_vowels()
    parts = []
    for chosen in (data.is_train, ~data.is_train):
        parts += [[data.sequences[i] for i in np.flatnonzero(chosen)], data.labels[chosen]]
    return parts


def blocks(labels):
    """The fold of each training utterance, (utterances,): those of a speaker are cut, in order, into `FOLDS` blocks."""
    fold = np.empty(len(labels), int)
    for speaker in np.unique(labels):
        own = np.flatnonzero(labels == speaker)
        fold[own] = np.arange(len(own)) * FOLDS // len(own)
    return fold


def shuffled(utterances, rng):
    """The same utterances, the frames of each in a random order."""
    return [rng.permutation(utterance) for utterance in utterances]


class MeanOverTime(Layer):
    """The mean of the steps that count, (batch, time, features) -> (batch, features): Keras's GlobalAveragePooling1D.

    y = sum_t m_t h_t / sum_t m_t
    """

    def checked(self, inputs):
        return inputs

    def forward(self, inputs, mask=None, training=False):
        counts = np.ones(inputs.shape[:2], self.dtype) if mask is None else mask.astype(self.dtype)
        self.record = counts / counts.sum(axis=1, keepdims=True)
        return np.einsum("bt,btf->bf", self.record, inputs)

    def backward(self, d_outputs, record=None):
        return self.taken_record(record)[:, :, np.newaxis] * d_outputs[:, np.newaxis]

    def compute_mask(self, inputs, mask=None):
        return None

    def output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])


@dataclass
class Listener:
    """A trained network and the scale of its inputs: `mean` and `deviation` (12,) of the frames it was trained on."""

    network: Sequential
    mean: np.ndarray
    deviation: np.ndarray

    def inputs(self, utterances, length=LONGEST):
        """Scaled first, then padded behind with zeros: (utterances, length, 12)."""
        array = np.zeros((len(utterances), length, len(self.mean)), "float32")
        for row, utterance in zip(array, utterances, strict=True):
            row[: len(utterance)] = (utterance - self.mean) / self.deviation
        return array

    def probabilities(self, utterances, length=LONGEST):
        """Of each speaker, (utterances, speakers)."""
        logits = self.network.predict(self.inputs(utterances, length), batch_size=len(utterances)).astype(float)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def layers(cell, readout, units, dropout, padding="masked"):
    """The layers of a network; it answers with logits, (utterances, speakers)."""
    recurrent = CELLS[cell](units, dropout=dropout, return_sequences=readout == "mean")
    front = [Masking()] if padding == "masked" else []
    return [*front, recurrent, *([MeanOverTime()] if readout == "mean" else []), Dense(SPEAKERS)]


def trained(setting, seed, utterances, labels):
    """A listener after its training on these utterances; frames are taken as they come."""
    options = {name: value for name, value in setting.items() if name != "frames"}
    frames, rate = np.concatenate(utterances), RATES[setting["cell"]]
    listener = Listener(Sequential(layers(**options), seed=seed), frames.mean(axis=0), frames.std(axis=0))
    falling = LearningRateScheduler(lambda epoch, _: rate * (1 - epoch / EPOCHS))
    loss = SparseCategoricalCrossentropy(from_logits=True)
    listener.network.compile(Adam(rate, global_clipnorm=LARGEST), loss)
    listener.network.fit(
        listener.inputs(utterances), labels, batch_size=BATCH, epochs=EPOCHS, callbacks=[falling], verbose=0
    )
    return listener


def accuracy(listener, utterances, labels):
    """The share of these utterances, in per cent, that is given to the right speaker."""
    return 100 * (listener.probabilities(utterances).argmax(axis=1) == labels).mean()


def trial(setting, seed):
    """Train on four fifths and score the rest, five times; train on everything and score the test utterances."""
    utterances, labels, test, test_labels = split()
    if setting["frames"] == "shuffled":
        rng = np.random.default_rng(seed)
        utterances, test = shuffled(utterances, rng), shuffled(test, rng)
    fold, scores = blocks(labels), []
    for held_out in range(FOLDS):
        seen = [utterance for utterance, k in zip(utterances, fold, strict=True) if k != held_out]
        unseen = [utterance for utterance, k in zip(utterances, fold, strict=True) if k == held_out]
        listener = trained(setting, seed, seen, labels[fold != held_out])
        scores.append(accuracy(listener, unseen, labels[fold == held_out]))
    listener = trained(setting, seed, utterances, labels)
    return {
        "parameters": listener.network.count_params(),
        "validation_accuracy": round(float(np.mean(scores)), 4),
        "training_accuracy": round(float(accuracy(listener, utterances, labels)), 4),
        "test_accuracy": round(float(accuracy(listener, test, test_labels)), 4),
    }


def main():
    """Make the table, or what is missing of it."""
    return run("speech")


if __name__ == "__main__":
    main()
