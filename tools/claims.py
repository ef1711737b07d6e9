"""The claims of claims.yml: `python tools/claims.py LABEL ...` takes their effects away and says what came of it.

A claim is an assertion on a page. That it passes is nbval's business; here it must fail, in its own cell, once the
effect it speaks of is taken away. Without labels: all claims, and which ids are still open.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml
from nbformat.v4 import new_code_cell

from tools.environment import ROOT
from tools.forked import run_cells
from tools.notebooks import labels, read, tags

FILE = ROOT / "claims.yml"
IDS = [f"C{number:02}" for number in range(1, 21)]
PARTS = ("background", "concepts", "math", "code", "future", "qa")
VERDICTS = ("holds", "holds with a condition", "does not hold")
SKIP, ONLY = "skip-for-claims", "only-"


@dataclass(frozen=True)
class Evidence:
    """One asserting cell and the code that takes its effect away."""

    id: str
    page: str
    cell: str
    without: str
    before: str = ""
    figure: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return ROOT / "chapters" / f"{self.page}.ipynb"


def rows(file: Path = FILE) -> list[dict]:
    """The rows of claims.yml as they stand."""
    return yaml.safe_load(file.read_text(encoding="utf-8")) or []


def faults(row: dict) -> list[str]:
    """What is wrong with the form of a row."""
    found = []
    name = row.get("id", "a row without id")
    unknown = set(row) - {"id", "part", "claim", "verdict", "condition", "evidence"}
    if unknown:
        found.append(f"{name}: unknown keys {sorted(unknown)}")
    for key, allowed in (("id", IDS), ("part", PARTS), ("verdict", VERDICTS)):
        if row.get(key) not in allowed:
            found.append(f"{name}: {key} is {row.get(key)!r}, wanted one of {', '.join(allowed)}")
    if not str(row.get("claim") or "").strip():
        found.append(f"{name}: wants a claim, one sentence")
    if bool(row.get("condition")) == (row.get("verdict") == "holds"):
        found.append(f"{name}: wants a condition if, and only if, the verdict is not 'holds'")
    if not row.get("evidence"):
        found.append(f"{name}: wants evidence")
    for item in row.get("evidence") or []:
        unknown = set(item) - {"page", "cell", "figure", "without", "before"}
        if unknown:
            found.append(f"{name}: unknown keys in evidence {sorted(unknown)}")
        for key in ("page", "cell", "figure", "without"):
            if not item.get(key):
                found.append(f"{name}: evidence on {item.get('page')} wants {key!r}")
        if not str(item.get("cell", "")).startswith(f"{name.lower()}-"):
            found.append(f"{name}: the label {item.get('cell')!r} should begin with {name.lower()}-")
    return found


def evidence(claims: list[dict]) -> list[Evidence]:
    """All the evidence of the rows, one item an asserting cell."""
    items = []
    for row in claims:
        for item in row.get("evidence") or []:
            figure = item.get("figure") or ()
            figure = (figure,) if isinstance(figure, str) else tuple(figure)
            items.append(Evidence(**{"id": row["id"], "without": "", **item, "figure": figure}))
    return items


def place_of(name: str, notebook) -> int:
    """The place in `notebook.cells` of the code cell with this label or, if there is just one, this tag."""
    if name in (found := labels(notebook)):
        return found[name]
    tagged = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code" and name in tags(cell)]
    if len(tagged) != 1:
        raise ValueError(f"{name!r}: wanted a label just before a code cell or a tag of one code cell, not found")
    return tagged[0]


def left_out(cell, label: str) -> bool:
    """Whether a run for the asserting cell `label` needs not this cell: tagged `skip-for-claims`, or `only-c14` (the
    beginning of labels) for others only."""
    only = [tag.removeprefix(ONLY) for tag in tags(cell) if tag.startswith(ONLY)]
    return SKIP in tags(cell) or (bool(only) and not label.startswith(tuple(only)))


def without_effect(item: Evidence, path: Path | None = None) -> str | None:
    """Run the page as far as the asserting cell with the effect taken away.

    Returns None if just the asserting cell failed, with an AssertionError; else what happened instead.
    """
    path = path or item.path
    notebook = read(path)
    target = place_of(item.cell, notebook)
    place = place_of(item.before, notebook) if item.before else target
    if place > target:
        return f"{item.before!r} comes after the asserting cell {item.cell!r}"
    cells = [*notebook.cells[:place], new_code_cell(item.without), *notebook.cells[place : target + 1]]
    change, asserting = cells[place], cells[-1]
    code = [cell for cell in cells if cell.cell_type == "code"]
    cells = [cell for cell in code if cell is change or cell is asserting or not left_out(cell, item.cell)]
    failure = run_cells([cell.source for cell in cells], path.parent)
    if failure is None:
        return f"{item.cell} still passes without its effect"
    failed, message = cells[failure[0]], failure[1]
    if failed is not asserting:
        where = "the code of `without`" if failed is change else f"a cell before {item.cell}"
        return f"{where} failed: {message}: {failed.source.strip().splitlines()[0]}"
    if not message.startswith("AssertionError"):
        return f"{item.cell} failed with {message}, wanted an AssertionError"
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", nargs="*", help="labels of asserting cells (default: all)")
    wanted = parser.parse_args(arguments).labels
    claims = rows()
    broken = [fault for row in claims for fault in faults(row)]
    for fault in broken:
        print(fault)
    items = [item for item in evidence(claims) if not wanted or item.cell in wanted]
    missing = sorted(set(wanted) - {item.cell for item in items})
    for label in missing:
        print(f"{label}: not in claims.yml")
    failed = len(broken) + len(missing)
    for item in items:
        message = without_effect(item)
        print(f"{item.cell:<36} {message or 'fails without its effect, as it should'}", flush=True)
        failed += message is not None
    if not wanted:
        print("still open:", ", ".join(sorted(set(IDS) - {row.get("id") for row in claims})) or "none")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
