"""The programs that are compared. Each function makes one ready, untimed, and returns its run.

A run is a function without arguments that does the work and returns the seconds of it, as `timing.clock` counts them.
"""

import functools

import numpy as np

from experiments.bench import timing

GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}


@functools.cache
def tensorflow():
    """TensorFlow as it is: `rnnlib.reproducibility` would make it deterministic, which costs time."""
    import tensorflow

    return tensorflow


# The source article's example ----------------------------------------------------------------------------------------


def example(model, epochs, batch_size, copies, **compile_options):
    """A run that trains the model on `copies` of the article's data; compiled here, and traced by a first epoch."""
    from experiments.first_model import training_samples

    x, y = training_samples("unrelated")
    x, y = np.tile(x[..., np.newaxis], (copies, 1, 1)), np.tile(y, (copies, 1))
    model.compile(optimizer="adam", loss="mse", **compile_options)
    model.fit(x, y, epochs=1, batch_size=batch_size, verbose=0)
    return timing.timed(lambda: model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0))


def example_in_rnnlib(units=1, epochs=25, batch_size=1, copies=1):
    """The article's model in rnnlib."""
    from rnnlib.layers import Dense, SimpleRNN
    from rnnlib.model import Sequential

    return example(Sequential([SimpleRNN(units), Dense(1)], seed=0), epochs, batch_size, copies)


def example_in_keras(units=1, epochs=25, batch_size=1, copies=1, unroll=False, **compile_options):
    """The article's model in Keras. Without a loop over time (`unroll`) and with 100 steps in each call
    (`steps_per_execution`) it is the same arithmetic with what Keras offers against overhead."""
    keras = tensorflow().keras
    layers = [keras.Input((10, 1)), keras.layers.SimpleRNN(units, unroll=unroll), keras.layers.Dense(1)]
    return example(keras.Sequential(layers), epochs, batch_size, copies, **compile_options)


# Training steps of one recurrent layer -------------------------------------------------------------------------------
#
# All of them do the same: forward, the mean squared error of the last output, backward, a step of gradient descent. All
# but PyTorch, which has no such thing, through `fit`.


def batches(shape, steps):
    """Inputs (steps * batch, time, features) and targets (steps * batch, units)."""
    batch, time, features, units = shape
    rng = np.random.default_rng(0)
    x = rng.normal(size=(steps * batch, time, features))
    return x.astype(np.float32), rng.normal(size=(steps * batch, units)).astype(np.float32)


def training_in_rnnlib(cell, shape, steps):
    """Seconds of a training step of rnnlib's `fit`."""
    from rnnlib import layers
    from rnnlib.model import Sequential

    model = Sequential([getattr(layers, cell)(shape[-1])], seed=0)
    model.compile("sgd", "mse")
    x, y = batches(shape, steps)
    run = timing.timed(lambda: model.fit(x, y, batch_size=shape[0], shuffle=False, verbose=0), of=steps)
    run()
    return run


def training_in_keras(cell, shape, steps, **compile_options):
    """Seconds of a training step of Keras's `fit`, without what it spends once an epoch (some 30 ms): from the end of
    the first step to the end of the last."""
    keras = tensorflow().keras

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.ends.append(timing.clock())

    model = keras.Sequential([keras.Input(shape[1:3]), getattr(keras.layers, cell)(shape[-1])])
    model.compile("sgd", "mse", **compile_options)
    x, y = batches(shape, steps + 1)
    clock = Clock()

    def run():
        clock.ends = []
        model.fit(x, y, batch_size=shape[0], shuffle=False, verbose=0, callbacks=[clock])
        return (clock.ends[-1] - clock.ends[0]) / steps

    run()
    return run


def training_in_torch(cell, shape, steps):
    """Seconds of a training step in PyTorch, as its tutorials write it."""
    import torch

    batch, _, features, units = shape
    layer = {"SimpleRNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell]
    layer = layer(features, units, batch_first=True)
    optimizer, loss = torch.optim.SGD(layer.parameters(), lr=0.01), torch.nn.MSELoss()
    x, y = (torch.from_numpy(array).split(batch) for array in batches(shape, steps))

    def train():
        for inputs, targets in zip(x, y, strict=True):
            optimizer.zero_grad()
            outputs, _ = layer(inputs)
            loss(outputs[:, -1], targets).backward()
            optimizer.step()

    run = timing.timed(train, of=steps)
    run()
    return run


# Forward and backward of a layer, and its products -------------------------------------------------------------------


def passes(cell, shape, repeats=1):
    """Seconds of forward and backward of rnnlib's layer, from the gradient at the last output to those at the weights
    and at the inputs."""
    from rnnlib import layers

    layer = getattr(layers, cell)(shape[-1], seed=0)
    x, d_outputs = batches(shape, 1)
    layer.checked(x)

    def both():
        for _ in range(repeats):
            layer.forward(x)
            layer.backward(d_outputs)

    run = timing.timed(both, of=repeats)
    run()
    return run


def products(cell, shape, repeats=1):
    """Seconds of the bare matrix products of `passes`, of the same shapes, with nothing between them: the floor."""
    batch, time, features, units = shape
    columns = GATES[cell] * units
    rng = np.random.default_rng(0)
    shapes = (time * batch, features), (features, columns), (units, columns)
    x, kernel, recurrent_kernel = (rng.normal(size=s).astype(np.float32) for s in shapes)
    h, dz = (rng.normal(size=(time, batch, n)).astype(np.float32) for n in (units, columns))
    z_t, dh_t = np.empty((batch, columns), np.float32), np.empty((batch, units), np.float32)
    transposed = np.ascontiguousarray(recurrent_kernel.T)  # quicker than with the view

    def multiply():
        for _ in range(repeats):
            x @ kernel
            for h_t in h:
                h_t.dot(recurrent_kernel, z_t)
            for dz_t in dz:
                dz_t.dot(transposed, dh_t)
            x.T @ dz.reshape(-1, columns)
            h.reshape(-1, units).T @ dz.reshape(-1, columns)
            dz.reshape(-1, columns) @ kernel.T

    run = timing.timed(multiply, of=repeats)
    run()
    return run


# Linear recurrences --------------------------------------------------------------------------------------------------


def factors(shape):
    """a and b, (batch, time, units), positive, float32; the same a at every step, since `recurrence_in_c` wants it."""
    b = np.random.default_rng(0).uniform(0.1, 1, shape).astype(np.float32)
    return np.full(shape, 0.9, np.float32), b


def recurrence(method, shape, repeats=1):
    """Seconds of rnnlib's `linear_recurrence`."""
    from rnnlib.scan import linear_recurrence

    a, b = factors(shape)

    def compute():
        for _ in range(repeats):
            linear_recurrence(a, b, method=method)

    run = timing.timed(compute, of=repeats)
    run()
    return run


def recurrence_in_c(shape, repeats=1):
    """Seconds of the loop in a compiled language: scipy's filter, which takes one factor for all steps."""
    from scipy.signal import lfilter

    a, b = factors(shape)
    one, factor = np.ones(1, np.float32), np.array([1, -a[0, 0, 0]])

    def compute():
        for _ in range(repeats):
            lfilter(one, factor, b, axis=1)

    run = timing.timed(compute, of=repeats)
    run()
    return run


def recurrence_gradients(method, shape, repeats=1):
    """Seconds of rnnlib's `linear_recurrence_gradients`."""
    from rnnlib.scan import linear_recurrence, linear_recurrence_gradients

    a, b = factors(shape)
    h = linear_recurrence(a, b)

    def compute():
        for _ in range(repeats):
            linear_recurrence_gradients(a, h, b, method=method)

    run = timing.timed(compute, of=repeats)
    run()
    return run
