"""Language models that only count: the baselines that a network has to beat on letters and other symbols."""

import numpy as np

from rnnlib.datasets import LETTERS

SYMBOLS = len(LETTERS)


class NGramModel:
    """The next symbol, from how often each one followed the same `order` symbols before (Shannon 1951, section 2).

    `order` 0 makes a unigram model, 1 a bigram, 2 a trigram. `added` is put to each count, so that nothing is
    impossible (Laplace's rule for 1). Symbols are whole numbers from 0 to `symbols` - 1, letters unless told.

    Raises ValueError for a negative `order`, no symbols, or nothing added.
    """

    def __init__(self, order, symbols=SYMBOLS, added=1.0):
        if order < 0 or symbols < 1 or not added > 0:
            raise ValueError(f"order >= 0, symbols >= 1, added > 0 are wanted, got {order}, {symbols}, {added}")
        self.order, self.symbols, self.added = order, symbols, added
        self.log_p = None

    def fit(self, tokens):
        """Count in `tokens`, (time,); returns the model. Raises as `log_probabilities`."""
        tokens = _checked(tokens, self.order, self.symbols)
        pairs = self._contexts(tokens, self.order) * self.symbols + tokens[self.order :]
        counts = np.bincount(pairs, minlength=self.symbols ** (self.order + 1)).reshape(-1, self.symbols) + self.added
        self.log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
        return self

    def log_probabilities(self, tokens, first=None):
        """Natural logarithms of the probabilities of all symbols, at each place from `first` on, which is `order`
        unless told: (time - first, symbols).

        Raises TypeError or ValueError for `tokens` that are not (time,) whole numbers in range, or too few of them, a
        `first` before `order`, and a model that has counted nothing.
        """
        if self.log_p is None:
            raise ValueError("this model has counted nothing yet: call fit(tokens) first")
        return self.log_p[self._contexts(_checked(tokens, self.order, self.symbols), self._first(first))]

    def surprise(self, tokens, first=None):
        """-log2 of the probability that each token from `first` on was given, in bits: (time - first,)."""
        log_p = self.log_probabilities(tokens, first)
        return -np.take_along_axis(log_p, np.asarray(tokens)[self._first(first) :, np.newaxis], 1)[:, 0] / np.log(2)

    def _contexts(self, tokens, first):
        """The `order` tokens before each token from `first` on, as the digits of one number."""
        number = np.zeros(len(tokens) - first, dtype=int)
        for back in range(self.order, 0, -1):
            number = self.symbols * number + tokens[first - back : len(tokens) - back]
        return number

    def _first(self, first):
        if first is None:
            return self.order
        if first < self.order:
            raise ValueError(f"first wants at least the order, {self.order}, got {first}")
        return first


class WittenBellModel:
    """The next symbol from all contexts of up to `order` symbols, mixed by how many novelties each has seen.

    Where a context h of n symbols was followed c(h) times, c(h, w) of them by w, by N(h) different symbols,

        p_n(w | h) = (c(h, w) + e N(h) p_{n-1}(w | h without its first symbol)) / (c(h) + e N(h))

    and p_{-1} is uniform. With `escape` e = 1 this is method C of Witten and Bell (1991), in the interpolated form that
    Chen and Goodman (1999) compare; a larger e trusts the shorter contexts more, and may be changed after `fit`. A
    context never seen adds nothing. Symbols are whole numbers from 0 to `symbols` - 1.

    Raises ValueError for a negative `order`, no symbols, an `escape` that is not positive, and so many contexts that
    64 bits cannot number them.
    """

    def __init__(self, order, symbols=SYMBOLS, escape=1.0):
        if order < 0 or symbols < 1 or not escape > 0:
            raise ValueError(f"order >= 0, symbols >= 1, escape > 0 are wanted, got {order}, {symbols}, {escape}")
        if symbols ** (order + 1) >= 2**63:
            raise ValueError(f"symbols ** (order + 1) wants to be below 2**63, got {symbols} ** {order + 1}")
        self.order, self.symbols, self.escape = order, symbols, escape
        self.tables = None

    def fit(self, tokens, counted=None):
        """Count in `tokens`, (time,): each place from `order` on, or those of them where `counted`, (time,) of
        booleans, is True. The others are context alone. Returns the model. Raises as `surprise`."""
        contexts, following = self._places(tokens, counted)
        self.tables = []
        for context in contexts:
            pairs, times = np.unique(context * self.symbols + following, return_counts=True)
            seen, which = np.unique(pairs // self.symbols, return_inverse=True)
            self.tables.append((pairs, times, seen, np.bincount(which, times), np.bincount(which)))
        return self

    def surprise_by_order(self, tokens, counted=None):
        """-log2 of the probability that each token was given, in bits, by the models of order 0, 1, ..., `order`:
        (order + 1, places). The places are those of `fit`.

        Raises TypeError or ValueError for `tokens` that are not (time,) whole numbers in range, or too few of them, for
        another shape or type of `counted`, and for a model that has counted nothing.
        """
        return -np.log2(self._probabilities(*self._places(tokens, counted)))

    def surprise(self, tokens, counted=None):
        """The last row of `surprise_by_order`: that of this model, (places,)."""
        return self.surprise_by_order(tokens, counted)[-1]

    def step(self, tokens, state):
        """One step for `rnnlib.decoding`: from the last token of each row, (rows,), and the `order` tokens before it,
        (rows, order), to the logarithms of the probabilities of the next one, (rows, symbols), and the new state.

        The state begins as the context that was in front in training, such as zeros.
        """
        state = np.column_stack([state, tokens])[:, 1:] if self.order else state
        rows = np.repeat(state, self.symbols, axis=0)
        contexts = [self._numbers(rows[:, self.order - n :].T) for n in range(self.order + 1)]
        contexts[0] = np.zeros(len(rows), np.int64)
        every = np.tile(np.arange(self.symbols), len(state))
        return np.log(self._probabilities(contexts, every)[-1]).reshape(-1, self.symbols), state

    def _probabilities(self, contexts, following):
        """(order + 1, places): of each following symbol, by each order."""
        if self.tables is None:
            raise ValueError("this model has counted nothing yet: call fit(tokens) first")
        p, by_order = np.full(len(following), 1 / self.symbols), []
        for context, (pairs, times, seen, totals, kinds) in zip(contexts, self.tables, strict=True):
            total, kind = _found(context, seen, totals), self.escape * _found(context, seen, kinds)
            new = total == 0
            shares = _found(context * self.symbols + following, pairs, times) + kind * p
            p = np.where(new, p, shares / np.where(new, 1, total + kind))
            by_order.append(p)
        return np.array(by_order)

    def _places(self, tokens, counted):
        """The contexts of each place, a list over the orders of numbers (places,), and the tokens there."""
        tokens = _checked(tokens, self.order, self.symbols).astype(np.int64)
        counted = np.ones(len(tokens), bool) if counted is None else np.asarray(counted)
        if counted.dtype != bool or counted.shape != tokens.shape:
            raise ValueError(f"counted wants booleans of shape {tokens.shape}, got {counted.dtype} {counted.shape}")
        places = self.order + np.flatnonzero(counted[self.order :])
        if not places.size:
            raise ValueError(f"counted wants at least one place from {self.order} on, got none")
        before = [tokens[places - back] for back in range(self.order, 0, -1)]
        numbers = [self._numbers(before[self.order - n :]) for n in range(1, self.order + 1)]
        return [np.zeros(len(places), np.int64), *numbers], tokens[places]

    def _numbers(self, digits):
        """Each context as one number, from a list of its symbols, the oldest first."""
        number = np.int64(0)
        for digit in digits:
            number = number * self.symbols + digit
        return number


def _found(wanted, keys, values):
    """The value of each wanted number among the increasing `keys`, 0 where it is not."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def _checked(tokens, order, symbols):
    """`tokens` as an array (time,) of more than `order` whole numbers from 0 to `symbols` - 1, or an error."""
    tokens = np.asarray(tokens)
    if tokens.dtype.kind not in "iu":
        raise TypeError(f"tokens wants whole numbers, got an array of {tokens.dtype}")
    if tokens.ndim != 1 or len(tokens) <= order:
        raise ValueError(f"tokens wants shape (time,) with more than {order} tokens, got {tokens.shape}")
    if tokens.min() < 0 or tokens.max() >= symbols:
        raise ValueError(f"tokens wants 0 to {symbols - 1}, got {tokens.min()} to {tokens.max()}")
    return tokens
