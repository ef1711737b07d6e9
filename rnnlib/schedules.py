"""Learning rates that change from step to step: a schedule takes the number of steps taken, and gives the rate.

Names, arguments and values are those of `keras.optimizers.schedules`. Wherever an optimizer takes a learning rate it
takes a schedule, or any other function from the step to a positive number.
"""

import bisect
import math

from rnnlib import checks


class LearningRateSchedule:
    """The base of all schedules: `schedule(step)` is the learning rate of the step after `step` steps, a float."""

    def __call__(self, step):
        raise NotImplementedError


class _Decay(LearningRateSchedule):
    """What the two decays without an end share: they go by step / decay_steps, cut down to a whole with `staircase`.

    Raises ValueError unless the initial rate and `decay_steps` are positive, `decay_rate` not negative.
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False):
        self.initial_learning_rate = checks.real_in(initial_learning_rate, "initial_learning_rate", 0, low_open=True)
        self.decay_steps = checks.real_in(decay_steps, "decay_steps", 0, low_open=True)
        self.decay_rate = checks.real_in(decay_rate, "decay_rate", 0)
        self.staircase = bool(staircase)

    def _periods(self, step):
        periods = step / self.decay_steps
        return math.floor(periods) if self.staircase else periods


class ExponentialDecay(_Decay):
    """eta_0 decay_rate^(step / decay_steps): the same factor every `decay_steps` steps, at once with `staircase`."""

    def __call__(self, step):
        return self.initial_learning_rate * self.decay_rate ** self._periods(step)


class InverseTimeDecay(_Decay):
    """eta_0 / (1 + decay_rate step / decay_steps): falls ever more slowly."""

    def __call__(self, step):
        return self.initial_learning_rate / (1 + self.decay_rate * self._periods(step))


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave down, after a linear way up if asked for (Loshchilov and Hutter 2017; Goyal et al. 2017).

        eta_0 + (target - eta_0) step / warmup_steps                            while step < warmup_steps
        eta ((1 - alpha) (1 + cos(pi (step - warmup_steps) / decay_steps)) / 2 + alpha)         from there on

    The decay starts at eta, which is `warmup_target`, or `initial_learning_rate` if that is None (then there is no
    warm-up, whatever `warmup_steps` says, as in Keras), and ends after `decay_steps` steps at alpha eta. It is one run
    of equation 5 of Loshchilov and Hutter, without restarts.

    Raises ValueError for settings that are negative, `decay_steps` of 0, or a rate that would stay 0.
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, *, warmup_target=None, warmup_steps=0):
        warms_up = warmup_target is not None
        self.initial_learning_rate = checks.real_in(
            initial_learning_rate, "initial_learning_rate", 0, low_open=not warms_up
        )
        self.decay_steps = checks.real_in(decay_steps, "decay_steps", 0, low_open=True)
        self.alpha = checks.real_in(alpha, "alpha", 0)
        self.warmup_target = checks.real_in(warmup_target, "warmup_target", 0, low_open=True) if warms_up else None
        self.warmup_steps = checks.real_in(warmup_steps, "warmup_steps", 0)

    def __call__(self, step):
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return start + (self.warmup_target - start) * step / self.warmup_steps
            start, step = self.warmup_target, step - self.warmup_steps
        wave = (1 + math.cos(math.pi * min(step / self.decay_steps, 1))) / 2
        return start * ((1 - self.alpha) * wave + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[0]` up to and with the step `boundaries[0]`, then `values[1]` up to and with `boundaries[1]`, and so on.

    Raises ValueError unless the boundaries, at least one, rise and there is one value more; each value is positive.
    """

    def __init__(self, boundaries, values):
        self.boundaries = [checks.integer_at_least(boundary, 0, "boundaries") for boundary in boundaries]
        self.values = [checks.real_in(value, "values", 0, low_open=True) for value in values]
        if not self.boundaries or any(a >= b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise ValueError(f"boundaries wants at least one step, each after the one before, got {self.boundaries}")
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"values wants one rate more than there are boundaries, {len(self.boundaries) + 1}, "
                f"got {len(self.values)}"
            )

    def __call__(self, step):
        return self.values[bisect.bisect_left(self.boundaries, step)]
