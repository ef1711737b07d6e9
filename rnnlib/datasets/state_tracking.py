"""Made-up tasks that ask for a state at every step: counting modulo a number, brackets, and a latch.

Each wants an answer after every symbol, so that one sequence shows how far an answer carries. Symbols come one-hot.
"""

import numpy as np

from rnnlib.datasets.synthetic import _check


def modular_counting(count, length, rng, modulus=2):
    """Zeros and ones, each as likely; wanted at each step is the number of ones so far, modulo `modulus`.

    Returns `x` (count, length, 2), float32, one-hot, and `y` (count, length), whole numbers. With `modulus` 2 this is
    parity. No single symbol can be left out, and after some steps every answer is as likely as any other.

    Raises ValueError for a `count` or `length` below 1 or a `modulus` below 2, TypeError for what is no whole number
    and for an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), length=(length, 1), modulus=(modulus, 2))
    bits = rng.integers(0, 2, (count, length))
    return _one_hot(bits, 2), bits.cumsum(axis=1) % modulus


def brackets(count, length, rng, kinds=2, depth=3):
    """Well nested brackets of several kinds, never more than `depth` open; wanted: the kind of the innermost open one.

    Returns `x` (count, length, 2 * kinds), float32, one-hot, and `y` (count, length), whole numbers. Symbols 0 ..
    kinds - 1 open a bracket, kinds .. 2 * kinds - 1 close one. The answer, the kind that may be closed next, is `kinds`
    where none is open. At each step a bracket opens or closes with probability 1/2; at depth 0 one has to open, at
    `depth` one has to close. The kind of an opening bracket is drawn uniformly. (The Dyck language of bounded depth; a
    sequence may end with brackets open.)

    Raises ValueError for a `count`, `length`, `kinds` or `depth` below 1, TypeError for what is no whole number and for
    an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), length=(length, 1), kinds=(kinds, 1), depth=(depth, 1))
    rows, opened = np.arange(count), np.zeros(count, int)
    stack = np.full((count, depth + 1), kinds)  # at place 0 what is answered while nothing is open
    symbols, y = np.empty((2, count, length), int)
    for t in range(length):
        opens = np.where(opened == 0, True, np.where(opened == depth, False, rng.random(count) < 0.5))
        new = rng.integers(0, kinds, count)
        symbols[:, t] = np.where(opens, new, kinds + stack[rows, opened])
        opened += np.where(opens, 1, -1)
        stack[rows[opens], opened[opens]] = new[opens]
        y[:, t] = stack[rows, opened]
    return _one_hot(symbols, 2 * kinds), y


def latch(count, length, rng, write=0.05):
    """Bits, some of them marked "keep"; wanted at each step is the bit that was marked last.

    Returns `x` (count, length, 4), float32, one-hot, and `y` (count, length), 0 or 1. Symbols 0 and 1 are bits to keep,
    2 and 3 the same bits to be ignored. The first one is to be kept, and any later one with probability `write`. (The
    flip-flop of Liu et al. 2023, one symbol a bit.)

    Raises ValueError for a `count` or `length` below 1 or a `write` outside 0 .. 1, TypeError for what is no whole
    number and for an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), length=(length, 1))
    if not 0 <= write <= 1:
        raise ValueError(f"write wants a probability between 0 and 1, got {write!r}")
    bits, kept = rng.integers(0, 2, (count, length)), rng.random((count, length)) < write
    kept[:, 0] = True
    last = np.maximum.accumulate(np.where(kept, np.arange(length), 0), axis=1)
    return _one_hot(bits + 2 * ~kept, 4), np.take_along_axis(bits, last, axis=1)


def _one_hot(symbols, number):
    return np.eye(number, dtype=np.float32)[symbols]
