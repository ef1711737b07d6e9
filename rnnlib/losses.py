"""Loss functions, each with its gradient beside it. Keras's names, defaults and averaging.

A loss is one number: the mean over the batch, and over time where there is a time axis, of the loss of one output
vector; with a mask, over those that count. Logarithms are natural, so cross-entropies are in nats; divide by ln 2 for
bits.

`loss(y_true, y_pred)` and `loss.gradient(y_true, y_pred)` check their arguments. `value` and `slope` behind them do
not: a training loop checks once a call of `fit`, not once a batch.
"""

import numpy as np

from rnnlib import activations, checks

EPSILON = 1e-7  # Keras's fuzz factor: probabilities are kept this far from 0 and 1 before the logarithm


class Loss:
    """The base of all losses. `name` is the string Keras knows the loss by."""

    name: str

    def __call__(self, y_true, y_pred):
        """The mean loss, a float. `y_pred` is (..., outputs). Raises ValueError for shapes that do not fit."""
        return self.value(*self.checked(y_true, y_pred))

    def gradient(self, y_true, y_pred):
        """The derivative of the mean loss with respect to `y_pred`, of its shape."""
        return self.slope(*self.checked(y_true, y_pred))

    def value(self, y_true, y_pred):
        """The loss of arrays that are known to fit, a float."""
        raise NotImplementedError

    def slope(self, y_true, y_pred):
        """The gradient at `y_pred` of arrays that are known to fit."""
        raise NotImplementedError

    def masked_value(self, y_true, y_pred, mask):
        """`value` over the outputs at which `mask` (y_pred's shape but for the last axis) is True; 0 if there are none.

        As in Keras the mean is over what counts, not over all; None counts everything.
        """
        if mask is None:
            return self.value(y_true, y_pred)
        return self.value(y_true[mask], y_pred[mask]) if mask.any() else 0.0

    def masked_slope(self, y_true, y_pred, mask):
        """The gradient of `masked_value` at `y_pred`."""
        if mask is None:
            return self.slope(y_true, y_pred)
        d_outputs = np.zeros_like(y_pred)
        if mask.any():
            d_outputs[mask] = self.slope(y_true[mask], y_pred[mask])
        return d_outputs

    def checked(self, y_true, y_pred):
        """Both as arrays that fit each other; raises ValueError or TypeError that names the one that does not."""
        y_pred = np.asarray(y_pred)
        y_pred = checks.as_floats(y_pred, np.result_type(y_pred.dtype, np.float32), "y_pred")
        if y_pred.ndim < 2 or y_pred.size == 0:
            raise ValueError(f"{type(self).__name__} wants y_pred of shape (batch, ..., outputs), got {y_pred.shape}")
        return self.checked_target(y_true, y_pred.shape, y_pred.dtype), y_pred

    def checked_target(self, y_true, shape, dtype, name="y_true"):
        """`y_true` as an array that fits predictions of that shape; `name` is what an error calls it."""
        y_true = checks.as_floats(y_true, dtype, name)
        if y_true.shape != tuple(shape):
            hint = f": add the last axis with {name}[..., np.newaxis]" if (*y_true.shape, 1) == tuple(shape) else ""
            owner = type(self).__name__
            raise ValueError(f"{owner} wants {name} of the predictions' shape {tuple(shape)}, got {y_true.shape}{hint}")
        return y_true


class MeanSquaredError(Loss):
    """mean((y_pred - y_true)^2): the negative log-likelihood of a Gaussian of fixed variance, up to scale and shift."""

    name = "mse"

    def value(self, y_true, y_pred):
        difference = (y_pred - y_true).ravel()
        return float(difference @ difference) / difference.size

    def slope(self, y_true, y_pred):
        return (y_pred - y_true) * (2 / y_pred.size)


class MeanAbsoluteError(Loss):
    """mean(|y_pred - y_true|): the negative log-likelihood of a Laplace distribution, up to scale and shift."""

    name = "mae"

    def value(self, y_true, y_pred):
        return float(np.mean(np.abs(y_pred - y_true)))

    def slope(self, y_true, y_pred):
        return np.sign(y_pred - y_true) / y_pred.size


class Crossentropy(Loss):
    """What the cross-entropies share: predictions are probabilities, or logits with `from_logits=True`."""

    def __init__(self, from_logits=False):
        self.from_logits = bool(from_logits)


class BinaryCrossentropy(Crossentropy):
    """-mean(y log p + (1 - y) log(1 - p)): the negative log-likelihood of a Bernoulli variable. Nats."""

    name = "binary_crossentropy"

    def value(self, y_true, y_pred):
        if self.from_logits:  # log(1 + exp(z)) - y z, without overflow
            return float(np.mean(np.maximum(y_pred, 0) - y_pred * y_true + np.log1p(np.exp(-np.abs(y_pred)))))
        p = np.clip(y_pred, EPSILON, 1 - EPSILON)
        return -float(np.mean(y_true * np.log(p) + (1 - y_true) * np.log(1 - p)))

    def slope(self, y_true, y_pred):
        if self.from_logits:
            return (activations.sigmoid(y_pred) - y_true) / y_pred.size
        p = np.clip(y_pred, EPSILON, 1 - EPSILON)
        return np.where(p == y_pred, (p - y_true) / (p * (1 - p)), 0) / y_pred.size  # a clipped p does not move


class CategoricalCrossentropy(Crossentropy):
    """-mean(sum_k y_k log p_k): the negative log-likelihood of a categorical variable. Nats.

    `y_true` holds one distribution (one-hot, say) for each prediction, (..., outputs). Probabilities are kept 1e-7 from
    0 and 1. Keras, where a softmax layer made them, goes back to the logits behind it: `from_logits=True` does as well.
    """

    name = "categorical_crossentropy"

    def value(self, y_true, y_pred):
        log_p = log_softmax(y_pred) if self.from_logits else np.log(self._probabilities(y_pred))
        return -float(np.sum(y_true * log_p)) / _rows(y_pred)

    def slope(self, y_true, y_pred):
        if self.from_logits:
            return (activations.softmax(y_pred) * y_true.sum(-1, keepdims=True) - y_true) / _rows(y_pred)
        # With p = q / s and s = sum q, the loss is sum y (log s - log q); a clipped p does not move.
        s = y_pred.sum(axis=-1, keepdims=True)
        y = np.where(self._probabilities(y_pred) == y_pred / s, y_true, 0)
        return (y.sum(-1, keepdims=True) / s - y / np.where(y_pred == 0, 1, y_pred)) / _rows(y_pred)

    @staticmethod
    def _probabilities(y_pred):
        return np.clip(y_pred / y_pred.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """`CategoricalCrossentropy` with `y_true` as class numbers, (...), one for each prediction."""

    name = "sparse_categorical_crossentropy"

    def value(self, y_true, y_pred):
        return super().value(_one_hot(y_true, y_pred), y_pred)

    def slope(self, y_true, y_pred):
        return super().slope(_one_hot(y_true, y_pred), y_pred)

    def checked_target(self, y_true, shape, dtype, name="y_true"):
        y_true = np.asarray(y_true)
        owner = type(self).__name__
        if y_true.dtype.kind not in "iu":
            raise TypeError(f"{owner} wants {name} as whole class numbers, got an array of {y_true.dtype}")
        checks.shape(y_true, shape[:-1], owner, name)
        if y_true.min() < 0 or y_true.max() >= shape[-1]:
            raise ValueError(
                f"{owner} wants class numbers from 0 to {shape[-1] - 1} in {name}, got {y_true.min()} to {y_true.max()}"
            )
        return y_true


def log_softmax(logits):
    """log(softmax(logits)) along the last axis, without overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _one_hot(classes, y_pred):
    return np.eye(y_pred.shape[-1], dtype=y_pred.dtype)[classes]


def _rows(y_pred):
    return y_pred.size // y_pred.shape[-1]


_BY_NAME = {
    loss.name: loss
    for loss in (
        MeanSquaredError,
        MeanAbsoluteError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )
}


def get(loss):
    """The loss of that name, or the `Loss` itself. Raises ValueError for an unknown name, else TypeError."""
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str):
        return checks.one_of(_BY_NAME, loss, "loss")()
    raise TypeError(f"loss wants a name or an rnnlib Loss, got {loss!r}")
