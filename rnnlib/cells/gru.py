"""The gated recurrent unit: its weights. The equations of its two forms are in `gru_forms`."""

from rnnlib import activations
from rnnlib.cells.base import RecurrentCell
from rnnlib.cells.gru_forms import ResetAfter, ResetBefore


class GRUCell(RecurrentCell):
    """One step of a gated recurrent unit (Cho et al. 2014, eqs. 5 to 8), as in Keras's `GRUCell`.

        z_t = sigma(x_t W_z + h_{t-1} U_z + b_z)             update gate
        r_t = sigma(x_t W_r + h_{t-1} U_r + b_r)             reset gate
        g_t = phi(x_t W_h + r_t (h_{t-1} U_h + b'_h) + b_h)  candidate, `reset_after=True`: the variant of cuDNN
        g_t = phi(x_t W_h + (r_t h_{t-1}) U_h + b_h)         candidate, `reset_after=False`: as published
        h_t = z_t h_{t-1} + (1 - z_t) g_t                    hidden state, the only state

    sigma is `recurrent_activation`, phi `activation`. The columns of the weights stand in the order z r h. With
    `reset_after` the bias is (2, 3 * units), one row for the inputs and one for the state. Here z_t = 1 keeps the old
    state, as in Cho et al.; Chung et al. (2014) give that part to 1 - z_t.
    """

    gates = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        *,
        reset_after=True,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype="float32",
    ):
        options = {"dropout": dropout, "recurrent_dropout": recurrent_dropout, "dtype": dtype}
        initial = kernel_initializer, recurrent_initializer, bias_initializer
        penalties = kernel_regularizer, recurrent_regularizer, bias_regularizer
        super().__init__(units, activation, use_bias, *initial, *penalties, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = bool(reset_after)

    @property
    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def ready(self, batch, masks=None):
        form = ResetAfter if self.reset_after else ResetBefore
        return form(self, batch, masks)
