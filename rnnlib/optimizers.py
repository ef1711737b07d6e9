"""Optimizers: how a gradient becomes a change of the weights. Keras's names, defaults and arithmetic.

`optimizer.apply(gradients, weights)` changes the weight arrays in place. All updates here are elementwise, so a model
may hand over one long vector in place of many small arrays: the result is the same and the cost of a call is paid once.
Only `clipnorm` looks at each weight as a whole, and is told where in the vector one ends and the next begins.
"""

import math

import numpy as np

from rnnlib import checks


class Optimizer:
    """The base of all optimizers: a learning rate, a count of the steps taken, and what is done to large gradients.

    `learning_rate` is a number, or a schedule: a function from the number of steps taken to a number, which is asked
    before each step.

    One of three kinds of clipping may be asked for; it changes the gradients that the step sees, not the arrays handed
    over:

        clipvalue            g_i <- min(max(g_i, -c), c)         each number by itself
        clipnorm             g <- g min(1, c / ||g||)            the gradient of each weight array by itself
        global_clipnorm      g <- g min(1, c / ||g||)            all gradients as one (Pascanu et al. 2013, algorithm 1)

    The last alone keeps the direction of the step. As in Keras it acts on the gradient, before momentum or running
    means.

    Raises ValueError for a learning rate or a limit that is not positive, two kinds of clipping at once, or gradients
    that do not fit the weights; TypeError for what is no number.
    """

    slot_names = ()  # what is kept for each weight from step to step

    def __init__(self, learning_rate, clipnorm=None, clipvalue=None, global_clipnorm=None):
        limits = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        if len(given) > 1:
            raise ValueError(f"{type(self).__name__} wants one kind of clipping at most, got {given}")
        for name, limit in given.items():
            limits[name] = checks.real_in(limit, name, 0, low_open=True)
        self.clipnorm, self.clipvalue, self.global_clipnorm = limits.values()
        self.clips = bool(given)
        self.schedule = None
        self.learning_rate = learning_rate
        self.iterations = 0
        self.slots = None

    @property
    def learning_rate(self):
        """The rate of the next step. A number can be set to another; a schedule only to another schedule, as in Keras.

        A schedule that does not give a positive number (or 0) for its step raises as a wrong `learning_rate` does.
        """
        if self.schedule is None:
            return self._rate
        return checks.real_in(self.schedule(self.iterations), "the learning rate that the schedule gives", 0)

    @learning_rate.setter
    def learning_rate(self, rate):
        if callable(rate):
            self.schedule = rate
        elif self.schedule is not None:
            raise TypeError(f"learning_rate follows the schedule {self.schedule!r}: set another one, not {rate!r}")
        else:
            self._rate = checks.real_in(rate, "learning_rate", 0, low_open=True)

    def apply(self, gradients, weights, borders=None):
        """One step: change `weights` (a list of arrays) in place, along `gradients` (a list of the same shapes).

        With `borders` both lists hold one vector, in which many weights follow each other: the indices at which one
        ends and the next begins, as `numpy.split` takes them.
        """
        if [g.shape for g in gradients] != [w.shape for w in weights]:
            raise ValueError(
                f"{type(self).__name__}.apply wants one gradient of the same shape for each weight, got gradients of "
                f"{[g.shape for g in gradients]} for weights of {[w.shape for w in weights]}"
            )
        if self.slots is None:
            self.slots = [self._new_slots(weight) for weight in weights]
        elif [s[-1].shape for s in self.slots] != [w.shape for w in weights]:
            raise ValueError(f"this {type(self).__name__} has begun with other weights: make a new one for these")
        rate = self._rate if self.schedule is None else self.learning_rate
        if self.clips:
            gradients = self._clipped(gradients, borders)
        self.iterations += 1
        for gradient, weight, slots in zip(gradients, weights, self.slots, strict=True):
            self.update(rate, gradient, weight, *slots)

    def _clipped(self, gradients, borders):
        if self.clipvalue:
            return [np.clip(gradient, -self.clipvalue, self.clipvalue) for gradient in gradients]
        if self.global_clipnorm:
            scale = _scale(math.hypot(*map(_norm, gradients)), self.global_clipnorm)
            return [gradient * scale for gradient in gradients]
        if borders is None:
            return [gradient * _scale(_norm(gradient), self.clipnorm) for gradient in gradients]
        (vector,) = gradients
        return [np.concatenate(self._clipped(np.split(vector, borders), None))]

    def _new_slots(self, weight):
        """Zeros for what is kept of one weight, and scratch space."""
        return [*(np.zeros_like(weight) for _ in self.slot_names), np.empty_like(weight)]

    def update(self, rate, gradient, weight, *slots):
        """Change one weight in place; `slots` are what `slot_names` says, then scratch space."""
        raise NotImplementedError

    def get_state(self):
        """What the next step depends on, besides the settings: a dict that `set_state` takes."""
        names = self.slot_names
        slots = [{n: slot.copy() for n, slot in zip(names, slots, strict=False)} for slots in self.slots or ()]
        rate = self._rate if self.schedule is None else None
        return {"kind": self.name, "iterations": self.iterations, "learning_rate": rate, "slots": slots}

    def set_state(self, state):
        """Go on from where another optimizer of this kind was. Raises ValueError for a state of another kind."""
        names = sorted({name for slots in state["slots"] for name in slots})
        if state["kind"] != self.name or (state["slots"] and names != sorted(self.slot_names)):
            raise ValueError(
                f"this optimizer is {self.name!r} and keeps {sorted(self.slot_names)}, got the state of "
                f"{state['kind']!r}, which kept {names}"
            )
        if (state["learning_rate"] is None) != (self.schedule is not None):
            wanted, found = ("a number", "a schedule")[:: 1 if self.schedule is None else -1]
            raise ValueError(f"the learning_rate of this optimizer is {wanted}, got the state of one with {found}")
        if self.schedule is None:
            self.learning_rate = state["learning_rate"]
        self.iterations = checks.integer_at_least(state["iterations"], 0, "iterations")
        arrays = [[slots[name].copy() for name in self.slot_names] for slots in state["slots"]]
        self.slots = [[*kept, np.empty_like(kept[0])] for kept in arrays] if arrays and self.slot_names else None


def _norm(array):
    """||array||, over all its numbers; in 64 bits, since the square of a large gradient overflows 32."""
    vector = array.ravel().astype(np.float64)
    return math.sqrt(vector @ vector)


def _scale(norm, limit):
    """What a gradient of that norm is multiplied by: 1 up to the limit, then what brings it there."""
    return limit / max(norm, limit)


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for (Polyak 1964; Nesterov 1983; Sutskever et al. 2013).

    w <- w - eta g                                   without momentum
    v <- mu v - eta g,  w <- w + v                   with momentum mu
    v <- mu v - eta g,  w <- w + mu v - eta g        and `nesterov`
    """

    name = "sgd"

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **clipping):
        super().__init__(learning_rate, **clipping)
        self.momentum = checks.real_in(momentum, "momentum", 0, 1)
        self.nesterov = bool(nesterov)
        self.slot_names = ("velocity",) if self.momentum else ()

    def update(self, rate, gradient, weight, *slots):
        step = slots[-1]
        np.multiply(gradient, -rate, out=step)
        if self.momentum:
            velocity = slots[0]
            velocity *= self.momentum
            velocity += step
            if self.nesterov:
                weight += self.momentum * velocity
            else:
                step[...] = velocity
        weight += step


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012, lecture 6e): the gradient divided by the root of a running mean of its square.

    v <- rho v + (1 - rho) g^2
    a <- rho a + (1 - rho) g                          with `centered`: v - a^2, the variance, in place of v below
    w <- w - eta g / sqrt(v + epsilon)                without momentum
    u <- mu u + eta g / sqrt(v + epsilon),  w <- w - u          with momentum mu
    """

    name = "rmsprop"

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **clipping):
        super().__init__(learning_rate, **clipping)
        self.rho = checks.real_in(rho, "rho", 0, 1)
        self.momentum = checks.real_in(momentum, "momentum", 0, 1)
        self.epsilon = checks.real_in(epsilon, "epsilon", 0)
        self.centered = bool(centered)
        asked = {"velocity": True, "average_gradient": self.centered, "momentum": self.momentum > 0}
        self.slot_names = tuple(name for name, wanted in asked.items() if wanted)

    def update(self, rate, gradient, weight, velocity, *slots):
        *averages, scratch = slots
        np.multiply(gradient, gradient, scratch)
        _average(velocity, scratch, self.rho)
        denominator = scratch
        if self.centered:
            _average(averages[0], gradient.copy(), self.rho)
            np.multiply(averages[0], averages[0], denominator)
            np.subtract(velocity, denominator, denominator)
            # A variance is never negative, but the difference of two rounded numbers can be: Keras then gives nan.
            np.maximum(denominator, 0, out=denominator)
            denominator += self.epsilon
        else:
            np.add(velocity, self.epsilon, denominator)
        np.sqrt(denominator, denominator)
        step = np.divide(gradient * rate, denominator, denominator)
        if self.momentum:
            momentum = averages[-1]
            momentum *= self.momentum
            momentum += step
            step = momentum
        weight -= step


def _average(mean, values, rho):
    """mean <- rho mean + (1 - rho) values, in place; overwrites `values`."""
    mean *= rho
    values *= 1 - rho
    mean += values


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1, in the form of the remark after section 2.1).

    m <- m + (1 - beta_1) (g - m)           a running mean of the gradient
    v <- v + (1 - beta_2) (g^2 - v)         and of its square
    w <- w - eta sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    """

    name = "adam"
    slot_names = ("momentum", "velocity")  # Keras's names of m and v

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **clipping):
        super().__init__(learning_rate, **clipping)
        self.beta_1 = checks.real_in(beta_1, "beta_1", 0, 1, high_open=True)
        self.beta_2 = checks.real_in(beta_2, "beta_2", 0, 1, high_open=True)
        self.epsilon = checks.real_in(epsilon, "epsilon", 0)

    def update(self, rate, gradient, weight, m, v, scratch):
        # In the precision of the weights, as in Keras: with 32 bits, 1 - beta_2^t has few right digits at first.
        beta_1, beta_2, t = map(weight.dtype.type, (self.beta_1, self.beta_2, self.iterations))
        rate = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        np.subtract(gradient, m, scratch)
        scratch *= 1 - self.beta_1
        m += scratch
        np.multiply(gradient, gradient, scratch)
        scratch -= v
        scratch *= 1 - self.beta_2
        v += scratch
        np.sqrt(v, scratch)
        scratch += self.epsilon
        np.divide(m, scratch, scratch)
        scratch *= rate
        weight -= scratch


_BY_NAME = {optimizer.name: optimizer for optimizer in (SGD, RMSprop, Adam)}


def get(optimizer):
    """The optimizer of that name with its defaults, or the `Optimizer` itself.

    Raises ValueError for an unknown name, TypeError for anything else.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str):
        return checks.one_of(_BY_NAME, optimizer, "optimizer")()
    raise TypeError(f"optimizer wants a name or an rnnlib Optimizer, got {optimizer!r}")
