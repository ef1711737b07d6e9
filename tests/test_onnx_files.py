"""ONNX files of models, held against `predict` with onnxruntime. The file computes in float32."""

import os
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given

from rnnlib import activations
from rnnlib.interop import to_onnx
from rnnlib.layers import GRU, LSTM, RNN, Bidirectional, Dense, Dropout, Embedding, Layer, Masking, SimpleRNN
from rnnlib.model import Sequential

FEATURES, IDS, PADDING = 3, 7, 0.5


def session(path):
    """onnxruntime's session with the file, silent: what goes wrong in it is raised too."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def outputs(path, x):
    return session(path).run(None, {"inputs": x})[0]


def assert_same(found, wanted):
    """|difference| <= 1e-5 max(1, |y|)."""
    assert found.shape == wanted.shape
    assert np.all(np.abs(found - wanted) <= 1e-5 * np.maximum(1, np.abs(wanted)))


def some_layer(rng, **options):
    """A recurrent layer with options of all kinds."""
    kind = (SimpleRNN, LSTM, GRU)[rng.integers(3)]
    options |= {"units": int(rng.integers(1, 5)), "activation": str(rng.choice(["tanh", "relu", "linear", "sigmoid"]))}
    flags = ["use_bias", "zero_output_for_mask"]
    if kind is not SimpleRNN:
        options["recurrent_activation"] = str(rng.choice(["sigmoid", "tanh"]))
        options["recurrent_initializer"] = "glorot_uniform"
    if kind is GRU:
        flags.append("reset_after")
    return kind(**options, **{flag: bool(rng.integers(2)) for flag in flags}, dropout=0.3)


def some_stage(rng, sequences):
    """A recurrent layer, or two that read both ways, with all outputs (`sequences`) or the last."""
    backwards = bool(rng.integers(2))
    first = some_layer(rng, return_sequences=sequences, go_backwards=backwards)
    if rng.integers(2):
        return first
    if rng.integers(2):
        second = some_layer(rng, return_sequences=sequences, go_backwards=not backwards)
        return Bidirectional(first, "concat", backward_layer=second)
    if backwards:
        first = first.clone(go_backwards=False)
    return Bidirectional(first, str(rng.choice(["concat", "sum", "mul", "ave"])))


def some_model(rng):
    """A model with one to three recurrent stages, its weights and biases drawn, and with or without masks."""
    stages, last = int(rng.integers(1, 4)), bool(rng.integers(2))
    first = (
        [Embedding(IDS, 4, mask_zero=bool(rng.integers(2)))]
        if rng.integers(2)
        else [Masking(PADDING)] * int(rng.integers(2))
    )
    model = Sequential(
        [
            *first,
            *(some_stage(rng, sequences=True) for _ in range(stages - 1)),
            Dropout(0.4),
            some_stage(rng, sequences=not last),
            Dense(int(rng.integers(1, 4)), str(rng.choice(["linear", "tanh", "sigmoid", "relu", "softmax"]))),
        ],
        seed=int(rng.integers(1000)),
    )
    model.build((None, 4) if model.layers[0].takes_ids else (None, 4, FEATURES))
    model.set_weights([w + rng.normal(scale=0.1, size=w.shape) for w in model.get_weights()])
    return model


def some_inputs(rng, model, batch, time):
    """Ids or measurements, padded on the right up to whole sequences."""
    lengths = rng.integers(0, time + 1, batch)
    padded = np.arange(time) >= lengths[:, np.newaxis]
    if model.layers[0].takes_ids:
        return np.where(padded, 0, rng.integers(1, IDS, (batch, time)))
    x = rng.normal(size=(batch, time, FEATURES))
    x[padded] = PADDING
    return x.astype(np.float32)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6))
def test_a_file_computes_what_the_model_does(tmp_path_factory, seed, batch, time):
    rng = np.random.default_rng(seed)
    model, path = some_model(rng), tmp_path_factory.mktemp("onnx") / "model.onnx"
    to_onnx(model, path)
    run = session(path)
    for shape in ((batch, time), (batch + 1, time + 3)):  # one file for any batch and length
        x = some_inputs(rng, model, *shape)
        assert_same(run.run(None, {"inputs": x})[0], model.predict(x))


LAYERS = [
    lambda **o: SimpleRNN(3, "relu", **o),
    lambda **o: LSTM(3, "linear", "tanh", **o),
    lambda **o: GRU(3, reset_after=False, **o),
    lambda **o: GRU(3, reset_after=True, use_bias=False, **o),
]


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("zeros", [False, True])
def test_padding_in_every_order_of_reading(tmp_path, make, go_backwards, return_sequences, zeros):
    """Each layer alone, and before one that goes on with its mask: the output order, and what stands past the end."""
    options = {"go_backwards": go_backwards, "return_sequences": return_sequences, "zero_output_for_mask": zeros}
    for after in ([], [GRU(2)] if return_sequences else [Dense(2)]):
        model = Sequential([Masking(PADDING), make(**options), *after], seed=1)
        x = some_inputs(np.random.default_rng(0), model, 9, 5)
        model.build(x.shape)
        to_onnx(model, tmp_path / "a.onnx")
        assert_same(outputs(tmp_path / "a.onnx", x), model.predict(x))


def test_a_trained_model(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 12, 2)).astype(np.float32)
    model = Sequential([LSTM(8), Dense(1)], seed=0)
    model.compile("adam", "mse")
    model.fit(x, x.mean(axis=(1, 2))[:, np.newaxis], epochs=3, verbose=0)
    to_onnx(model, str(tmp_path / "a.onnx"))
    assert_same(outputs(tmp_path / "a.onnx", x), model.predict(x))


def test_measurements_without_time(tmp_path):
    model = Sequential([Masking(), Dense(4, "relu"), Dropout(0.5), Dense(2)], seed=0)
    model.build((None, 3))
    to_onnx(model, tmp_path / "a.onnx")
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    assert_same(outputs(tmp_path / "a.onnx", x), model.predict(x))


def test_a_float64_model_is_written_in_float32(tmp_path):
    model = Sequential([GRU(3, dtype="float64"), Dense(2, dtype="float64")], seed=0)
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    model.build(x.shape)
    to_onnx(model, tmp_path / "a.onnx")
    found = outputs(tmp_path / "a.onnx", x.astype(np.float32))
    assert found.dtype == np.float32
    assert_same(found, model.predict(x))


def test_the_file_names_what_goes_in_and_out(tmp_path):
    model = Sequential([LSTM(5, return_sequences=True), Dense(2)], seed=0)
    model.build((None, 7, 3))
    to_onnx(model, tmp_path / "a.onnx")
    run = session(tmp_path / "a.onnx")
    described = [(value.name, value.shape, value.type) for value in (*run.get_inputs(), *run.get_outputs())]
    assert described == [
        ("inputs", ["batch", "time", 3], "tensor(float)"),
        ("outputs", ["batch", "time", 2], "tensor(float)"),
    ]
    names = {tensor.name for tensor in onnx.load(tmp_path / "a.onnx").graph.initializer}
    assert {"0.lstm.kernel", "0.lstm.recurrent_kernel", "0.lstm.bias", "1.dense.kernel"} <= names


@pytest.mark.parametrize("ids", [[[0, 1, 2]], [[1, 0, 2]], [[1, 2, 3], [1, 0, 3]]])
def test_a_mask_that_is_no_right_padding_is_refused(tmp_path, ids):
    """Left padding, a hole, a hole in one sequence of two: the runtime stops, and says in which node."""
    model = Sequential([Embedding(IDS, 2, mask_zero=True), LSTM(3)], seed=0)
    model.build((None, 3))
    to_onnx(model, tmp_path / "a.onnx")
    with pytest.raises(Exception, match="mask_wants_right_padding"):
        outputs(tmp_path / "a.onnx", np.array(ids))
    assert outputs(tmp_path / "a.onnx", np.array([[1, 2, 0], [0, 0, 0]])).shape == (2, 3)


class Doubling(Layer):
    def checked(self, inputs):
        return inputs

    def forward(self, inputs, mask=None, training=False):
        return 2 * inputs


class Louder(activations.Tanh):
    def __call__(self, z, out=None):
        return super().__call__(2 * z, out)


class OtherRNN(SimpleRNN):
    pass


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([LSTM(3, stateful=True)], "start from zeros, got <LSTM lstm>, which is stateful"),
        ([Bidirectional(GRU(3, stateful=True))], "start from zeros, got <GRU forward_gru>"),
        ([SimpleRNN(3, "softmax")], "recurrent operators Linear, ReLU, Sigmoid, Tanh, got rnnlib.activations.softmax"),
        ([LSTM(3, Louder())], "recurrent operators Linear, ReLU, Sigmoid, Tanh, got"),
        ([Dense(3, Louder())], "activations Linear, ReLU, Sigmoid, Softmax, Tanh, got"),
        ([Doubling()], "knows the layers .*LSTM.*, got <Doubling doubling>"),
        ([OtherRNN(3)], "knows the layers .*, got <OtherRNN other_rnn>"),
        ([Bidirectional(OtherRNN(3))], "knows the layers .*, got <OtherRNN forward_other_rnn>"),
        ([RNN(type("OwnCell", (type(SimpleRNN(3).cell),), {})(3))], "cells GRUCell, LSTMCell, SimpleRNNCell, got"),
    ],
)
def test_what_onnx_cannot_say_is_refused(tmp_path, layers, message):
    model = Sequential(layers, seed=0)
    model.build((2, 4, 3))
    with pytest.raises(ValueError, match=message):
        to_onnx(model, tmp_path / "a.onnx")
    assert os.listdir(tmp_path) == []


def test_bad_arguments(tmp_path):
    model = Sequential([Dense(1)], seed=0)
    with pytest.raises(ValueError, match=r"ends in \.onnx, got 'a\.pb'"):
        to_onnx(model, tmp_path / "a.pb")
    with pytest.raises(TypeError, match="model wants an rnnlib Sequential, got <Dense dense>"):
        to_onnx(model.layers[0], tmp_path / "a.onnx")
    with pytest.raises(ValueError, match="input_shape wants a model whose shapes are known"):
        to_onnx(model, tmp_path / "a.onnx")
    model.build((None, 2))
    with pytest.raises(OSError, match="nowhere"):
        to_onnx(model, tmp_path / "nowhere" / "a.onnx")


def test_an_old_file_stays_when_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    model, path = Sequential([Dense(1)], seed=0), tmp_path / "a.onnx"
    model.build((None, 2))
    path.write_bytes(b"old")

    def broken(source, target):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="no space left"):
        to_onnx(model, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.onnx"]


def test_rnnlib_needs_no_onnx_until_it_writes_a_file(tmp_path, monkeypatch):
    code = "import sys, rnnlib.interop; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    model = Sequential([Dense(1)], seed=0)
    model.build((None, 2))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install "\.\[onnx\]"'):
        to_onnx(model, tmp_path / "a.onnx")
