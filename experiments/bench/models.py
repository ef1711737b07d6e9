"""Models of one size along time, and what makes the loop over time quicker: training steps in Keras, and truncation.

Each model reads (batch, time, features) and gives one number at each step. A training step is forward, the mean squared
error, backward and a step of gradient descent, all of it one TensorFlow function: nothing of `fit` is timed.
"""

from functools import partial

import numpy as np

from experiments.bench import runs, timing

FEATURES, UNITS, WINDOW, FILTERS, KEY = 16, 64, 8, 40, 78


def recurrent(x, cell="SimpleRNN", **options):
    """A recurrent layer."""
    return getattr(runs.tensorflow().keras.layers, cell)(UNITS, return_sequences=True, **options)(x)


def window(x):
    """A layer over the last `WINDOW` steps, the same at every step: what Keras calls a causal convolution."""
    return runs.tensorflow().keras.layers.Conv1D(FILTERS, WINDOW, padding="causal", activation="tanh")(x)


def attention(x):
    """Every step looks at itself and at those before it."""
    layer = runs.tensorflow().keras.layers.MultiHeadAttention(num_heads=1, key_dim=KEY)
    return layer(x, x, use_causal_mask=True)


def network(make, time, dtype="float32"):
    """The model `make`, a function from tensor to tensor, with a linear output at each step."""
    keras = runs.tensorflow().keras
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        inputs = keras.Input((time, FEATURES))
        return keras.Model(inputs, keras.layers.Dense(1, dtype="float32")(make(inputs)))
    finally:
        keras.config.set_dtype_policy(before)


def training_step(make, batch, time, dtype="float32", jit_compile=False):
    """A function without arguments that trains the network by one step; its first call compiles."""
    tf = runs.tensorflow()
    model = network(make, time, dtype)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(batch, time, FEATURES)), tf.float32)
    y = tf.constant(rng.normal(size=(batch, time, 1)), tf.float32)

    @tf.function(jit_compile=jit_compile)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        for weight, gradient in zip(model.trainable_weights, tape.gradient(loss, model.trainable_weights), strict=True):
            weight.value.assign_sub(0.01 * gradient)
        return loss

    return lambda: step().numpy()


def forward_pass(make, batch, time, jit_compile=False):
    """A function without arguments that computes the network's outputs; its first call compiles."""
    tf = runs.tensorflow()
    model, x = network(make, time), tf.ones((batch, time, FEATURES))
    outputs = tf.function(lambda: tf.reduce_sum(model(x)), jit_compile=jit_compile)
    return lambda: outputs().numpy()


def run(make, batch, time, what=training_step, **options):
    """A run of training steps, or of `what` else, compiled and long enough to be timed."""
    step = what(make, batch, time, **options)
    step()
    once = timing.timed(step)
    repeats = timing.enough(once, 0.02, high=64)
    return timing.timed(lambda: [step() for _ in range(repeats)], of=repeats)


def remedies(cell):
    """What might make the loop quicker, by name: arguments of `run` and `training_step`."""
    plain, unrolled = partial(recurrent, cell=cell), partial(recurrent, cell=cell, unroll=True)
    return {
        "plain": {"make": plain},
        "XLA": {"make": plain, "jit_compile": True},
        "unrolled": {"make": unrolled},
        "unrolled, XLA": {"make": unrolled, "jit_compile": True},
        "bfloat16": {"make": plain, "dtype": "mixed_bfloat16"},
        "float16": {"make": plain, "dtype": "mixed_float16"},
        "bfloat16, XLA": {"make": plain, "dtype": "mixed_bfloat16", "jit_compile": True},
    }


def truncated(truncate, batch, time):
    """Seconds of a pass of rnnlib's `fit` over one batch, in windows of `truncate` steps, or whole with None."""
    from rnnlib.layers import Dense, SimpleRNN
    from rnnlib.model import Sequential

    model = Sequential([SimpleRNN(UNITS, return_sequences=True), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, time, FEATURES)).astype(np.float32)
    y = rng.normal(size=(batch, time, 1)).astype(np.float32)
    options = {} if truncate is None else {"truncate": truncate}
    run = timing.timed(lambda: model.fit(x, y, batch_size=batch, verbose=0, **options))
    run()
    return run


def product(size, dtype, repeats=1):
    """Seconds of a product of two square matrices."""
    tf = runs.tensorflow()
    a, b = (tf.cast(tf.random.normal((size, size)), dtype) for _ in range(2))
    multiply = tf.function(lambda: tf.reduce_sum(a @ b))
    run = timing.timed(lambda: [multiply() for _ in range(repeats)], of=repeats)
    run()
    return run
