"""Made-up tasks that measure memory: their length is yours to choose, and what no memory can reach is known."""

import numpy as np

from rnnlib import checks

ADDING_BASELINE = 1 / 6  # the mean squared error of the best constant answer to `adding_problem`


def echo_task(count, length, lag, rng):
    """Noise, and the same noise `lag` steps later.

    Returns `x` (count, length, 1), standard normal, and `y` (count, length, 1), zero at the first `lag` steps; float32.
    To say every number `lag` steps late a network has to carry `lag` numbers at once. Nothing else tells what they are:
    who remembers nothing says 0, and errs by the variance of the targets, 1 - lag / length on average.

    Raises ValueError for a `count` or `lag` below 1 or a `length` that is not above `lag`, TypeError for what is no
    whole number and for an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), lag=(lag, 1))
    _check(rng, length=(length, lag + 1))
    x = rng.normal(size=(count, length, 1)).astype(np.float32)
    y = np.zeros_like(x)
    y[:, lag:] = x[:, :-lag]
    return x, y


def adding_problem(count, length, rng):
    """Sequences of numbers, two of them marked; the target is the sum of these two.

    Returns `x` (count, length, 2) and `y` (count, 1), float32. Feature 0 is uniform between 0 and 1, feature 1 is 1 at
    two steps, drawn uniformly from the first half and from the second half (which is the longer one if `length` is
    odd), and 0 elsewhere.

    The best constant answer is the mean, 1: its mean squared error is the variance of the sum, 2/12 = 0.167. Who knows
    one of the two numbers and adds 1/2 gets 1/12. From Hochreiter and Schmidhuber (1997, experiment 4), in the form of
    Arjovsky, Shah and Bengio (2016, section 5.2).

    Raises ValueError for a `count` below 1 or a `length` below 2, TypeError for what is no whole number and for an
    `rng` that is no generator.
    """
    _check(rng, count=(count, 1), length=(length, 2))
    x = np.zeros((count, length, 2), np.float32)
    x[..., 0] = rng.random((count, length), np.float32)
    rows, half = np.arange(count), length // 2
    marked = [rng.integers(0, half, count), rng.integers(half, length, count)]
    for steps in marked:
        x[rows, steps, 1] = 1
    return x, sum(x[rows, steps, :1] for steps in marked)


def copy_task(count, delay, rng, symbols=8, remember=10):
    """Sequences of symbols, a wait, a signal: then the symbols are wanted back in their order.

    Returns `x` (count, delay + 2 * remember, symbols + 2), float32, one-hot, and `y` (count, delay + 2 * remember),
    whole numbers. Input: `remember` symbols drawn uniformly from 0 .. symbols - 1, then `delay - 1` blanks (the number
    `symbols`), one signal (`symbols + 1`), and `remember` blanks. Target: `delay + remember` blanks, then the symbols.

    Who remembers nothing knows when to answer with a blank, and has to guess the symbols: the mean cross-entropy is
    then remember * log(symbols) / (delay + 2 * remember), see `copy_baseline`. From Hochreiter and Schmidhuber (1997),
    in the form of Arjovsky, Shah and Bengio (2016, section 5.1), whose T is `delay`.

    Raises ValueError for a `count`, `delay`, `symbols` or `remember` below 1, TypeError for what is no whole number and
    for an `rng` that is no generator.
    """
    _check(rng, count=(count, 1), delay=(delay, 1), symbols=(symbols, 1), remember=(remember, 1))
    blank, signal = symbols, symbols + 1
    to_copy = rng.integers(0, symbols, (count, remember))
    tokens = np.full((count, delay + 2 * remember), blank)
    y = tokens.copy()
    tokens[:, :remember] = y[:, -remember:] = to_copy
    tokens[:, remember + delay - 1] = signal
    return np.eye(symbols + 2, dtype=np.float32)[tokens], y


def copy_baseline(delay, symbols=8, remember=10):
    """The cross-entropy in nats, the mean over all steps, of the best answer to `copy_task` that remembers nothing.

    remember * log(symbols) / (delay + 2 * remember)
    """
    return remember * np.log(symbols) / (delay + 2 * remember)


def _check(rng, **wanted):
    """Raise unless `rng` is a generator and each of `wanted`, pairs of a value and its least, is a whole number."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng wants a numpy.random.Generator, got {rng!r}")
    for name, (value, least) in wanted.items():
        checks.integer_at_least(value, least, name)
