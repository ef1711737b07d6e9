"""Each claim of the book is an assertion that fails once the effect it speaks of is taken away."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import claims
from tools.notebooks import glued, labels, page_name, pages, read, write

ROWS = claims.rows()
EVIDENCE = claims.evidence(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[str(row.get("id")) for row in ROWS])
def test_a_row_is_well_formed(row):
    assert claims.faults(row) == []


def test_no_cell_stands_for_two_claims():
    cells = [item.cell for item in EVIDENCE]
    assert sorted(cells) == sorted(set(cells))


@pytest.mark.parametrize("item", EVIDENCE, ids=[item.cell for item in EVIDENCE])
def test_the_evidence_is_on_its_page(item):
    notebook = read(item.path)
    assert item.cell in labels(notebook), f"{item.page} has no line ({item.cell})= just before a code cell"
    cell = notebook.cells[labels(notebook)[item.cell]]
    assert re.search(r"^\s*assert\b|\bassert_\w+\(", cell.source, re.MULTILINE), f"{item.cell} asserts nothing"
    assert set(item.figure) <= glued(notebook), f"{item.page} does not glue {set(item.figure) - glued(notebook)}"


def test_every_labelled_claim_of_a_page_is_registered():
    found = {label: page_name(page) for page in pages() for label in labels(read(page)) if re.match(r"c\d\d-", label)}
    registered = {item.cell for item in EVIDENCE} | {item.before for item in EVIDENCE}
    assert {label: page for label, page in found.items() if label not in registered} == {}


def test_which_claims_are_still_open(record_property, capsys):
    ids = {row["id"] for row in ROWS}
    assert ids <= set(claims.IDS)
    still_open = [name for name in claims.IDS if name not in ids]
    record_property("open claims", ", ".join(still_open))
    with capsys.disabled():
        print(f"\nclaims still open: {', '.join(still_open) or 'none'}")


@pytest.mark.parametrize("item", EVIDENCE, ids=[item.cell for item in EVIDENCE])
def test_the_claim_fails_without_its_effect(item):
    assert claims.without_effect(item) is None


# The checks themselves, on a page of their own: a line fitted to targets that depend on the inputs.
PAGE = [
    ("Imports.", "import numpy as np\n\nrng = np.random.default_rng(0)", []),
    ("Data.", "x = rng.normal(size=200)\ny = 2 * x + 0.1 * rng.normal(size=200)", []),
    ("A slow figure.", "raise RuntimeError('this cell should be left out')", ["skip-for-claims"]),
    ("For others.", "raise RuntimeError('this cell is for another claim')", ["only-c14", "only-c09-no"]),
    ("For this.", "pass", ["only-c14", "only-c09-learns"]),
    ("A fit.\n\n(c09-fit)=", "slope = (x @ y) / (x @ x)\nerror = np.mean((y - slope * x) ** 2)", ["c09-fitting"]),
    ("Learned.\n\n(c09-learns)=", "assert error < 0.1 * np.var(y)", []),
    ("Always true.\n\n(c09-idle)=", "assert error >= 0", []),
]
SHUFFLED = "y = rng.permutation(y)"


@pytest.fixture
def page(tmp_path):
    cells = []
    for words, code, tags in PAGE:
        cells += [new_markdown_cell(words), new_code_cell(code, metadata={"tags": tags})]
    write(new_notebook(cells=cells), tmp_path / "page.ipynb")
    return tmp_path / "page.ipynb"


@pytest.mark.parametrize(
    ("cell", "without", "before", "answer"),
    [
        ("c09-learns", SHUFFLED, "c09-fit", None),
        ("c09-learns", SHUFFLED, "c09-fitting", None),
        ("c09-learns", "pass", "", "c09-learns still passes without its effect"),
        ("c09-learns", "del error", "", "c09-learns failed with NameError.*, wanted an AssertionError"),
        ("c09-learns", "1 / 0", "", "the code of `without` failed: ZeroDivisionError"),
        ("c09-learns", "x = None", "c09-fit", "a cell before c09-learns failed: ValueError.*slope ="),
        ("c09-idle", SHUFFLED, "c09-fit", "a cell before c09-idle failed: AssertionError.*assert error <"),
    ],
)
def test_what_is_said_of_a_claim(page, cell, without, before, answer):
    item = claims.Evidence(id="C09", page="page", cell=cell, without=without, before=before)
    said = claims.without_effect(item, page)
    assert said is None if answer is None else re.match(answer, said, re.DOTALL), said


def test_a_claim_needs_its_places(page):
    for changes in ({"cell": "c09-nowhere"}, {"cell": "c09-learns", "before": "nowhere"}):
        item = claims.Evidence(**{"id": "C09", "page": "page", "without": SHUFFLED, **changes})
        with pytest.raises(ValueError, match="nowhere"):
            claims.without_effect(item, page)
    late = claims.Evidence(id="C09", page="page", cell="c09-fit", without=SHUFFLED, before="c09-learns")
    assert "comes after" in claims.without_effect(late, page)


GOOD = {
    "id": "C09",
    "part": "code",
    "claim": "The example learns.",
    "verdict": "does not hold",
    "condition": "Its targets are noise.",
    "evidence": [{"page": "4_code/first_model", "cell": "c09-learns", "figure": "mse", "without": SHUFFLED}],
}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": "C21"}, "id is 'C21'"),
        ({"part": "poetry"}, "part is 'poetry'"),
        ({"verdict": "maybe"}, "verdict is 'maybe'"),
        ({"claim": " "}, "wants a claim"),
        ({"condition": None}, "wants a condition"),
        ({"verdict": "holds"}, "wants a condition if, and only if"),
        ({"evidence": []}, "wants evidence"),
        ({"evidence": [{**GOOD["evidence"][0], "without": ""}]}, "wants 'without'"),
        ({"evidence": [{**GOOD["evidence"][0], "cell": "learns"}]}, "should begin with c09-"),
        ({"evidence": [{**GOOD["evidence"][0], "figures": "mse"}]}, "unknown keys in evidence"),
        ({"verdikt": "holds"}, "unknown keys"),
    ],
)
def test_faults_of_a_row(changes, fault):
    assert claims.faults(GOOD) == []
    assert fault in "; ".join(claims.faults({**GOOD, **changes}))
