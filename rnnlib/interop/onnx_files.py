"""Trained models as ONNX files, which other programs and other languages can run.

ONNX (Open Neural Network Exchange) has the operators RNN, LSTM and GRU. They know the lengths of sequences, not masks:
a mask that comes from `Masking` or `Embedding(mask_zero=True)` becomes a length, which the file computes from each
batch. Their arrays are time-major, and their weights stand in rows, (directions, gates * units, features).
"""

import pathlib

import numpy as np

from rnnlib import activations, cells, files, layers
from rnnlib.interop.onnx_graph import Graph
from rnnlib.model import Stack

# The operator of each cell, and its order of gates: ONNX has i o f c where Keras has i f c o.
OPERATORS = {
    cells.SimpleRNNCell: ("RNN", [0]),
    cells.LSTMCell: ("LSTM", [0, 3, 1, 2]),
    cells.GRUCell: ("GRU", [0, 1, 2]),
}
# What activations are called inside of these operators, and as operators of their own.
_BOTH = {activations.Tanh: "Tanh", activations.Sigmoid: "Sigmoid", activations.ReLU: "Relu"}
INSIDE = _BOTH | {activations.Linear: "Affine"}
ALONE = _BOTH | {activations.Linear: "Identity", activations.Softmax: "Softmax"}
MERGES = {"concat": "Concat", "sum": "Sum", "mul": "Mul", "ave": "Mean"}


def to_onnx(model, path):
    """Write a built `Sequential` as an ONNX file that computes `model.predict`, whole or not at all.

    The file takes `inputs` and gives `outputs`; batch and time may be of any size. It computes in float32, for runtimes
    have the recurrent operators in no other precision. Dropout is left out, as in `predict`.

    A sequence may be padded on its right; for another mask the runtime stops in the node "mask_wants_right_padding",
    since which mask will come cannot be known when the file is written. Ids outside of an embedding are the runtime's
    matter: `predict` refuses them, ONNX counts negative ones from the end.

    Raises ValueError for what ONNX has no operator for (a stateful layer, an activation or a layer of another kind), a
    model that is not built, and a path that does not end in .onnx; TypeError for what is no model; OSError if the file
    cannot be written; ImportError without the package onnx, which the extra "onnx" brings.
    """
    path = pathlib.Path(path)
    if path.suffix != ".onnx":
        raise ValueError(f"path wants a name that ends in .onnx, got {path.name!r}")
    if not isinstance(model, Stack):
        raise TypeError(f"model wants an rnnlib Sequential, got {model!r}")
    data = _serialized(model)
    with files.written_whole(path) as file:
        file.write(data)


def _serialized(model):
    """The bytes of the file."""
    ids = model.layers[0].takes_ids
    *free, features = model.input_shape
    shape = [None] * len(free) + [None if ids else features]
    graph = Graph("inputs", shape, "int64" if ids else "float32")
    x, mask = "inputs", None
    for i, layer in enumerate(model.layers):
        graph.prefix = f"{i}.{layer.name}"
        nodes = _known(_NODES, layer, _LAYERS)
        x, mask = nodes(graph, layer, x, mask)
        shape = layer.output_shape(shape)
    graph.add("Identity", [x], outputs=["outputs"])
    return graph.serialized("outputs", shape)


# One function a layer: it adds the layer's nodes, and returns the names of its outputs and of the mask that goes on.


def _dense(graph, layer, x, mask):
    x = graph.add("MatMul", [x, graph.constant("kernel", layer.kernel)])
    if layer.use_bias:
        x = graph.add("Add", [x, graph.constant("bias", layer.bias)])
    return graph.add(_known(ALONE, layer.activation, "ONNX has operators for the activations"), [x]), mask


def _dropout(graph, layer, x, mask):
    return x, mask


def _embedding(graph, layer, ids, mask):
    outputs = graph.add("Gather", [graph.constant("embeddings", layer.embeddings), ids])
    return outputs, graph.differs(ids, np.int64(0)) if layer.mask_zero else None


def _masking(graph, layer, x, mask):
    counts = graph.differs(x, np.float32(layer.mask_value))
    mask = graph.add("Greater", [graph.sum(graph.cast(counts, "int32"), -1), graph.constant("none", np.int32(0))])
    return graph.where(graph.unsqueeze(mask, -1), x), mask


def _recurrent(graph, layer, x, mask):
    outputs = _read(graph, layer, x, mask)
    if not layer.return_sequences:
        return outputs, None
    return graph.reverse(outputs) if layer.go_backwards else outputs, mask


def _bidirectional(graph, layer, x, mask):
    prefix, outputs = graph.prefix, []
    for half, flipped in zip(layer.halves, (False, True), strict=True):
        graph.prefix = f"{prefix}.{half.name}"
        read = _read(graph, half, x, mask)
        # Its own order is that of its reading; the backward layer's is turned round. For the usual pair both are time.
        outputs.append(graph.reverse(read) if half.return_sequences and half.go_backwards != flipped else read)
    graph.prefix = prefix
    joined = graph.add(MERGES[layer.merge_mode], outputs, **({"axis": -1} if layer.merge_mode == "concat" else {}))
    return joined, mask if layer.return_sequences else None


def _read(graph, layer, x, mask):
    """The nodes of one recurrent layer: its outputs in the order of time, (batch, time, units) or (batch, units)."""
    if layer.stateful:
        raise ValueError(f"to_onnx wants layers that start from zeros, got {layer!r}, which is stateful")
    _known(_NODES, layer, _LAYERS)  # one in a Bidirectional too
    operator, gates = _known(OPERATORS, layer.cell, "ONNX has operators for the cells")
    lengths = "" if mask is None else graph.lengths(mask)
    inputs = [graph.swap(x), *_weights(graph, layer, gates), lengths]
    options = {"hidden_size": layer.units, "direction": "reverse" if layer.go_backwards else "forward"}
    if operator == "GRU":
        options["linear_before_reset"] = int(layer.reset_after)
    every, last = graph.add(operator, inputs, outputs=2, **options, **_activations(layer))
    every, last = graph.squeeze(every, 1), graph.squeeze(last, 0)  # one direction: (time, batch, units), (batch, units)
    # Past the end of a sequence ONNX has zeros, rnnlib repeats the last output or, on request, has zeros too. Reading
    # backwards both have zeros: the padding comes first.
    if not layer.return_sequences:
        if mask is None or layer.go_backwards or not layer.zero_output_for_mask:
            return last
        return graph.add("Gather", [every, graph.constant("end", np.int64(-1))])
    every = graph.swap(every)
    if mask is None or layer.go_backwards or layer.zero_output_for_mask:
        return every
    return graph.where(graph.unsqueeze(mask, -1), every, graph.unsqueeze(last, 1))


def _weights(graph, layer, gates):
    """Names of W (1, gates * units, features), R (1, gates * units, units), B (1, 2 * gates * units) or none."""

    def rows(weight):
        """(..., gates * units) with the gates in ONNX's order, and transposed."""
        blocks = np.split(weight, len(gates), axis=-1)
        return np.concatenate([blocks[gate] for gate in gates], axis=-1).T[np.newaxis]

    names = [graph.constant(name, rows(getattr(layer, name))) for name in ("kernel", "recurrent_kernel")]
    if not layer.use_bias:
        return [*names, ""]
    of_inputs, of_state = layer.bias if layer.bias.ndim == 2 else (layer.bias, np.zeros_like(layer.bias))
    return [*names, graph.constant("bias", np.concatenate([rows(of_inputs), rows(of_state)], axis=-1))]


def _activations(layer):
    """The attributes of an operator that name its activations: of the gates, the candidate, what an LSTM shows."""
    used = [layer.activation] * layer.cell.number_of_states
    if layer.cell.gates > 1:
        used = [layer.recurrent_activation, *used]
    names = [_known(INSIDE, activation, "ONNX has within its recurrent operators") for activation in used]
    found = {"activations": names}
    if affine := names.count("Affine"):  # alpha x + beta, with numbers for each
        found |= {"activation_alpha": [1.0] * affine, "activation_beta": [0.0] * affine}
    return found


def _known(table, thing, what):
    """The entry of `table` for exactly this kind of thing: a class of a user's own may compute something else."""
    if type(thing) not in table:
        raise ValueError(f"{what} {', '.join(sorted(kind.__name__ for kind in table))}, got {thing!r}")
    return table[type(thing)]


_LAYERS = "to_onnx knows the layers"
_NODES = {
    layers.Dense: _dense,
    layers.Dropout: _dropout,
    layers.Embedding: _embedding,
    layers.Masking: _masking,
    layers.Bidirectional: _bidirectional,
} | dict.fromkeys([layers.SimpleRNN, layers.LSTM, layers.GRU, layers.RNN], _recurrent)
