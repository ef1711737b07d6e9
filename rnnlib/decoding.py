"""Decoding: from a model that gives probabilities of the next token to sequences of tokens.

All that these functions know of a model is a step:

    step(tokens, state) -> (log_probs, state)

`tokens` (rows,) are the last token of each row, `log_probs` (rows, vocabulary) the natural logarithms of the
probabilities of the next one, `state` whatever the model remembers: an array whose first axis is the rows, or lists,
tuples and dicts of such arrays, or None. `Seq2Seq.step` is one; for a character model, write one around its layers.

A sequence ends with the token `end`, which counts as one of its tokens, or when it has `max_length` tokens.
"""

import dataclasses

import numpy as np

from rnnlib import checks


@dataclasses.dataclass(frozen=True)
class Hypothesis:
    """One decoded sequence."""

    tokens: np.ndarray  # whole numbers, with `end` if it was reached
    log_prob: float  # log p(tokens) under the model, nats
    score: float  # what a search ranks it by; without length normalisation the same

    def __len__(self):
        return len(self.tokens)


def greedy(step, state, start, *, end=None, max_length):
    """The most probable token, each time: a `Hypothesis` for each row. Of equals, the first.

    `start` (rows,) are the tokens that the first step is given, `state` what goes with it; `end=None` never stops
    before `max_length`. Raises ValueError or TypeError for impossible settings and for a step that does not keep to its
    shapes, or gives NaN.
    """
    return _one_way(step, state, start, end, max_length, lambda log_probs: log_probs)


def sample(step, state, start, rng, *, temperature=1.0, top_k=None, end=None, max_length):
    """Tokens drawn at random, with probabilities proportional to p^(1 / temperature): a `Hypothesis` for each row.

    A temperature below 1 sharpens the distribution (0 is `greedy`), one above 1 flattens it (Ackley, Hinton and
    Sejnowski 1985). `top_k` leaves the k most probable tokens to draw from (Fan, Lewis and Dauphin 2018). `rng` is a
    seed or a NumPy generator. `log_prob` is that of the model, whatever the temperature. All else is as in `greedy`.

    Draws by the Gumbel trick: with g_k = -log(-log u_k), u_k uniform in (0, 1), the k with the largest
    log p_k / T + g_k has the probability p_k^(1/T) / sum_j p_j^(1/T) (Gumbel 1954; Maddison, Tarlow and Minka 2014).
    """
    temperature = checks.real_in(temperature, "temperature", 0, high_open=True)
    top_k = None if top_k is None else checks.integer_at_least(top_k, 1, "top_k")
    rng = np.random.default_rng(rng)

    def noisy(log_probs):
        if top_k is not None and top_k < log_probs.shape[1]:
            kept = np.argsort(-log_probs, axis=1, kind="stable")[:, :top_k]
            only = np.full_like(log_probs, -np.inf)
            np.put_along_axis(only, kept, np.take_along_axis(log_probs, kept, axis=1), axis=1)
            log_probs = only
        return log_probs + temperature * rng.gumbel(size=log_probs.shape)

    return _one_way(step, state, start, end, max_length, noisy)


def beam_search(step, state, start, *, width, end=None, max_length, alpha=0.0, offset=5.0):
    """The best sequences that a search with a beam of `width` finds: for each row a list of `Hypothesis`, best first.

    After each step the `width` most probable of all continuations stay. One that has ended leaves the beam (Sutskever,
    Vinyals and Le 2014, section 3.2) and takes its place with it, so the search ends after `width` of them; a width of
    1 is `greedy`. At the end they are ranked by

        score = log p(tokens) / lp(n),    lp(n) = ((offset + n) / (offset + 1))^alpha

    with n tokens, `end` included (Wu et al. 2016, eq. 14, where the offset is 5; with 0 it is n^alpha, and alpha=1 then
    ranks by the mean log-probability a token). alpha=0 ranks by the probability.

    All else is as in `greedy`.
    """
    width = checks.integer_at_least(width, 1, "width")
    alpha = checks.real_in(alpha, "alpha", 0)
    offset = checks.real_in(offset, "offset", 0)
    start, max_length = _checked(start, max_length)
    rows = len(start)
    beams = np.arange(rows)[:, np.newaxis] * width  # where each row's part of the beams begins
    state = _taken(state, np.repeat(np.arange(rows), width), rows)
    last = np.repeat(start, width)
    tokens = np.empty((rows * width, 0), np.int64)
    totals = np.full((rows, width), -np.inf)
    totals[:, 0] = 0  # all beams of a row begin alike, so one of them is enough
    places = np.full(rows, width)  # those that no ended sequence has taken
    done = [[] for _ in range(rows)]
    for length in range(1, max_length + 1):
        log_probs, state = _checked_step(step, last, state)
        vocabulary = log_probs.shape[1]
        candidates = (totals[..., np.newaxis] + log_probs.reshape(rows, width, vocabulary)).reshape(rows, -1)
        best = np.argsort(-candidates, axis=1, kind="stable")[:, :width]
        totals = np.take_along_axis(candidates, best, axis=1)
        totals[np.arange(width) >= places[:, np.newaxis]] = -np.inf
        parents = (beams + best // vocabulary).ravel()
        state = _taken(state, parents, rows * width)
        last = (best % vocabulary).ravel()
        tokens = np.column_stack([tokens[parents], last])
        ended = np.isfinite(totals) & ((last.reshape(rows, width) == end) | (length == max_length))
        scale = ((offset + length) / (offset + 1)) ** alpha
        for row, beam in np.argwhere(ended):
            total = float(totals[row, beam])
            done[row].append(Hypothesis(tokens[row * width + beam].copy(), total, total / scale))
        places -= ended.sum(axis=1)
        totals[ended] = -np.inf
        if not np.isfinite(totals).any():
            break
    return [sorted(found, key=lambda hypothesis: -hypothesis.score) for found in done]


def _one_way(step, state, start, end, max_length, preference):
    """Decode without a search: each time the token that is largest in `preference(log_probs)`."""
    last, max_length = _checked(start, max_length)
    tokens, totals = np.empty((len(last), 0), np.int64), np.zeros(len(last))
    lengths = np.full(len(last), max_length)
    for length in range(1, max_length + 1):
        log_probs, state = _checked_step(step, last, state)
        last = np.argmax(preference(log_probs), axis=1)
        running = lengths >= length
        totals += np.where(running, np.take_along_axis(log_probs, last[:, np.newaxis], axis=1)[:, 0], 0)
        tokens = np.column_stack([tokens, last])
        lengths[running & (last == end)] = length
        if (lengths <= length).all():
            break
    totals = totals.tolist()
    return [Hypothesis(row[:n].copy(), t, t) for row, n, t in zip(tokens, lengths, totals, strict=True)]


def _checked(start, max_length):
    start = checks.whole_numbers(start, "start")
    if start.ndim != 1 or start.size == 0:
        raise ValueError(f"start wants the first token of each row, (rows,), not empty, got {start.shape}")
    return start, checks.integer_at_least(max_length, 1, "max_length")


def _checked_step(step, last, state):
    """What the step gives, with its log-probabilities in 64 bits."""
    log_probs, state = step(last, state)
    log_probs = checks.as_floats(log_probs, np.float64, "log_probs of step")
    if log_probs.ndim != 2 or len(log_probs) != len(last):
        raise ValueError(f"step wants to give log_probs ({len(last)}, vocabulary), got {log_probs.shape}")
    if not (log_probs <= 1e-6).all():  # NaN is not, either
        raise ValueError("step wants to give log-probabilities, which are at most 0, got NaN or numbers above 0")
    return log_probs, state


def _taken(state, rows, count):
    """The state with these of its `count` rows. Raises TypeError for a kind of state that is not known."""
    if state is None:
        return None
    if isinstance(state, dict):
        return {name: _taken(part, rows, count) for name, part in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_taken(part, rows, count) for part in state)
    if not isinstance(state, np.ndarray):
        raise TypeError(f"state wants arrays, or lists, tuples and dicts of arrays, or None, got {state!r}")
    if state.ndim == 0 or len(state) != count:
        raise ValueError(f"state wants arrays whose first axis is the {count} rows, got shape {state.shape}")
    return state[rows]
