"""A stack of layers, each fed with the outputs of the one before. `Sequential` is a stack that is trained."""

import numpy as np

from rnnlib import checks
from rnnlib.model.network import Network


class Stack(Network):
    """Layers in a row, each fed with the outputs of the one before.

    A mask that a layer makes (`Embedding(mask_zero=True)`, `Masking`) goes with the outputs from layer to layer.

    Raises as `Network`, and ValueError for a layer that returns its states too, or takes ids and is not the first.
    """

    def __init__(self, layers, seed=None):
        super().__init__(layers, seed)
        owner = type(self).__name__
        for i, layer in enumerate(self.layers):
            if layer.return_state or getattr(layer, "merge_mode", "") is None:
                raise ValueError(f"{owner} wants layers with one output, got {layer!r}, which returns several")
            if layer.takes_ids and i:
                raise ValueError(f"{owner} wants {layer!r} first, since it takes ids, got it in place {i}")

    def build(self, input_shape):
        """Make the weights for inputs of shape (batch, ..., features); batch and time may be None."""
        self._output_shape([size or 1 for size in input_shape])
        self._input_shape = (None, *input_shape[1:])
        self._flatten()

    def _output_shape(self, shape):
        """The shape of the outputs for inputs of that shape. Each layer is built, or raises what it has against it."""
        for layer in self.layers:
            layer.checked(np.zeros((1, *shape[1:]), self.dtype))
            shape = layer.output_shape(shape)
        return shape

    @property
    def input_shape(self):
        """The shape of the inputs that the model is built for, (None, ..., features). ValueError if it is not."""
        self._wants_built("input_shape")
        return self._input_shape

    def summary(self, print_fn=print):
        """Print a line a layer: name, output shape, number of parameters."""
        self._wants_built("summary")
        rows, shape = [("layer", "output shape", "parameters")], self._input_shape
        for layer in self.layers:
            shape = layer.output_shape(shape)
            rows.append((layer.name, str(shape), f"{layer.count_params():,}"))
        rows.append(("all", "", f"{self.count_params():,}"))
        a, b, c = (max(len(row[i]) for row in rows) for i in range(3))
        print_fn("\n".join(f"{row[0]:<{a}}  {row[1]:<{b}}  {row[2]:>{c}}" for row in rows))

    def __call__(self, x, training=False):
        """The outputs for the inputs `x`, with every layer's checks."""
        x, _ = self._checked_inputs(x, "x")
        return self.forward(x.copy(), training).copy()  # the layers' records share no memory with the caller

    def forward(self, x, training=False):
        """`__call__` without its checks."""
        return self.forward_with_mask(x, training)[0]

    def forward_with_mask(self, x, training=False):
        """The outputs, and the mask (batch, ...) that goes with them: False where an output does not count, or None."""
        mask = None
        for layer in self.layers:
            outputs = layer.forward(x, mask=mask, training=training)
            x, mask = outputs, layer.compute_mask(x, mask)
        return x, mask

    def backward(self, d_outputs):
        """The gradient at the inputs; leaves those of the weights in `gradients`."""
        return self.layers[0].backward(self._back_to_first(d_outputs))

    def backward_to_weights(self, d_outputs):
        """`backward` without the gradient at the inputs, which training does not need."""
        self.layers[0].backward_to_weights(self._back_to_first(d_outputs))

    def _back_to_first(self, d_outputs):
        """The gradient at the outputs of the first layer."""
        for layer in reversed(self.layers[1:]):
            d_outputs = layer.backward(d_outputs)
        return d_outputs

    def _checked_inputs(self, x, name):
        """`x` as an array that the model can take, and the shape of its outputs."""
        ids = self.layers[0].takes_ids
        x = checks.whole_numbers(x, name) if ids else checks.as_floats(x, self.dtype, name)
        if x.ndim == 0 or len(x) == 0:
            raise ValueError(f"{name} wants at least one sample, got shape {x.shape}")
        checks.finite(x, name)
        self.layers[0].checked(x)  # the layers say what they want
        if self._flat is None:
            self.build(x.shape)
        return x, self._output_shape(x.shape)
