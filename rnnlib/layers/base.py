"""What all layers share: building at the first call, and the record that ties a backward pass to its forward pass."""

import numpy as np

from rnnlib import checks
from rnnlib.weights import Weighted


class Layer(Weighted):
    """A map from arrays to arrays that knows its derivative.

    `layer(inputs)` checks its arguments and calls `forward`; `layer.backward(d_outputs)` returns the gradient at the
    inputs and leaves those of the weights in `layer.gradients`. `forward(inputs, mask, training)` is the same without
    checks, `checked(inputs)` the checks alone: a model checks its data once and then calls `forward` for each batch.

    Each forward pass owns its record, kept in `layer.record` until the next one. To use a layer twice and take both
    calls back, keep the first record and hand it over: `layer.backward(d_outputs, record=first)`.
    """

    return_state = False  # whether a call returns a list: the outputs and the final states
    stateful = False  # whether a call begins with the states that the one before ended with
    takes_ids = False  # whether the inputs are whole numbers that name something, not measurements

    def __init__(self, dtype="float32", seed=None, name=None):
        self.dtype = checks.float_dtype(dtype)
        self.rng = np.random.default_rng(seed)
        self.name = name or _snake_case(type(self).__name__)
        self.built = False
        self.record = None

    def build(self, features):
        """Make the weights for inputs whose last axis has that many features; layers without weights have none."""
        self.features = features

    def checked(self, inputs):
        """`inputs` as the array that `forward` takes; builds the layer at first. Raises what the class says."""
        raise NotImplementedError

    def __call__(self, inputs, training=False):
        return self.forward(self.checked(inputs).copy(), training=training).copy()  # the record stays the layer's own

    def forward(self, inputs, mask=None, training=False):
        """`__call__` without its checks; `mask` (batch, time) of booleans is what came with the inputs, if any."""
        raise NotImplementedError

    def backward(self, d_outputs, record=None):
        """The gradient at the inputs, from that at the outputs. Raises ValueError for another shape."""
        raise NotImplementedError

    def backward_to_weights(self, d_outputs):
        """`backward` where nobody needs the gradient at the inputs, as in a network's first layer: leaves those of the
        weights. Layers for which that is less work say how."""
        self.backward(d_outputs)

    def compute_mask(self, inputs, mask=None):
        """The mask that goes with the outputs, from the inputs and the mask that came with them."""
        return mask

    def ensure_built(self, inputs, name):
        """Build for the last axis of `inputs`; raises ValueError if the layer was built for another size."""
        if not self.built:
            self.build(inputs.shape[-1])
            self.built = True
        checks.last_axis(inputs, self.features, type(self).__name__, name)

    def output_shape(self, input_shape):
        """The shape of the outputs for inputs of that shape; unknown sizes are None."""
        return tuple(input_shape)

    def taken_record(self, record):
        """The record to take back; raises ValueError when no forward pass came before."""
        record = self.record if record is None else record
        if record is None:
            raise ValueError(f"{type(self).__name__}.backward wants a forward pass before it: call the layer first")
        return record

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


class Scaling(Layer):
    """A layer that multiplies its inputs by factors; its record is the factors and the shape of the inputs."""

    def backward(self, d_outputs, record=None):
        factors, shape = self.taken_record(record)
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        checks.shape(d_outputs, shape, f"{type(self).__name__}.backward", "d_outputs")
        return d_outputs * factors


def _snake_case(class_name):
    """Keras's default names: SimpleRNN is simple_rnn, Dense is dense."""
    parts, word = [], ""
    for before, letter, after in zip(" " + class_name, class_name, class_name[1:] + " ", strict=False):
        if letter.isupper() and word and (before.islower() or after.islower()):
            parts.append(word)
            word = ""
        word += letter.lower()
    return "_".join([*parts, word])
