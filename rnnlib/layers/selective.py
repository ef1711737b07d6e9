"""A state-space layer that selects: how far its clock goes on at a step depends on what it reads there."""

import numpy as np

from rnnlib import initializers
from rnnlib.layers.state_space import ContinuousSSM


class SelectiveSSM(ContinuousSSM):
    """A `ContinuousSSM` whose steps have a length that depends on the input, the idea of Mamba (Gu and Dao 2023).

        Delta_t = softplus(x_t W_Delta + delta)                              step length, one for each state
        h_t = exp(Delta_t A) h_{t-1} + (exp(Delta_t A) - 1) / A (x_t B)      A = -exp(alpha) + i omega
        y_t = Re(h_t C) + x_t D

    Where Delta_t is near 0, h_t is h_{t-1}: the step is skipped. Where it is large, the past is wiped out. With A = -1,
    exp(-Delta_t) is sigma(-x_t W_Delta - delta), a gate (theorem 1 of that paper). W_Delta is `step_kernel` (features,
    state size), `delta` is no logarithm here but what softplus takes. Both start so that without an input Delta_t lies
    between `min_step` and `max_step`, uniform in its logarithm.

    Mamba makes B and C depend on the input, too, gives each feature states of its own, and its A is real. All of that
    is left out, to differ from `ContinuousSSM` in one thing. There is no `impulse_response`: what an input does to
    later outputs depends on the inputs between.
    """

    def build(self, features):
        super().build(features)
        shape = (features, self.state_size)
        self.add_weight("step_kernel", shape, initializers.get("glorot_uniform"), self.dtype, self.rng)

    def _initial_delta(self, shape, dtype, rng):
        return np.log(np.expm1(np.exp(super()._initial_delta(shape, float, rng)))).astype(dtype)

    def impulse_response(self, length):
        """Raises TypeError: there is none."""
        raise TypeError("SelectiveSSM has no impulse_response: what an input does depends on the inputs after it")

    def coefficients(self, x):
        rate, step = self._rate(), np.logaddexp(0, x @ self.step_kernel + self.delta)
        growth = np.expm1(step * rate)
        projected, scale = x @ self._input, growth / rate
        return growth + 1, projected * scale, (step, growth, projected, scale)

    def coefficients_back(self, d_a, d_b, x, kept):
        step, growth, projected, scale = kept
        rate, d_scale = self._rate(), d_b * projected.conj()
        d_exponent = (d_a + d_scale / rate.conj()) * (growth + 1).conj()
        self._rate_back((d_exponent * step - d_scale * (scale / rate).conj()).sum(axis=(0, 1)))
        d_z = (d_exponent * rate.conj()).real * -np.expm1(-step)  # softplus'(z) = sigma(z) = 1 - exp(-softplus(z))
        self.d_delta[...] = d_z.sum(axis=(0, 1))
        self.d_step_kernel[...] = x.reshape(-1, self.features).T @ d_z.reshape(-1, self.state_size)
        return self._input_back(d_b * scale.conj(), x) + d_z @ self.step_kernel.T
