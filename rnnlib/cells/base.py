"""What all cells share: the weights and their options."""

from rnnlib import activations, checks, initializers, regularizers
from rnnlib.weights import Weighted


class RecurrentCell(Weighted):
    """The weights of a cell, in Keras's order, names and shapes; the subclasses hold the equations.

    `kernel` (features, gates * units), `recurrent_kernel` (units, gates * units), `bias` (gates * units,).
    `dropout` and `recurrent_dropout` are the rates at which the layer drops entries of the inputs and of the state.

    Raises ValueError or TypeError for impossible settings.
    """

    gates = 1
    number_of_states = 1
    back_widths = (1,)  # of the blocks of the gradient at the projections, in units

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        *,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype="float32",
    ):
        self.units = checks.integer_at_least(units, 1, "units")
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dropout = checks.real_in(dropout, "dropout", 0, 1, high_open=True)
        self.recurrent_dropout = checks.real_in(recurrent_dropout, "recurrent_dropout", 0, 1, high_open=True)
        self.dtype = checks.float_dtype(dtype)

    @property
    def bias_shape(self):
        """The shape of the bias."""
        return (self.gates * self.units,)

    @property
    def mask_counts(self):
        """How many dropout masks a sequence gets, for the inputs and for the state.

        As in Keras: the state has one for each gate. The inputs share one, which keeps their projection one product;
        with recurrent dropout, where Keras works gate by gate, they have one for each gate too.
        """
        return (self.gates if self.recurrent_dropout else 1), self.gates

    def build(self, features, rng):
        """Make the weights for inputs of that many features, from the generator `rng`."""
        columns = self.gates * self.units
        kernels = (("kernel", features), ("recurrent_kernel", self.units))
        for name, rows in kernels:
            kind = name.removesuffix("_kernel")
            initializer, regularizer = getattr(self, f"{kind}_initializer"), getattr(self, f"{kind}_regularizer")
            self.add_weight(name, (rows, columns), initializer, self.dtype, rng, regularizer)
        if self.use_bias:
            self.add_weight("bias", self.bias_shape, self.initial_bias, self.dtype, rng, self.bias_regularizer)

    def initial_bias(self, shape, dtype, rng):
        """What the bias starts from."""
        return initializers.initial_array(self.bias_initializer, shape, dtype, rng)

    def ready(self, batch, masks=None):
        """Make ready for a pass over sequences of that batch size; returns the object that takes the steps.

        `masks` (gates, batch, units) is what the state is multiplied by before each gate sees it, None without
        recurrent dropout.
        """
        raise NotImplementedError

    def ready_back(self, batch, masks=None):
        """The same for a pass back."""
        return self.ready(batch, masks)
