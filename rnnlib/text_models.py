"""A language model over symbols, with all that its numbers mean: vocabulary, settings, weights, in one file."""

import json

import numpy as np

from rnnlib import checks, weight_files
from rnnlib.layers import GRU, LSTM, Dense, Dropout, Embedding, SimpleRNN
from rnnlib.losses import log_softmax
from rnnlib.model import Sequential

CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
CHUNK = 256  # steps that are computed at once where a long text is read
_VOCABULARY = "vocabulary and settings"


class TextModel:
    """An embedding, a recurrent layer and a softmax: the probabilities of the next symbol, given those before.

    `symbols` is the vocabulary, strings; the id of a symbol is its place. With `padding` the id 0 stands for no symbol:
    steps with it are masked, in training too. `network` is the `Sequential`, which gives logits (batch, time, symbols)
    for ids (batch, time); compile and fit it like any other. With `stateful` its recurrent layer carries the state from
    batch to batch, until `reset_state`.

    Raises ValueError for a symbol that is there twice, an unknown cell and impossible settings.
    """

    def __init__(
        self, symbols, *, cell="GRU", units=64, embedding=16, dropout=0.0, padding=False, stateful=False, seed=None
    ):
        self.symbols = list(symbols)
        self.ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        if len(self.ids) != len(self.symbols):
            raise ValueError(f"symbols wants each once, got {len(self.symbols) - len(self.ids)} of them again")
        layer = checks.one_of(CELLS, cell, "cell")
        self.settings = {"cell": cell, "units": units, "embedding": embedding, "dropout": dropout, "padding": padding}
        self.embedding = Embedding(len(self.symbols), embedding, mask_zero=padding)
        self.recurrent = layer(units, return_sequences=True, stateful=stateful)
        self.dense = Dense(len(self.symbols))
        self.network = Sequential([self.embedding, self.recurrent, Dropout(dropout), self.dense], seed=seed)
        self.network.build((None, None))

    def encode(self, text):
        """The ids of the symbols of `text`, a string or a list of symbols: (time,).

        Raises ValueError for a symbol that the model does not know.
        """
        unknown = sorted({symbol for symbol in text if symbol not in self.ids})
        if unknown:
            raise ValueError(f"text wants symbols of the vocabulary, got {unknown} too")
        return np.array([self.ids[symbol] for symbol in text], dtype=np.int64)

    def decode(self, ids):
        """The text that these ids stand for."""
        return "".join(self.symbols[i] for i in ids)

    def zeros(self, rows):
        """The state before the first step: a list of arrays (rows, units), one for each state of the cell."""
        shape = (rows, self.recurrent.units)
        return [np.zeros(shape, self.recurrent.dtype) for _ in range(self.recurrent.cell.number_of_states)]

    def log_probabilities(self, inputs, state=None):
        """After each of the ids `inputs`, (rows, time): the natural logarithms of the probabilities of all symbols,
        (rows, time, symbols), and the state at the end. Without a `state` the memory is empty.

        Raises ValueError or TypeError for ids or states that do not fit.
        """
        inputs = checks.whole_numbers(inputs, "inputs")
        if inputs.ndim != 2 or inputs.size == 0:
            raise ValueError(f"inputs wants ids of shape (rows, time), not empty, got {inputs.shape}")
        state = self.zeros(len(inputs)) if state is None else state
        vectors, mask = self.embedding(inputs), self.embedding.compute_mask(inputs)
        states = self.recurrent(vectors, initial_state=state, mask=mask)
        return log_softmax(self.dense(states)), [part[-1].copy() for part in self.recurrent.record.states]

    def step(self, tokens, state):
        """One step for `rnnlib.decoding`: the last token of each row, (rows,), and the state `zeros(rows)` at first."""
        log_p, state = self.log_probabilities(np.asarray(tokens)[:, np.newaxis], state)
        return log_p[:, 0], state

    def surprise(self, inputs, targets, reset_every=None):
        """-log2 of the probability that each of the ids `targets` was given, in bits: (rows, time), as both arguments.

        The state is carried from the first step to the last, or begins anew every `reset_every` steps. Raises as
        `log_probabilities`, and ValueError for targets of another shape.
        """
        inputs, targets = np.asarray(inputs), checks.whole_numbers(targets, "targets")
        checks.shape(targets, inputs.shape, "TextModel", "targets")
        length, state, bits = reset_every or CHUNK, None, []
        for start in range(0, inputs.shape[1], length):
            steps = np.s_[:, start : start + length]
            log_p, state = self.log_probabilities(inputs[steps], None if reset_every else state)
            bits.append(-np.take_along_axis(log_p, targets[steps][..., np.newaxis], 2)[..., 0] / np.log(2))
        return np.concatenate(bits, axis=1)

    def save(self, path, dtype=None):
        """Write weights, vocabulary and settings to one .safetensors or .npz file, whole or not at all.

        With `dtype`, such as "float16", the weights are rounded to it: half the size, and a little of the precision.
        """
        kept = json.dumps({"symbols": self.symbols, "settings": self.settings})
        arrays = dict(zip(self.network.weight_names, self.network.weights, strict=True))
        arrays = {name: array.astype(dtype or array.dtype) for name, array in arrays.items()}
        weight_files.save(path, {_VOCABULARY: np.frombuffer(kept.encode(), np.uint8), **arrays})

    @classmethod
    def load(cls, path):
        """The model that `save` wrote. Raises OSError for a damaged file, ValueError for one that holds none."""
        arrays = weight_files.load(path)
        if _VOCABULARY not in arrays:
            raise ValueError(f"{path} wants to be a file of TextModel.save, got weights without a vocabulary")
        kept = json.loads(arrays.pop(_VOCABULARY).tobytes())
        model = cls(kept["symbols"], **kept["settings"])
        if set(arrays) != set(model.network.weight_names):
            raise ValueError(f"{path} holds weights {sorted(arrays)}, wanted {sorted(model.network.weight_names)}")
        model.network.set_weights([arrays[name] for name in model.network.weight_names])
        return model
