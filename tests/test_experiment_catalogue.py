"""The scripts of experiments/, the command that runs them, and their committed tables."""

import pytest

from rnnlib.experiments import __main__ as command
from rnnlib.experiments import catalogue, sweep
from rnnlib.experiments.results import read_frame

PROVENANCE = ["seconds", "code", "data", "python", "numpy", "tensorflow", "keras"]


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
