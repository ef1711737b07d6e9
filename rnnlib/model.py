"""`Sequential`: a stack of layers that can be trained. Keras's methods, argument names and averaging."""

import functools
import math

import numpy as np
from tqdm import tqdm

from rnnlib import checkpoints, checks, divergence, losses, optimizers, truncation, weight_files
from rnnlib.callbacks import CallbackList
from rnnlib.layers import Layer
from rnnlib.weights import checked_weights


class Sequential:
    """Layers in a row, each fed with the outputs of the one before, as Keras's `Sequential`.

    With `seed`, every layer gets a generator of its own, and so does the order of the data
    (`numpy.random.SeedSequence.spawn`): two models of the same seed start and train alike.

    A mask that a layer makes (`Embedding(mask_zero=True)`, `Masking`) goes with the outputs from layer to layer and
    into the loss, which is then the mean over the steps that count. What regularizers add is part of the loss.

    Raises TypeError for what is not a list of rnnlib layers; ValueError for an empty list, a layer named twice, one
    that returns its states too, or one that takes ids and is not the first.
    """

    def __init__(self, layers, seed=None):
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Sequential wants at least one layer, got none")
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"Sequential wants rnnlib layers, got {layer!r}")
        if len({id(layer) for layer in self.layers}) != len(self.layers):
            raise ValueError("Sequential wants each layer once, got the same layer in two places")
        for i, layer in enumerate(self.layers):
            if layer.return_state or getattr(layer, "merge_mode", "") is None:
                raise ValueError(f"Sequential wants layers with one output, got {layer!r}, which returns several")
            if layer.takes_ids and i:
                raise ValueError(f"Sequential wants {layer!r} first, since it takes ids, got it in place {i}")
        *own, order = np.random.SeedSequence(seed).spawn(len(self.layers) + 1)
        self.order_rng = np.random.default_rng(order)
        if seed is not None:
            for layer, sequence in zip(self.layers, own, strict=True):
                layer.rng = np.random.default_rng(sequence)
        self.optimizer = self.loss = self.callbacks = self._flat = None
        self.epochs_done, self.stop_training = 0, False

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

    def _wants_compiled(self):
        if self.loss is None:
            raise ValueError("this model does not know its loss yet: call compile(optimizer, loss) first")

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

    # Training ------------------------------------------------------------------------------------------------------

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
        self.backward(self.loss.masked_slope(y, predictions, mask))
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

    def predict(self, x, batch_size=32):
        """The outputs for `x`, a batch at a time. Raises ValueError or TypeError for inputs that do not fit."""
        batch_size = checks.integer_at_least(batch_size, 1, "batch_size")
        x, _ = self._checked_inputs(x, "x")
        self._check_batches(len(x), batch_size, "x")
        return np.concatenate([self.forward(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])

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
