"""Trials on Ray: the same rows as from the local pool.

What needs Ray runs where Ray is installed and nothing but a loopback is there: `make cluster`. Elsewhere it is skipped;
with RNNBOOK_REQUIRE_RAY=1 a skip is a failure.
"""

import importlib
import os
import socket
import subprocess
import sys
import textwrap
from importlib import util
from pathlib import Path

import pytest

from rnnlib.experiments import TrialError, catalogue, on_ray, sweep
from rnnlib.experiments import __main__ as command
from rnnlib.experiments.results import read_rows
from rnnlib.experiments.trials import ENVIRONMENT
from tools import loopback

NO_RAY = util.find_spec("ray") is None and "Ray is not installed: make cluster"
# Ray listens on the machine's address, and does not ask who is calling.
OPEN = [name for _, name in socket.if_nameindex()] != ["lo"] and os.environ.get(loopback.VARIABLE) != "1"
SKIP = NO_RAY or (OPEN and "this network has more than a loopback: make cluster")
needs_ray = pytest.mark.skipif(bool(SKIP) and os.environ.get("RNNBOOK_REQUIRE_RAY") != "1", reason=SKIP or "")

TRIALS = """
    import os, pathlib, random
    import numpy as np
    from rnnlib.reproducibility import generator, import_tensorflow

    def drawn(setting, seed):
        "Draws in every way there is, so that what ran before in the same process would show."
        return {"drawn": random.random() + np.random.random() + generator("x").random(), "third": setting["size"] / 3}

    def network(setting, seed):
        tf = import_tensorflow()
        keras = tf.keras
        layers = [keras.layers.SimpleRNN(setting["units"]), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile("adam", "mse")
        x = np.random.random((32, 5, 1))
        losses = model.fit(x, x[:, -1], epochs=2, batch_size=8, verbose=0).history["loss"]
        return {"loss": losses[-1], "name": layers[0].name}

    def crashing(setting, seed):
        file = pathlib.Path(__file__).with_name(f"deaths{setting['name']}{seed}")
        deaths = len(file.read_text()) if file.exists() else 0
        if deaths < setting["deaths"]:
            file.write_text("x" * (deaths + 1))
            os._exit(1)
        return {"deaths_before": deaths}

    def inverse(setting, seed):
        return {"inverse": 1 / setting["number"]}

    def environment(setting, seed):
        return {setting["variable"]: os.environ[setting["variable"]]}

    def process(setting, seed):
        return {"process": os.getpid()}
    """


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """A module of trials that worker processes can import."""
    folder = tmp_path_factory.mktemp("trials")
    (folder / "ray_trials.py").write_text(textwrap.dedent(TRIALS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("ray_trials")
    sys.modules.pop("ray_trials", None)


@pytest.fixture(scope="module")
def cluster(trials):
    """Ray, connected: two processes at a time."""
    assert not SKIP, SKIP
    ray = on_ray.import_ray()
    on_ray._connect(ray, 2)
    yield trials
    ray.shutdown()


def run(trial, settings, seeds, path, **options):
    """The rows of a sweep, without how long they took."""
    sweep(trial, settings, seeds, results=path, progress=False, **options)
    return [{name: text for name, text in row.items() if name != "seconds"} for row in read_rows(path)]


@needs_ray
def test_the_rows_are_those_of_the_local_pool(cluster, tmp_path):
    settings = [{"size": size} for size in (1, 2, 3)]
    here = run(cluster.drawn, settings, [3, 1], tmp_path / "here.csv", workers=1)
    assert run(cluster.drawn, settings, [3, 1], tmp_path / "ray.csv", engine="ray") == here


@needs_ray
def test_keras_gives_the_same_to_the_bit_whatever_ran_before_in_the_process(cluster, tmp_path):
    settings = [{"units": units} for units in (5, 4)]
    here = run(cluster.network, settings, [2, 3], tmp_path / "here.csv", workers=1)
    shared = run(cluster.network, settings, [2, 3], tmp_path / "shared.csv", workers=1, engine="ray")
    assert shared == here
    assert len({row["loss"] for row in here}) == 4
    assert {row["name"] for row in here} == {"simple_rnn"}


@needs_ray
def test_processes_are_shared(cluster, tmp_path):
    rows = run(cluster.process, [{"a": 1}], list(range(6)), tmp_path / "t.csv", workers=1, engine="ray")
    assert len({row["process"] for row in rows}) < 6
    assert str(os.getpid()) not in {row["process"] for row in rows}
    assert on_ray.import_ray().is_initialized()  # a connection that was there before a sweep stays


@needs_ray
def test_a_trial_whose_process_dies_runs_again(cluster, tmp_path):
    settings = [{"name": "frail", "deaths": 2}, {"name": "robust", "deaths": 0}]
    rows = run(cluster.crashing, settings, [0], tmp_path / "t.csv", engine="ray")
    assert [row["deaths_before"] for row in rows] == ["2", "0"]


@needs_ray
def test_a_trial_that_always_dies_is_named_and_the_rest_is_kept(cluster, tmp_path):
    settings = [{"name": "good", "deaths": 0}, {"name": "bad", "deaths": 99}]
    with pytest.raises(TrialError, match=r"'name': 'bad'.* and seed 4 failed: its process died 2 times"):
        run(cluster.crashing, settings, [4], tmp_path / "t.csv", workers=1, retries=1, engine="ray")
    assert [row["name"] for row in read_rows(tmp_path / "t.csv")] == ["good"]


@needs_ray
def test_a_trial_that_raises_is_named_and_the_rest_is_kept(cluster, tmp_path):
    settings = [{"number": number} for number in (2, 0, 4)]
    with pytest.raises(TrialError, match=r"setting {'number': 0} and seed 1 failed: ZeroDivisionError: ") as caught:
        run(cluster.inverse, settings, [1], tmp_path / "t.csv", workers=1, engine="ray")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert [row["number"] for row in read_rows(tmp_path / "t.csv")] == ["2"]


@needs_ray
def test_workers_have_the_environment_of_the_local_pool(cluster, tmp_path):
    for name, value in ENVIRONMENT.items():
        path = tmp_path / f"{name}.csv"
        assert run(cluster.environment, [{"variable": name}], [0], path, engine="ray")[0][name] == value


def raylets():
    """The processes of Ray that this one has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = status.read_bytes().split(b"\0")
        except OSError:
            continue
        found += [status.parent.name] if Path(arguments[0].decode()).name in {"raylet", "gcs_server"} else []
    return found


@needs_ray
def test_ray_that_was_started_for_a_sweep_ends_with_it(trials, tmp_path):
    assert not SKIP, SKIP
    ray = on_ray.import_ray()
    ray.shutdown()  # of the tests above, if they ran
    before = raylets()
    rows = run(trials.drawn, [{"size": 1}], [0], tmp_path / "t.csv", workers=1, engine="ray")
    assert rows == run(trials.drawn, [{"size": 1}], [0], tmp_path / "here.csv", workers=1)
    assert not ray.is_initialized()
    assert raylets() == before


def test_an_engine_that_is_not_there_is_named_before_anything_runs(trials, tmp_path):
    with pytest.raises(ValueError, match=r'engine wants "local" or "ray", got \'slurm\''):
        run(trials.drawn, [{"size": 1}], [0], tmp_path / "t.csv", engine="slurm")
    assert not (tmp_path / "t.csv").exists()


def test_ray_that_is_missing_is_asked_for_before_anything_runs(trials, tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    run(trials.drawn, [{"size": 1}], [0], path, workers=1)
    before = path.read_bytes()
    monkeypatch.setitem(sys.modules, "ray", None)  # so that importing it fails
    with pytest.raises(
        ImportError, match=r'engine "ray" wants the package Ray.*pip install ".\[cluster\]".*make cluster'
    ):
        run(trials.drawn, [{"size": 2}], [0], path, engine="ray")
    assert path.read_bytes() == before


@pytest.mark.parametrize("options", [{"workers": 0}, {"retries": -1}])
def test_workers_and_retries_are_checked_without_ray(options):
    with pytest.raises(ValueError, match="workers wants at least 1, retries at least 0"):
        next(on_ray.run_trials(None, [], **options))


def test_the_command_hands_the_engine_on(monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr(command, "names", lambda: ["tiny"])
    monkeypatch.setattr(command, "run", lambda name, **options: asked.update(options, name=name))
    command.main(["tiny", "--engine", "ray", "--workers", "3"])
    assert asked == {"name": "tiny", "seed": None, "workers": 3, "engine": "ray"}
    command.main(["tiny"])
    assert asked["engine"] == "local"
    with pytest.raises(SystemExit):
        command.main(["tiny", "--engine", "slurm"])
    assert "slurm" in capsys.readouterr().err


def test_an_experiment_hands_the_engine_on(monkeypatch, tmp_path):
    asked = {}
    monkeypatch.setattr(catalogue, "sweep", lambda *_, **options: asked.update(options))
    catalogue.run(catalogue.names()[0], engine="ray")
    assert asked["engine"] == "ray"


def test_ray_is_imported_only_when_asked_for():
    code = "import sys, rnnlib.experiments, rnnlib.experiments.on_ray; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
