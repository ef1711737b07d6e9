"""Linear recurrences, h_t = a_t h_{t-1} + b_t: as a loop over time, as a scan, and in logarithms.

A cell whose next state is not linear in the last one needs a loop: each step waits for the one before. Here a step is a
map h -> a h + b, and two of them one after the other are again such a map,

    (a_2, b_2) after (a_1, b_1) = (a_2 a_1, a_2 b_1 + b_2) .

Brackets may be set at will, so neighbours can be joined two by two, all pairs at a time, and the chain that has to be
walked is as long as the tree is high: log2 T steps in place of T (Blelloch 1990, section 1.4).

All arrays are (batch, time, units), each unit a recurrence of its own.
"""

import numpy as np

IN_CACHE = 2**17  # numbers: a scan goes over its arrays several times, and takes as many sequences as fit at a time


def linear_recurrence(a, b, initial=None, method="scan"):
    """h_1 .. h_T of h_t = a_t h_{t-1} + b_t, an array like `b`.

    `a` and `b` are (batch, time, units), real or complex; `initial` is h_0, (batch, units), or zero.
    `method`:

    - "loop": one step after the other; T multiplications a unit.
    - "scan": joins pairs, solves the half as long recurrence of the pairs, and fills in the states between (the
      work-efficient scan of Blelloch 1990); less than 3 T multiplications a unit, in 2 log2 T rounds. On one core that
      pays for long, narrow arrays, where the loop spends its time on getting from step to step. From some thousand
      numbers a step on it gains nothing, and takes longer than the loop where the array is short, too.
    - "log": two cumulative sums of logarithms (Heinsen 2023), for positive `a` and `b` and an `initial` not below zero.

    Raises TypeError for what is not numbers, ValueError for shapes that do not fit, another method, and numbers without
    a logarithm.
    """
    a, b, initial = _checked(a, b, initial)
    if method not in _METHODS:
        raise ValueError(f"method wants one of {', '.join(_METHODS)}, got {method!r}")
    if method == "log":
        _with_logarithms(a, b, initial)
    b = b.copy()
    b[:, 0] += a[:, 0] * initial  # from here on h_0 is zero
    return _METHODS[method](a, b)


def linear_recurrence_gradients(a, h, d_h, initial=None, method="scan"):
    """The gradients of a loss with respect to `a`, `b` and `initial`, from that with respect to each state, `d_h`.

    With g_t the total derivative with respect to h_t, the way back is a linear recurrence, too, from the end:

        g_t = dh_t + a_{t+1} g_{t+1},    da_t = g_t h_{t-1},    db_t = g_t,    dh_0 = a_1 g_1 .

    Of complex numbers the gradient is dL/d(real part) + i dL/d(imaginary part), and a_t and h_{t-1} stand conjugated in
    these equations. `h` are the states that `linear_recurrence` gave. `method` is "loop" or "scan": gradients may be
    negative, and have no logarithm then. Raises as `linear_recurrence`.
    """
    a, d_h, initial = _checked(a, d_h, initial, names=("a", "d_h"))
    h = np.asarray(h)
    if h.shape != a.shape:
        raise ValueError(f"h wants the shape of a, {a.shape}, got {h.shape}")
    if method == "log":
        raise ValueError("gradients want the method loop or scan: they may be negative, and have no logarithm then")
    a = a.conj()  # of real numbers the numbers themselves
    following = np.concatenate([a[:, 1:], np.zeros_like(a[:, :1])], axis=1)  # a_{t+1}; nothing comes after the end
    total = linear_recurrence(following[:, ::-1], d_h[:, ::-1], method=method)[:, ::-1]
    before = np.concatenate([initial[:, np.newaxis], h[:, :-1]], axis=1)
    return total * before.conj(), total, a[:, 0] * total[:, 0]


def _loop(a, b):
    h = b.copy()
    for t in range(1, b.shape[1]):
        h[:, t] += a[:, t] * h[:, t - 1]
    return h


def _scan(a, b):
    sequences = max(1, IN_CACHE // b[0].size)
    for start in range(0, len(b), sequences):
        _join(a[start : start + sequences], b[start : start + sequences])
    return b


def _join(a, b):
    """Writes the states over `b`, which is this module's own copy."""
    time = b.shape[1]
    if time == 1:
        return
    first, second = slice(0, time - 1, 2), slice(1, time, 2)  # of each pair; an odd one out is left at the end
    at_second = a[:, second] * b[:, first]
    at_second += b[:, second]
    _join(a[:, second] * a[:, first], at_second)
    b[:, second] = at_second
    b[:, 2::2] += a[:, 2::2] * at_second[:, : (time - 1) // 2]


def _log(a, b):
    grown = np.cumsum(np.log(a), axis=1)  # log of a_1 a_2 .. a_t
    return np.exp(grown + np.logaddexp.accumulate(np.log(b) - grown, axis=1))


_METHODS = {"loop": _loop, "scan": _scan, "log": _log}


def _checked(a, b, initial, names=("a", "b")):
    """Arrays of one floating type, (batch, time, units) twice and (batch, units)."""
    a, b = (_numbers(array, name) for array, name in zip((a, b), names, strict=True))
    if a.ndim != 3 or a.shape != b.shape or not a.size:
        raise ValueError(
            f"{names[0]} and {names[1]} want one shape (batch, time, units), not empty, got {a.shape} and {b.shape}"
        )
    initial = np.zeros_like(a[:, 0]) if initial is None else _numbers(initial, "initial")
    if initial.shape != a[:, 0].shape:
        raise ValueError(f"initial wants shape (batch, units), {a[:, 0].shape}, got {initial.shape}")
    dtype = np.result_type(a, b, initial)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False), initial.astype(dtype, copy=False)


def _numbers(array, name):
    array = np.asarray(array)
    if array.dtype.kind not in "iufc":
        raise TypeError(f"{name} wants numbers, got an array of {array.dtype}")
    return array if array.dtype.kind in "fc" else array.astype(float)


def _with_logarithms(a, b, initial):
    for name, array in (("a", a), ("b", b)):
        if np.iscomplexobj(array) or not (array > 0).all():
            raise ValueError(f"{name} wants positive real numbers for the method log: others have no logarithm")
    if not (initial >= 0).all():
        raise ValueError(f"initial wants no negative numbers for the method log, got {initial.min()}")
