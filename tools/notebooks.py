"""What the tools share about notebooks: where they are, how to read, run and write them, which cell a label means."""

import hashlib
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from rnnlib.files import written_whole
from tools.environment import ROOT, environment

CELL_TIMEOUT = 300  # seconds; a whole page has 60
CELL_METADATA = ("tags", "mystnb")
PAGE_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LABEL = re.compile(r"^\(([\w-]+)\)=$")


def pages() -> list[Path]:
    """Every notebook of the book, in the order of their names."""
    found = [*ROOT.glob("*.ipynb"), *(ROOT / "chapters").rglob("*.ipynb")]
    return sorted(page for page in found if ".ipynb_checkpoints" not in page.parts)


def page_name(path: Path) -> str:
    """`3_math/forward` for chapters/3_math/forward.ipynb: the name used in claims.yml."""
    path = path.resolve().with_suffix("")
    for folder in (ROOT / "chapters", ROOT):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`; raises ValueError with the path if it is not a valid one."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (nbformat.ValidationError, nbformat.reader.NotJSONError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a notebook that Jupyter can read: {error}") from error
    return notebook


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def labels(notebook) -> dict[str, int]:
    """The place in `notebook.cells` of the code cell that each label `(like-this)=` stands just before."""
    found = {}
    for place, cell in enumerate(notebook.cells[:-1]):
        last_line = cell.source.rstrip().rpartition("\n")[2].strip()
        label = LABEL.match(last_line)
        if cell.cell_type == "markdown" and label and notebook.cells[place + 1].cell_type == "code":
            found[label[1]] = place + 1
    return found


def glued(notebook) -> set[str]:
    """The names under which the stored outputs of a page hold values for its prose."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return {output.metadata["scrapbook"]["name"] for output in outputs if "scrapbook" in output.get("metadata", {})}


@dataclass
class Run:
    """What came of running a notebook."""

    seconds: float = 0.0  # on the clock
    cpu_seconds: float = 0.0  # of the kernel: what the clock would say on an idle machine, with one thread
    megabytes: float = 0.0  # the most memory the kernel held
    failures: list[tuple[int, str]] = field(default_factory=list)  # (number of the code cell from 1, what happened)


def run(notebook, folder: Path, seed: int | None = None, keep_going: bool = False) -> Run:
    """Run the code cells of `notebook` in a new kernel and leave their outputs in it.

    The kernel works in `folder`, in the book's environment, under RNNLIB_SEED=`seed` if given. A cell that raises and
    is not tagged `raises-exception`, or takes too long, is a failure; the cells after it run only if `keep_going`.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        # What C libraries write to file descriptor 2 is not the cell's output, and nbval does not see it either.
        extra_arguments=["--IPKernelApp.capture_fd_output=False", "--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    result, start = Run(), time.perf_counter()
    with client.setup_kernel(env=environment(seed)):
        places = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        for number, place in enumerate(places, start=1):
            try:
                client.execute_cell(notebook.cells[place], place)
            except DeadKernelError:
                result.failures.append((number, "the kernel died"))
                return result
            except CellTimeoutError:
                result.failures.append((number, f"took more than {CELL_TIMEOUT} s"))
                return result
            except CellExecutionError as error:
                result.failures.append((number, f"{error.ename}: {error.evalue}".removesuffix(": ")))
                if not keep_going:
                    break
        result.seconds = time.perf_counter() - start
        result.cpu_seconds, result.megabytes = _usage(client)
    return result


def _usage(client) -> tuple[float, float]:
    """CPU seconds and peak megabytes of the kernel so far, from a cell after the last one, taken out again."""
    cell = nbformat.v4.new_code_cell(
        "import resource\nuse = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(use.ru_utime + use.ru_stime, use.ru_maxrss)"
    )
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    client.nb.cells.pop()
    cpu_seconds, peak = map(float, cell.outputs[0].text.split())
    return cpu_seconds, peak / (1024**2 if sys.platform == "darwin" else 1024)  # bytes there, kilobytes elsewhere


def stderr_cells(notebook) -> list[tuple[int, str]]:
    """The code cells (counted from 1) that wrote to stderr though they are not tagged `raises-exception`, and what."""
    return [
        (number, output.text.strip())
        for number, cell in enumerate(code_cells(notebook), start=1)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr" and "raises-exception" not in tags(cell)
    ]


def normalise(notebook) -> None:
    """Keep only what the book uses, in place, so that a page's file depends on its contents and on nothing else.

    One kernel's name, no version of Python, the cell metadata that the build reads, counts from 1, and an id a cell
    that comes from its source.
    """
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(PAGE_METADATA)
    seen: dict[str, int] = {}
    count = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)})
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def write(notebook, path: Path) -> None:
    """Write the notebook whole or not at all."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    with written_whole(path) as file:
        file.write((text if text.endswith("\n") else text + "\n").encode())
