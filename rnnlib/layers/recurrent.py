"""The loop over time, once for all cells, and the recurrent layers that Keras users know."""

import dataclasses

import numpy as np

from rnnlib import checks
from rnnlib.cells import SimpleRNNCell
from rnnlib.layers.base import Layer


@dataclasses.dataclass
class RecurrentRecord:
    """What a backward pass through time needs of its forward pass. Time-major."""

    inputs: np.ndarray  # (time * batch, features), in the order in which the loop read them
    z: np.ndarray  # (time, batch, gates * units), as the cell left it
    states: tuple  # of (time + 1, batch, units): states[0] is the state before the first step
    mask: np.ndarray | None  # (time, batch, 1), in the order of the loop


class RNN(Layer):
    """Runs a cell through time; `SimpleRNN` and its kin are this with their own cell.

    Call: `layer(sequences, initial_state=None, mask=None, training=False)`.

    - `sequences` (batch, time, features).
    - `initial_state`: (batch, units) or a list with one such array a state; zeros if None.
    - `mask` (batch, time) of booleans: where False, the state stays as it is and the previous output is repeated
      (zeros before the first True), as in Keras.
    - Returns (batch, units), or (batch, time, units) with `return_sequences`; with `return_state` a list of that and
      the final states.

    `backward(d_outputs, d_states=None)` is back-propagation through time (Werbos 1990): it returns the gradient at
    `sequences` and leaves those of the weights in `layer.gradients`, of the initial states in `d_initial_states`.

    Raises ValueError for a wrong rank, an empty axis, another number of features than at first, or a state, mask or
    gradient of the wrong shape; TypeError for what is not numbers, or a mask that is not boolean.
    """

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, seed=None, name=None):
        super().__init__(cell.dtype, seed, name)
        self.cell = cell
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        self.d_initial_states = None

    @property
    def units(self):
        """The number of numbers in each state."""
        return self.cell.units

    def build(self, features):
        self.features = features
        self.cell.build(features, self.rng)
        self.weight_names = self.cell.weight_names

    def __getattr__(self, name):  # kernel, d_kernel, activation, ...: the cell's own
        if name == "cell":
            raise AttributeError(name)
        return getattr(self.cell, name)

    def place(self, weights, gradients):
        self.cell.place(weights, gradients)

    def __call__(self, sequences, initial_state=None, mask=None, training=False):
        owner = type(self).__name__
        sequences = checks.sequences(sequences, self.dtype, owner)
        self.ensure_built(sequences, "sequences")
        batch, time, _ = sequences.shape
        if initial_state is not None:
            initial_state = self._checked_states(initial_state, batch, "initial_state")
        if mask is not None:
            mask = np.asarray(mask)
            if mask.dtype != bool:
                raise TypeError(
                    f"{owner} wants mask as booleans, True where a step counts, got an array of {mask.dtype}"
                )
            checks.shape(mask, (batch, time), owner, "mask")
        return self.forward(sequences, initial_state, mask, training)

    def _checked_states(self, states, batch, name):
        states = states if isinstance(states, list | tuple) else [states]
        if len(states) != self.cell.number_of_states:
            wanted = self.cell.number_of_states
            raise ValueError(f"{type(self).__name__} wants {wanted} arrays in {name}, got {len(states)}")
        states = [checks.as_floats(state, self.dtype, name) for state in states]
        for state in states:
            checks.shape(state, (batch, self.units), type(self).__name__, name)
        return states

    def forward(self, sequences, initial_state=None, mask=None, training=False):
        """`__call__` without its checks."""
        batch, time, features = sequences.shape
        order = slice(None, None, -1 if self.go_backwards else 1)
        inputs = sequences.swapaxes(0, 1)[order].reshape(-1, features).copy()
        z = self.cell.project(inputs).reshape(time, batch, -1)
        states = tuple(np.empty((time + 1, batch, self.units), self.dtype) for _ in range(self.cell.number_of_states))
        for i, state in enumerate(states):
            state[0] = 0 if initial_state is None else initial_state[i]
        if mask is not None:
            mask = mask.T[order, :, np.newaxis].copy()

        step = self.cell.step
        moments = list(zip(*states, strict=True))  # the states before each step, and after the last
        for t, (z_t, now, after) in enumerate(zip(z, moments, moments[1:], strict=False)):
            step(z_t, now, after)
            if mask is not None:
                for old, new in zip(now, after, strict=True):
                    np.copyto(new, old, where=~mask[t])

        self.record = RecurrentRecord(inputs, z, states, mask)
        outputs = self._outputs(states[0], mask)
        if self.return_state:
            return [outputs, *(state[-1].copy() for state in states)]
        return outputs

    def _outputs(self, h, mask):
        """What the layer shows of its hidden states: all or the last, a masked step repeating the output before."""
        if mask is None:
            return h[1:].swapaxes(0, 1).copy() if self.return_sequences else h[-1].copy()
        outputs = np.zeros_like(h)  # outputs[t + 1] belongs to step t; before the first there is zero
        for t, m in enumerate(mask):
            outputs[t + 1] = np.where(m, h[t + 1], outputs[t])
        return outputs[1:].swapaxes(0, 1).copy() if self.return_sequences else outputs[-1].copy()

    def backward(self, d_outputs, d_states=None, record=None):
        """The gradient at the sequences, from that at the outputs and, with `return_state`, at the final states."""
        record = self.taken_record(record)
        time, batch, _ = record.z.shape
        d_hidden = self._d_hidden(d_outputs, record)
        if d_states is None:
            d_states = tuple(np.zeros((batch, self.units), self.dtype) for _ in record.states)
        else:
            d_states = tuple(d.copy() for d in self._checked_states(d_states, batch, "d_states"))

        dz = np.empty_like(record.z)
        slopes = self.cell.slopes(record.z, record.states)
        step_back = self.cell.step_back
        for t in reversed(range(time)):
            if d_hidden[t] is not None:
                np.add(d_states[0], d_hidden[t], d_states[0])
            if record.mask is None:
                step_back(d_states, slopes[t], dz[t])
            else:
                self._masked_step_back(d_states, slopes[t], dz[t], record.mask[t])

        self.d_initial_states = list(d_states)
        self.cell.weight_gradients(record.inputs, record.states, dz)
        order = slice(None, None, -1 if self.go_backwards else 1)
        d_inputs = self.cell.input_gradient(dz).reshape(time, batch, self.features)
        return d_inputs[order].swapaxes(0, 1).copy()

    def _d_hidden(self, d_outputs, record):
        """What the outputs ask of each hidden state: a list over time of (batch, units), None where nothing."""
        time, batch, _ = record.z.shape
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        wanted = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        checks.shape(d_outputs, wanted, f"{type(self).__name__}.backward", "d_outputs")
        d_hidden = list(d_outputs.swapaxes(0, 1)) if self.return_sequences else [None] * (time - 1) + [d_outputs]
        if record.mask is not None:  # a repeated output hands its gradient on to the step that it repeats
            handed = 0
            for t in reversed(range(time)):
                asked = handed if d_hidden[t] is None else handed + d_hidden[t]
                d_hidden[t] = np.where(record.mask[t], asked, 0)
                handed = np.where(record.mask[t], 0, asked)
        return d_hidden

    def _masked_step_back(self, d_states, slope, dz, mask):
        """A step back in which masked sequences hand their states' gradient on untouched."""
        untouched = [d.copy() for d in d_states]
        self.cell.step_back(d_states, slope, dz)
        dz *= mask
        for d, before in zip(d_states, untouched, strict=True):
            np.copyto(d, before, where=~mask)

    def output_shape(self, input_shape):
        batch, time, _ = input_shape
        return (batch, time, self.units) if self.return_sequences else (batch, self.units)


class SimpleRNN(RNN):
    """The Elman network (Elman 1990): h_t = phi(x_t W + h_{t-1} U + b), as Keras's `SimpleRNN`.

    Arguments, defaults, weights and masks as in Keras; see `SimpleRNNCell` for the equations and `RNN` for the call.
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        *,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        dtype="float32",
        seed=None,
        name=None,
    ):
        cell = SimpleRNNCell(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dtype
        )
        super().__init__(cell, return_sequences, return_state, go_backwards, seed, name)
