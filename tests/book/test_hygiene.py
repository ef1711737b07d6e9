"""Every page, the table of contents and the repository are kept as the book promises; damaged pages are noticed."""

import copy
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import hygiene, prose
from tools.environment import ROOT
from tools.notebooks import code_cells, normalise, page_name, pages, read

PAGES = pages()
QUOTA = 0.05
LARGEST_FILE = 3_000_000  # bytes: the weights of the largest network that comes with the book
TEXT = {
    ".py",
    ".md",
    ".ipynb",
    ".yml",
    ".toml",
    ".bib",
    ".css",
    ".js",
    ".svg",
    ".csv",
    ".sh",
    ".cfg",
    ".txt",
    ".lock",
    "",
}


@pytest.mark.parametrize("path", PAGES, ids=[page_name(path) for path in PAGES])
def test_page(path):
    notebook = read(path)
    faults = [fault for check in hygiene.checks_for(path) for fault in check(notebook)]
    assert not faults, "\n".join([f"{page_name(path)}:", *faults])


def test_few_cells_are_ignored_or_compared_loosely():
    cells = [(page_name(path), cell) for path in PAGES for cell in code_cells(read(path))]
    loose = [f"{page}: {cell.metadata.tags}" for page, cell in cells if hygiene.is_loose(cell)]
    assert len(loose) <= QUOTA * len(cells), "\n".join(
        [f"{len(loose)} of {len(cells)} cells, {QUOTA:.0%} allowed", *loose]
    )


def in_contents(entry) -> list[str]:
    """Every file that an entry of _toc.yml names."""
    if isinstance(entry, list):
        return [file for item in entry for file in in_contents(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [file for value in entry.values() for file in in_contents(value)]


def test_contents_and_pages_are_the_same():
    listed = in_contents(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    written = [*PAGES, *(ROOT / "chapters").rglob("*.md"), *ROOT.glob("index.md")]
    written = {path.relative_to(ROOT).with_suffix("").as_posix() for path in written}
    assert sorted(listed) == sorted(set(listed)), "a page is listed twice"
    assert set(listed) == written, f"only in _toc.yml: {set(listed) - written}; not in it: {written - set(listed)}"


def repository_files() -> list[Path]:
    """What is, or is about to be, in the repository; an unpacked archive has no git and is taken whole."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in names if name]
    else:
        skipped = {".venv", ".venv-cluster", "_build", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}
        found = [path for path in ROOT.rglob("*") if not skipped & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]


def file_faults(name: str, data: bytes) -> list[str]:
    """What is wrong with a file of the repository."""
    faults = []
    if len(data) > LARGEST_FILE:
        faults.append(f"{name}: {len(data)} bytes, wanted {LARGEST_FILE} at most")
    if re.search(r"\.(pkl|pickle|pyc|tmp|orig|rej|swp)$|(^|/)(\.DS_Store|\.ipynb_checkpoints)", name):
        faults.append(f"{name}: does not belong in a repository")
    if Path(name).suffix not in TEXT:
        return faults
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return [*faults, f"{name}: not UTF-8"]
    own = name in ("tests/book/test_hygiene.py", "tools/hygiene.py")  # they say what such a path looks like
    if not own and (found := hygiene.MACHINE_PATH.search(re.sub(r"https?://\S+", "", text))):
        faults.append(f"{name}: names a path of some machine: {found[0]}")
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        faults.append(f"{name}: conflict markers")
    if "\r\n" in text:
        faults.append(f"{name}: Windows line ends")
    if name.endswith(".lock") and re.search(r"--(extra-)?index-url|https?://(?!.*#)\S*simple", text):
        faults.append(f"{name}: names a registry")
    return faults


def test_repository():
    faults = [
        fault
        for path in repository_files()
        for fault in file_faults(path.relative_to(ROOT).as_posix(), path.read_bytes())
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.md", "see /home/me/notes", "names a path"),
        ("a.md", "<<<<<<< HEAD\n", "conflict markers"),
        ("a.md", "a\r\nb", "Windows line ends"),
        ("weights.pkl", "x", "does not belong"),
        ("requirements.lock", "--index-url https://host/simple\n", "names a registry"),
        ("a.csv", "x" * (LARGEST_FILE + 1), "bytes"),
    ],
)
def test_file_faults(name, data, fault):
    assert fault in "; ".join(file_faults(name, data.encode()))
    assert file_faults("a.md", b"see chapters/3_math and https://host/home/me, ~/home/x and ../tmp/y\n") == []


# A page as it should be, and what is said when it is damaged.
WORDS = "A recurrent network carries a state from step to step, and that is its memory. " * 90
EXERCISE = (
    "```{exercise}\n:label: ex-toy-%d\nChange it.\n```\n\n````{solution} ex-toy-%d\n:class: dropdown\nDone.\n````"
)
FIGURE = {
    "figure": {"caption": "The loss falls for ten epochs, then stays.", "name": "fig-toy-loss"},
    "image": {"alt": "A curve of the loss that falls from left to right."},
}


def good_page():
    picture = new_output("display_data", {"text/plain": "<Figure>", "image/png": "iVBORw0KGgo="})
    number = new_output(
        "display_data",
        {"application/papermill.record/text/plain": "0.25"},
        metadata={"scrapbook": {"name": "toy-mse", "mime_prefix": "application/papermill.record/"}},
    )
    notebook = new_notebook(
        cells=[
            new_markdown_cell(f"# Toy\n\n{hygiene.FIRST_PARAGRAPH}\n\nWhat is learned?"),
            new_code_cell("import numpy as np\n\nlearning_rate = 0.01"),
            new_markdown_cell(f"{WORDS}\n\nThe error is {{glue:text}}`toy-mse:.2f`, the learning rate 0.01."),
            new_code_cell("mse = 0.25\nassert mse < 0.3\nglue('toy-mse', mse)", outputs=[number]),
            new_code_cell("plot(mse)", metadata={"mystnb": FIGURE}, outputs=[picture]),
            new_markdown_cell("\n\n".join(EXERCISE % (n, n) for n in (1, 2, 3))),
        ]
    )
    normalise(notebook)
    return notebook


def faults_of(notebook):
    return "\n".join(fault for check in hygiene.CHAPTER for fault in check(notebook))


def test_a_good_page_has_no_faults():
    assert faults_of(good_page()) == ""


def stream(text, name="stdout"):
    return [new_output("stream", name=name, text=text)]


def set_metadata(page, **changes):
    settings = copy.deepcopy(FIGURE)
    for key, value in changes.items():
        settings["image" if key == "alt" else "figure"][key] = value
    page.cells[4].metadata = nbformat.from_dict({"mystnb": settings})


DAMAGE = {
    "no cell was ever run": lambda page: [cell.update(execution_count=None) for cell in code_cells(page)],
    "execution count None, wanted 2": lambda page: page.cells[3].update(execution_count=None),
    "execution count 7, wanted 1": lambda page: page.cells[1].update(execution_count=7),
    "wrote to stderr: loud": lambda page: page.cells[1].update(outputs=stream("loud", "stderr")),
    "stored error ValueError": lambda page: page.cells[1].update(
        outputs=[new_output("error", ename="ValueError", evalue="no", traceback=[])]
    ),
    "holds a FutureWarning": lambda page: page.cells[1].update(outputs=stream("FutureWarning: old")),
    "stored output holds a path": lambda page: page.cells[1].update(outputs=stream("loaded /home/me/x.csv")),
    "a cell names a path": lambda page: page.cells[1].update(source="open('/tmp/x')"),
    "unknown tag 'nbval-ignore-outputs'": lambda page: page.cells[1].metadata.update(tags=["nbval-ignore-outputs"]),
    "unknown tag 'nbval-skip'": lambda page: page.cells[1].metadata.update(tags=["nbval-skip"]),
    "wanted a tolerance from 0 to 0.1": lambda page: page.cells[1].metadata.update(tags=["rtol=0.2"]),
    "a comment tells nbval": lambda page: page.cells[1].update(source="# NBVAL_SKIP\n1"),
    "wants a name fig-": lambda page: set_metadata(page, name="loss"),
    "wants a caption": lambda page: set_metadata(page, caption=""),
    "wants alt text": lambda page: set_metadata(page, alt="curve"),
    "alt text and caption are the same": lambda page: set_metadata(page, alt=FIGURE["figure"]["caption"]),
    "2 pictures in one cell": lambda page: page.cells[4].update(outputs=page.cells[4].outputs * 2),
    "picture loss.svg without alt": lambda page: page.cells[2].update(source=f"![](loss.svg)\n\n{WORDS}"),
    "figure loss.svg without :alt:": lambda page: page.cells[2].update(
        source=f"```{{figure}} loss.svg\n:name: fig-toy\nThe loss falls, then stays.\n```\n\n{WORDS}"
    ),
    "should begin with the title": lambda page: page.cells[0].update(source="Toy"),
    "second paragraph of the first cell": lambda page: page.cells[0].update(source="# Toy\n\nWhat is learned?"),
    "no cell asserts anything": lambda page: page.cells[3].update(source="mse = 0.25  # assert nothing"),
    "26 lines": lambda page: page.cells[1].update(source="\n".join("x" * 26)),
    "0 lines": lambda page: page.cells[1].update(source=""),
    "the median code cell has 10 lines": lambda page: [
        cell.update(source="\n".join("x" * 10)) for cell in code_cells(page)
    ],
    "words of prose": lambda page: page.cells[2].update(source="Few words."),
    "typed number 0.27": lambda page: page.cells[2].update(source=f"The error is 0.27. {WORDS}"),
    "typed number 12 %": lambda page: page.cells[2].update(source=f"That is 12 % less. {WORDS}"),
    "glued name 'toy-mae'": lambda page: page.cells[2].update(source=f"{{glue:text}}`toy-mae:.2f` {WORDS}"),
    "exercise 'ex-toy-3' has no solution": lambda page: page.cells[5].update(
        source=page.cells[5].source.replace("{solution} ex-toy-3", "{note}")
    ),
    "2 exercises, wanted 3": lambda page: page.cells[5].update(source="\n\n".join(EXERCISE % (n, n) for n in (1, 2))),
    "metadata of the page": lambda page: page.metadata.update(jupytext={}),
    "cell 1: metadata ['collapsed']": lambda page: page.cells[1].metadata.update(collapsed=True),
    "ids are missing or not unique": lambda page: page.cells[1].update(id=page.cells[3].id),
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_page_is_noticed(fault):
    page = good_page()
    DAMAGE[fault](page)
    assert fault in faults_of(page)


def test_what_counts_against_the_quota():
    def cell(*tags):
        return new_code_cell("1", metadata={"tags": list(tags)})

    assert not hygiene.is_loose(cell("rtol=0.05"))
    assert hygiene.is_loose(cell("rtol=0.06"))
    assert hygiene.is_loose(cell("atol=0.1"))
    assert hygiene.is_loose(cell("nbval-ignore-output"))


@pytest.mark.parametrize(
    "text",
    [
        "a rate of 0.01, as in the code",
        "no more than 5 %, asserted",
        "published: 2.64 {cite:p}`elman1990`",
        "in mathematics $0.083 = 1/12$ and $$x = 2.71$$",
        "in code `3.14` and {math}`1.41`",
        "see [section](chapter-2.3) and https://doi.org/10.1207/15",
        "Keras 3.15.0, 10 units, 1986, 100 epochs",
        "about 2.64 degrees\n\n% typed: 2.64 from the trial that chose the window\n",
        "```\nloss 0.27\n```",
        "```{figure} x.svg\n:width: 80%\n```",
    ],
)
def test_numbers_that_may_be_typed(text):
    assert prose.typed_numbers(text, "learning_rate = 0.01\nassert share < 0.05") == []


def test_words_are_those_that_are_read():
    assert prose.words("The {term}`hidden state` is $h_t = 1$, see `h`.\n\n```python\nnot this\n```") == 5


def test_glued_names_in_prose():
    text = "{glue:text}`mse:.2f`, {glue:}`mae`, {glue:text}`other.md::far`\n\n```{glue:figure} fig\n```"
    assert prose.glue_names(text) == ["mse", "mae", "fig"]
