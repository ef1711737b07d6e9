"""How a network is trained: `compile`, `fit`, `evaluate`, checkpoints. Keras's methods, arguments and averaging."""

import functools
import math

import numpy as np
from tqdm import tqdm

from rnnlib import checkpoints, checks, divergence, losses, optimizers, truncation
from rnnlib.callbacks import CallbackList
from rnnlib.model.network import Network


class Trained(Network):
    """A network that is trained: what `Sequential` and `Seq2Seq` share.

    Who inherits gives it `forward_with_mask(x, training)`, `backward(d_outputs)`, and `_checked_inputs(x, name)`, which
    says what is wrong with an `x`. Anything with a length that can be indexed by samples may be an `x`.
    """

    def __init__(self, layers, seed=None):
        super().__init__(layers, seed)
        self.optimizer = self.loss = self.callbacks = None
        self.epochs_done, self.stop_training = 0, False

    def forward_with_mask(self, x, training=False):
        """The outputs, and the mask (batch, ...) that goes with them: False where an output does not count, or None."""
        raise NotImplementedError

    def backward(self, d_outputs):
        """The gradient at the inputs; leaves those of the weights in `gradients`."""
        raise NotImplementedError

    def backward_to_weights(self, d_outputs):
        """`backward` where nobody needs the gradient at the inputs, as in training."""
        self.backward(d_outputs)

    def compile(self, optimizer, loss):
        """Say how to train: an optimizer and a loss, by name or as objects. Raises ValueError for unknown names."""
        self.optimizer, self.loss = optimizers.get(optimizer), losses.get(loss)

    def fit(
        self,
        x,
        y,
        batch_size=32,
        epochs=1,
        verbose=1,
        callbacks=None,
        validation_data=None,
        shuffle=True,
        *,
        initial_epoch=0,
        resume_from=None,
        truncate=None,
    ):
        """Train until `epochs` passes over `x` (samples, ..., features) and `y` are done; returns a `History`.

        `shuffle` draws a new order each epoch. `verbose=0` hides the progress bar. `validation_data=(x, y)` is
        evaluated after each epoch and never trained on. `callbacks`: see `rnnlib.callbacks`. `initial_epoch` is the
        number of the first epoch, from 0. `resume_from` is a file that `save_checkpoint` or a `Checkpoint` has written:
        with the same data, settings and kinds of callbacks, the training goes on from there as if it had never ended,
        and the history is that of all its epochs.
        `truncate=(k1, k2)`, or `k` for both, cuts back-propagation through time: see `rnnlib.truncation`.

        Raises ValueError or TypeError, before anything is changed, for arrays that do not fit, are empty or not finite,
        and for impossible settings; what `load_checkpoint` raises; and FloatingPointError at the first loss or gradient
        that is not finite, with the layer that it came from: the weights are then those before that step (unless it
        says that the step before has ruined them).
        """
        batch_size = checks.integer_at_least(batch_size, 1, "batch_size")
        epochs = checks.integer_at_least(epochs, 1, "epochs")
        initial_epoch = checks.integer_at_least(initial_epoch, 0, "initial_epoch")
        if initial_epoch and resume_from is not None:
            raise ValueError(f"initial_epoch is what the file says with resume_from, got {initial_epoch} as well")
        x, y = self._checked_data(x, y, batch_size)
        if truncate is not None:
            truncate = truncation.checked(truncate, self, x, y)
        if validation_data is not None:
            validation_data = self._checked_data(*validation_data, batch_size, names=("validation x", "validation y"))
        self.validates = validation_data is not None
        self.callbacks = callbacks = CallbackList(callbacks, self)
        callbacks.on_train_begin()
        if resume_from is None:
            self.epochs_done, self.stop_training = initial_epoch, False
        else:  # after on_train_begin, where callbacks begin afresh
            checkpoints.load(resume_from, self, callbacks)
        done = self.epochs_done
        bar = {"desc": "fit", "unit": "epoch", "initial": done, "total": epochs, "disable": not verbose}
        for epoch in tqdm(range(done, epochs), **bar):
            if self.stop_training:
                break
            callbacks.on_epoch_begin(epoch)
            order = self.order_rng.permutation(len(x)) if shuffle else slice(None)
            logs = {"loss": self._train_epoch(x[order], y[order], batch_size, truncate)}
            if validation_data is not None:
                logs["val_loss"] = self._mean_loss(*validation_data, batch_size)
            self.epochs_done = epoch + 1
            callbacks.on_epoch_end(epoch, logs)
        callbacks.on_train_end()
        return callbacks.history

    @np.errstate(over="ignore", invalid="ignore")  # an error that says more than these warnings comes from the checks
    def _train_epoch(self, x, y, batch_size, truncate):
        total = 0.0
        train = self._train_batch if truncate is None else functools.partial(self._train_windows, truncate=truncate)
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            try:
                total += train(x[batch], y[batch]) * len(x[batch])
            except FloatingPointError as error:
                place = f"epoch {self.epochs_done + 1}, batch {start // batch_size + 1}"
                raise FloatingPointError(f"training stopped in {place}: {error}") from error
        weights, _ = self._vectors
        if not math.isfinite(weights.dot(weights)) and (trouble := divergence.of_weights(self)):
            raise FloatingPointError(f"training stopped after epoch {self.epochs_done + 1}: {trouble}")
        return total / len(x)

    def _train_batch(self, x, y):
        """One step of the optimizer; returns the loss before it."""
        predictions, mask = self.forward_with_mask(x, training=True)
        loss = self.loss.masked_value(y, predictions, mask) + self.penalty()
        if not math.isfinite(loss):
            raise FloatingPointError(divergence.of_loss(self, x, loss))
        self.backward_to_weights(self.loss.masked_slope(y, predictions, mask))
        self._step(loss)
        return loss

    def _train_windows(self, x, y, truncate):
        """One step of the optimizer for each window; returns the mean of the losses before them."""
        total = 0.0
        for loss, steps in truncation.passes(self, x, y, *truncate):
            loss += self.penalty()
            self._step(loss)
            total += loss * steps
        return total / x.shape[1]

    def _step(self, loss):
        """One step of the optimizer along the gradients and those of the penalty, unless one is not finite."""
        self.add_penalty_gradients()
        weights, gradients = self._vectors
        # The sum of squares is the cheapest look at all of them. It can overflow though each is finite.
        if not math.isfinite(gradients.dot(gradients)) and (trouble := divergence.of_gradient(self, loss)):
            raise FloatingPointError(trouble)
        self.optimizer.apply([gradients], [weights], self._borders)

    @np.errstate(over="ignore", invalid="ignore")
    def train_on_batch(self, x, y):
        """One step of the optimizer on one batch; returns the loss before it. Raises as `fit` does."""
        return self._train_batch(*self._checked_data(x, y, max(1, len(x)) if np.ndim(x) else 1))

    def evaluate(self, x, y, batch_size=32):
        """The mean loss, a float. Raises as `fit` does."""
        batch_size = checks.integer_at_least(batch_size, 1, "batch_size")
        return self._mean_loss(*self._checked_data(x, y, batch_size), batch_size)

    def _mean_loss(self, x, y, batch_size):
        total = 0.0
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            total += self.loss.masked_value(y[batch], *self.forward_with_mask(x[batch])) * len(x[batch])
        return total / len(x) + self.penalty()

    def _check_batches(self, samples, batch_size, name):
        """Raises ValueError where a stateful layer would meet a last batch of another size."""
        if samples % min(samples, batch_size) and any(layer.stateful for layer in self.layers):
            raise ValueError(
                f"{name} wants a multiple of batch_size={batch_size} samples, since a layer is stateful, got {samples}"
            )

    def _checked_data(self, x, y, batch_size, names=("x", "y")):
        self._wants_compiled()
        if np.ndim(x) and np.ndim(y) and len(x) != len(y):
            raise ValueError(f"{names[0]} and {names[1]} want as many samples, got {len(x)} and {len(y)}")
        x, output_shape = self._checked_inputs(x, names[0])
        self._check_batches(len(x), batch_size, names[0])
        y = self.loss.checked_target(y, output_shape, self.dtype, names[1])
        checks.finite(y, names[1])
        return x, y

    def save_checkpoint(self, path):
        """Write the whole state of the training to a .safetensors or .npz file, whole or not at all: the weights, the
        optimizer's state, the epochs done, every random generator, and the callbacks of the last call of `fit`."""
        self._wants_built("save_checkpoint")
        self._wants_compiled()
        checkpoints.save(path, self)

    def load_checkpoint(self, path):
        """Read what `save_checkpoint` wrote, all but the states of callbacks, which `fit(resume_from=path)` reads too.
        Returns the number of epochs done.

        Raises OSError for a damaged file, ValueError for the checkpoint of another model or optimizer; in both cases
        the model stays as it was.
        """
        self._wants_built("load_checkpoint")
        self._wants_compiled()
        checkpoints.load(path, self)
        return self.epochs_done

    def _wants_compiled(self):
        if self.loss is None:
            raise ValueError("this model does not know its loss yet: call compile(optimizer, loss) first")
