"""A network: layers, with their weights in one place and in files. How they are connected is for others to say."""

import numpy as np

from rnnlib import weight_files
from rnnlib.layers import Layer
from rnnlib.weights import checked_weights


class Network:
    """Layers and their weights, as one vector; `Stack` connects them in a row, `Seq2Seq` in its own way.

    With `seed`, a number or a generator, every layer gets a generator of its own, and so does the order of the data
    (`numpy.random.Generator.spawn`): two networks of the same seed start alike.

    Raises TypeError for what is not a list of rnnlib layers; ValueError for an empty list and a layer named twice.
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
        *own, self.order_rng = np.random.default_rng(seed).spawn(len(self.layers) + 1)
        if seed is not None:
            for layer, rng in zip(self.layers, own, strict=True):
                layer.rng = rng
        self._flat = None

    @property
    def dtype(self):
        """The dtype that the layers compute in."""
        return self.layers[0].dtype

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
            layer.place([view[0, ...] for view in views], [view[1, ...] for view in views])  # ...: a scalar is a view
        self._vectors = tuple(self._flat)  # the weights, the gradients
        self._borders = np.cumsum([weight.size for weight in self.weights])[:-1]

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

    def penalty(self):
        """What the regularizers of all layers add to the loss, a float."""
        return sum(layer.penalty() for layer in self.layers)

    def add_penalty_gradients(self):
        """Add the gradient of `penalty` to `gradients`, in place."""
        for layer in self.layers:
            layer.add_penalty_gradients()

    def _wants_built(self, method):
        if self._flat is None:
            raise ValueError(f"{method} wants a model whose shapes are known: call build(input_shape) or fit first")
