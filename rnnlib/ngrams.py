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
        tokens = self._checked(tokens)
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
        return self.log_p[self._contexts(self._checked(tokens), self._first(first))]

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

    def _checked(self, tokens):
        tokens = np.asarray(tokens)
        if tokens.dtype.kind not in "iu":
            raise TypeError(f"tokens wants whole numbers, got an array of {tokens.dtype}")
        if tokens.ndim != 1 or len(tokens) <= self.order:
            raise ValueError(f"tokens wants shape (time,) with more than {self.order} tokens, got {tokens.shape}")
        if tokens.min() < 0 or tokens.max() >= self.symbols:
            raise ValueError(f"tokens wants 0 to {self.symbols - 1}, got {tokens.min()} to {tokens.max()}")
        return tokens
