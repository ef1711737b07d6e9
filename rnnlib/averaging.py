"""Averages of the weights along the way of a training, to be used in place of the last weights.

The steps of the last epochs circle around a good place, and the mean of the places they visited may lie nearer to it
than any of them (Polyak and Juditsky 1992; Izmailov et al. 2018, of epochs in place of steps).
"""

import numpy as np

from rnnlib import checks
from rnnlib.callbacks import Callback
from rnnlib.optimizers import Adam


class AveragedAdam(Adam):
    """Adam that also keeps an exponential moving average of the weights, as Keras's `Adam(use_ema=True)`.

    a <- w                                          after the first step
    a <- ema_momentum a + (1 - ema_momentum) w      after each later one

    The average takes no part in the training; `finalize_variable_values` puts it into the weights, and the callback
    `SwapEMAWeights` does so at the end of `fit`. Arguments by name go to `Adam`. Raises as `Adam`, and ValueError for
    an `ema_momentum` outside [0, 1].
    """

    name = "averaged_adam"
    slot_names = (*Adam.slot_names, "average")

    def __init__(self, learning_rate=0.001, ema_momentum=0.99, **options):
        super().__init__(learning_rate, **options)
        self.ema_momentum = checks.real_in(ema_momentum, "ema_momentum", 0, 1)

    def update(self, rate, gradient, weight, m, v, average, scratch):
        super().update(rate, gradient, weight, m, v, scratch)
        if self.iterations == 1:
            average[...] = weight
        else:
            np.subtract(weight, average, scratch)
            scratch *= 1 - self.ema_momentum
            average += scratch

    def finalize_variable_values(self, weights):
        """Put the averages into `weights`: all weights of the model that was trained, a list of arrays, in order.

        Raises ValueError if no step was taken yet, or for weights of another number or size.
        """
        if self.slots is None:
            raise ValueError(
                "finalize_variable_values wants a step of the optimizer before it: there is no average yet"
            )
        average = np.concatenate([slots[-2].ravel() for slots in self.slots])
        sizes = [weight.size for weight in weights]
        if sum(sizes) != average.size:
            raise ValueError(f"weights wants {average.size} numbers in all, as many as were averaged, got {sum(sizes)}")
        for weight, mean in zip(weights, np.split(average, np.cumsum(sizes)[:-1]), strict=True):
            weight[...] = mean.reshape(weight.shape)


class SwapEMAWeights(Callback):
    """Puts the averages of an `AveragedAdam` into the model at the end of the training.

    Keras's `fit` does so by itself where the optimizer has `use_ema=True`; its callback of this name puts them in for
    each evaluation too, which this one does not: `val_loss` is that of the weights in training.

    Raises TypeError where the model has another optimizer.
    """

    def on_train_begin(self):
        if not isinstance(self.model.optimizer, AveragedAdam):
            raise TypeError(
                f"SwapEMAWeights wants a model compiled with an AveragedAdam, got {type(self.model.optimizer).__name__}"
            )

    def on_train_end(self):
        self.model.optimizer.finalize_variable_values(self.model.weights)
