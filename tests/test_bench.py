"""The benchmark's bookkeeping. Nothing is timed here."""

import csv

import numpy as np
import pytest

from experiments import bench


def test_ratio_is_the_references_time_in_units_of_rnnlibs(monkeypatch):
    clock = iter([0, 1, 1, 4, 10, 11, 11, 16, 20, 22, 22, 42])  # rnnlib 1 1 2, reference 3 5 20
    monkeypatch.setattr(bench.time, "process_time", lambda: next(clock))
    calls = []
    case = bench.Case("a case", lambda: lambda: calls.append("ours"), lambda: lambda: calls.append("theirs"))
    row = bench.measure(case, 3, bench.tqdm(disable=True))
    assert row == {"case": "a case", "ratio": 5.0, "lowest": 3.0, "highest": 10.0, "repeats": 3}
    assert calls == ["ours", "theirs"] * 3


def test_benchmarks_run_native_kernels_on_one_thread(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "262144")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    wanted = bench.native_environment()
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(wanted)
    assert all(wanted[name] == "1" for name in bench.ONE_THREAD)
    assert wanted["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert wanted["SOMETHING_ELSE"] == "kept"


@pytest.mark.parametrize("case", bench.cases(), ids=lambda case: case.name)
def test_committed_table_has_every_case_with_its_spread(case):
    with bench.RESULTS.open(encoding="utf-8") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    row = rows[case.name]
    assert 0 < float(row["lowest"]) <= float(row["ratio"]) <= float(row["highest"])
    assert int(row["repeats"]) >= 3
    assert all(row[package] for package in ("python", "numpy", "tensorflow", "keras"))


def test_rnnlibs_side_trains_the_sources_model():
    run = bench.in_rnnlib(epochs=2)
    losses = run().history["loss"]
    assert len(losses) == 2
    assert np.isfinite(losses).all()
