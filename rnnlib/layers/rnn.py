"""The loop over time, once for all cells."""

import dataclasses

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Layer
from rnnlib.layers.dropout import dropout_mask

CHUNK = 2**16  # numbers in the stretch of steps that is prepared at once on the way back: it should stay in the cache


@dataclasses.dataclass
class RecurrentRecord:
    """What a backward pass through time needs of its forward pass. Time-major."""

    inputs: (
        np.ndarray
    )  # (time * batch, features), in the order of the loop, dropped; or (gates, time * batch, features)
    z: tuple  # the blocks of the projections, (time, batch, width) each, as the cell left them
    states: tuple  # of (time + 1, batch, units): states[0] is the state before the first step
    mask: np.ndarray | None  # (time, batch, 1), in the order of the loop
    input_masks: np.ndarray | None  # (1 or gates, batch, features), dropout
    state_masks: np.ndarray | None  # (gates, batch, units), recurrent dropout


class RNN(Layer):
    """Runs a cell through time; `SimpleRNN`, `LSTM` and `GRU` are this with their own cell.

    Call: `layer(sequences, initial_state=None, mask=None, training=False)`.

    - `sequences` (batch, time, features).
    - `initial_state`: (batch, units) or a list with one such array a state; None for zeros, or for the states that the
      last call ended with if the layer is `stateful`.
    - `mask` (batch, time) of booleans: where False, the state stays as it is and the previous output is repeated
      (zeros before the first True), as in Keras; with `zero_output_for_mask` the output there is zero.
    - `training=True` turns on `dropout` and `recurrent_dropout` (Gal and Ghahramani 2016): masks are drawn once a
      sequence and hold for all its steps.
    - Returns (batch, units), or (batch, time, units) with `return_sequences`; with `return_state` a list of that and
      the final states.

    `backward(d_outputs, d_states=None)` is back-propagation through time (Werbos 1990): it returns the gradient at
    `sequences` and leaves those of the weights in `layer.gradients`, of the initial states in `d_initial_states`. It
    ends at the initial states: with `stateful` it does not go back into the call before.

    Raises ValueError for a wrong rank, an empty axis, another number of features than at first, another batch size
    than the states that it carries on have, or a state, mask or gradient of the wrong shape; TypeError for what is not
    numbers, or a mask that is not boolean.
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        *,
        zero_output_for_mask=False,
        seed=None,
        name=None,
    ):
        super().__init__(cell.dtype, seed, name)
        self.cell = cell
        self.return_sequences = bool(return_sequences)
        self.return_state = bool(return_state)
        self.go_backwards = bool(go_backwards)
        self.stateful = bool(stateful)
        self.zero_output_for_mask = bool(zero_output_for_mask)
        self.states = None
        self.d_initial_states = None

    @property
    def units(self):
        """The number of numbers in each state."""
        return self.cell.units

    def build(self, features):
        self.features = features
        self.cell.build(features, self.rng)
        self.weight_names, self.penalised = self.cell.weight_names, self.cell.penalised

    def __getattr__(self, name):  # kernel, d_kernel, activation, ...: the cell's own
        if name == "cell":
            raise AttributeError(name)
        return getattr(self.cell, name)

    def place(self, weights, gradients):
        self.cell.place(weights, gradients)

    def reset_state(self):
        """Forget the states that a `stateful` layer carries from call to call."""
        self.states = None

    def checked(self, sequences):
        sequences = checks.sequences(sequences, self.dtype, type(self).__name__)
        self.ensure_built(sequences, "sequences")
        return sequences

    def __call__(self, sequences, initial_state=None, mask=None, training=False):
        sequences = self.checked(sequences)
        batch, time, _ = sequences.shape
        if initial_state is not None:
            initial_state = self.checked_states(initial_state, batch, "initial_state")
        if mask is not None:
            mask = checks.mask(mask, (batch, time), type(self).__name__)
        return self.forward(sequences, initial_state, mask, training)

    def checked_states(self, states, batch, name):
        """`states` (or one array, where the cell has one state) as a list of arrays that fit; `name` is for errors."""
        states = states if isinstance(states, list | tuple) else [states]
        if len(states) != self.cell.number_of_states:
            wanted = self.cell.number_of_states
            raise ValueError(f"{type(self).__name__} wants {wanted} arrays in {name}, got {len(states)}")
        states = [checks.as_floats(state, self.dtype, name) for state in states]
        for state in states:
            checks.shape(state, (batch, self.units), type(self).__name__, name)
        return states

    def draw_masks(self, batch):
        """New dropout masks for a batch: (1 or gates, batch, features) for the inputs, (gates, batch, units) for the
        state; None where the rate is 0. Replace this method to say which masks the layer takes."""
        rates, sizes = (self.cell.dropout, self.cell.recurrent_dropout), (self.features, self.units)
        return tuple(
            dropout_mask((count, batch, size), rate, self.dtype, self.rng) if rate else None
            for count, rate, size in zip(self.cell.mask_counts, rates, sizes, strict=True)
        )

    def forward(self, sequences, initial_state=None, mask=None, training=False):
        """`__call__` without its checks."""
        batch, time, features = sequences.shape
        order = slice(None, None, -1 if self.go_backwards else 1)
        inputs = sequences.swapaxes(0, 1)[order]
        drops = training and (self.cell.dropout or self.cell.recurrent_dropout)
        input_masks, state_masks = self.draw_masks(batch) if drops else (None, None)
        if input_masks is not None:
            inputs = inputs * input_masks[:, np.newaxis]  # (1 or gates, time, batch, features)
            inputs = inputs[0] if len(inputs) == 1 else inputs
        inputs = np.array(inputs, order="C").reshape(*inputs.shape[:-3], -1, features)
        if mask is not None:
            mask = mask.T[order, :, np.newaxis].copy()

        cell = self.cell.ready(batch, state_masks)
        z = tuple(block.reshape(time, batch, -1) for block in cell.project(inputs))
        states = self._states_before(initial_state, batch, time)
        moments = list(zip(*states, strict=True))  # the states before each step, and after the last
        held = None if mask is None else ~mask
        step = cell.step
        for t, (z_t, now, after) in enumerate(zip(zip(*z, strict=True), moments, moments[1:], strict=False)):
            step(z_t, now, after)
            if held is not None:
                for old, new in zip(now, after, strict=True):
                    np.copyto(new, old, where=held[t])

        self.record = RecurrentRecord(inputs, z, states, mask, input_masks, state_masks)
        if self.stateful:
            self.states = [state[-1].copy() for state in states]
        outputs = self._outputs(states[0], mask)
        if self.return_state:
            return [outputs, *(state[-1].copy() for state in states)]
        return outputs

    def _states_before(self, initial_state, batch, time):
        """Room for the states of all steps, with those before the first step filled in."""
        if initial_state is None and self.stateful and self.states is not None:
            initial_state = self.states
            if len(initial_state[0]) != batch:
                raise ValueError(
                    f"{type(self).__name__} carries states of batch size {len(initial_state[0])} (stateful=True), got "
                    f"sequences of batch size {batch}: keep to one batch size, or call reset_state() first"
                )
        states = tuple(np.empty((time + 1, batch, self.units), self.dtype) for _ in range(self.cell.number_of_states))
        for i, state in enumerate(states):
            state[0] = 0 if initial_state is None else initial_state[i]
        return states

    def _outputs(self, h, mask):
        """What the layer shows of its hidden states: all or the last, a masked step repeating the output before."""
        if mask is None:
            return h[1:].swapaxes(0, 1).copy() if self.return_sequences else h[-1].copy()
        outputs = np.zeros_like(h)  # outputs[t + 1] belongs to step t; before the first there is zero
        for t, m in enumerate(mask):
            outputs[t + 1] = np.where(m, h[t + 1], 0 if self.zero_output_for_mask else outputs[t])
        return outputs[1:].swapaxes(0, 1).copy() if self.return_sequences else outputs[-1].copy()

    def backward(self, d_outputs, d_states=None, record=None):
        """The gradient at the sequences, from that at the outputs and, with `return_state`, at the final states."""
        record = self.taken_record(record)
        cell, dz = self._through_time(d_outputs, d_states, record)
        return self._d_sequences(cell, dz, record)

    def backward_to_weights(self, d_outputs):
        self._through_time(d_outputs, None, self.taken_record(None))

    def _through_time(self, d_outputs, d_states, record):
        """Back through all steps: leaves the gradients of weights and initial states, returns the cell and those at
        the projections."""
        time, batch, _ = record.z[0].shape
        d_hidden = self._d_hidden(d_outputs, record)
        if d_states is None:
            d_states = tuple(np.zeros((batch, self.units), self.dtype) for _ in record.states)
        else:
            d_states = tuple(d.copy() for d in self.checked_states(d_states, batch, "d_states"))

        cell = self.cell.ready_back(batch, record.state_masks)
        dz = tuple(np.empty((time, batch, n * self.units), self.dtype) for n in cell.back_widths)
        dz_t = list(zip(*dz, strict=True))
        chunk = max(1, CHUNK // (batch * sum(block.shape[-1] for block in record.z)))
        for stop in range(time, 0, -chunk):
            steps = slice(max(0, stop - chunk), stop)
            before_and_after = slice(steps.start, stop + 1)
            states = tuple(state[before_and_after] for state in record.states)
            slopes = cell.slopes(tuple(block[steps] for block in record.z), states)
            for t in reversed(range(steps.start, stop)):
                if d_hidden[t] is not None:
                    np.add(d_states[0], d_hidden[t], d_states[0])
                if record.mask is None:
                    cell.step_back(d_states, slopes[t - steps.start], dz_t[t])
                else:
                    _masked_step_back(cell, d_states, slopes[t - steps.start], dz_t[t], record.mask[t])

        self.d_initial_states = list(d_states)
        cell.weight_gradients(record.inputs, record.states, dz)
        return cell, dz

    def _d_hidden(self, d_outputs, record):
        """What the outputs ask of each hidden state: a list over time of (batch, units), None where nothing."""
        time, batch, _ = record.z[0].shape
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        wanted = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        checks.shape(d_outputs, wanted, f"{type(self).__name__}.backward", "d_outputs")
        d_hidden = list(d_outputs.swapaxes(0, 1)) if self.return_sequences else [None] * (time - 1) + [d_outputs]
        if record.mask is not None:  # a repeated output hands its gradient on to the step that it repeats
            handed = 0
            for t in reversed(range(time)):
                asked = handed if d_hidden[t] is None else handed + d_hidden[t]
                d_hidden[t] = np.where(record.mask[t], asked, 0)
                handed = 0 if self.zero_output_for_mask else np.where(record.mask[t], 0, asked)
        return d_hidden

    def _d_sequences(self, cell, dz, record):
        """The gradient at the sequences from that at all projections: through the kernel, dropout and the order."""
        time, batch, _ = dz[0].shape
        if record.inputs.ndim == 2:
            d_inputs = cell.input_gradient(dz).reshape(time, batch, self.features)
            if record.input_masks is not None:
                d_inputs *= record.input_masks[0]
        else:
            d_inputs = cell.input_gradient(dz, each=True).reshape(-1, time, batch, self.features)
            d_inputs = (d_inputs * record.input_masks[:, np.newaxis]).sum(axis=0)
        return d_inputs[:: -1 if self.go_backwards else 1].swapaxes(0, 1).copy()

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None

    def output_shape(self, input_shape):
        batch, time, _ = input_shape
        return (batch, time, self.units) if self.return_sequences else (batch, self.units)


def _masked_step_back(cell, d_states, slope, dz, mask):
    """A step back in which masked sequences hand their states' gradient on untouched."""
    untouched = [d.copy() for d in d_states]
    cell.step_back(d_states, slope, dz)
    for block in dz:
        block *= mask
    for d, before in zip(d_states, untouched, strict=True):
        np.copyto(d, before, where=~mask)
