"""Recurrent layers of Keras and of rnnlib with the same options and weights, and cases to compare them on."""

import hypothesis.strategies as st
import numpy as np

from rnnlib import layers
from rnnlib.interop import copy_weights
from rnnlib.reproducibility import import_tensorflow

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 4)
KINDS = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}  # and their numbers of states


def layer_options(kind, rng, activations=("tanh", "sigmoid", "relu", "linear"), dtype="float64"):
    """Options of a layer of that kind, as Keras and rnnlib both take them."""
    options = {
        "units": int(rng.integers(1, 5)),
        "activation": str(rng.choice(activations)),
        "dropout": float(rng.choice([0.0, 0.4])),
        "recurrent_dropout": float(rng.choice([0.0, 0.3])),
        "dtype": dtype,
    }
    flags = ["use_bias", "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"]
    if kind != "SimpleRNN":
        options["recurrent_activation"] = str(rng.choice(["sigmoid", "sigmoid", "tanh"]))
        flags.append("unit_forget_bias" if kind == "LSTM" else "reset_after")
    return options | {flag: bool(rng.integers(2)) for flag in flags}


@st.composite
def cases(draw, dtype="float64", longest=6, kinds=tuple(KINDS), **of_options):
    """A kind of layer, its options, and the arguments of a call: now and then an initial state, a mask, training.

    Hypothesis draws the shapes and a seed, and NumPy all switches from the seed: of twelve switches that it draws
    itself, Hypothesis would set few independently of each other, and most pairs would never meet.
    """
    kind, seed = draw(st.sampled_from(kinds)), draw(st.integers(0, 2**32 - 1))
    batch, time, features = draw(sizes), draw(st.integers(1, longest)), draw(sizes)
    rng = np.random.default_rng([seed, batch, time, features])
    options = layer_options(kind, rng, dtype=dtype, **of_options)
    call = {"sequences": rng.normal(size=(batch, time, features)).astype(dtype), "training": bool(rng.random() < 0.7)}
    if rng.integers(2):
        shape = (batch, options["units"])
        call["initial_state"] = [rng.normal(size=shape).astype(dtype) for _ in range(KINDS[kind])]
    if rng.integers(2):
        call["mask"] = rng.random((batch, time)) < 0.6  # holes anywhere, whole sequences masked now and then
    return kind, options, call


def twins(kind, options, sequences):
    """A Keras layer, and an rnnlib layer with its weights."""
    keras = import_tensorflow().keras
    initializers = keras.initializers
    theirs = getattr(keras.layers, kind)(**options, bias_initializer=initializers.RandomNormal(stddev=0.5, seed=1))
    theirs.build(sequences.shape)
    ours = getattr(layers, kind)(**options)
    ours.checked(sequences)
    copy_weights(theirs, ours)
    return theirs, ours


def share_dropout_masks(theirs, ours, sequences):
    """Let Keras draw the dropout masks of its next call, and rnnlib take the same for all its calls."""
    batch, _, features = sequences.shape
    cell, drawn = theirs.cell, []
    for draw, size in ((cell.get_dropout_mask, features), (cell.get_recurrent_dropout_mask, cell.units)):
        masks = draw(np.zeros((batch, size), sequences.dtype))
        if masks is not None:
            masks = np.stack([mask.numpy() for mask in masks] if isinstance(masks, list) else [masks.numpy()])
        drawn.append(masks)
    own = ours.draw_masks(batch)
    assert [m if m is None else m.shape for m in drawn] == [m if m is None else m.shape for m in own]
    ours.draw_masks = lambda batch: tuple(drawn)


def as_list(outputs):
    """Outputs and states, whether a call returned one array or several."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def keras_gradients(theirs, call, rng):
    """Keras's outputs, a weighting of each of them, and the gradients of the weighted sum: weights, inputs, states."""
    tf = import_tensorflow()
    sequences = tf.constant(call["sequences"])
    states = [tf.constant(state) for state in call.get("initial_state", [])]
    arguments = {name: call[name] for name in ("mask", "training") if name in call}
    if states:
        arguments["initial_state"] = states
    with tf.GradientTape() as tape:
        tape.watch([sequences, *states])
        outputs = as_list(theirs(sequences, **arguments))
        weightings = [rng.normal(size=output.shape) for output in outputs]
        total = sum(tf.reduce_sum(o * w) for o, w in zip(outputs, weightings, strict=True))
    watched = [*theirs.trainable_weights, sequences, *states]
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(total, watched, unconnected_gradients="zero")]
    return [output.numpy() for output in outputs], weightings, gradients


def our_gradients(ours, call, weightings, outputs=1):
    """What rnnlib has for the gradients of `keras_gradients`; the first `outputs` weightings are not of states."""
    d_outputs = weightings[0] if outputs == 1 else weightings[:outputs]
    d_sequences = ours.backward(d_outputs, weightings[outputs:] or None)
    d_states = ours.d_initial_states if "initial_state" in call else []
    return [*ours.gradients, d_sequences, *d_states]
