"""What an output owes to each number of the input, and a test of such answers.

All functions ask about one output of each sample, F(x): output `targets[i]` of sample i, by default the largest. With
`log=True` F is its natural logarithm: for a model that ends in a softmax, whose probabilities hardly move once they are
near 1. `model` is any network of rnnlib that takes real numbers (batch, ..., features) and gives (batch, outputs). One
that reads ids begins with an `Embedding`: ask the layers behind it, with the vectors as `x`.

A *place* is what is taken away at once: one number of the input, or with `whole_steps` all features of a step.
"""

import numpy as np

from rnnlib import checks


def plain_gradient(model, x, targets=None, log=False):
    """dF/dx, of the shape of `x` (batch, ..., features): how F would change if an input did.

    (Simonyan, Vedaldi and Zisserman 2014, section 3.) Raises ValueError or TypeError for what does not fit.
    """
    x, targets = _checked(model, x, targets)
    return _gradient(model, x, targets, log)


def gradient_times_input(model, x, targets=None, log=False):
    """x dF/dx, of the shape of `x`: what each input gives to F, as far as a straight line through zero can tell.

    (Shrikumar, Greenside and Kundaje 2017, section 2.2.) Exact for F(x) = x w + b. Raises as `plain_gradient`.
    """
    return np.asarray(x) * plain_gradient(model, x, targets, log)


def integrated_gradients(model, x, targets=None, log=False, *, baseline=0.0, steps=32):
    """(x - b) times the mean of dF/dx on the straight way from the baseline b to x (Sundararajan et al. 2017, eq. 1).

        a_i = (x_i - b_i) integral_0^1 dF/dx_i (b + s (x - b)) ds

    by the midpoints of `steps` equal pieces. As steps grow the a_i of a sample add up to F(x) - F(b) (completeness,
    their proposition 1); `completeness_gap` says how far they are from it. `baseline` is what "nothing" looks like: a
    number or an array that can stand for `x`. Returns an array of the shape of `x`. Raises as `plain_gradient`.
    """
    steps = checks.integer_at_least(steps, 1, "steps")
    x, targets = _checked(model, x, targets)
    baseline = _baseline(baseline, x)
    total = np.zeros_like(x)
    for s in (np.arange(steps) + 0.5) / steps:
        total += _gradient(model, baseline + x.dtype.type(s) * (x - baseline), targets, log)
    return (x - baseline) * total / steps


def completeness_gap(model, x, attributions, targets=None, log=False, *, baseline=0.0):
    """sum_i a_i - (F(x) - F(b)) of each sample, (batch,): zero where attributions share out the whole change of F.

    Raises as `plain_gradient`, and ValueError for attributions that have not the shape of `x`.
    """
    x, targets = _checked(model, x, targets)
    checks.shape(attributions, x.shape, "completeness_gap", "attributions")
    change = _score(model, x, targets, log) - _score(model, _baseline(baseline, x), targets, log)
    return np.reshape(attributions, (len(x), -1)).sum(axis=1) - change


def occlusion(model, x, targets=None, log=False, *, baseline=0.0, whole_steps=False):
    """F(x) less F with the place set to the baseline: what taking it away costs (Zeiler and Fergus 2014, section 4.2).

    A forward pass for each place. Returns (batch, ..., features), or (batch, time) with `whole_steps`. Raises as
    `plain_gradient`.
    """
    x, targets = _checked(model, x, targets)
    flat, shape = _by_place(x, whole_steps)
    missing, _ = _by_place(_baseline(baseline, x), whole_steps)
    return _falls(model, x, flat, [missing], targets, log).reshape(shape)


def permutation(model, x, rng, targets=None, log=False, *, repeats=8, whole_steps=False):
    """F(x) less the mean of F with the place taken from another sample of `x`: what *these* inputs say.

    The place gets values that do occur there, while a baseline may be like nothing that the model has seen. (Breiman
    2001, section 10, permutes a column of the data and looks at the error; here each sample is looked at by itself.)
    `repeats` times each sample gets another one, drawn by `rng`, a NumPy generator. Returns as `occlusion`; raises as
    it does, and ValueError for a single sample.
    """
    repeats = checks.integer_at_least(repeats, 1, "repeats")
    x, targets = _checked(model, x, targets)
    if len(x) < 2:
        raise ValueError("permutation wants at least two samples in x, to take values from others, got 1")
    flat, shape = _by_place(x, whole_steps)
    others = [flat[(np.arange(len(x)) + rng.integers(1, len(x), len(x))) % len(x)] for _ in range(repeats)]
    return _falls(model, x, flat, others, targets, log).reshape(shape)


def random_order(x, rng, whole_steps=False):
    """Random numbers in place of attributions, but those of places with nothing in them (zeros) are below all others.

    What a ranking has to beat: who deletes nothing can change nothing. Shaped as those of `occlusion`.
    """
    flat, shape = _by_place(np.asarray(x), whole_steps)
    return (rng.random(flat.shape[:2]) - (flat == 0).all(axis=2)).reshape(shape)


def deletion_curve(model, x, attributions, targets=None, log=False, *, baseline=0.0, places=None):
    """F after the 0, 1, 2, ... places of highest attribution have been set to the baseline: (batch, places + 1).

    The faster it falls, the better the attributions said what F rests on (Samek et al. 2017; Petsiuk et al. 2018).
    `attributions` have the shape of `x`, or (batch, time), where whole steps are deleted. The target stays what it was.
    `places`: how many to delete, all if None. Raises as `plain_gradient`, and ValueError for attributions of another
    shape and more places than there are.
    """
    x, targets = _checked(model, x, targets)
    attributions = checks.as_numbers(attributions, "attributions")
    whole_steps = attributions.shape != x.shape
    flat, shape = _by_place(x, whole_steps)
    checks.shape(attributions, shape, "deletion_curve", "attributions")
    missing, _ = _by_place(_baseline(baseline, x), whole_steps)
    count = flat.shape[1] if places is None else checks.integer_at_least(places, 1, "places")
    if count > flat.shape[1]:
        raise ValueError(f"places wants at most the {flat.shape[1]} that x has, got {count}")
    order = np.argsort(-attributions.reshape(len(x), -1), axis=1, kind="stable")
    rows, left, curve = np.arange(len(x)), flat.copy(), [_score(model, x, targets, log)]
    for place in order.T[:count]:
        left[rows, place] = missing[rows, place]
        curve.append(_score(model, left.reshape(x.shape), targets, log))
    return np.stack(curve, axis=1)


def _falls(model, x, flat, replacements, targets, log):
    """F(x) less the mean of F over the replacements, place by place: (batch, places)."""
    whole, falls = _score(model, x, targets, log), np.zeros(flat.shape[:2], x.dtype)
    for place in range(flat.shape[1]):
        changed = flat.copy()
        for other in replacements:
            changed[:, place] = other[:, place]
            falls[:, place] += whole - _score(model, changed.reshape(x.shape), targets, log)
    return falls / len(replacements)


def _checked(model, x, targets):
    """`x` as real numbers of the model's dtype, and the outputs that are asked about, (batch,)."""
    if getattr(getattr(model, "layers", [None])[0], "takes_ids", False):
        raise TypeError("attributions want a model of real inputs, got one of ids: ask the layers behind its Embedding")
    x = np.array(checks.as_floats(x, model.dtype, "x"))
    outputs = model(x)
    if outputs.ndim != 2:
        raise ValueError(f"attributions want a model with outputs of shape (batch, outputs), got {outputs.shape}")
    if targets is None:
        return x, outputs.argmax(axis=1)
    targets = checks.whole_numbers(targets, "targets")
    checks.shape(targets, (len(x),), "attributions", "targets")
    if targets.min() < 0 or targets.max() >= outputs.shape[1]:
        wanted = f"outputs from 0 to {outputs.shape[1] - 1}"
        raise ValueError(f"targets wants {wanted}, got {targets.min()} to {targets.max()}")
    return x, targets


def _score(model, x, targets, log):
    """F of each sample, (batch,)."""
    chosen = model(x)[np.arange(len(x)), targets]
    return np.log(chosen) if log else chosen


def _gradient(model, x, targets, log):
    outputs = model(x)
    d_outputs = np.zeros_like(outputs)
    chosen = np.arange(len(x)), targets
    d_outputs[chosen] = 1 / outputs[chosen] if log else 1
    return model.backward(d_outputs)


def _baseline(baseline, x):
    """The baseline in the shape of `x`. Raises ValueError if it cannot have it."""
    baseline = checks.as_floats(baseline, x.dtype, "baseline")
    try:
        return np.broadcast_to(baseline, x.shape)
    except ValueError:
        raise ValueError(f"baseline wants a shape that fits x, {x.shape}, got {baseline.shape}") from None


def _by_place(x, whole_steps):
    """`x` as (batch, places, numbers of a place), a copy, and the shape of one number a place."""
    shape = x.shape[:-1] if whole_steps else x.shape
    return x.reshape(len(x), int(np.prod(shape[1:])), -1).copy(), shape
