"""A recurrent layer as a dynamical system: with its input held still, where does its state stay, and is it stable?"""

import dataclasses

import numpy as np

from rnnlib import checks
from rnnlib.layers import GRU, LSTM, SimpleRNN

ROWS = 2**14  # rows of a batch for one backward pass of `jacobian`: bounds the memory


@dataclasses.dataclass(frozen=True)
class FixedPoints:
    """Where a state stays, s = F(s), one a row; `fixed_points` finds them."""

    states: np.ndarray  # (points, size)
    speeds: np.ndarray  # (points,), q(s) = 1/2 |F(s) - s|^2
    eigenvalues: np.ndarray  # (points, size), complex, of the Jacobian there, the largest modulus first
    starts: np.ndarray  # (points,), from how many of the starts the search ended there

    def __len__(self):
        return len(self.states)

    @property
    def unstable(self):
        """The number of directions in which the state runs away, (points,): eigenvalues of modulus above 1."""
        return (np.abs(self.eigenvalues) > 1).sum(axis=1)

    @property
    def stable(self):
        """True where all small disturbances die out, (points,)."""
        return self.unstable == 0

    @property
    def index(self):
        """The sign of det(I - J), (points,): +1 or -1, the index of a point.

        Where F maps a cube into itself, as that of a SimpleRNN with tanh or of a GRU does, the indices of all its fixed
        points add up to 1, if none is degenerate (the Lefschetz-Hopf theorem; Arkowitz and Brown 2004): a search with
        another sum has missed some.
        """
        return np.sign(np.prod(1 - self.eigenvalues, axis=1).real).astype(int)


def next_states(layer, states, inputs):
    """F(s): the states after one step with these inputs, (points, size).

    `states` (points, size): h, for an `LSTM` h and c side by side (size = 2 units). `inputs` (features,) for all, or
    (points, features). Computed in float64, without dropout. Raises TypeError for a layer that is not a SimpleRNN, LSTM
    or GRU, ValueError for one without weights and shapes that do not fit.
    """
    return _step(*_checked(layer, states, inputs))


def jacobian(layer, states, inputs):
    """dF(s)/ds: (points, size, size), entry [:, i, j] the derivative of number i of the next state by number j of s.

    One backward pass over a batch with a row for each i. A small disturbance d of s is d J^T one step later; where all
    eigenvalues of J have a modulus below 1 it dies out. Arguments and errors as in `next_states`.
    """
    return _jacobian(*_checked(layer, states, inputs))


def fixed_points(layer, starts, inputs, *, iterations=200, speed=1e-20, distance=1e-3):
    """The fixed points of a recurrent layer under constant inputs (Sussillo and Barak 2013): a `FixedPoints`.

    Minimises q(s) = 1/2 |F(s) - s|^2 from each of the `starts` (starts, size), such as states that the
    network has been in, by Gauss-Newton steps with Levenberg and Marquardt's damping, which never let q rise. (With the
    Jacobian at hand these need a few dozen steps where gradient descent needs thousands.) Unlike letting the network
    run, this finds unstable points too. Where q ends above `speed`, a search found at most a slow point, which is left
    out. Ends within `distance` of each other count as one point. The points are ordered by their number of unstable
    directions.

    A search finds what it finds: more starts may find more. Raises as `next_states`, ValueError for settings out of
    range.
    """
    iterations = checks.integer_at_least(iterations, 1, "iterations")
    speed, distance = checks.real_in(speed, "speed", 0, low_open=True), checks.real_in(distance, "distance", 0)
    layer, states, inputs = _checked(layer, starts, inputs)
    states, q = _minimise(layer, states, inputs, iterations, speed)
    order = np.argsort(q, kind="stable")
    order = order[q[order] <= speed]
    points, counts = [], []
    for i in order:
        near = [n for n, j in enumerate(points) if np.linalg.norm(states[i] - states[j]) <= distance]
        if near:
            counts[near[0]] += 1
        else:
            points.append(i)
            counts.append(1)
    found = states[points]
    eigenvalues = np.zeros(found.shape, complex)
    if points:
        eigenvalues = np.linalg.eigvals(_jacobian(layer, found, inputs[points])).astype(complex)
        eigenvalues = np.take_along_axis(eigenvalues, np.argsort(-np.abs(eigenvalues), axis=1), axis=1)
    result = FixedPoints(found, q[points], eigenvalues, np.array(counts, int))
    order = np.lexsort((-result.starts, result.unstable))
    return FixedPoints(*(getattr(result, field.name)[order] for field in dataclasses.fields(result)))


def _minimise(layer, states, inputs, iterations, speed):
    """Where the searches end, and q there. Those that are done leave the batch."""
    states = states.copy()
    residual = _step(layer, states, inputs) - states
    q, damping = 0.5 * (residual**2).sum(axis=1), np.full(len(states), 1e-3)
    eye = np.eye(states.shape[1])
    for _ in range(iterations):
        # A point is refined as long as it helps; one whose damping has run off has nowhere left to go.
        busy = np.flatnonzero((q > 1e-3 * speed) & (damping < 1e10))
        if busy.size == 0:
            break
        slope = _jacobian(layer, states[busy], inputs[busy]) - eye
        normal = slope.swapaxes(1, 2) @ slope + damping[busy, np.newaxis, np.newaxis] * eye
        step = np.linalg.solve(normal, slope.swapaxes(1, 2) @ residual[busy, :, np.newaxis])[..., 0]
        tried = states[busy] - step
        left = _step(layer, tried, inputs[busy]) - tried
        new_q = 0.5 * (left**2).sum(axis=1)
        better = new_q < q[busy]
        damping[busy] *= np.where(better, 0.2, 8.0)
        damping = np.maximum(damping, 1e-14)
        won = busy[better]
        states[won], residual[won], q[won] = tried[better], left[better], new_q[better]
    return states, q


def _step(layer, states, inputs):
    _, *after = layer(inputs[:, np.newaxis], initial_state=_split(layer, states))
    return np.concatenate(after, axis=1)


def _jacobian(layer, states, inputs):
    size = states.shape[1]
    found, many = [], max(1, ROWS // size)
    for start in range(0, len(states), many):
        points = slice(start, start + many)
        count = len(states[points])
        _step(layer, np.repeat(states[points], size, axis=0), np.repeat(inputs[points], size, axis=0))
        rows = np.tile(np.eye(size), (count, 1))
        layer.backward(np.zeros((count * size, layer.units)), _split(layer, rows))
        found.append(np.concatenate(layer.d_initial_states, axis=1).reshape(count, size, size))
    return np.concatenate(found) if found else np.empty((0, size, size))


def _split(layer, states):
    """States side by side as the list that a layer takes."""
    return [part.copy() for part in np.split(states, layer.cell.number_of_states, axis=1)]


def _checked(layer, states, inputs):
    """A float64 twin of the layer that returns its states, and arguments that fit it."""
    if not isinstance(layer, SimpleRNN | LSTM | GRU):
        raise TypeError(f"wants a SimpleRNN, LSTM or GRU of rnnlib, got {layer!r}")
    if not layer.built:
        raise ValueError(f"wants a layer that has its weights, got {layer!r}: call it or its model first")
    states, inputs = checks.as_floats(states, np.float64, "states"), checks.as_floats(inputs, np.float64, "inputs")
    size = layer.units * layer.cell.number_of_states
    if states.ndim != 2 or states.shape[1] != size or len(states) == 0:
        raise ValueError(f"states wants shape (points, {size}), not empty, got {states.shape}")
    if inputs.shape not in ((layer.features,), (len(states), layer.features)):
        wanted = f"({layer.features},) or ({len(states)}, {layer.features})"
        raise ValueError(f"inputs wants shape {wanted}, got {inputs.shape}")
    checks.finite(states, "states")
    checks.finite(inputs, "inputs")
    options = {"return_sequences": False, "return_state": True, "stateful": False, "dtype": "float64"}
    twin = layer.clone(**options)
    twin.checked(np.zeros((1, 1, layer.features)))
    for weight, other in zip(twin.weights, layer.weights, strict=True):
        weight[...] = other
    return twin, states, np.broadcast_to(inputs, (len(states), layer.features))
