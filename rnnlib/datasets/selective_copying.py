"""A made-up task of memory that has to choose: symbols among blanks, wanted back in their order."""

import numpy as np

from rnnlib.datasets.synthetic import _check


def selective_copy_task(count, length, rng, symbols=6, remember=4, scattered=True):
    """Sequences of blanks with a few symbols among them, which are wanted in their order at the end.

    Returns `x` (count, length, symbols + 1), float32, one-hot, and `y` (count, remember), whole numbers: the symbols,
    drawn uniformly from 0 .. symbols - 1. All other steps are blanks (the number `symbols`).

    - `scattered`: the steps of the symbols are drawn for each sequence, all choices being equally likely. Which symbol
      is the second, say, depends on what else was read, and not on its step.
    - otherwise they are the same in all sequences, evenly spread: step i * length // remember for symbol i.

    After the selective copying of Gu and Dao (2023, section 3.1), where the answers come one at a time after the end.
    Here all of them are asked at once, so that the task is one of memory alone. Who remembers nothing is right in one
    of `symbols` cases.

    Raises ValueError for a `count`, `symbols` or `remember` below 1 or a `length` below `remember`, TypeError for what
    is no whole number and for an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), symbols=(symbols, 1), remember=(remember, 1))
    _check(rng, length=(length, remember))
    y = rng.integers(0, symbols, (count, remember))
    places = np.broadcast_to(np.arange(remember) * length // remember, y.shape)
    if scattered:
        places = np.sort(rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)[:, :remember], axis=1)
    tokens = np.full((count, length), symbols)
    np.put_along_axis(tokens, places, y, axis=1)
    return np.eye(symbols + 1, dtype=np.float32)[tokens], y
