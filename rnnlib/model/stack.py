"""A stack of layers: its weights in one place, forward and backward, files. `Sequential` is a stack that is trained."""

import numpy as np

from rnnlib import checks, weight_files
from rnnlib.layers import Layer
from rnnlib.weights import checked_weights


class Stack:
    """Layers in a row, each fed with the outputs of the one before.

    With `seed`, every layer gets a generator of its own, and so does the order of the data
    (`numpy.random.SeedSequence.spawn`): two stacks of the same seed start alike.

    A mask that a layer makes (`Embedding(mask_zero=True)`, `Masking`) goes with the outputs from layer to layer.

    Raises TypeError for what is not a list of rnnlib layers; ValueError for an empty list, a layer named twice, one
    that returns its states too, or one that takes ids and is not the first.
    """

    def __init__(self, layers, seed=None):
        self.layers = list(layers)
        owner = type(self).__name__
        if not self.layers:
            raise ValueError(f"{owner} wants at least one layer, got none")
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"{owner} wants rnnlib layers, got {layer!r}")
        if len({id(layer) for layer in self.layers}) != len(self.layers):
            raise ValueError(f"{owner} wants each layer once, got the same layer in two places")
        for i, layer in enumerate(self.layers):
            if layer.return_state or getattr(layer, "merge_mode", "") is None:
                raise ValueError(f"{owner} wants layers with one output, got {layer!r}, which returns several")
            if layer.takes_ids and i:
                raise ValueError(f"{owner} wants {layer!r} first, since it takes ids, got it in place {i}")
        *own, order = np.random.SeedSequence(seed).spawn(len(self.layers) + 1)
        self.order_rng = np.random.default_rng(order)
        if seed is not None:
            for layer, sequence in zip(self.layers, own, strict=True):
                layer.rng = np.random.default_rng(sequence)
        self._flat = None

    # Shape and weights ---------------------------------------------------------------------------------------------

    @property
    def dtype(self):
        """The dtype that the layers compute in."""
        return self.layers[0].dtype

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

    def _flatten(self):
        """Move all weights into one vector and all gradients into another; the layers keep views of them.

        An optimizer step is then a few operations on two vectors in place of a few for each small array. For the
        networks of this book that halves the cost of a step.
        """
        self._flat = np.empty((2, self.count_params()), self.dtype)
        start = 0
        for layer in self.layers:
            views = []
            for weight in layer.weights:
                views.append(self._flat[:, start : start + weight.size].reshape(2, *weight.shape))
                start += weight.size
            layer.place([view[0] for view in views], [view[1] for view in views])
        self._vectors = tuple(self._flat)  # the weights, the gradients
        self._borders = np.cumsum([weight.size for weight in self.weights])[:-1]

    @property
    def input_shape(self):
        """The shape of the inputs that the model is built for, (None, ..., features). ValueError if it is not."""
        self._wants_built("input_shape")
        return self._input_shape

    @property
    def weights(self):
        """The weight arrays themselves, layer by layer: writing into one changes the network."""
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def gradients(self):
        """What the last backward pass left, in the order of `weights`."""
        return [gradient for layer in self.layers for gradient in layer.gradients]

    @property
    def weight_names(self):
        """A unique name for each weight: place of the layer, layer, weight, as in "0.simple_rnn.kernel"."""
        return [f"{i}.{layer.name}.{name}" for i, layer in enumerate(self.layers) for name in layer.weight_names]

    def count_params(self):
        """The number of trainable numbers."""
        return sum(layer.count_params() for layer in self.layers)

    def get_weights(self):
        """Copies of all weights, in Keras's order."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, arrays):
        """Copy `arrays` into the weights; ValueError, and nothing changed, if number or shapes do not fit."""
        self._wants_built("set_weights")
        arrays = checked_weights(arrays, self.weights, self.weight_names, "this model")
        for weight, array in zip(self.weights, arrays, strict=True):
            weight[...] = array

    def save_weights(self, path):
        """Write the weights to a .safetensors or .npz file, whole or not at all."""
        self._wants_built("save_weights")
        weight_files.save(path, dict(zip(self.weight_names, self.weights, strict=True)))

    def load_weights(self, path):
        """Read what `save_weights` wrote. OSError for a damaged file, ValueError for weights of another model; in
        both cases the model stays as it was."""
        self._wants_built("load_weights")
        arrays = weight_files.load(path)
        if set(arrays) != set(self.weight_names):
            raise ValueError(
                f"{path} holds weights of another model: {sorted(arrays)}, not {sorted(self.weight_names)}"
            )
        self.set_weights([arrays[name] for name in self.weight_names])

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

    def _wants_built(self, method):
        if self._flat is None:
            raise ValueError(f"{method} wants a model whose shapes are known: call build(input_shape) or fit first")

    # Forward and backward ------------------------------------------------------------------------------------------

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
        for layer in reversed(self.layers):
            d_outputs = layer.backward(d_outputs)
        return d_outputs

    def penalty(self):
        """What the regularizers of all layers add to the loss, a float."""
        return sum(layer.penalty() for layer in self.layers)

    def add_penalty_gradients(self):
        """Add the gradient of `penalty` to `gradients`, in place."""
        for layer in self.layers:
            layer.add_penalty_gradients()

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
