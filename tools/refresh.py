"""Run pages and store their outputs: `python tools/refresh.py [chapters/3_math/forward.ipynb ...]`, default all.

Each page is formatted by ruff, run in a new kernel in the book's environment (tools/environment.py), and written whole
or not at all. A cell keeps its old output where the comparison calls the new one equal, so that diffs stay small. A
page that raises, writes to stderr or takes more than its budget fails; the exit code says so.
"""

import argparse
import copy
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nbformat

from tools.comparison import output_difference, tolerance
from tools.notebooks import (
    PAGE_METADATA,
    Run,
    code_cells,
    normalise,
    page_name,
    pages,
    read,
    run,
    stderr_cells,
    tags,
    write,
)

SECONDS, MEGABYTES = 60, 2048  # a page, imports included, on one thread


def formatted(notebook, path: Path):
    """The notebook with its code formatted by ruff; raises ValueError where ruff cannot read it."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(PAGE_METADATA)  # ruff passes over a notebook that names no language
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    done = subprocess.run(command, input=nbformat.writes(notebook), capture_output=True, text=True, cwd=path.parent)
    if done.returncode:
        raise ValueError(f"{path}: ruff cannot format it: {done.stderr.strip()}")
    return nbformat.reads(done.stdout, as_version=4)


def keep_equal_outputs(stored, computed) -> int:
    """Put the stored outputs back into `computed` cell by cell where they are equal; returns how many cells changed."""
    changed = 0
    for old, new in zip(code_cells(stored), code_cells(computed), strict=True):
        ignored = "nbval-ignore-output" in tags(new) and old.source == new.source and old.outputs
        if ignored or output_difference(old.outputs, new.outputs, tolerance(tags(new))) is None:
            new.outputs = old.outputs
        else:
            changed += 1
    return changed


def refresh(path: Path) -> tuple[Run, list[str], int]:
    """Refresh one page; returns its run, its faults (if there are any the file is not touched), the cells changed."""
    try:
        stored = read(path)
        notebook = formatted(stored, path)
        for cell in code_cells(notebook):
            tolerance(tags(cell))
    except ValueError as error:
        return Run(), [str(error)], 0
    computed = copy.deepcopy(notebook)
    result = run(computed, path.parent)
    faults = [f"code cell {number}: {message}" for number, message in result.failures]
    faults += [f"code cell {number} wrote to stderr: {text}" for number, text in stderr_cells(computed)]
    if faults:
        return result, faults, 0
    changed = keep_equal_outputs(stored, computed)
    normalise(computed)
    write(computed, path)
    return result, [], changed


def over_budget(result: Run) -> list[str]:
    """CPU seconds count: on one thread they are what the clock says on an idle machine."""
    faults = []
    if result.cpu_seconds > SECONDS:
        faults.append(f"took {result.cpu_seconds:.0f} s of CPU, the budget is {SECONDS} s")
    if result.megabytes > MEGABYTES:
        faults.append(f"held {result.megabytes:.0f} MB, the budget is {MEGABYTES} MB")
    return faults


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, help="notebooks (default: every page of the book)")
    failed = 0
    print(f"{'page':<40} {'seconds':>8} {'CPU s':>6} {'MB':>6}  cells changed")
    for path in parser.parse_args(arguments).pages or pages():
        path = path.resolve()
        result, faults, changed = refresh(path)
        figures = f"{page_name(path):<40} {result.seconds:8.1f} {result.cpu_seconds:6.1f} {result.megabytes:6.0f}"
        print(f"{figures}  {'not written' if faults else changed}", flush=True)
        for fault in (faults := faults + over_budget(result)):
            print(f"    {fault}", file=sys.stderr, flush=True)
        failed += bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
