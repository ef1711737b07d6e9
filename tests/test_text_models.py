import numpy as np
import pytest

from rnnlib import weight_files
from rnnlib.decoding import greedy, sample
from rnnlib.optimizers import Adam
from rnnlib.text_models import CELLS, CHUNK, TextModel

SYMBOLS = ["<pad>", "<end>", "a", "b", "c"]
KINDS = pytest.mark.parametrize("cell", CELLS)


def ids(rows, time, seed=0):
    return np.random.default_rng(seed).integers(1, 5, (rows, time))


def model_of(cell="GRU", **options):
    return TextModel(SYMBOLS, cell=cell, units=6, embedding=3, seed=1, **options)


@KINDS
def test_log_probabilities_are_those_of_the_network(cell):
    model, x = model_of(cell), ids(3, 7)
    log_p, _ = model.log_probabilities(x)
    logits = model.network.predict(x)
    assert np.exp(log_p).sum(axis=-1) == pytest.approx(1, abs=1e-5)
    assert log_p - log_p[..., :1] == pytest.approx(logits - logits[..., :1], abs=1e-5)


@KINDS
def test_the_state_is_carried(cell):
    model, x = model_of(cell), ids(2, 9)
    whole, end = model.log_probabilities(x)
    first, middle = model.log_probabilities(x[:, :4])
    second, last = model.log_probabilities(x[:, 4:], middle)
    assert np.concatenate([first, second], axis=1) == pytest.approx(whole, abs=1e-6)
    for one, other in zip(end, last, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


@KINDS
def test_a_step_is_one_step_of_the_whole(cell):
    model, x = model_of(cell), ids(2, 5)
    whole, _ = model.log_probabilities(x)
    state = model.zeros(2)
    for t in range(5):
        log_p, state = model.step(x[:, t], state)
        assert log_p == pytest.approx(whole[:, t], abs=1e-6)


def test_surprise_of_a_long_text_and_with_resets():
    model, x, y = model_of(), ids(2, CHUNK + 11), ids(2, CHUNK + 11, seed=1)
    log_p, _ = model.log_probabilities(x)
    expected = -np.take_along_axis(log_p, y[..., np.newaxis], 2)[..., 0] / np.log(2)
    assert model.surprise(x, y) == pytest.approx(expected, abs=1e-5)
    again = np.concatenate([model.surprise(x[:, i : i + 5], y[:, i : i + 5]) for i in range(0, CHUNK + 11, 5)], axis=1)
    assert model.surprise(x, y, reset_every=5) == pytest.approx(again, abs=1e-5)


def test_padding_is_masked_and_taught_nothing():
    model = model_of(padding=True)
    x, y = np.array([[1, 2, 3, 0, 0]]), np.array([[2, 3, 1, 0, 0]])
    bits = model.surprise(x, y)[0, :3]
    model.network.compile(Adam(), "sparse_categorical_crossentropy")
    model.network.loss.from_logits = True
    assert model.network.evaluate(x, y) / np.log(2) == pytest.approx(bits.mean(), abs=1e-5)
    longer = np.pad(x, ((0, 0), (0, 3)))
    assert model.log_probabilities(longer)[0][0, :3] == pytest.approx(model.log_probabilities(x)[0][0, :3], abs=1e-6)


def test_encode_and_decode():
    model = model_of()
    assert model.encode("abca").tolist() == [2, 3, 4, 2]
    assert model.encode(["<end>", "a"]).tolist() == [1, 2]
    assert model.decode([2, 3, 1]) == "ab<end>"
    with pytest.raises(ValueError, match=r"symbols of the vocabulary, got \['x', 'z'\] too"):
        model.encode("axzx")


def test_decoding_ends():
    model = model_of(padding=True)
    for found in sample(model.step, model.zeros(20), np.ones(20, int), 0, end=1, max_length=30):
        assert len(found) == 30 or found.tokens[-1] == 1
    assert len(greedy(model.step, model.zeros(2), np.ones(2, int), max_length=4)) == 2


@KINDS
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_all_of_it_comes_back(cell, suffix, tmp_path):
    model, x = model_of(cell, padding=True, dropout=0.25), ids(2, 5)
    model.save(tmp_path / f"model{suffix}")
    again = TextModel.load(tmp_path / f"model{suffix}")
    assert (again.symbols, again.settings) == (model.symbols, model.settings)
    assert np.array_equal(again.log_probabilities(x)[0], model.log_probabilities(x)[0])


def test_half_the_precision(tmp_path):
    model, x = model_of(), ids(2, 5)
    model.save(tmp_path / "model.npz", dtype="float16")
    again = TextModel.load(tmp_path / "model.npz")
    assert again.log_probabilities(x)[0] == pytest.approx(model.log_probabilities(x)[0], abs=0.01)
    assert again.network.dtype == np.float32


def test_files_that_are_no_text_model(tmp_path):
    model = model_of()
    model.network.save_weights(tmp_path / "bare.npz")
    with pytest.raises(ValueError, match="weights without a vocabulary"):
        TextModel.load(tmp_path / "bare.npz")
    model.save(tmp_path / "model.npz")
    arrays = weight_files.load(tmp_path / "model.npz")
    arrays.pop("1.gru.bias")
    weight_files.save(tmp_path / "less.npz", arrays)
    with pytest.raises(ValueError, match="holds weights"):
        TextModel.load(tmp_path / "less.npz")
    with pytest.raises(FileNotFoundError):
        TextModel.load(tmp_path / "none.npz")


def test_stateful_networks_go_on_where_they_were():
    model, x = model_of(stateful=True), ids(2, 8)
    whole, _ = model.log_probabilities(x)
    model.recurrent.reset_state()
    logits = np.concatenate([model.network(x[:, :3]), model.network(x[:, 3:])], axis=1)
    assert logits - logits[..., :1] == pytest.approx(whole - whole[..., :1], abs=1e-5)


def test_what_is_given_is_checked():
    with pytest.raises(ValueError, match="each once, got 1 of them again"):
        TextModel("aba")
    with pytest.raises(ValueError, match="cell"):
        TextModel("ab", cell="RNN")
    model = model_of()
    with pytest.raises(ValueError, match=r"inputs wants ids of shape \(rows, time\)"):
        model.log_probabilities(np.array([1, 2]))
    with pytest.raises(ValueError, match="targets"):
        model.surprise(ids(2, 4), ids(2, 5))
