#!/usr/bin/env python3
"""Rebuild tests/onnx_cases.json: what the ONNX project's operator tests want of RNN, LSTM and GRU.

    uv run --no-project --with onnx==1.23.2 tools/onnx_cases.py

Takes the inputs and outputs of every such test (onnx/backend/test/case/node, Apache-2.0) but the one with peepholes,
which rnnlib does not have. Most of their weights are all alike, so that a gate in the wrong place would go unseen;
cases with random weights follow, computed by the reference code of the same tests.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import onnx
from onnx.backend.test.case.node import gru, lstm, rnn

TARGET = Path(__file__).resolve().parent.parent / "tests" / "onnx_cases.json"
OPERATORS = {
    "RNN": (rnn.RNN, rnn.RNNHelper, 1),
    "LSTM": (lstm.LSTM, lstm.LSTMHelper, 4),
    "GRU": (gru.GRU, gru.GRUHelper, 3),
}


def operator_tests():
    """The cases that the operator tests hand to their `expect`."""
    cases = []

    def expect(node, inputs, outputs, name):
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
        arrays = dict(zip([n for n in node.input if n], inputs, strict=True))
        wanted = dict(zip([n for n in node.output if n], outputs, strict=True))
        cases.append(case(name, node.op_type, attributes, arrays, wanted))

    for tests, _, _ in OPERATORS.values():
        inspect.getmodule(tests).expect = expect
        for name, export in inspect.getmembers(tests, inspect.isfunction):
            if name.startswith("export"):
                np.random.seed(0)  # noqa: NPY002 (two of the tests draw from it)
                export()
    return [c for c in cases if "P" not in c["inputs"]]


def random_cases():
    """Cases with random weights, biases and initial states, computed by the operator tests' own helpers."""
    cases, rng = [], np.random.default_rng(0)
    for operator, (_, helper, gates) in OPERATORS.items():
        for direction in ("forward", "reverse", "bidirectional"):
            for reset in (0, 1) if operator == "GRU" else (0,):
                both, units, features, batch, time = 1 + (direction == "bidirectional"), 3, 2, 2, 4
                shapes = {
                    "X": (time, batch, features),
                    "W": (both, gates * units, features),
                    "R": (both, gates * units, units),
                    "B": (both, 2 * gates * units),
                    "initial_h": (both, batch, units),
                }
                if operator == "LSTM":
                    shapes["initial_c"] = (both, batch, units)
                arrays = {name: rng.normal(size=shape).round(3) for name, shape in shapes.items()}
                attributes = {"direction": direction} | ({"linear_before_reset": reset} if operator == "GRU" else {})
                wanted = dict(zip(("Y", "Y_h", "Y_c"), helper(**arrays, **attributes).step(), strict=False))
                cases.append(
                    case(f"random_{operator}_{direction}_{reset}".lower(), operator, attributes, arrays, wanted)
                )
    return cases


def case(name, operator, attributes, inputs, outputs):
    """One case as JSON holds it: float32 inputs to their last digit, outputs to nine."""
    exact = {k: np.vectorize(lambda v: float(str(np.float32(v))))(a).tolist() for k, a in inputs.items()}
    rounded = {k: np.vectorize(lambda v: float(f"{v:.9g}"))(a).tolist() for k, a in outputs.items()}
    return {"name": name, "operator": operator, "attributes": attributes, "inputs": exact, "outputs": rounded}


if __name__ == "__main__":
    content = {
        "source": f"onnx {onnx.__version__}, onnx/backend/test/case/node/{{rnn,lstm,gru}}.py, by tools/onnx_cases.py",
        "licence": "Apache-2.0",
    }
    lines = [json.dumps(c) for c in operator_tests() + random_cases()]
    head = json.dumps(content, indent=1)[:-2]
    TARGET.write_text(f'{head},\n "cases": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n", encoding="utf-8")
    print(f"{len(lines)} cases in {TARGET.name}, {TARGET.stat().st_size / 1024:.0f} KB")
