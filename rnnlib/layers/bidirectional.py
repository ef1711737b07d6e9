"""A recurrent layer that reads its sequences from both ends."""

import dataclasses

import numpy as np

from rnnlib import checks
from rnnlib.layers.base import Layer
from rnnlib.layers.recurrent import CellLayer
from rnnlib.layers.rnn import RecurrentRecord

# How the outputs a (forward) and b (backward) are joined, and the gradients at a and b from that at the result.
MERGE_MODES = {
    "concat": (lambda a, b: np.concatenate([a, b], axis=-1), lambda d, a, b: np.split(d, [a.shape[-1]], axis=-1)),
    "sum": (lambda a, b: a + b, lambda d, a, b: (d, d)),
    "mul": (lambda a, b: a * b, lambda d, a, b: (d * b, d * a)),
    "ave": (lambda a, b: (a + b) / 2, lambda d, a, b: (d / 2, d / 2)),
    None: (lambda a, b: [a.copy(), b.copy()], None),
}


@dataclasses.dataclass
class BidirectionalRecord:
    """What a backward pass needs of its forward pass: the records of both layers, and their outputs in time order."""

    forward: RecurrentRecord
    backward: RecurrentRecord
    outputs: tuple


class Bidirectional(Layer):
    """Two recurrent layers, one of which reads backwards (Schuster and Paliwal 1997), as Keras's `Bidirectional`.

    `layer` says how both are made: the two are new layers with its options and weights of their own; `backward_layer`
    is taken as it is. `merge_mode` is "concat", "sum", "mul", "ave" or None, which returns both outputs. With
    `return_sequences` the backward layer's outputs are turned round, so that both stand at the step that they belong
    to; without, they are those of its last step, which is the first in time. Outputs at masked steps are zero.

    Call: `layer(sequences, initial_state=None, mask=None, training=False)` as for `RNN`. States are those of the
    forward layer, then those of the backward layer, in `initial_state` as in what `return_state` returns. Weights too.

    Raises TypeError for what is no recurrent layer; ValueError for an unknown merge mode, and for two layers that read
    in the same direction or differ in return_sequences, return_state or stateful.
    """

    def __init__(self, layer, merge_mode="concat", *, backward_layer=None, seed=None, name=None):
        for argument, given in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(given, CellLayer) and not (given is None and argument == "backward_layer"):
                raise TypeError(f"Bidirectional wants a SimpleRNN, LSTM or GRU as {argument}, got {given!r}")
        super().__init__(layer.dtype, layer.rng if seed is None else seed, name)
        if merge_mode not in MERGE_MODES:
            raise ValueError(f"merge_mode wants one of {', '.join(map(str, MERGE_MODES))}, got {merge_mode!r}")
        self.merge_mode = merge_mode
        self.forward_layer = layer.clone(name=f"forward_{layer.name.removeprefix('forward_')}")
        if backward_layer is None:
            backward_layer = layer.clone(go_backwards=True, name=f"backward_{layer.name.removeprefix('backward_')}")
        self.backward_layer = backward_layer
        self._check_pair()
        for half in self.halves:
            half.zero_output_for_mask = half.return_sequences
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        self.stateful = layer.stateful
        self.d_initial_states = None

    def _check_pair(self):
        forward, backward = self.halves
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Bidirectional wants one layer with go_backwards=False and one with True, got "
                f"go_backwards={forward.go_backwards} in both"
            )
        for option in ("return_sequences", "return_state", "stateful", "dtype"):
            wanted, found = getattr(forward, option), getattr(backward, option)
            if wanted != found:
                raise ValueError(f"backward_layer wants {option}={wanted}, as layer has it, got {found}")

    @property
    def halves(self):
        """Both layers: forward, backward."""
        return self.forward_layer, self.backward_layer

    def build(self, features):
        self.features = features
        for half, rng in zip(self.halves, self.rng.spawn(2), strict=True):
            if not half.built:
                half.rng = rng
                half.build(features)
                half.built = True
        self.weight_names = tuple(f"{half.name}.{name}" for half in self.halves for name in half.weight_names)

    @property
    def weights(self):
        return [weight for half in self.halves for weight in half.weights]

    @property
    def gradients(self):
        return [gradient for half in self.halves for gradient in half.gradients]

    def place(self, weights, gradients):
        count = len(self.forward_layer.weights)
        self.forward_layer.place(weights[:count], gradients[:count])
        self.backward_layer.place(weights[count:], gradients[count:])

    def penalty(self):
        return sum(half.penalty() for half in self.halves)

    def add_penalty_gradients(self):
        for half in self.halves:
            half.add_penalty_gradients()

    def reset_state(self):
        """Forget the states that `stateful` layers carry from call to call."""
        for half in self.halves:
            half.reset_state()

    def checked(self, sequences):
        sequences = checks.sequences(sequences, self.dtype, "Bidirectional")
        self.ensure_built(sequences, "sequences")
        return sequences

    def __call__(self, sequences, initial_state=None, mask=None, training=False):
        sequences = self.checked(sequences)
        batch, time, _ = sequences.shape
        if initial_state is not None:
            initial_state = self._checked_states(initial_state, batch, "initial_state")
        if mask is not None:
            mask = checks.mask(mask, (batch, time), "Bidirectional")
        return self.forward(sequences, initial_state, mask, training)

    def _checked_states(self, states, batch, name):
        """The states of both layers in one list, checked."""
        wanted = [half.cell.number_of_states for half in self.halves]
        states = list(states) if isinstance(states, list | tuple) else [states]
        if len(states) != sum(wanted):
            raise ValueError(f"Bidirectional wants {sum(wanted)} arrays in {name}, got {len(states)}")
        parts = self._split(states)
        fitting = [half.checked_states(part, batch, name) for half, part in zip(self.halves, parts, strict=True)]
        return fitting[0] + fitting[1]

    def _split(self, states):
        if states is None:
            return None, None
        count = self.forward_layer.cell.number_of_states
        return states[:count], states[count:]

    def forward(self, sequences, initial_state=None, mask=None, training=False):
        outputs, states = [], []
        for half, state in zip(self.halves, self._split(initial_state), strict=True):
            output = half.forward(sequences, state, mask, training)
            if self.return_state:
                output, *final = output
                states += final
            outputs.append(output)
        outputs = tuple(self._in_time_order(*outputs))
        self.record = BidirectionalRecord(*(half.record for half in self.halves), outputs)
        join, _ = MERGE_MODES[self.merge_mode]
        merged = join(*outputs)
        if not self.return_state:
            return merged
        return [*merged, *states] if self.merge_mode is None else [merged, *states]

    def _in_time_order(self, forward, backward):
        """The outputs, or gradients, of both layers with those of the backward layer turned round, to and fro."""
        return forward, backward[:, ::-1] if self.return_sequences else backward

    def backward(self, d_outputs, d_states=None, record=None):
        """The gradient at the sequences, from that at the outputs (a pair of them if `merge_mode` is None) and, with
        `return_state`, at the final states."""
        record = self.taken_record(record)
        batch = len(record.outputs[0])
        if d_states is not None:
            d_states = self._checked_states(d_states, batch, "d_states")
        d_halves = self._in_time_order(*self._d_halves(d_outputs, record.outputs))
        d_sequences, self.d_initial_states = 0, []
        records = (record.forward, record.backward)
        for half, d, d_state, of_half in zip(self.halves, d_halves, self._split(d_states), records, strict=True):
            d_sequences = d_sequences + half.backward(d, d_state, of_half)
            self.d_initial_states += half.d_initial_states
        return d_sequences

    def _d_halves(self, d_outputs, outputs):
        """The gradients at the outputs of both layers, in time order, from that at what they were joined to."""
        _, split = MERGE_MODES[self.merge_mode]
        owner, wanted = "Bidirectional.backward", self.output_shape((*outputs[0].shape[:2], None))
        if self.merge_mode is not None:
            d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
            checks.shape(d_outputs, wanted, owner, "d_outputs")
            return split(d_outputs, *outputs)
        if not isinstance(d_outputs, list | tuple) or len(d_outputs) != 2:
            raise ValueError(f"{owner} wants a pair of arrays in d_outputs, one for each layer (merge_mode is None)")
        d_outputs = [checks.as_floats(d, self.dtype, "d_outputs") for d in d_outputs]
        for d, shape in zip(d_outputs, wanted, strict=True):
            checks.shape(d, shape, owner, "d_outputs")
        return d_outputs

    def compute_mask(self, inputs, mask=None):
        return mask if self.return_sequences else None

    def output_shape(self, input_shape):
        shapes = [half.output_shape(input_shape) for half in self.halves]
        if self.merge_mode is None:
            return shapes
        if self.merge_mode == "concat":
            return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
        return shapes[0]
