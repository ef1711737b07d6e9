"""Diagonal state-space layers: linear recurrences with constant complex factors, from discrete or continuous time."""

import numpy as np

from rnnlib import checks, initializers
from rnnlib.layers.linear import LinearRecurrence


class DiagonalSSM(LinearRecurrence):
    """A linear system whose states do not see each other; a subclass says how fast each turns and fades.

        h_t = Lambda h_{t-1} + Gamma (x_t B)      states, complex; Lambda and Gamma hold a number for each
        y_t = Re(h_t C) + x_t D                   outputs

    `x` (batch, time, features), h_t (batch, state size), y (batch, time, units). All states see all features, as in S5
    (Smith et al. 2023). The weights are real: `input_real` and `input_imag` (features, state size) are B, `output_real`
    and `output_imag` (state size, units) are C, `skip` (features, units) is D; those of Lambda and Gamma come first.

    The layer is linear in its input: what is not linear has to come from the layers around it. It is also a
    convolution: see `impulse_response`. Its states (`initial_state`, `return_state`) are two arrays, the real parts and
    the imaginary parts.

    Raises TypeError or ValueError for sizes that are no whole numbers above 0, and as `LinearRecurrence`.
    """

    number_of_states = 2

    def __init__(self, units, state_size, **options):
        super().__init__(units, **options)
        self._state_size = checks.integer_at_least(state_size, 1, "state_size")

    @property
    def state_size(self):
        return self._state_size

    def build(self, features):
        self.features = features
        size = (self.state_size,)
        for name, initializer in self.transition_initializers().items():
            self.add_weight(name, size, initializer, self.dtype, self.rng)
        for part in ("real", "imag"):
            self.add_weight(f"input_{part}", (features, *size), _normal(2 * features), self.dtype, self.rng)
        for part in ("real", "imag"):
            self.add_weight(f"output_{part}", (*size, self.units), _normal(*size), self.dtype, self.rng)
        self.add_weight("skip", (features, self.units), initializers.get("glorot_uniform"), self.dtype, self.rng)

    def transition_initializers(self):
        """Names and initializers of the weights behind Lambda and Gamma, each of shape (state size,)."""
        raise NotImplementedError

    def transition(self):
        """Lambda and Gamma, (state size,) each."""
        raise NotImplementedError

    def transition_back(self, d_lambda, d_gamma):
        """Leave the gradients of the weights behind them, from dL/d(real part) + i dL/d(imaginary part) of both."""
        raise NotImplementedError

    def impulse_response(self, length):
        """What one input does to the outputs from then on: a real array K of shape (length, features, units).

        y_t = sum over k of x_{t-k} K_k, with K_k = Re(B Gamma Lambda^k C), and D on top of K_0: the recurrence written
        as a convolution. Raises ValueError before the layer is built or a `length` below 1.
        """
        checks.integer_at_least(length, 1, "length")
        if not self.built:
            raise ValueError("impulse_response wants a layer that is built: call it first")
        factor, scale = self.transition()
        powers = factor ** np.arange(length)[:, np.newaxis]
        response = np.einsum("fs,ks,su->kfu", self._input * scale, powers, self._output).real.copy()
        response[0] += self.skip
        return response

    @property
    def _input(self):
        return self.input_real + 1j * self.input_imag

    @property
    def _output(self):
        return self.output_real + 1j * self.output_imag

    def joined(self, states):
        return states[0] + 1j * states[1]

    def parted(self, h):
        return [h.real.copy(), h.imag.copy()]

    def coefficients(self, x):
        factor, scale = self.transition()
        projected = x @ self._input
        return np.broadcast_to(factor, projected.shape), projected * scale, (projected, scale)

    def coefficients_back(self, d_a, d_b, x, kept):
        projected, scale = kept
        self.transition_back(d_a.sum(axis=(0, 1)), (d_b * projected.conj()).sum(axis=(0, 1)))
        return self._input_back(d_b * scale.conj(), x)

    def _input_back(self, d_projected, x):
        """Leave the gradient of B, from that at x B; return the gradient at x by this way."""
        d_input = x.reshape(-1, self.features).T @ d_projected.reshape(-1, self.state_size)
        self.d_input_real[...], self.d_input_imag[...] = d_input.real, d_input.imag
        return (d_projected @ self._input.conj().T).real

    def read(self, h, x):
        return (h @ self._output).real + x @ self.skip

    def read_back(self, d_outputs, h, x):
        rows = d_outputs.reshape(-1, self.units)
        d_output = h.reshape(-1, self.state_size).conj().T @ rows
        self.d_output_real[...], self.d_output_imag[...] = d_output.real, d_output.imag
        np.matmul(x.reshape(-1, self.features).T, rows, out=self.d_skip)
        return d_outputs @ self._output.conj().T, d_outputs @ self.skip.T


class LRU(DiagonalSSM):
    """The linear recurrent unit (Orvieto et al. 2023): a diagonal linear system made for discrete time.

        Lambda = exp(-exp(nu) + i exp(theta)),    Gamma = exp(gamma)

    The weights are `nu`, `theta` and `gamma`, (state size,). Whatever nu is, |Lambda| stays below 1: no state grows.
    They start with Lambda uniform on the ring between `min_radius` and `max_radius` of the complex plane (section 3.2),
    with phases up to `max_phase` (radians), and Gamma = sqrt(1 - |Lambda|^2), which keeps the states' size that of
    their input (section 3.4). As in the paper's code, Gamma and the phases are trained, in logarithms. There D is a
    number for each feature; here it is a matrix, so that the layer can change the number of features.

    Raises ValueError unless 0 <= min_radius < max_radius < 1 and 0 < max_phase <= 2 pi, and as `DiagonalSSM`.
    """

    def __init__(self, units, state_size, *, min_radius=0.9, max_radius=0.999, max_phase=2 * np.pi, **options):
        super().__init__(units, state_size, **options)
        self.max_radius = checks.real_in(max_radius, "max_radius", 0, 1, low_open=True, high_open=True)
        self.min_radius = checks.real_in(min_radius, "min_radius", 0, self.max_radius, high_open=True)
        self.max_phase = checks.real_in(max_phase, "max_phase", 0, 2 * np.pi, low_open=True)

    def transition_initializers(self):
        return {"nu": self._initial_nu, "theta": self._initial_theta, "gamma": self._initial_gamma}

    def _initial_nu(self, shape, dtype, rng):
        squared = rng.uniform(self.min_radius**2, self.max_radius**2, shape)  # uniform by area
        return np.log(-np.log(np.maximum(squared, np.finfo(dtype).tiny)) / 2).astype(dtype)

    def _initial_theta(self, shape, dtype, rng):
        return np.log(self.max_phase * (1 - rng.random(shape))).astype(dtype)  # 1 - [0, 1) is never zero

    def _initial_gamma(self, shape, dtype, rng):
        return (np.log(-np.expm1(-2 * np.exp(self.nu.astype(float)))) / 2).astype(dtype)

    def transition(self):
        return np.exp(-np.exp(self.nu) + 1j * np.exp(self.theta)), np.exp(self.gamma)

    def transition_back(self, d_lambda, d_gamma):
        factor, scale = self.transition()
        d_exponent = d_lambda * factor.conj()
        self.d_nu[...] = -d_exponent.real * np.exp(self.nu)
        self.d_theta[...] = d_exponent.imag * np.exp(self.theta)
        self.d_gamma[...] = d_gamma.real * scale


class ContinuousSSM(DiagonalSSM):
    """A diagonal linear system in continuous time, h'(s) = A h(s) + x(s) B, read off in steps of length Delta.

        A = -exp(alpha) + i omega,    Delta = exp(delta)
        Lambda = exp(Delta A),    Gamma = (Lambda - 1) / A

    This is exact for an input that stays constant during each step (zero-order hold). The weights are `alpha`, `omega`
    and `delta`, (state size,). They start as S4D-Lin (Gu et al. 2022): A = -1/2 + i pi n for n = 0, 1, .., and Delta
    drawn between `min_step` and `max_step`, uniform in its logarithm. S4D gives each feature states and a Delta of its
    own; here all features share the states, and each state has its Delta, as in S5 (Smith et al. 2023).

    Raises ValueError unless 0 < min_step <= max_step, and as `DiagonalSSM`.
    """

    def __init__(self, units, state_size, *, min_step=0.001, max_step=0.1, **options):
        super().__init__(units, state_size, **options)
        self.max_step = checks.real_in(max_step, "max_step", 0, low_open=True)
        self.min_step = checks.real_in(min_step, "min_step", 0, self.max_step, low_open=True)

    def transition_initializers(self):
        return {
            "alpha": initializers.Constant(np.log(0.5)),
            "omega": _multiples_of_pi,
            "delta": self._initial_delta,
        }

    def _initial_delta(self, shape, dtype, rng):
        return rng.uniform(np.log(self.min_step), np.log(self.max_step), shape).astype(dtype)

    def _rate(self):
        return -np.exp(self.alpha) + 1j * self.omega

    def _rate_back(self, d_rate):
        self.d_alpha[...] = -d_rate.real * np.exp(self.alpha)
        self.d_omega[...] = d_rate.imag

    def transition(self):
        rate, step = self._rate(), np.exp(self.delta)
        return np.exp(step * rate), np.expm1(step * rate) / rate

    def transition_back(self, d_lambda, d_gamma):
        rate, step = self._rate(), np.exp(self.delta)
        factor, scale = self.transition()
        d_exponent = (d_lambda + d_gamma / rate.conj()) * factor.conj()
        self._rate_back(d_exponent * step - d_gamma * (scale / rate).conj())
        self.d_delta[...] = (d_exponent * rate.conj()).real * step


def _normal(count):
    """An initializer: normal numbers of variance 1 / count."""
    return lambda shape, dtype, rng: (rng.normal(size=shape) / np.sqrt(count)).astype(dtype)


def _multiples_of_pi(shape, dtype, rng):
    return (np.pi * np.arange(shape[0])).astype(dtype)
