"""Attention: for each query a mean of the values, with weights that say how well their keys answer it."""

import dataclasses

import numpy as np

from rnnlib import activations, checks, initializers
from rnnlib.layers.base import Layer
from rnnlib.layers.dropout import dropout_mask

FAR_BELOW = 1e9  # what Keras takes off the score of a value that is masked: its weight is then zero


@dataclasses.dataclass
class AttentionRecord:
    """What a backward pass needs of its forward pass."""

    inputs: list  # query, value and, if it was given, key
    kept: np.ndarray  # of the scores: products (batch, queries, values), or tanh (batch, queries, values, features)
    weights: np.ndarray  # (batch, queries, values), as the softmax gave them
    factors: np.ndarray | float  # what dropout multiplied them by
    query_mask: np.ndarray | None  # (batch, queries)


class Attention(Layer):
    """Dot-product attention (Luong, Pham and Manning 2015, section 3.1), as Keras's `Attention`.

        e_ij = s q_i . k_j                                the score of value j for query i, `score_mode="dot"`
        e_ij = w sum_d tanh(s (q_id + k_jd))              `score_mode="concat"`
        a_ij = exp(e_ij) / sum_l exp(e_il)                the attention weights
        c_i  = sum_j a_ij v_j                             the outputs, one context vector a query

    s is the weight `scale`, a number that starts from 1 (1 without `use_scale`), w the weight `concat_score_weight`,
    likewise. `dropout` drops attention weights in training.

    Call: `layer([query, value, key], mask=None, training=False, return_attention_scores=False, use_causal_mask=False)`.

    - query (batch, queries, features), value (batch, values, depth), key (batch, values, features); the key may be left
      out, it is then the value.
    - `mask=[query_mask, value_mask]`, each None or booleans (batch, queries), (batch, values). A value that is masked
      gets no weight (where all are, there is nothing to choose between: the weights are then what they would be
      without a mask, up to rounding, as in Keras). The context of a masked query is zero.
    - `use_causal_mask`: query i sees the values 0 to i alone.
    - Returns (batch, queries, depth), with `return_attention_scores` a pair of that and the weights a (batch, queries,
      values), after dropout.

    `backward(d_outputs)` returns the gradients at what was given, a list of two or three; the weights
    that a call may return are for looking at and have none.

    Raises ValueError for a list of another length, wrong ranks, empty axes, or shapes that do not fit each other;
    TypeError for what is no list, no numbers, or a mask that is not boolean.
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, *, dtype="float32", name=None):
        super().__init__(dtype, seed, name)
        self.use_scale = bool(use_scale)
        checks.one_of(dict.fromkeys(("dot", "concat")), score_mode, "score_mode")
        self.score_mode = score_mode
        self.dropout = checks.real_in(dropout, "dropout", 0, 1, high_open=True)

    def build(self, features):
        self.features = features
        if self.use_scale:
            self.add_weight("scale", (), initializers.get("ones"), self.dtype, self.rng)
        if self.score_mode == "concat":
            self.add_weight("concat_score_weight", (), initializers.get("ones"), self.dtype, self.rng)

    def score(self, query, key):
        """The scores (batch, queries, values), and what `score_back` wants to know of how they came about."""
        if self.score_mode == "dot":
            products = query @ key.swapaxes(1, 2)
            return products * self.scale if self.use_scale else products, products
        sums = query[:, :, np.newaxis] + key[:, np.newaxis]  # (batch, queries, values, features)
        squashed = np.tanh(sums * self.scale if self.use_scale else sums)
        return squashed.sum(axis=-1) * self.concat_score_weight, squashed

    def score_back(self, d_scores, query, key, kept):
        """The gradients at query and key, from that at the scores; leaves those of the weights."""
        if self.score_mode == "dot":
            if self.use_scale:
                self.d_scale[...] = np.vdot(d_scores, kept)
                d_scores = d_scores * self.scale
            return d_scores @ key, d_scores.swapaxes(1, 2) @ query
        self.d_concat_score_weight[...] = np.vdot(d_scores, kept.sum(axis=-1))
        d_sums = (d_scores * self.concat_score_weight)[..., np.newaxis] * (1 - kept * kept)
        if self.use_scale:
            self.d_scale[...] = np.vdot(d_sums, query[:, :, np.newaxis] + key[:, np.newaxis])
            d_sums *= self.scale
        return d_sums.sum(axis=2), d_sums.sum(axis=1)

    def checked(self, inputs):
        """`inputs` as a list of two or three arrays that fit each other."""
        owner = type(self).__name__
        if not isinstance(inputs, list | tuple):
            raise TypeError(f"{owner} wants a list [query, value] or [query, value, key], got {type(inputs).__name__}")
        if len(inputs) not in (2, 3):
            raise ValueError(f"{owner} wants a list [query, value] or [query, value, key], got {len(inputs)} arrays")
        names = ("query", "value", "key")[: len(inputs)]
        inputs = [checks.sequences(a, self.dtype, owner, name) for a, name in zip(inputs, names, strict=True)]
        query, value, key = _all_three(inputs)
        self.ensure_built(query, "query")
        checks.shape(key, (*value.shape[:2], query.shape[2]), owner, names[-1])
        if len(value) != len(query):
            raise ValueError(f"{owner} wants query and value of one batch size, got {len(query)} and {len(value)}")
        return inputs

    def __call__(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        inputs = [array.copy() for array in self.checked(inputs)]
        if mask is not None:
            mask = self._checked_masks(mask, inputs)
        outputs, weights = self.forward(inputs, mask, training, True, use_causal_mask)
        return (outputs, weights.copy()) if return_attention_scores else outputs

    def _checked_masks(self, masks, inputs):
        owner = type(self).__name__
        if not isinstance(masks, list | tuple) or len(masks) != 2:
            raise ValueError(f"{owner} wants mask as a list [query_mask, value_mask], of which one may be None")
        names = ("query_mask", "value_mask")
        return [
            None if mask is None else checks.mask(mask, array.shape[:2], owner, name).copy()
            for mask, array, name in zip(masks, inputs, names, strict=False)
        ]

    def draw_mask(self, shape):
        """A new dropout mask for weights of that shape. Replace this method to say which mask the layer takes."""
        return dropout_mask(shape, self.dropout, self.dtype, self.rng)

    def forward(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        query, value, key = _all_three(inputs)
        query_mask, value_mask = mask or (None, None)
        scores, kept = self.score(query, key)
        counts = None if value_mask is None else value_mask[:, np.newaxis]
        if use_causal_mask:
            causal = np.tri(*scores.shape[1:], dtype=bool)
            counts = causal if counts is None else counts & causal
        if counts is not None:
            scores = np.where(counts, scores, scores - self.dtype.type(FAR_BELOW))
        weights = activations.softmax(scores)
        factors = self.draw_mask(weights.shape) if training and self.dropout else self.dtype.type(1)
        self.record = AttentionRecord(list(inputs), kept, weights, factors, query_mask)
        shown = weights * factors
        outputs = shown @ value
        if query_mask is not None:
            outputs *= query_mask[..., np.newaxis]
        return (outputs, shown) if return_attention_scores else outputs

    def backward(self, d_outputs, record=None):
        """The gradients at query, value and, if it was given, key, from that at the outputs."""
        record = self.taken_record(record)
        query, value, key = _all_three(record.inputs)
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        wanted = (*query.shape[:2], value.shape[2])
        checks.shape(d_outputs, wanted, f"{type(self).__name__}.backward", "d_outputs")
        if record.query_mask is not None:
            d_outputs = d_outputs * record.query_mask[..., np.newaxis]
        d_value = (record.weights * record.factors).swapaxes(1, 2) @ d_outputs
        d_weights = d_outputs @ value.swapaxes(1, 2) * record.factors
        # What is masked has a weight of zero, so no gradient reaches its score.
        d_scores = activations.softmax.pullback(d_weights, record.weights)
        d_query, d_key = self.score_back(d_scores, query, key, record.kept)
        return [d_query, d_value, d_key] if len(record.inputs) == 3 else [d_query, d_value + d_key]

    def compute_mask(self, inputs, mask=None):
        """The mask of the queries, which the outputs stand in for."""
        return mask and mask[0]

    def output_shape(self, input_shape):
        query, value, *_ = input_shape
        return (*query[:-1], value[-1])


class AdditiveAttention(Attention):
    """Additive attention (Bahdanau, Cho and Bengio 2015, appendix A.1.2), as Keras's `AdditiveAttention`.

        e_ij = sum_d s_d tanh(q_id + k_jd)

    s is the weight `scale` (features,), all ones without `use_scale`. Bahdanau et al. have a matrix each before query
    and key; here as in Keras these are layers of their own (`Dense`). All else is as in `Attention`.
    """

    def __init__(self, use_scale=True, dropout=0.0, seed=None, *, dtype="float32", name=None):
        super().__init__(use_scale, dropout=dropout, seed=seed, dtype=dtype, name=name)

    def build(self, features):
        self.features = features
        if self.use_scale:
            self.add_weight("scale", (features,), initializers.get("glorot_uniform"), self.dtype, self.rng)

    def score(self, query, key):
        squashed = np.tanh(query[:, :, np.newaxis] + key[:, np.newaxis])  # (batch, queries, values, features)
        return squashed @ self.scale if self.use_scale else squashed.sum(axis=-1), squashed

    def score_back(self, d_scores, query, key, kept):
        d_sums = d_scores[..., np.newaxis] * (1 - kept * kept)
        if self.use_scale:
            self.d_scale[...] = d_scores.ravel() @ kept.reshape(-1, self.features)
            d_sums *= self.scale
        return d_sums.sum(axis=2), d_sums.sum(axis=1)


def _all_three(inputs):
    """Query, value and key; without a key the value is its own."""
    return inputs if len(inputs) == 3 else (*inputs, inputs[1])
