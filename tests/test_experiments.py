import functools
import os
import sys

import pytest
from tqdm import tqdm

from rnnlib import reproducibility
from rnnlib.experiments import (
    TrialError,
    code_hash,
    load_results,
    run_trial,
    sweep,
    sweeps,
)
from rnnlib.experiments.results import read_frame, read_rows
from rnnlib.experiments.trials import ENVIRONMENT

PROVENANCE = ["seconds", "code", "data", "python", "numpy", "tensorflow", "keras"]


LOGGED = """
    import pathlib, random, time
    import numpy as np
    from rnnlib.reproducibility import generator, seed

    LOG = pathlib.Path(__file__).with_name("log")

    def trial(setting, seed_of_trial):
        "Draws in every way there is."
        with LOG.open("a") as file:
            file.write(f"{setting['size']}/{seed_of_trial} ")
        time.sleep(setting["wait"])
        drawn = random.random() + np.random.random() + generator("x").random()  # a comment
        return {"drawn": drawn, "third": setting["size"] / 3, "kind": "float", "seen": seed()}
    """
SETTINGS = [{"size": 1, "wait": 0.5}, {"size": 2, "wait": 0.0}]


def log(tmp_path):
    """What was computed since the last look."""
    file = tmp_path / "log"
    text = file.read_text() if file.exists() else ""
    file.unlink(missing_ok=True)
    return sorted(text.split())


def test_a_row_a_trial_in_order_with_what_made_it(module, tmp_path):
    trial = module(LOGGED).trial
    path = tmp_path / "deep" / "table.csv"
    sweep(trial, SETTINGS, [3, 1], results=path, workers=2, progress=False)
    frame = load_results(path, trial)
    assert list(frame) == ["size", "wait", "seed", "drawn", "third", "kind", "seen", *PROVENANCE]
    # The first setting takes longest, and still comes first.
    assert frame[["size", "seed"]].values.tolist() == [[1, 3], [1, 1], [2, 3], [2, 1]]
    assert frame["seen"].tolist() == [3, 1, 3, 1]
    assert frame["third"].tolist() == [1 / 3, 1 / 3, 2 / 3, 2 / 3]
    assert (frame["code"] == code_hash(trial)).all()
    assert frame[PROVENANCE[3:]].iloc[0].to_dict() == reproducibility.versions()
    # As drawn here, whatever ran before; by the seed alone, not by the setting.
    here = [run_trial(trial, {"size": 2, "wait": 0}, seed)["drawn"] for seed in (3, 1)]
    assert frame["drawn"].tolist() == [*here, *here]
    assert os.listdir(path.parent) == ["table.csv"]


def test_only_what_is_missing_or_made_by_other_code_is_computed(module, tmp_path):
    path = tmp_path / "table.csv"
    run = {"results": path, "workers": 1, "progress": False}
    fast = [{"size": size, "wait": 0.0} for size in (1, 2)]
    sweep(module(LOGGED).trial, fast, [0], **run)
    assert log(tmp_path) == ["1/0", "2/0"]
    sweep(module(LOGGED).trial, fast, [0, 1], **run)
    assert log(tmp_path) == ["1/1", "2/1"]
    before = path.read_bytes()
    told_otherwise = LOGGED.replace("Draws in every way there is", "Draws").replace("# a comment", "")
    sweep(module(told_otherwise).trial, fast, [0, 1], **run)
    assert log(tmp_path) == []
    assert path.read_bytes() == before
    # Fewer settings: their rows go, nothing is computed.
    sweep(module(LOGGED).trial, fast[1:], [0, 1], **run)
    assert [row["size"] for row in read_rows(path)] == ["2", "2"]
    assert log(tmp_path) == []
    sweep(module(LOGGED.replace("/ 3", "/ 4")).trial, fast[1:], [0, 1], **run)
    assert log(tmp_path) == ["2/0", "2/1"]
    assert read_frame(path)["third"].tolist() == [0.5, 0.5]


def test_a_table_whose_code_or_data_changed_is_refused(module, tmp_path):
    (tmp_path / "numbers.txt").write_text("1 2 3")
    path = tmp_path / "table.csv"
    source = "DATA = ['numbers.txt']\ndef trial(setting, seed):\n    return {'score': 1.5}\n"
    sweep(module(source).trial, [{"units": 1}], [7], results=path, root=tmp_path, workers=1, progress=False)
    assert load_results(path, module(source).trial, root=tmp_path)["score"].tolist() == [1.5]
    with pytest.raises(ValueError, match=r"code hash of 1 of 1 rows no longer fits.*'7'.*make experiments"):
        load_results(path, module(source.replace("1.5", "1.6")).trial, root=tmp_path)
    (tmp_path / "numbers.txt").write_text("1 2 4")
    with pytest.raises(ValueError, match=r"data hash of 1 of 1 rows no longer fits.*make experiments"):
        load_results(path, module(source).trial, root=tmp_path)
    with pytest.raises(FileNotFoundError, match="make experiments"):
        load_results(tmp_path / "other.csv", module(source).trial, root=tmp_path)


CRASHING = """
    import os, pathlib

    def trial(setting, seed):
        file = pathlib.Path(__file__).with_name(f"deaths{setting['name']}{seed}")
        deaths = len(file.read_text()) if file.exists() else 0
        if deaths < setting["deaths"]:
            file.write_text("x" * (deaths + 1))
            os._exit(1)
        return {"deaths_before": deaths}
    """


def test_a_trial_whose_process_dies_runs_again(module, tmp_path):
    path = tmp_path / "table.csv"
    settings = [{"name": "frail", "deaths": 2}, {"name": "robust", "deaths": 0}]
    sweep(module(CRASHING).trial, settings, [0], results=path, workers=2, progress=False)
    assert read_frame(path)["deaths_before"].tolist() == [2, 0]


def test_a_trial_that_always_dies_is_named_and_the_rest_is_kept(module, tmp_path):
    path = tmp_path / "table.csv"
    settings = [{"name": "good", "deaths": 0}, {"name": "bad", "deaths": 99}]
    with pytest.raises(TrialError, match=r"'name': 'bad'.* and seed 4 failed: its process died 2 times"):
        sweep(module(CRASHING).trial, settings, [4], results=path, workers=1, retries=1, progress=False)
    assert [row["name"] for row in read_rows(path)] == ["good"]


def test_a_trial_that_raises_is_named_and_the_rest_is_kept(module, tmp_path):
    source = "def trial(setting, seed):\n    return {'inverse': 1 / setting['number']}\n"
    path = tmp_path / "table.csv"
    settings = [{"number": number} for number in (2, 0, 4)]
    with pytest.raises(TrialError, match=r"setting {'number': 0} and seed 1 failed: ZeroDivisionError") as caught:
        sweep(module(source).trial, settings, [1], results=path, workers=1, progress=False)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert [row["number"] for row in read_rows(path)] == ["2"]


def test_workers_run_one_thread_and_the_environment_stays(module, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    source = """
        import os, threadpoolctl, numpy
        def trial(setting, seed):
            blas = threadpoolctl.threadpool_info()
            return {"tf": os.environ["TF_NUM_INTRAOP_THREADS"], "blas": max(pool["num_threads"] for pool in blas)}
        """
    sweep(module(source).trial, [{"a": 1}], [0], results=tmp_path / "t.csv", workers=1, progress=False)
    assert read_frame(tmp_path / "t.csv")[["tf", "blas"]].values.tolist() == [[1, 1]]
    assert {name: os.environ.get(name) for name in ENVIRONMENT} == before


KERAS = """
    import numpy as np
    from rnnlib.reproducibility import import_tensorflow

    def trial(setting, seed):
        tf = import_tensorflow()
        keras = tf.keras
        model = keras.Sequential([keras.layers.SimpleRNN(setting["units"]), keras.layers.Dropout(0.5),
                                  keras.layers.Dense(1)])
        model.compile("adam", "mse")
        x = np.random.random((32, 5, 1))
        loss = model.fit(x, x[:, -1], epochs=2, batch_size=8, verbose=0).history["loss"][-1]
        return {"loss": loss, "name": model.layers[0].name}
    """


def test_a_shared_worker_gives_what_a_fresh_process_gives(module, tmp_path):
    trial = module(KERAS).trial
    run = {"workers": 1, "progress": False}
    sweep(trial, [{"units": 5}, {"units": 4}], [2], results=tmp_path / "shared.csv", **run)
    sweep(trial, [{"units": 4}], [2], results=tmp_path / "fresh.csv", **run)
    shared, fresh = read_rows(tmp_path / "shared.csv"), read_rows(tmp_path / "fresh.csv")
    assert (shared[-1]["units"], shared[-1]["seed"]) == ("4", "2")
    assert [shared[-1][name] for name in ("loss", "name")] == [fresh[0][name] for name in ("loss", "name")]
    assert shared[0]["loss"] != shared[1]["loss"]


def test_tensorflow_that_nobody_made_repeatable_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    monkeypatch.setattr(reproducibility, "_prepared", False)
    with pytest.raises(RuntimeError, match="import_tensorflow"):
        run_trial(lambda setting, seed: {"a": 1}, {}, 0)


def test_a_trial_cannot_change_its_setting(module, tmp_path):
    source = "def trial(setting, seed):\n    return {'sum': setting.pop('a') + 1}\n"
    sweep(module(source).trial, [{"a": 1}], [0, 1], results=tmp_path / "t.csv", workers=1, progress=False)
    assert read_frame(tmp_path / "t.csv")["sum"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("settings", "seeds", "error", "message"),
    [
        ([], [0], ValueError, "must not be empty"),
        ([{"a": 1}], [], ValueError, "must not be empty"),
        ([{"a": 1}, {"b": 1}], [0], ValueError, "same keys"),
        ([{"seed": 1}], [0], ValueError, r"keys \['seed'\]"),
        ([{"code": 1}], [0], ValueError, r"keys \['code'\]"),
        ([{"a": 1}, {"a": 1}], [0], ValueError, "twice"),
        ([{"a": 1}], [0, 0], ValueError, "twice"),
        ([{"a": 1}], [-1], ValueError, "seeds want whole numbers"),
        ([{"a": 1}], [1.0], ValueError, "seeds want whole numbers"),
        ([{"a": None}], [0], TypeError, "setting 'a' wants a string, a number"),
        ([{"a": [1]}], [0], TypeError, "setting 'a' wants a string, a number"),
    ],
)
def test_bad_settings_and_seeds_are_named_before_anything_runs(module, tmp_path, settings, seeds, error, message):
    trial = module("def trial(setting, seed):\n    return {'a': 1}\n").trial
    with pytest.raises(error, match=message):
        sweep(trial, settings, seeds, results=tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        ("None", TypeError, "dict of metrics, got None"),
        ("{}", TypeError, "dict of metrics"),
        ("{'a': 1}", ValueError, r"metrics \['a'\]"),
        ("{'seconds': 1}", ValueError, r"metrics \['seconds'\]"),
        ("{'loss': [1.0]}", TypeError, "metric 'loss' wants"),
        ("{f'loss{seed}': 1.0}", ValueError, "same metrics every time"),
    ],
)
def test_bad_metrics_are_named(module, tmp_path, monkeypatch, returned, error, message):
    def here(trial, jobs, **_):
        for index, job in enumerate(jobs):
            yield index, trial(*job), 0.0

    monkeypatch.setattr(sweeps, "run_trials", here)  # in this process: quicker
    trial = module(f"def trial(setting, seed):\n    return {returned}\n").trial
    with pytest.raises(error, match=message):
        sweep(trial, [{"a": 1}], [0, 1], results=tmp_path / "t.csv", progress=False)


def test_a_trial_must_be_importable_by_name(tmp_path):
    def inner(setting, seed):
        return {"a": 1}

    for trial in (inner, lambda setting, seed: {"a": 1}, 3):
        with pytest.raises(TypeError, match="trial wants a function at the top of an importable module"):
            sweep(trial, [{"a": 1}], [0], results=tmp_path / "t.csv")


@pytest.mark.parametrize("options", [{"workers": 0}, {"retries": -1}])
def test_workers_and_retries_are_checked(module, tmp_path, options):
    trial = module("def trial(setting, seed):\n    return {'b': 1}\n").trial
    with pytest.raises(ValueError, match="workers wants at least 1, retries at least 0"):
        sweep(trial, [{"a": 1}], [0], results=tmp_path / "t.csv", progress=False, **options)


def test_progress_is_shown_unless_switched_off(module, tmp_path, capsys, monkeypatch):
    trial = module("def trial(setting, seed):\n    return {'b': 1}\n").trial
    # tqdm read TQDM_DISABLE when it was imported, so an environment that silences it cannot be changed now
    monkeypatch.setattr("rnnlib.experiments.sweeps.tqdm", functools.partial(tqdm, disable=False))
    sweep(trial, [{"a": 1}], [0], results=tmp_path / "table.csv", workers=1)
    assert "table: 100%" in capsys.readouterr().err
    sweep(trial, [{"a": 1}], [0], results=tmp_path / "table.csv", progress=False)
    assert capsys.readouterr().err == ""
