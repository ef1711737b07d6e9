"""Optimizers: how a gradient becomes a change of the weights. Keras's names, defaults and arithmetic.

`optimizer.apply(gradients, weights)` changes the weight arrays in place. All updates here are elementwise, so a model
may hand over one long vector in place of many small arrays: the result is the same and the cost of a call is paid once.
"""

import numpy as np

from rnnlib import checks


class Optimizer:
    """The base of all optimizers: a learning rate and a count of the steps taken.

    Raises ValueError for a learning rate that is not positive, or gradients that do not fit the weights.
    """

    def __init__(self, learning_rate):
        self.learning_rate = checks.real_in(learning_rate, "learning_rate", 0, low_open=True)
        self.iterations = 0
        self.slots = None

    def apply(self, gradients, weights):
        """One step: change `weights` (a list of arrays) in place, along `gradients` (a list of the same shapes)."""
        if [g.shape for g in gradients] != [w.shape for w in weights]:
            raise ValueError(
                f"{type(self).__name__}.apply wants one gradient of the same shape for each weight, got gradients of "
                f"{[g.shape for g in gradients]} for weights of {[w.shape for w in weights]}"
            )
        if self.slots is None:
            self.slots = [self.new_slots(weight) for weight in weights]
        elif [s[-1].shape for s in self.slots] != [w.shape for w in weights]:
            raise ValueError(f"this {type(self).__name__} has begun with other weights: make a new one for these")
        self.iterations += 1
        for gradient, weight, slots in zip(gradients, weights, self.slots, strict=True):
            self.update(gradient, weight, *slots)

    def new_slots(self, weight):
        """The arrays that the optimizer keeps for one weight; the last of them is scratch space."""
        raise NotImplementedError

    def update(self, gradient, weight, *slots):
        """Change one weight in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for (Polyak 1964; Nesterov 1983; Sutskever et al. 2013).

    w <- w - eta g                                   without momentum
    v <- mu v - eta g,  w <- w + v                   with momentum mu
    v <- mu v - eta g,  w <- w + mu v - eta g        and `nesterov`
    """

    name = "sgd"

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False):
        super().__init__(learning_rate)
        self.momentum = checks.real_in(momentum, "momentum", 0, 1)
        self.nesterov = bool(nesterov)

    def new_slots(self, weight):
        velocity = [np.zeros_like(weight)] if self.momentum else []
        return [*velocity, np.empty_like(weight)]

    def update(self, gradient, weight, *slots):
        step = slots[-1]
        np.multiply(gradient, -self.learning_rate, out=step)
        if self.momentum:
            velocity = slots[0]
            velocity *= self.momentum
            velocity += step
            if self.nesterov:
                weight += self.momentum * velocity
            else:
                step[...] = velocity
        weight += step


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1, in the form of the remark after section 2.1).

    m <- m + (1 - beta_1) (g - m)           a running mean of the gradient
    v <- v + (1 - beta_2) (g^2 - v)         and of its square
    w <- w - eta sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    """

    name = "adam"

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__(learning_rate)
        self.beta_1 = checks.real_in(beta_1, "beta_1", 0, 1, high_open=True)
        self.beta_2 = checks.real_in(beta_2, "beta_2", 0, 1, high_open=True)
        self.epsilon = checks.real_in(epsilon, "epsilon", 0)

    def new_slots(self, weight):
        return [np.zeros_like(weight), np.zeros_like(weight), np.empty_like(weight)]

    def update(self, gradient, weight, m, v, scratch):
        # In the precision of the weights, as in Keras: with 32 bits, 1 - beta_2^t has few right digits at first.
        beta_1, beta_2, t = map(weight.dtype.type, (self.beta_1, self.beta_2, self.iterations))
        rate = self.learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
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


_BY_NAME = {optimizer.name: optimizer for optimizer in (SGD, Adam)}


def get(optimizer):
    """The optimizer of that name with its defaults, or the `Optimizer` itself.

    Raises ValueError for an unknown name, TypeError for anything else.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str):
        return checks.one_of(_BY_NAME, optimizer, "optimizer")()
    raise TypeError(f"optimizer wants a name or an rnnlib Optimizer, got {optimizer!r}")
