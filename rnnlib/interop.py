"""Weights and models to and from Keras. Names, shapes and order are the same, so this is short."""

from rnnlib import layers
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

    Raises TypeError for a layer or an option that rnnlib does not have, ValueError for a model that is not built.
    """
    if not model.built:
        raise ValueError("model is not built yet: give it an Input layer, or call it once on some data")
    twin = Sequential([_twin(layer, layer.get_config()) for layer in model.layers])
    twin.build(model.input_shape)
    copy_weights(model, twin)
    return twin


_OPTIONS = {
    "SimpleRNN": ("units", "activation", "use_bias", "return_sequences", "go_backwards"),
    "Dense": ("units", "activation", "use_bias"),
}
# What rnnlib does not do yet must be at Keras's default, or the twin would silently compute something else.
_DEFAULTS = {"return_state": False, "stateful": False, "dropout": 0.0, "recurrent_dropout": 0.0}


def _twin(layer, config):
    kind = type(layer).__name__
    if kind not in _OPTIONS:
        raise TypeError(f"rnnlib has no twin of the Keras layer {kind}; it has {', '.join(sorted(_OPTIONS))}")
    for option, default in _DEFAULTS.items():
        if config.get(option, default) != default:
            raise TypeError(f"rnnlib's {kind} does not support {option}={config[option]!r}")
    options = {option: config[option] for option in _OPTIONS[kind]}
    return getattr(layers, kind)(**options, dtype=layer.compute_dtype, name=layer.name)
