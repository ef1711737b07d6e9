"""The numbers that the ONNX project's operator tests want of RNN, LSTM and GRU (tools/onnx_cases.py says whence)."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnnlib.layers import GRU, LSTM, Bidirectional, SimpleRNN

CASES = json.loads(Path(__file__).with_name("onnx_cases.json").read_text(encoding="utf-8"))["cases"]
LAYERS = {"RNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
GATES = {"RNN": [0], "LSTM": [0, 2, 3, 1], "GRU": [0, 1, 2]}  # ONNX has i o f c, and z r h


def keras_order(operator, array):
    """(gates * units, ...) of ONNX, as (..., gates * units) in Keras's order of gates."""
    gates = np.split(array, len(GATES[operator]))
    return np.concatenate([gates[i] for i in GATES[operator]]).T


def weights_of(case, inputs, direction):
    """kernel, recurrent_kernel and bias of one direction."""
    operator = case["operator"]
    w, r = inputs["W"][direction], inputs["R"][direction]
    of_inputs, of_state = np.split(inputs["B"][direction], 2) if "B" in inputs else (np.zeros(len(w)),) * 2
    biases = [keras_order(operator, b) for b in (of_inputs, of_state)]
    bias = np.stack(biases) if case["attributes"].get("linear_before_reset") else sum(biases)
    return [keras_order(operator, w), keras_order(operator, r), bias]


def layer_of(case, direction):
    """The rnnlib layer of that ONNX node, all outputs and states returned."""
    options = {"return_sequences": True, "return_state": True, "dtype": "float64"}
    if case["operator"] == "GRU":
        options["reset_after"] = bool(case["attributes"].get("linear_before_reset", 0))
    units = np.shape(case["inputs"]["R"])[-1]
    layer = LAYERS[case["operator"]](units, **options, go_backwards=direction == "reverse")
    return Bidirectional(layer, merge_mode=None) if direction == "bidirectional" else layer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_equals_the_numbers_of_onnx(case):
    inputs = {name: np.array(array) for name, array in case["inputs"].items()}
    direction = case["attributes"].get("direction", "forward")
    directions = 2 if direction == "bidirectional" else 1
    batch_first = case["attributes"].get("layout") == 1
    x = inputs["X"] if batch_first else inputs["X"].swapaxes(0, 1)
    layer = layer_of(case, direction)
    layer.checked(x)
    layer.set_weights([w for d in range(directions) for w in weights_of(case, inputs, d)])
    states = [inputs[name] for name in ("initial_h", "initial_c") if name in inputs]
    initial = [state[d] for d in range(directions) for state in states] or None
    found = layer(x, initial_state=initial)
    outputs, finals = found[:directions], found[directions:]
    if direction == "reverse":
        outputs = [outputs[0][:, ::-1]]  # ONNX turns it round, Keras does not
    per_direction = len(finals) // directions
    ours = {"Y": np.stack(outputs, axis=1).transpose(2, 1, 0, 3)}  # (time, direction, batch, units)
    for i, name in enumerate(("Y_h", "Y_c")[:per_direction]):
        ours[name] = np.stack(finals[i::per_direction])
    if batch_first:
        ours["Y"], ours["Y_h"] = ours["Y"].transpose(2, 0, 1, 3), ours["Y_h"].swapaxes(0, 1)
    assert set(case["outputs"]) <= set(ours)
    for name, expected in case["outputs"].items():
        np.testing.assert_allclose(ours[name], np.array(expected), rtol=1e-6, atol=1e-7)
