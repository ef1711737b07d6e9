"""`Weighted`: something with weights, that is, named arrays in a fixed order, each with its gradient beside it.

A weight `kernel` is the attribute `kernel`, its gradient the attribute `d_kernel`. Cells and layers are `Weighted`.
"""

import numpy as np

from rnnlib import checks, initializers


class Weighted:
    """Named weights and their gradients, in the order of `get_weights()` (Keras's order)."""

    weight_names = ()
    penalised = ()  # pairs of a weight's name and its regularizer

    def add_weight(self, name, shape, initializer, dtype, rng, regularizer=None):
        """Make the weight `name`, a gradient of zeros `d_name`, and note its regularizer, if any."""
        array = initializers.initial_array(initializer, shape, dtype, rng)
        setattr(self, name, array)
        setattr(self, f"d_{name}", np.zeros_like(array))
        self.weight_names = (*self.weight_names, name)
        if regularizer is not None:
            self.penalised = (*self.penalised, (name, regularizer))

    @property
    def weights(self):
        """The weight arrays themselves: writing into one changes the network."""
        return [getattr(self, name) for name in self.weight_names]

    @property
    def gradients(self):
        """What the last backward pass left, in the order of `weights`; the next one overwrites it."""
        return [getattr(self, f"d_{name}") for name in self.weight_names]

    def penalty(self):
        """What the regularizers add to the loss, a float."""
        return sum(regularizer(getattr(self, name)) for name, regularizer in self.penalised)

    def add_penalty_gradients(self):
        """Add the gradient of `penalty` to `gradients`, in place."""
        for name, regularizer in self.penalised:
            gradient = getattr(self, f"d_{name}")
            gradient += regularizer.gradient(getattr(self, name))

    def place(self, weights, gradients):
        """Move the weights and gradients into these arrays of the same shapes (views into one long vector, say)."""
        for name, weight, gradient in zip(self.weight_names, weights, gradients, strict=True):
            weight[...] = getattr(self, name)
            gradient[...] = getattr(self, f"d_{name}")
            setattr(self, name, weight)
            setattr(self, f"d_{name}", gradient)

    def get_weights(self):
        """Copies of the weights."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, arrays):
        """Copy `arrays` into the weights. Raises ValueError, and changes nothing, if number or shapes do not fit."""
        arrays = checked_weights(arrays, self.weights, self.weight_names, type(self).__name__)
        for weight, array in zip(self.weights, arrays, strict=True):
            weight[...] = array

    def count_params(self):
        """The number of trainable numbers."""
        return sum(weight.size for weight in self.weights)


def checked_weights(arrays, weights, names, owner):
    """`arrays` as floats that fit `weights` one by one; a ValueError or TypeError names the first misfit."""
    arrays = list(arrays)
    if len(arrays) != len(weights):
        raise ValueError(f"{owner} wants {len(weights)} weight arrays ({', '.join(names)}), got {len(arrays)}")
    fitting = []
    for name, weight, array in zip(names, weights, arrays, strict=True):
        array = checks.as_floats(array, weight.dtype, name)
        checks.shape(array, weight.shape, owner, name)
        fitting.append(array)
    return fitting
