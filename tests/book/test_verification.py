"""Would a wrong page be noticed? Damaged notebooks, and what refresh, nbval and robust make of them."""

import copy
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import environment, refresh
from tools.hygiene import run_in_order
from tools.notebooks import Run, code_cells, glued, labels, normalise, page_name, read, write

# Each cell: source, tags, what the stored output says, what a damaged page says instead, is that near enough?
CASES = {
    "within the default tolerance": ("print(0.25)", [], "0.25", "0.2500012", True),
    "beyond the default tolerance": ("print(0.25)", [], "0.25", "0.2500013", False),
    "within the tolerance of its tag": ("print(0.25)", ["rtol=0.05"], "0.25", "0.26", True),
    "beyond the tolerance of its tag": ("print(0.25)", ["rtol=0.05"], "0.25", "0.27", False),
    "within an absolute tolerance": ("print(0.25)", ["atol=0.05"], "0.25", "0.29", True),
    "another integer": ("print(100)", ["rtol=0.1"], "100", "101", False),
    "another word": ("print('ridge wins')", ["rtol=0.1"], "ridge", "SimpleRNN", False),
    "a line too many": ("print('done')", [], "done\n", "done\nand dusted\n", False),
    "another result": ("0.5 + 0.25", [], "0.75", "0.76", False),
    "a near result": ("0.5 + 0.25", [], "0.75", "0.7500001", True),
    "another figure in a table": (
        "import pandas as pd\n\npd.DataFrame({'mae': [2.5]}, index=['ridge'])",
        [],
        "<td>2.5</td>",
        "<td>2.6</td>",
        False,
    ),
    "another glued number": (
        "from rnnlib.notebook import glue\n\nglue('mae', 2.5)",
        [],
        "2.5",
        "2.6",
        False,
    ),
    "a wanted error, another message": ("int('h')", ["raises-exception"], "'h'", "'x'", False),
    "ignored output": ("print(0.25)", ["nbval-ignore-output"], "0.25", "0.5", True),
    "the book's environment": (
        "import os\n\nprint(os.environ['OPENBLAS_CORETYPE'], os.environ.get('RNNLIB_SEED'))",
        [],
        "Haswell None",
        "Zen 7",
        False,
    ),
    "a silenced result": ("import numpy as np\n\nnp.arange(3);  # noqa: B018", [], None, None, True),
}


def damaged(notebook):
    """A copy of the notebook in which every case's output says what it should not."""
    notebook = copy.deepcopy(notebook)
    for cell, (_, _, stored, instead, _) in zip(code_cells(notebook), CASES.values(), strict=True):
        if stored is not None:
            before = json.dumps(cell.outputs)
            after = before.replace(json.dumps(stored)[1:-1], json.dumps(instead)[1:-1])
            assert after != before, f"{cell.source}: no {stored!r} in {before}"
            cell.outputs = nbformat.from_dict(json.loads(after))
    return notebook


def nbval(path):
    """Run nbval with the book's plugin; returns {number of the code cell from 0: passed} and what it printed."""
    command = [sys.executable, "-m", "pytest", "-p", "tools.tolerant_nbval", "--nbval", "-rA", "-p", "no:cacheprovider"]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([*command, str(path)], cwd=environment.ROOT, env=settings, capture_output=True, text=True)
    verdicts = re.findall(r"^(PASSED|FAILED|ERROR)\s.*::Cell (\d+)", done.stdout, re.MULTILINE)
    return {int(number): verdict == "PASSED" for verdict, number in verdicts}, done.stdout + done.stderr


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A page with a cell a case, refreshed; the environment asks for another seed, which must not get through."""
    path = tmp_path_factory.mktemp("pages") / "cases.ipynb"
    cells = [new_code_cell(source, metadata={"tags": tags}) for source, tags, *_ in CASES.values()]
    write(new_notebook(cells=cells), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNLIB_SEED", "7")
        _, faults, changed = refresh.refresh(path)
    assert faults == []
    assert changed == len(cells) - 1  # the silenced one has nothing to store
    return path


def test_nbval_passes_what_refresh_stored_and_fails_what_was_damaged(stored, tmp_path):
    good, bad = read(stored).cells, damaged(read(stored)).cells
    loud = ["1 / 0", "import sys; print('slow', file=sys.stderr)", "import warnings; warnings.warn('old')"]
    cells = [*good, *bad, *(new_code_cell(source, execution_count=1) for source in loud), new_code_cell("print(0.25)")]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    write(new_notebook(cells=cells), tmp_path / "page.ipynb")

    verdicts, printed = nbval(tmp_path / "page.ipynb")

    wanted = [True] * len(CASES) + [near_enough for *_, near_enough in CASES.values()] + [False] * 4
    assert verdicts == dict(enumerate(wanted)), printed
    assert "stored 0.27, computed 0.25 (allowed: rtol=0.05, atol=1e-06)" in printed
    assert "was never run" in printed


def test_a_cell_that_never_ran_is_found_without_running_it(stored):
    notebook = read(stored)
    assert run_in_order(notebook) == []
    code_cells(notebook)[3].execution_count = None
    assert "code cell 4: execution count None" in run_in_order(notebook)[0]
    code_cells(notebook)[3].execution_count = 9
    assert run_in_order(notebook)


def test_refresh_keeps_equal_outputs_and_replaces_others(stored, tmp_path):
    bad = damaged(read(stored))
    path = tmp_path / "page.ipynb"
    write(bad, path)
    _, faults, changed = refresh.refresh(path)
    assert faults == []
    assert changed == sum(not near_enough for *_, near_enough in CASES.values())
    for kind, old, new, good in zip(
        CASES, code_cells(bad), code_cells(read(path)), code_cells(read(stored)), strict=True
    ):
        *_, near_enough = CASES[kind]
        assert new.outputs == (old.outputs if near_enough else good.outputs), kind

    text = path.read_bytes()
    _, _, changed = refresh.refresh(path)
    assert changed == 0
    assert path.read_bytes() == text


def test_refresh_replaces_a_changed_picture_and_keeps_one_that_looks_the_same(stored, monkeypatch):
    def page(picture, text="<Figure>"):
        output = nbformat.v4.new_output("display_data", {"text/plain": text, "image/png": picture})
        return new_notebook(cells=[new_code_cell("draw()", outputs=[output])])

    monkeypatch.setattr("tools.comparison.same_picture", lambda old, new: {old, new} == {"old", "alike"})
    computed = page("alike")
    assert refresh.keep_equal_outputs(page("old"), computed) == 0
    assert code_cells(computed)[0].outputs[0].data["image/png"] == "old"
    computed = page("other")
    assert refresh.keep_equal_outputs(page("old"), computed) == 1
    assert code_cells(computed)[0].outputs[0].data["image/png"] == "other"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("1 / 0", "code cell 2: ZeroDivisionError: division by zero"),
        ("import warnings\n\nwarnings.warn('old', stacklevel=1)", "code cell 2 wrote to stderr: .*UserWarning: old"),
        ("x = (", "ruff cannot format it"),
    ],
)
def test_refresh_leaves_a_failing_page_alone(tmp_path, capsys, source, fault):
    path = tmp_path / "page.ipynb"
    write(new_notebook(cells=[new_code_cell("print(1)"), new_code_cell(source), new_code_cell("print(2)")]), path)
    before = path.read_bytes()
    assert refresh.main([str(path)]) == 1
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert re.search(fault, capsys.readouterr().err, re.DOTALL)


def test_refresh_reports_impossible_tags_before_it_runs(tmp_path):
    path = tmp_path / "page.ipynb"
    write(new_notebook(cells=[new_code_cell("print(1)", metadata={"tags": ["rtol=0.5"]})]), path)
    result, faults, _ = refresh.refresh(path)
    assert "rtol=0.5" in faults[0]
    assert result.seconds == 0


def test_refresh_measures_and_judges_a_run(tmp_path):
    path = tmp_path / "page.ipynb"
    busy = "import time\n\nwhile time.process_time() < 2:\n    x = bytearray(300_000_000)"
    write(new_notebook(cells=[new_code_cell(busy)]), path)
    result, faults, _ = refresh.refresh(path)
    assert faults == []
    assert result.cpu_seconds >= 2
    assert result.megabytes > 300
    assert refresh.over_budget(result) == []
    assert "61 s of CPU" in refresh.over_budget(Run(cpu_seconds=61))[0]
    assert "2049 MB" in refresh.over_budget(Run(megabytes=2049))[0]


def test_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.ipynb"
    write(new_notebook(cells=[new_code_cell("1")]), path)
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write(new_notebook(cells=[new_code_cell("2")]), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_normalise_keeps_what_the_book_uses_and_nothing_else():
    used = {"tags": ["rtol=0.05"], "mystnb": {"image": {"alt": "a curve"}}}
    code = used | {"collapsed": True, "execution": {"iopub.status.busy": "2026-01-01T12:00:00"}}
    cells = [new_markdown_cell("# A"), new_code_cell("1", metadata=code), new_code_cell("1", execution_count=41)]
    notebook = new_notebook(
        cells=cells, metadata={"language_info": {"name": "python", "version": "3.11.2"}, "jupytext": {}}
    )
    normalise(notebook)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert [cell.metadata for cell in notebook.cells] == [{}, used, {}]
    assert [cell.execution_count for cell in code_cells(notebook)] == [1, 2]
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == 3
    normalise(notebook)
    assert [cell.id for cell in notebook.cells] == ids


def test_labels_stand_just_before_a_code_cell():
    cells = [
        new_markdown_cell("Words.\n\n(c07-forms-agree)="),
        new_code_cell("assert True"),
        new_markdown_cell("(a-heading)=\n## Heading"),
        new_code_cell("1"),
        new_markdown_cell("(before-words)="),
        new_markdown_cell("Words."),
    ]
    assert labels(new_notebook(cells=cells)) == {"c07-forms-agree": 1}


def test_pages_have_the_names_that_claims_use():
    assert page_name(environment.ROOT / "chapters/3_math/forward.ipynb") == "3_math/forward"
    assert page_name(environment.ROOT / "index.ipynb") == "index"


def test_glued_names_are_those_of_the_stored_outputs(stored):
    assert glued(read(stored)) == {"mae"}


def test_a_page_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "page.ipynb").write_text("<<<<<<< ours")
    with pytest.raises(ValueError, match=r"page\.ipynb: not a notebook"):
        read(tmp_path / "page.ipynb")


def test_the_environment_takes_no_seed_unless_told(monkeypatch):
    monkeypatch.setenv("RNNLIB_SEED", "7")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    assert "RNNLIB_SEED" not in environment.environment()
    assert "OPENBLAS_L2_SIZE" not in environment.environment()
    assert environment.environment()["OPENBLAS_CORETYPE"] == "Haswell"
    assert environment.environment(seed=3)["RNNLIB_SEED"] == "3"
    assert environment.environment()["PYTHONPATH"].split(os.pathsep)[0] == str(environment.ROOT)
