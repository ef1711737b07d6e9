"""The pinball loss: a network trained with it forecasts quantiles, not means."""

import numpy as np

from rnnlib import checks
from rnnlib.losses import Loss


class PinballLoss(Loss):
    """mean(max(q d, (q - 1) d)) with d = y_true - y_pred, over all targets and quantiles q.

    Least for one target where y_pred is its q-quantile (Koenker and Bassett 1978, equation 2.2): a target above costs q
    for each unit, one below 1 - q. For q = 1/2 it is half the mean absolute error.

    `y_true` is (batch, ..., targets), `y_pred` (batch, ..., targets * quantiles): the quantiles of the first target,
    then those of the second, and so on; `by_quantile` takes them apart.

    Raises ValueError for quantiles that do not lie between 0 and 1 or do not increase, and for shapes that do not fit.
    """

    name = "pinball"

    def __init__(self, quantiles):
        self.quantiles = tuple(checks.real_in(q, "quantiles", 0, 1, low_open=True, high_open=True) for q in quantiles)
        if not self.quantiles or list(self.quantiles) != sorted(set(self.quantiles)):
            raise ValueError(f"quantiles wants one or more increasing numbers, got {self.quantiles}")

    def by_quantile(self, y_pred):
        """(batch, ..., targets, quantiles): what a network said, a new last axis for the quantiles."""
        y_pred = np.asarray(y_pred)
        return y_pred.reshape(*y_pred.shape[:-1], self._targets(y_pred.shape), len(self.quantiles))

    def value(self, y_true, y_pred):
        d, q = self._differences(y_true, y_pred)
        return float(np.mean(np.maximum(q * d, (q - 1) * d)))

    def slope(self, y_true, y_pred):
        d, q = self._differences(y_true, y_pred)
        return (((d < 0) - q * (d != 0)) / d.size).reshape(y_pred.shape).astype(y_pred.dtype, copy=False)

    def checked_target(self, y_true, shape, dtype, name="y_true"):
        return super().checked_target(y_true, (*shape[:-1], self._targets(shape)), dtype, name)

    def _differences(self, y_true, y_pred):
        return y_true[..., np.newaxis] - self.by_quantile(y_pred), np.asarray(self.quantiles, y_pred.dtype)

    def _targets(self, shape):
        targets, rest = divmod(shape[-1], len(self.quantiles))
        if rest:
            raise ValueError(
                f"PinballLoss wants outputs in a multiple of its {len(self.quantiles)} quantiles, got {shape[-1]}"
            )
        return targets
