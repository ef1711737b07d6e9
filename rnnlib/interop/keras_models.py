"""Weights and models to and from Keras. Names, shapes and order are the same, so this is short."""

from rnnlib import layers, regularizers
from rnnlib.model import Sequential


def copy_weights(source, target):
    """Copy the weights of `source` into `target`: layers or models of rnnlib or of Keras, in any combination.

    Raises ValueError, and changes nothing, when either has no weights yet or they do not fit one by one.
    """
    arrays = source.get_weights()
    wanted = target.get_weights()
    for role, found in (("source", arrays), ("target", wanted)):
        if not found:
            raise ValueError(f"{role} has no weights yet: build it first, or call it once on some data")
    shapes, wanted_shapes = [a.shape for a in arrays], [a.shape for a in wanted]
    if shapes != wanted_shapes:
        raise ValueError(f"target wants weights of shapes {wanted_shapes}, source has {shapes}")
    target.set_weights(arrays)


def from_keras(model):
    """An rnnlib `Sequential` with the layers and the weights of a built Keras `Sequential`.

    Dropout keeps its rates and draws masks of its own; a stateful layer starts from zeros.

    Raises TypeError for a layer or an option that rnnlib does not have, ValueError for a model that is not built.
    """
    if not model.built:
        raise ValueError("model is not built yet: give it an Input layer, or call it once on some data")
    twin = Sequential([_twin(layer, layer.get_config()) for layer in model.layers])
    twin.build(model.input_shape)
    if model.get_weights():
        copy_weights(model, twin)
    return twin


def running_sum(**arguments):
    """A Keras `SimpleRNN` of one unit that adds up what it is fed: its right outputs are known without training.

        h_t = x_t + h_{t-1}

    Takes sequences (batch, time, 1). `arguments` are those of `SimpleRNN`, such as `return_sequences=True`.
    """
    from keras.layers import SimpleRNN

    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones", "use_bias": False}
    return SimpleRNN(1, activation="linear", **ones, **arguments)


_PENALTIES = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
_RECURRENT = ("units", "activation", "use_bias", "dropout", "recurrent_dropout", *_PENALTIES)
_LOOP = ("return_sequences", "return_state", "go_backwards", "stateful", "zero_output_for_mask")
_OPTIONS = {
    "SimpleRNN": (*_RECURRENT, *_LOOP),
    "LSTM": (*_RECURRENT, *_LOOP, "recurrent_activation", "unit_forget_bias"),
    "GRU": (*_RECURRENT, *_LOOP, "recurrent_activation", "reset_after"),
    "Bidirectional": ("merge_mode",),
    "Dense": ("units", "activation", "use_bias", "kernel_regularizer", "bias_regularizer"),
    "Embedding": ("input_dim", "output_dim", "embeddings_regularizer", "mask_zero"),
    "Masking": ("mask_value",),
    "Dropout": ("rate", "noise_shape"),
}
# What rnnlib does not do must be at Keras's default, or the twin would silently compute or learn something else.
_DEFAULTS = {
    "trainable": True,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
    "embeddings_constraint": None,
    "lora_rank": None,
    "quantization_config": None,
}


def _twin(layer, config):
    kind = type(layer).__name__
    if kind not in _OPTIONS:
        raise TypeError(f"rnnlib has no twin of the Keras layer {kind}; it has {', '.join(sorted(_OPTIONS))}")
    for option, default in _DEFAULTS.items():
        if config.get(option, default) != default:
            raise TypeError(f"rnnlib's {kind} does not support {option}={config[option]!r}")
    options = {option: config[option] for option in _OPTIONS[kind]}
    for option in options:
        if option.endswith("_regularizer"):
            options[option] = _penalty(options[option])
    if kind == "Bidirectional":
        forward, backward = (_twin(half, half.get_config()) for half in (layer.forward_layer, layer.backward_layer))
        return layers.Bidirectional(forward, backward_layer=backward, **options, name=layer.name)
    return getattr(layers, kind)(**options, dtype=layer.compute_dtype, name=layer.name)


def _penalty(config):
    """The rnnlib regularizer of a Keras regularizer's configuration; None stays None."""
    if config is None:
        return None
    kind = getattr(regularizers, config["class_name"], None)
    if kind not in (regularizers.L1, regularizers.L2, regularizers.L1L2):
        raise TypeError(f"rnnlib has no twin of the Keras regularizer {config['class_name']}; it has L1, L2, L1L2")
    return kind(**{name: float(factor) for name, factor in config["config"].items()})
