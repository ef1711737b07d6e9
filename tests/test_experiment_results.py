"""The csv files of the long tables."""

import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.experiments.results import as_text, read_frame, read_rows, write_rows

PROVENANCE = ["seconds", "code", "data", "python", "numpy", "tensorflow", "keras"]


SCALARS = st.one_of(st.floats(), st.integers(), st.booleans(), st.text(st.characters(codec="utf-8"), max_size=8))


@given(value=SCALARS)
def test_values_come_back_as_they_were(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("rows") / "t.csv"
    row = {"value": as_text("value", value), "seed": "0", **dict.fromkeys(PROVENANCE, "1")}
    write_rows(path, [row, row])
    assert read_rows(path) == [row, row]
    if isinstance(value, float):
        for read in read_frame(path)["value"]:
            assert read == value or (math.isnan(read) and math.isnan(value))


def test_numpy_scalars_are_written_as_numbers():
    assert as_text("x", np.float64(0.1)) == "0.1"
    assert as_text("x", np.float32(0.1)) == "0.10000000149011612"
    assert as_text("x", np.int64(3)) == "3"


def test_columns_are_numbers_only_if_they_were_written_as_numbers(tmp_path):
    columns = {
        "a": (1, 0.5),
        "b": ("1_0", "2"),
        "c": (True, False),
        "d": (float("nan"), 2.0),
        "e": ("x", 1),
        "f": (7, 8),
    }
    rows = [
        {name: as_text(name, pair[place]) for name, pair in columns.items()}
        | {"seed": "0"}
        | dict.fromkeys(PROVENANCE, "1")
        for place in range(2)
    ]
    write_rows(tmp_path / "t.csv", rows)
    kinds = read_frame(tmp_path / "t.csv").dtypes
    assert [kinds[name].kind for name in "acdf"] == ["f", "b", "f", "i"]
    assert read_frame(tmp_path / "t.csv")["b"].tolist() == ["1_0", "2"]
    assert read_frame(tmp_path / "t.csv")["e"].tolist() == ["x", "1"]


def test_hashes_of_digits_stay_text(tmp_path):
    row = {"seed": "0", **dict.fromkeys(PROVENANCE, "0012e45678901234")}
    write_rows(tmp_path / "t.csv", [row | {"seconds": "1.0"}])
    assert read_frame(tmp_path / "t.csv")["code"].tolist() == ["0012e45678901234"]


def test_a_write_that_fails_leaves_the_old_table(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    row = {"seed": "0", **dict.fromkeys(PROVENANCE, "1")}
    write_rows(path, [row])

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_rows(path, [row, row])
    assert read_rows(path) == [row]
    assert os.listdir(tmp_path) == ["t.csv"]


@pytest.mark.parametrize("cut", [1, 3, 30])
def test_a_cut_table_is_noticed(tmp_path, cut):
    path = tmp_path / "t.csv"
    row = {"a": "1", "seed": "0", **dict.fromkeys(PROVENANCE, "12345")}
    write_rows(path, [row, row])
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match="is the file cut"):
        read_rows(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="wants the columns of a results file"):
        read_rows(path)
