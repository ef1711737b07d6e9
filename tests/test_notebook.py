import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from rnnlib import notebook
from rnnlib.notebook import complaint, glue

ROOT = str(Path(__file__).parents[1])

# name: value as written in the cell, prose, what the reader shall see
GLUED = {
    "pi": ("3.14159", "{glue:text}`pi:.2f`", "3.14"),
    "bare": ("0.25", "{glue:text}`bare`", "0.25"),
    "count": ("1234567", "{glue:text}`count:,d`", "1,234,567"),
    "single": ("np.float32(0.5)", "{glue:text}`single:.3f`", "0.500"),
    "integer": ("np.int64(-3)", "{glue:text}`integer:d`", "-3"),
    "axisless": ("np.array(2.0)", "{glue:text}`axisless:.1f`", "2.0"),
    "percent": ("0.125", "{glue:text}`percent:.1%`", "12.5%"),
    "small": ("1e-7", "{glue:text}`small:.0e`", "1e-07"),
    "word": ('"ridge\'s"', "{glue:text}`word`", "ridge's"),
    "digits": ("'1,234'", "{glue:text}`digits:s`", "1,234"),
}


def run(*cells):
    """Run the cells in a real kernel and return the notebook."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(book, allow_errors=True)
    client.execute(env={**os.environ, "PYTHONPATH": ROOT})
    return book


def test_prose_shows_what_was_glued_and_the_cell_shows_nothing(tmp_path):
    glues = "\n".join(f"glue({name!r}, {value})" for name, (value, _, _) in GLUED.items())
    page = run(f"import numpy as np\nfrom rnnlib.notebook import glue\n{glues}")
    prose = "\n\n".join(f"{name} is {role} here." for name, (_, role, _) in GLUED.items())
    page.cells.insert(0, nbformat.v4.new_markdown_cell(f"# A page\n\n{prose}"))
    nbformat.write(page, tmp_path / "index.ipynb")
    (tmp_path / "conf.py").write_text("extensions = ['myst_nb']\nnb_execution_mode = 'off'\n")
    build = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "text", str(tmp_path), str(tmp_path / "out")]
    result = subprocess.run(build, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    text = (tmp_path / "out" / "index.txt").read_text(encoding="utf-8")
    for name, (_, _, seen) in GLUED.items():
        assert f"{name} is {seen} here." in text
    assert text.rstrip().endswith(glues.splitlines()[-1])  # no output after the code


def test_the_output_is_that_of_myst_nb():
    cell = "from {module} import glue\nglue('x', 0.1{hidden})\nglue('y', 'text'{hidden})"
    ours = run(cell.format(module="rnnlib.notebook", hidden="")).cells[0].outputs
    theirs = run(cell.format(module="myst_nb", hidden=", display=False")).cells[0].outputs
    assert len(ours) == 2
    assert ours == theirs


def test_a_name_stands_for_one_value_but_a_cell_may_run_again():
    start = "from rnnlib.notebook import glue"
    again = "glue('loss', 1.0)"
    other, twice = "glue('loss', 2.0)", "glue('mae', 1.0); glue('mae', 1.0)"
    cells = run(start, again, again, other, twice).cells
    assert [cell.outputs[0].get("ename") for cell in cells[1:4]] == [None, None, "ValueError"]
    assert cells[4].outputs[1].ename == "ValueError"
    assert "'loss' is glued already" in cells[3].outputs[0].evalue


def test_an_edited_cell_is_still_the_same_cell_where_the_editor_says_so(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data[notebook.PREFIX + "text/plain"]))
    monkeypatch.setattr(notebook, "_glued", {})

    def run_cell(cell, count, source, value):
        message = {"metadata": {"cellId": cell}, "content": {"code": source}}
        shell = SimpleNamespace(get_parent=lambda: message, execution_count=count)
        monkeypatch.setattr(notebook, "_shell", lambda: shell)
        glue("loss", value)

    run_cell("a", 1, "first draft", 1.0)
    run_cell("a", 2, "second draft", 2.0)
    with pytest.raises(ValueError, match="glued already"):
        run_cell("b", 3, "second draft", 3.0)
    assert shown == ["1.0", "2.0"]


@pytest.mark.parametrize("name", ["", "a:b", "two words", "-a", None, 3, "ä"])
def test_a_malformed_name_is_refused(name):
    with pytest.raises(ValueError, match="name wants letters"):
        glue(name, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32("nan")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="value of 'x' must be finite"):
        glue("x", value)


@pytest.mark.parametrize("value", [None, [1.0], np.zeros(1), 1j, Fraction(1, 2), b"text", np.datetime64("2013-01-01")])
def test_what_is_neither_one_number_nor_a_string_is_refused(value):
    with pytest.raises(TypeError, match="value of 'x' wants one number or a string"):
        glue("x", value)


def test_outside_of_a_notebook_nothing_happens(capsys):
    glue("x", 1.0)
    glue("x", 2.0)
    assert capsys.readouterr() == ("", "")


def refuse(message, kind=ValueError):
    raise kind(message)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("wrong shape", "ValueError: wrong shape"),
        ("", "ValueError: "),
        ("wrong shape\nsecond line", "ValueError: wrong shape"),
        (
            "Exception encountered when calling GRU.call().\n\n\x1b[1mwrong shape\x1b[0m\n\nmore",
            "ValueError: wrong shape",
        ),
        (
            "Exception encountered when calling GRU.call().",
            "ValueError: Exception encountered when calling GRU.call().",
        ),
    ],
)
def test_a_complaint_is_the_line_that_says_what(message, line):
    assert complaint(refuse, message) == line


def test_no_complaint_is_empty_and_arguments_are_handed_on():
    assert complaint(int, "11", base=2) == ""
    assert complaint(refuse, "no", kind=KeyError) == "KeyError: 'no'"


def test_what_stops_the_program_is_no_complaint():
    with pytest.raises(KeyboardInterrupt):
        complaint(refuse, "stop", kind=KeyboardInterrupt)
