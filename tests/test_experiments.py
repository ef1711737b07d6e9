import importlib
import math
import os
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlib import reproducibility
from rnnlib.experiments import (
    TrialError,
    catalogue,
    code_hash,
    data_hash,
    hashes,
    load_results,
    results,
    run_trial,
    sweep,
    sweeps,
)
from rnnlib.experiments import __main__ as command
from rnnlib.experiments.results import as_text, read_frame, read_rows, write_rows
from rnnlib.experiments.trials import ENVIRONMENT

PROVENANCE = ["seconds", "code", "data", "python", "numpy", "tensorflow", "keras"]


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes the source of a module that worker processes can import too, and returns the module."""
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(source, name="tiny_trials"):
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        written.append(name)
        return importlib.import_module(name)

    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode  # two versions within a second look alike to it
    yield write
    sys.dont_write_bytecode = before
    for name in written:
        sys.modules.pop(name, None)


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

    monkeypatch.setattr(results.os, "replace", fail)
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


def test_progress_is_shown_unless_switched_off(module, tmp_path, capsys, monkeypatch):
    trial = module("def trial(setting, seed):\n    return {'b': 1}\n").trial
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    sweep(trial, [{"a": 1}], [0], results=tmp_path / "table.csv", workers=1)
    assert "table: 100%" in capsys.readouterr().err
    sweep(trial, [{"a": 1}], [0], results=tmp_path / "table.csv", progress=False)
    assert capsys.readouterr().err == ""


# What counts as a change of code


BASE = """
    "A module."
    from rnnlib import losses
    SETTINGS = [1, 2]
    SEEDS: list = [0]
    DATA = []
    UNITS = 3
    def trial(setting, seed):
        "A trial."
        return {"a": UNITS, "b": f"{setting!r:>{UNITS}}"}
    def main():
        print("hello")
    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("[1, 2]", "[1, 2, 3]", True),
        ("[0]", "[0, 1]", True),
        ("DATA = []", "DATA = ['x']", True),
        ("hello", "world", True),
        ('"A trial."', "", True),
        ('"A module."', '"Another module."  # which says more', True),
        ("UNITS = 3", "UNITS  = (3)", True),
        ("UNITS = 3", "UNITS = 4", False),
        ("losses", "optimizers", False),
        ('"a":', '"c":', False),
        (">{UNITS}", "<{UNITS}", False),
        # A declaration counts where the trial uses it, or what it uses does.
        ('{"a": UNITS', '{"a": SETTINGS', False),
    ],
)
def test_what_changes_the_code_hash(module, old, new, same):
    before = code_hash(module(BASE).trial)
    assert (code_hash(module(BASE.replace(old, new)).trial) == before) is same


def test_a_declaration_that_the_trial_uses_counts(module):
    source = "SEEDS = [0]\nSETTINGS = [SEEDS]\ndef trial(setting, seed):\n    return {'a': SETTINGS}\n"
    assert code_hash(module(source).trial) != code_hash(module(source.replace("[0]", "[1]")).trial)


def test_modules_that_are_imported_count_and_others_do_not(module):
    name = "tiny_package.trials"
    trials = """
        import json
        def trial(setting, seed):
            from .near import helper
            return {"a": helper(setting)}
        """
    module("HELP = 1\n", "tiny_package.deep")
    module("VALUE = 1\n", "tiny_package.unused")
    module("import tiny_package.deep as d\ndef helper(x):\n    return d.HELP\n", "tiny_package.near")
    before = code_hash(module(trials, name).trial)
    module("VALUE = 2\n", "tiny_package.unused")
    assert code_hash(module(trials, name).trial) == before
    module("HELP = 2\n", "tiny_package.deep")
    assert code_hash(module(trials, name).trial) != before


def test_the_rnnlib_modules_below_a_trial_are_found(module, monkeypatch):
    seen = []
    original = hashes._source_file
    monkeypatch.setattr(hashes, "_source_file", lambda name, places: seen.append(name) or original(name, places))
    code_hash(module("from rnnlib.model import Sequential\nfrom rnnlib.experiments import run\n" + TRIAL).trial)
    assert {"rnnlib.model", "rnnlib.layers", "rnnlib.cells", "rnnlib.reproducibility"} <= set(seen)
    assert "rnnlib.experiments.pool" not in seen  # runs the trials, takes no part in them


TRIAL = "def trial(setting, seed):\n    return {'a': 1}\n"


def test_the_canonical_form_is_the_same_in_every_version_of_python():
    # Written down under 3.11; 3.12 and 3.13 have other fields, other empty ones, and parse f-strings in another way.
    source = 'def f(x, *, y=None):\n    "Doc."\n    return f"{x:>{y}}" "c" + u"b", ...\n'
    arguments = "arguments(args=[arg(arg='x')],kwonlyargs=[arg(arg='y')],kw_defaults=[Constant(value=None)])"
    inner = "FormattedValue(value=Name(id='y',ctx=Load()),conversion=-1)"
    spec = f"JoinedStr(values=[Constant(value='>'),{inner}])"
    outer = f"FormattedValue(value=Name(id='x',ctx=Load()),conversion=-1,format_spec={spec})"
    total = f"BinOp(left=JoinedStr(values=[{outer},Constant(value='c')]),op=Add(),right=Constant(value='b'))"
    body = f"[Return(value=Tuple(elts=[{total},Constant(value=Ellipsis)],ctx=Load()))]"
    expected = f"Module(body=[FunctionDef(name='f',args={arguments},body={body})])"
    assert hashes._canonical(hashes.ast.parse(source)) == expected


def test_data_hash_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"12")
    assert data_hash(["a", "b"], tmp_path) == data_hash(["b", "a"], tmp_path)
    assert len({data_hash(files, tmp_path) for files in (["a"], ["b"], ["a", "b"])}) == 3
    before = data_hash(["a"], tmp_path)
    (tmp_path / "a").write_bytes(b"13")
    assert data_hash(["a"], tmp_path) != before
    assert data_hash([]) == ""
    with pytest.raises(FileNotFoundError, match="files names 'c'"):
        data_hash(["a", "c"], tmp_path)


# The scripts of experiments/


SCRIPT = """
    SETTINGS = [{"a": 1}, {"a": 2}]
    SEEDS = range(2)

    def trial(setting, seed):
        return {"sum": setting["a"] + seed}
    """


@pytest.fixture
def book(module, tmp_path, monkeypatch):
    """A source folder with one experiment and one other script."""
    module(SCRIPT, "experiments.tiny_table")
    module("print('not run')\n", "experiments.tiny_other")
    monkeypatch.setattr(catalogue, "source_folder", lambda: tmp_path)
    monkeypatch.setattr(command, "names", lambda: catalogue.names(tmp_path))
    return tmp_path


def test_the_command_makes_the_tables(book, capsys):
    command.main(["--workers", "1"])
    assert "tiny_table.csv" in capsys.readouterr().out
    experiment = catalogue.experiment("tiny_table")
    assert experiment.results()["sum"].tolist() == [1, 2, 2, 3]
    assert experiment.repeat({"a": 2}, 1) == {"sum": 3}
    committed = experiment.path.read_bytes()
    command.main(["tiny_table", "--seed", "3", "--workers", "1"])
    other = read_frame(book / "_build" / "experiments" / "seed3" / "tiny_table.csv")
    assert other["seed"].tolist() == [3000, 3001, 3000, 3001]
    assert experiment.path.read_bytes() == committed


def test_a_table_with_missing_rows_is_refused(book):
    experiment = catalogue.experiment("tiny_table")
    sweep(experiment.module.trial, [{"a": 1}], [0], results=experiment.path, workers=1, progress=False)
    with pytest.raises(ValueError, match=r"has 1 of 4 rows: `make experiments`"):
        experiment.results()


def test_only_scripts_with_trials_are_experiments(book, capsys):
    assert catalogue.names() == ["tiny_table"]
    with pytest.raises(ValueError, match=r"name wants one of \['tiny_table'\], got 'tiny_other'"):
        catalogue.experiment("tiny_other")
    with pytest.raises(SystemExit):
        command.main(["tiny_other"])
    with pytest.raises(SystemExit):
        command.main(["--seed", "-1"])
    assert "wants a whole number, got '-1'" in capsys.readouterr().err


def test_the_source_is_found_from_rnnlib():
    folder = catalogue.source_folder()
    assert (folder / "experiments").is_dir()
    assert (folder / "rnnlib").is_dir()


@pytest.mark.parametrize("name", catalogue.names())
def test_every_table_of_the_book_is_whole_and_fits_its_code_and_data(name):
    frame = catalogue.experiment(name).results()
    assert {"seed", *PROVENANCE} <= set(frame)
