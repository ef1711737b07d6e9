import os

import numpy as np
import pytest

from rnnlib import weight_files

ARRAYS = {"a.kernel": np.arange(600.0).reshape(20, 30), "a.bias": np.ones(3, np.float32), "b": np.zeros((0, 2))}
both = pytest.mark.parametrize("suffix", weight_files.SUFFIXES)


@both
def test_what_is_saved_is_loaded(tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    weight_files.save(path, ARRAYS)
    loaded = weight_files.load(str(path))
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
    assert os.listdir(tmp_path) == [path.name]


def test_transposed_arrays_keep_their_order(tmp_path):
    weight_files.save(tmp_path / "w.safetensors", {"a": ARRAYS["a.kernel"].T})
    np.testing.assert_array_equal(weight_files.load(tmp_path / "w.safetensors")["a"], ARRAYS["a.kernel"].T)


@both
def test_a_cut_file(tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    weight_files.save(path, ARRAYS)
    whole = path.read_bytes()
    for kept in (0, 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(OSError, match="cut short or altered"):
            weight_files.load(path)


@both
def test_an_altered_number(tmp_path, suffix):
    path = tmp_path / f"w{suffix}"
    weight_files.save(path, ARRAYS)
    data = bytearray(path.read_bytes())
    place = bytes(data).index(np.arange(300.0, 302.0).tobytes())
    data[place + 6] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match="altered"):
        weight_files.load(path)


@both
def test_no_byte_can_change_what_is_loaded(tmp_path, suffix):
    """Whichever byte is altered: an OSError, or (a time, say) the same arrays."""
    path, arrays = tmp_path / f"w{suffix}", {"a": np.arange(3.0), "b": np.ones(1, np.float32)}
    weight_files.save(path, arrays)
    whole, refused = path.read_bytes(), 0
    for place in range(len(whole)):
        for change in (1, 64, 128):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
            try:
                loaded = weight_files.load(path)
            except OSError:
                refused += 1
                continue
            assert loaded.keys() == arrays.keys(), place
            assert all((loaded[name] == array).all() for name, array in arrays.items()), place
    assert refused > len(whole)


@both
def test_a_failed_write_leaves_the_old_file(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"w{suffix}"
    weight_files.save(path, ARRAYS)
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        weight_files.save(path, {"other": np.ones(2)})
    assert weight_files.load(path).keys() == ARRAYS.keys()
    assert os.listdir(tmp_path) == [path.name]


def test_an_npz_file_made_elsewhere(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.arange(3.0))
    np.testing.assert_array_equal(weight_files.load(tmp_path / "w.npz")["a"], np.arange(3.0))


def test_no_pickle(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([{"code": "anything"}], dtype=object), allow_pickle=True)
    with pytest.raises(OSError, match="allow_pickle"):
        weight_files.load(tmp_path / "w.npz")


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights file at"):
        weight_files.load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match=r"ends in \.safetensors or \.npz, got 'w\.h5'"):
        weight_files.save(tmp_path / "w.h5", ARRAYS)
