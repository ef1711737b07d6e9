"""A training on disk: all that the next step depends on, so that it can go on later as if nothing had happened.

The state of a training is a dict: the weights; the optimizer's slots, count of steps and learning rate; the epochs
done; the state of every random generator, of the order of the data and of the layers; what stateful layers carry on;
and the states of the callbacks, the history among them. Its arrays are stored as they are, and the rest as JSON in one
more array, in a file of `weight_files`, which is written whole or not at all and checked when it is read.
"""

import copy
import json

import numpy as np

from rnnlib import weight_files
from rnnlib.weights import Weighted, checked_weights

_REST = "training"  # the array that holds what is no array


def save(path, model):
    """Write the state of the training of `model` to `path` (.safetensors or .npz). Raises as `weight_files.save`."""
    arrays = {}
    rest = _without_arrays(_training_state(model), "", arrays)
    arrays[_REST] = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    weight_files.save(path, arrays)


def load(path, model, callbacks=None):
    """Bring `model`, and `callbacks` (a `CallbackList`) if given, to the state in the file.

    Raises OSError for a file that is missing, cut short or altered; ValueError for one that holds no checkpoint, or
    that of another model, optimizer or callbacks. Everything then stays as it was.
    """
    arrays = weight_files.load(path)
    if _REST not in arrays:
        raise ValueError(f"{path} holds no checkpoint, but arrays named {sorted(arrays)}: is it for load_weights?")
    before = copy.deepcopy(_training_state(model)), copy.deepcopy(callbacks and callbacks.get_state())
    try:
        state = _with_arrays(json.loads(arrays[_REST].tobytes()), arrays)
        if callbacks is not None:
            callbacks.set_state(state["callbacks"])
        _set_training_state(model, state)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        _set_training_state(model, before[0])
        if callbacks is not None:
            callbacks.set_state(before[1])
        raise ValueError(f"{path} holds no checkpoint of this training: {error}") from error


def _training_state(model):
    return {
        "weights": dict(zip(model.weight_names, model.weights, strict=True)),
        "optimizer": model.optimizer.get_state(),
        "epochs_done": model.epochs_done,
        "stop_training": model.stop_training,
        "generators": {name: rng.bit_generator.state for name, rng in _generators(model)},
        "carried": {name: layer.states for name, layer in _parts(model) if getattr(layer, "states", None)},
        "callbacks": model.callbacks.get_state() if model.callbacks else [],
    }


def _set_training_state(model, state):
    _want_names(state["weights"], model.weight_names, "weights")
    weights = checked_weights(state["weights"].values(), model.weights, model.weight_names, "this model")
    kinds = [array.dtype for array in state["weights"].values()], [weight.dtype for weight in model.weights]
    if kinds[0] != kinds[1]:
        raise ValueError(f"this model computes in {model.dtype}, the checkpoint in {kinds[0][0]}")
    generators, parts = dict(_generators(model)), dict(_parts(model))
    _want_names(state["generators"], generators, "generators")
    for name in state["carried"]:
        if not hasattr(parts.get(name), "states"):
            raise ValueError(f"the checkpoint holds states that {name} carries, and this model has no such layer")
    model.optimizer.set_state(state["optimizer"])
    for name, rng in generators.items():
        rng.bit_generator.state = state["generators"][name]
    for name, layer in parts.items():
        if hasattr(layer, "states"):
            layer.states = state["carried"].get(name)
    for weight, array in zip(model.weights, weights, strict=True):
        weight[...] = array
    model.epochs_done, model.stop_training = int(state["epochs_done"]), bool(state["stop_training"])


def _want_names(found, wanted, what):
    if list(found) != list(wanted):
        raise ValueError(f"this model has the {what} {', '.join(wanted)}, the checkpoint {', '.join(found)}")


def _parts(model):
    """Every layer with its name, and what is inside it and has weights: its cell, or other layers."""

    def inside(layer, name):
        yield name, layer
        for attribute, value in vars(layer).items():
            if isinstance(value, Weighted):
                yield from inside(value, f"{name}.{attribute}")

    for i, layer in enumerate(model.layers):
        yield from inside(layer, f"{i}.{layer.name}")


def _generators(model):
    """Every random generator that training may draw from, with a name: that of the data's order and those of layers."""
    yield "order", model.order_rng
    for name, layer in _parts(model):
        for attribute, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                yield f"{name}.{attribute}", value


def _without_arrays(value, name, arrays):
    """`value` with each array in it moved to `arrays`, and in its place the name it got there."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"array": name}
    if isinstance(value, dict):
        return {key: _without_arrays(part, f"{name}.{key}" if name else key, arrays) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(part, f"{name}.{i}", arrays) for i, part in enumerate(value)]
    return value.item() if isinstance(value, np.generic) else value


def _with_arrays(value, arrays):
    """The inverse of `_without_arrays`."""
    if isinstance(value, dict) and value.keys() == {"array"}:
        return arrays[value["array"]]
    if isinstance(value, dict):
        return {key: _with_arrays(part, arrays) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_arrays(part, arrays) for part in value]
    return value
