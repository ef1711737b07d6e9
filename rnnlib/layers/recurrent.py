"""The recurrent layers that Keras users know: the loop of `RNN` with a cell each."""

import inspect

from rnnlib.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnnlib.layers.rnn import RNN

_OF_THE_LOOP = [p for p in inspect.signature(RNN).parameters.values() if p.name != "cell"]


class CellLayer(RNN):
    """A loop with a cell of its own kind, `cell_class`: takes the arguments of the cell, and by name those of `RNN`."""

    cell_class = None

    def __init_subclass__(cls):
        of_the_loop = [p.replace(kind=p.KEYWORD_ONLY) for p in _OF_THE_LOOP]
        cls.__signature__ = inspect.Signature([*inspect.signature(cls.cell_class).parameters.values(), *of_the_loop])

    def __init__(self, *arguments, **options):
        of_the_loop = {p.name: options.pop(p.name) for p in _OF_THE_LOOP if p.name in options}
        super().__init__(self.cell_class(*arguments, **options), **of_the_loop)

    def clone(self, **changes):
        """A new layer with the same options but for `changes`, and weights of its own."""
        names = self.__signature__.parameters.keys() - {"seed"}
        return type(self)(**{name: getattr(self, name) for name in names} | changes)


class SimpleRNN(CellLayer):
    """The Elman network (Elman 1990): h_t = phi(x_t W + h_{t-1} U + b), as Keras's `SimpleRNN`.

    Arguments, defaults, weights and masks as in Keras; see `SimpleRNNCell` for the equations and `RNN` for the call.
    """

    cell_class = SimpleRNNCell


class LSTM(CellLayer):
    """The long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000), as Keras's `LSTM`.

    Two states: h, which is also the output, and c. Arguments, defaults, weights and masks as in Keras; see `LSTMCell`
    for the equations and `RNN` for the call.
    """

    cell_class = LSTMCell


class GRU(CellLayer):
    """The gated recurrent unit (Cho et al. 2014), as Keras's `GRU`; `reset_after=True` is the form of cuDNN.

    Arguments, defaults, weights and masks as in Keras; see `GRUCell` for the equations and `RNN` for the call.
    """

    cell_class = GRUCell
