"""`Seq2Seq`: an encoder that reads a sequence, a decoder that writes another, and attention between the two."""

import dataclasses

import numpy as np

from rnnlib import checks, losses
from rnnlib.layers import GRU, LSTM, AdditiveAttention, Attention, Bidirectional, Dense, Embedding, SimpleRNN
from rnnlib.model import Trained

PADDING, START, END = 0, 1, 2  # the ids with a meaning of their own, in sources and in targets; all others are tokens

_CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
_ATTENTIONS = {"additive": AdditiveAttention, "dot": Attention, None: None}


@dataclasses.dataclass
class Pairs:
    """What the network reads: `sources` (batch, source time) and, a step behind the targets, `inputs` (batch, time)."""

    sources: np.ndarray
    inputs: np.ndarray

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, samples):
        return Pairs(self.sources[samples], self.inputs[samples])


class Seq2Seq(Trained):
    """An encoder-decoder with attention (Bahdanau, Cho and Bengio 2015; Luong, Pham and Manning 2015).

        s_1 .. s_n    = encoder(E x_1, .., E x_n)                one state a source token, from both sides
        h_t           = decoder(F y_{t-1}, h_{t-1})              h_0 is the encoder's last state
        c_t           = attention(h_t W_q, [s_1 .. s_n], [s_1 .. s_n] W_k)
        m_t           = tanh([c_t, h_t] W_c + b_c)
        p(y_t | ...)  = softmax(m_t W_o + b_o)

    The decoder runs over its whole input first, and attention looks from all its states at once, as in Luong et al.
    (2015, eqs. 5 to 7): all is layers, and the way back is that of each layer, in turn. (Bahdanau et al. feed c_t into
    the recurrence in place of this; then each step has to wait for the attention of the one before.)

    - `attention`: "additive", "dot" (without W_q and W_k) or None: m_t = tanh(h_t W_c + b_c), and all that the decoder
      knows of the source is h_0.
    - `bidirectional`: the encoder is two layers of units / 2, whose outputs, and whose last states, stand side by side.
    - `cell`: "GRU", "LSTM" or "SimpleRNN". `dropout` is that of the inputs of both recurrent layers.

    Sources and targets are ids, (batch, time); targets end with `END` and are filled up with `PADDING`, which counts
    nowhere: not in the encoder (where it may stand anywhere), the attention, the decoder or the loss. In training the
    decoder is fed with the true targets, a step late (teacher forcing, Williams and Zipser 1989); `step` feeds it with
    whatever it is given:

        model = Seq2Seq(source_tokens=30, target_tokens=20, units=64, seed=0)
        model.compile("adam")
        model.fit(sources, targets, epochs=10)
        greedy(model.step, model.encode(sources), start=[START] * len(sources), end=END, max_length=20)

    `compile`, `fit`, `evaluate`, `train_on_batch`, checkpoints and files of weights are those of `Sequential`.

    Raises ValueError or TypeError for impossible settings.
    """

    def __init__(
        self,
        source_tokens,
        target_tokens,
        units=64,
        embedding_dim=None,
        *,
        cell="GRU",
        attention="additive",
        bidirectional=True,
        dropout=0.0,
        dtype="float32",
        seed=None,
    ):
        self.units = units = checks.integer_at_least(units, 1, "units")
        size = units if embedding_dim is None else checks.integer_at_least(embedding_dim, 1, "embedding_dim")
        if bidirectional and units % 2:
            raise ValueError(f"units wants an even number for a bidirectional encoder, half of it a side, got {units}")
        cell = checks.one_of(_CELLS, cell, "cell")
        if attention not in _ATTENTIONS:
            raise ValueError(f"attention wants one of additive, dot, None, got {attention!r}")
        recurrent = {"return_sequences": True, "return_state": True, "dropout": dropout, "dtype": dtype}
        self.source_embedding = Embedding(source_tokens, size, dtype=dtype, name="source_embedding")
        if bidirectional:
            self.encoder = Bidirectional(cell(units // 2, **recurrent), name="encoder")
        else:
            self.encoder = cell(units, **recurrent, name="encoder")
        target_tokens = checks.integer_at_least(target_tokens, END + 1, "target_tokens")
        self.target_embedding = Embedding(target_tokens, size, dtype=dtype, name="target_embedding")
        self.decoder = cell(units, **recurrent, name="decoder")
        self.query_kernel = self.key_kernel = self.attention = None
        if attention is not None:
            self.attention = _ATTENTIONS[attention](dtype=dtype, name="attention")
        if attention == "additive":
            self.query_kernel = Dense(units, use_bias=False, dtype=dtype, name="query_kernel")
            self.key_kernel = Dense(units, dtype=dtype, name="key_kernel")
        self.combination = Dense(units, "tanh", dtype=dtype, name="combination")
        self.prediction = Dense(target_tokens, dtype=dtype, name="prediction")
        layers = [self.source_embedding, self.encoder, self.target_embedding, self.decoder, self.query_kernel]
        layers += [self.key_kernel, self.attention, self.combination, self.prediction]
        super().__init__([layer for layer in layers if layer is not None], seed)
        self.build()

    def build(self):
        """Make the weights; called when the network is made, since it knows all shapes."""
        ids = np.full((1, 1), PADDING)
        self.source_embedding.checked(ids)
        self.target_embedding.checked(ids)
        for layer in (self.encoder, self.decoder):
            layer.checked(np.zeros((1, 1, self.source_embedding.output_dim)))
        states = np.zeros((1, 1, self.units))
        for layer in (self.query_kernel, self.key_kernel):
            if layer is not None:
                layer.checked(states)
        if self.attention is not None:
            self.attention.checked([states, states])
        self.combination.checked(np.zeros((1, 1, self.units * (1 if self.attention is None else 2))))
        self.prediction.checked(states)
        self._flatten()

    def compile(self, optimizer="adam", loss=None):
        """Say how to train: an optimizer, and a loss if it is not the cross-entropy of the tokens."""
        super().compile(optimizer, losses.SparseCategoricalCrossentropy(from_logits=True) if loss is None else loss)

    def fit(self, sources, targets, batch_size=32, epochs=1, verbose=1, **options):
        """Train on pairs with teacher forcing; `options` are those of `Sequential.fit`, but for `truncate`.

        Returns a `History`. The loss is the mean over all tokens but padding. Raises as `Sequential.fit`.
        """
        if options.get("truncate") is not None:
            raise ValueError("Seq2Seq cannot cut its sequences: fit it without truncate")
        return super().fit(sources, targets, batch_size, epochs, verbose, **options)

    # Forward and backward ------------------------------------------------------------------------------------------

    def __call__(self, sources, targets, training=False):
        """The logits (batch, time, target_tokens) of each token of `targets`, given the source and those before it."""
        pairs, _ = self._checked_pairs(sources, targets)
        return self.forward_with_mask(pairs, training)[0]

    def forward_with_mask(self, pairs, training=False):
        """The logits for `Pairs`, and the mask (batch, time) that says which of them count."""
        mask = pairs.inputs != PADDING
        encoded, states = self._encoded(pairs.sources, training)
        embedded = self.target_embedding.forward(pairs.inputs)
        hidden, *_ = self.decoder.forward(embedded, states, mask, training)
        keys = self._keys(encoded)
        return self._logits(hidden, encoded, keys, pairs.sources != PADDING), mask

    def _encoded(self, sources, training=False):
        """The encoder's outputs at each source token, and the states that the decoder starts from."""
        embedded = self.source_embedding.forward(sources)
        encoded, *states = self.encoder.forward(embedded, None, sources != PADDING, training)
        if isinstance(self.encoder, Bidirectional):  # the last states of both halves, side by side
            half = len(states) // 2
            states = [np.concatenate(pair, axis=-1) for pair in zip(states[:half], states[half:], strict=True)]
        return encoded, states

    def _keys(self, encoded):
        return encoded if self.key_kernel is None else self.key_kernel.forward(encoded)

    def _logits(self, hidden, encoded, keys, source_mask):
        """From the decoder's states (batch, time, units) to the logits, with a look at the source."""
        if self.attention is not None:
            query = hidden if self.query_kernel is None else self.query_kernel.forward(hidden)
            context = self.attention.forward([query, encoded, keys], [None, source_mask])
            hidden = np.concatenate([context, hidden], axis=-1)
        return self.prediction.forward(self.combination.forward(hidden))

    def backward(self, d_logits):
        """Leaves the gradients of the weights in `gradients`; ids have none, so it returns None."""
        d_hidden = self.combination.backward(self.prediction.backward(d_logits))
        d_encoded = 0
        if self.attention is not None:
            d_context, d_hidden = np.split(d_hidden, 2, axis=-1)
            d_query, d_encoded, d_keys = self.attention.backward(d_context)
            d_hidden = d_hidden + (d_query if self.query_kernel is None else self.query_kernel.backward(d_query))
            d_encoded = d_encoded + (d_keys if self.key_kernel is None else self.key_kernel.backward(d_keys))
        self.target_embedding.backward(self.decoder.backward(d_hidden))
        d_states = self.decoder.d_initial_states
        if isinstance(self.encoder, Bidirectional):
            halves = zip(*(np.split(d, 2, axis=-1) for d in d_states), strict=True)
            d_states = [d for half in halves for d in half]
        d_encoded = d_encoded + np.zeros((*self.source_embedding.record.ids.shape, self.units), self.dtype)
        self.source_embedding.backward(self.encoder.backward(d_encoded, d_states))

    # A step at a time ----------------------------------------------------------------------------------------------

    def encode(self, sources):
        """The state from which `step` begins to write the target of each source (batch, source time)."""
        sources = self._checked_ids(sources, self.source_embedding, "sources")
        encoded, states = self._encoded(sources)
        return {"states": states, "encoded": encoded, "keys": self._keys(encoded), "mask": sources != PADDING}

    def step(self, tokens, state):
        """log p(next token | source, tokens so far), (batch, target_tokens), in nats, and the state after `tokens`.

        `tokens` (batch,) are the last ones, `START` at first; `state` comes from `encode` or from the step before.
        """
        tokens = self.target_embedding.checked(np.asarray(tokens)[:, np.newaxis])
        hidden, *states = self.decoder.forward(self.target_embedding.forward(tokens), state["states"])
        logits = self._logits(hidden, state["encoded"], state["keys"], state["mask"])
        return losses.log_softmax(logits[:, 0]), state | {"states": states}

    def attention_weights(self, sources, targets):
        """How much each token of `targets` looked at each of the source: (batch, time, source time), rows sum to 1.

        Raises ValueError for a network without attention, and as a call does.
        """
        if self.attention is None:
            raise ValueError("attention_weights wants a network with attention, this one has attention=None")
        self(sources, targets)
        return self.attention.record.weights.copy()

    # Data ----------------------------------------------------------------------------------------------------------

    def predict(self, sources, targets, batch_size=32):
        """The logits, a batch at a time, under teacher forcing. Raises as a call does."""
        batch_size = checks.integer_at_least(batch_size, 1, "batch_size")
        pairs, _ = self._checked_pairs(sources, targets)
        batches = (pairs[i : i + batch_size] for i in range(0, len(pairs), batch_size))
        return np.concatenate([self.forward_with_mask(batch)[0] for batch in batches])

    def _checked_pairs(self, sources, targets, names=("sources", "targets")):
        """`Pairs` and targets from ids that are checked."""
        sources = self._checked_ids(sources, self.source_embedding, names[0])
        targets = self._checked_ids(targets, self.target_embedding, names[1])
        if len(sources) != len(targets):
            raise ValueError(f"{names[0]} and {names[1]} want as many samples, got {len(sources)} and {len(targets)}")
        if ((targets[:, 1:] != PADDING) & (targets[:, :-1] == PADDING)).any():
            raise ValueError(f"Seq2Seq wants padding ({PADDING}) in {names[1]} only after the last token")
        return Pairs(sources, decoder_inputs(targets)), targets

    def _checked_data(self, x, y, batch_size, names=("sources", "targets")):
        self._wants_compiled()
        return self._checked_pairs(x, y, names)

    @staticmethod
    def _checked_ids(ids, embedding, name):
        """`ids` as a new array (batch, time) of ids, a token in every row. Raises TypeError or ValueError else."""
        ids = checks.whole_numbers(ids, name)
        if ids.ndim != 2 or ids.size == 0:
            raise ValueError(f"Seq2Seq wants {name} of shape (batch, time), not empty, got {ids.shape}")
        if ids.min() < 0 or ids.max() >= embedding.input_dim:
            raise ValueError(
                f"Seq2Seq wants ids from 0 to {embedding.input_dim - 1} in {name}, got {ids.min()} to {ids.max()}"
            )
        if not (ids != PADDING).any(axis=1).all():
            raise ValueError(f"Seq2Seq wants a token in every row of {name}, got rows of nothing but padding")
        return ids.copy()


def decoder_inputs(targets):
    """What teacher forcing feeds the decoder with: `START`, then all `targets` (batch, time) but the last."""
    inputs = np.roll(targets, 1, axis=1)
    inputs[:, 0] = START
    return np.where(targets == PADDING, PADDING, inputs)  # a step counts where its target does
