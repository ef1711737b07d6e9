"""The benchmark's bookkeeping. No test depends on how long anything takes."""

import csv
import os
from functools import partial

import numpy as np
import pytest
import scipy.signal

from experiments.bench import __main__ as bench
from experiments.bench import cases, runs, table, timing
from rnnlib.reproducibility import import_tensorflow
from rnnlib.scan import linear_recurrence


def test_runs_take_turns(monkeypatch):
    calls = []
    first, second = (lambda name=name, s=s: calls.append(name) or s for name, s in (("a", 1.0), ("b", 4.0)))
    found = timing.in_turns([first, second], rounds=3, fewest=1, patience=1e9)
    assert calls == ["a", "b"] * 3
    assert found == [[1.0] * 3, [4.0] * 3]
    assert len(timing.in_turns([first], rounds=7, fewest=3, patience=0)[0]) == 3


def test_a_ratio_is_taken_round_by_round():
    assert timing.ratios([3, 5, 20], [1, 1, 2]) == [3, 5, 10]
    assert timing.spread([3, 10, 5.004], 2) == {"median": 5.0, "lowest": 3, "highest": 10, "repeats": 3}


def test_a_run_is_repeated_until_it_is_long_enough():
    assert timing.enough(lambda: 0.003, 0.02) == 7
    assert timing.enough(lambda: 0.003, 0.02, high=5) == 5
    assert timing.enough(lambda: 9, 0.02, low=2) == 2


def test_seconds_are_those_of_one_piece_of_work(monkeypatch):
    clock = iter([10.0, 16.0])
    monkeypatch.setattr(timing, "clock", lambda: next(clock))
    assert timing.timed(lambda: None, of=3)() == 2.0


def test_benchmarks_run_native_kernels_on_the_wanted_threads(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "262144")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    wanted = timing.environment(2)
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(wanted)
    assert all(wanted[name] == "2" for name in timing.THREADS)
    assert wanted["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert wanted["SOMETHING_ELSE"] == "kept"


def test_several_threads_are_timed_by_the_clock(monkeypatch):
    monkeypatch.setattr(timing.time, "process_time", lambda: 1.0)
    monkeypatch.setattr(timing.time, "perf_counter", lambda: 2.0)
    for threads, seconds in (("1", 1.0), ("2", 2.0)):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        assert timing.clock() == seconds


def process_id(base):
    return lambda: base + os.getpid()


def test_a_run_elsewhere_is_made_and_run_in_one_other_process():
    first, again = timing.elsewhere(process_id, 0)(), timing.elsewhere(process_id, 1)()
    assert first != os.getpid()
    assert again == first + 1


@pytest.mark.parametrize("cell", cases.CELLS)
@pytest.mark.parametrize("make", [runs.training_in_rnnlib, runs.passes, runs.products])
def test_every_cell_runs(cell, make):
    assert make(cell, (2, 3, 4, 5), 2)() > 0


def test_the_ways_through_a_recurrence_run_on_the_same_numbers():
    shape = (2, 9, 3)
    a, b = runs.factors(shape)
    states = scipy.signal.lfilter([1], [1, -a[0, 0, 0]], b, axis=1)
    assert np.allclose(states, linear_recurrence(a, b), rtol=1e-5)
    for make in (partial(runs.recurrence, "log"), partial(runs.recurrence_gradients, "loop"), runs.recurrence_in_c):
        assert make(shape, 2)() > 0


def test_some_groups_can_be_measured_again(monkeypatch):
    assert {case.group for case in bench.chosen(1, groups=["single", "recurrence"])} == {"single", "recurrence"}
    assert bench.chosen(2, groups=["recurrence"]) == []
    assert len(bench.chosen(1)) > len(bench.chosen(1, quick=True)) > 0
    others = bench.others(["single"])
    assert {row["group"] for row in others} == {case.group for case in cases.cases()} - {"single"}
    assert bench.others([]) == []


def test_keras_runs_the_same_steps(monkeypatch):
    """Seconds a step from the end of the first to that of the last of three, by a clock that counts its readings."""
    monkeypatch.setattr(runs, "tensorflow", import_tensorflow)  # as the other tests in this process want it
    monkeypatch.setattr(timing, "clock", iter(range(100)).__next__)
    assert runs.training_in_keras("GRU", (2, 3, 4, 5), steps=2)() == 1.0


def test_rnnlibs_side_trains_the_sources_model(monkeypatch):
    losses = []
    monkeypatch.setattr(timing, "timed", lambda work: lambda: losses.extend(work().history["loss"]))
    runs.example_in_rnnlib(epochs=2)()
    assert len(losses) == 2
    assert np.isfinite(losses).all()


def test_a_sweep_says_how_time_grows(monkeypatch):
    """Time that grows as the length to the power 1.5."""
    monkeypatch.setattr(cases, "passes", lambda cell, shape: lambda: shape[1] ** 1.5)
    *ratios, exponent = cases.sweep("GRU", [(1, 4, 1, 1), (1, 16, 1, 1)])
    assert [r["median"] for r in ratios] == [1.0, 8.0]
    assert exponent["median"] == 1.5
    assert len(cases.sweep("GRU", [(1, 4, 1, 1), (2, 4, 1, 1)])) == 2


def rows_of(group, measure, medians, **sizes):
    described = {"group": group, "measure": measure, "case": "a case", "cell": "LSTM", "threads": 1} | sizes
    return [described | {"median": median} for median in medians]


def test_the_summary_says_what_is_missed():
    rows = [
        *rows_of("grid", "Keras fit / rnnlib", [4.0, 0.9]),
        *rows_of("floor", "rnnlib / bare products", [1.2, 1.6], batch=32, units=128),
        *rows_of("floor", "rnnlib / bare products", [9.9], batch=1, units=128),
        *rows_of("single", "microseconds a step", [12.0]),
        *rows_of("sweep of steps", "exponent of time against length", [1.2]),
    ]
    rows += rows_of("recurrence", "loop / scan", [0.8], batch=1, units=64)
    rows += rows_of("recurrence", "loop / scan", [0.8], batch=32, units=64)
    speed, floor, single, exponent, narrow, wide = table.summary(rows)
    assert "1.90 in the geometric mean (wanted: at least 1.5), 0.90 at the least (a case) (MISSED: at least 1" in speed
    assert "1.60 at the most (a case) (MISSED: at most 1.5)" in floor
    assert "12.0 microseconds a step (wanted: at most 20)" in single
    assert "length^1.200 (MISSED: at most 1.05)" in exponent
    assert "loop / scan 0.80 (MISSED: at least 1.0)" in narrow
    assert wide.endswith("loop / scan 0.80")


@pytest.fixture(scope="module")
def committed():
    with table.RESULTS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_committed_table_has_every_case(committed):
    """For each number of threads that it has: on a busy machine two threads say nothing, and are left out."""
    there = {int(row["threads"]) for row in committed}
    assert 1 in there
    wanted = {(case.group, case.name, str(n)) for case in cases.cases() for n in there & set(case.threads)}
    assert {(row["group"], row["case"], row["threads"]) for row in committed} == wanted
    rivals = {row["measure"] for row in committed if row["group"] == "grid"}
    assert rivals >= {"Keras fit / rnnlib", "Keras XLA / rnnlib"}


def test_every_committed_row_has_its_spread(committed):
    for row in committed:
        assert 0 < float(row["lowest"]) <= float(row["median"]) <= float(row["highest"])
        assert int(row["repeats"]) >= cases.FEWEST
        assert all(row[package] for package in ("python", "numpy", "tensorflow", "keras"))
