"""What every page must be, beyond right outputs: `python tools/hygiene.py [page.ipynb ...]` lists the faults.

Each check takes a notebook and returns its faults in words; tests/book/test_hygiene.py runs all of them on all pages
and shows on damaged pages that each of them bites. What concerns the whole book or repository stands in that test.
"""

import copy
import re
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import prose, questions
from tools.comparison import tolerance
from tools.notebooks import code_cells, glued, normalise, pages, read, stderr_cells, tags

WIDE = 0.05  # a tolerance above it shares the quota with ignored output
LONGEST_CELL, MEDIAN_CELL = 25, 8  # lines
FEWEST_WORDS, MOST_WORDS = 1200, 4000
KNOWN_TAGS = re.compile(
    r"(rtol|atol)=\S+|nbval-ignore-output|raises-exception|skip-for-claims|(only-)?c\d\d[\w-]*"
    r"|(hide|remove)-(input|output|cell)|full-width|margin|output_scroll"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~:/-])/(?:root|home|Users|work|tmp|private|mnt|workspace)/\w|\b[A-Z]:\\\\?(?:Users|Windows)|site-packages"
)
FIRST_PARAGRAPH = (
    "*This page is a notebook. To run it, get the book's source, then `make lab`; "
    'elsewhere, `pip install ".[book]"` from that source brings rnnlib.*'
)


def numbered(notebook) -> list[tuple[int, dict]]:
    return list(enumerate(code_cells(notebook), start=1))


def run_in_order(notebook) -> list[str]:
    if code_cells(notebook) and not any(cell.execution_count for cell in code_cells(notebook)):
        return ["no cell was ever run: refresh the page"]
    return [
        f"code cell {number}: execution count {cell.execution_count}, wanted {number}: refresh the page"
        for number, cell in numbered(notebook)
        if cell.execution_count != number
    ]


def clean_outputs(notebook) -> list[str]:
    """No errors, no stderr, no warnings, no machine paths."""
    faults = [f"code cell {number}: wrote to stderr: {text[:100]}" for number, text in stderr_cells(notebook)]
    for number, cell in numbered(notebook):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                faults.append(f"code cell {number}: stored error {output.ename}: {output.evalue[:100]}")
            text = output_text(output)
            if output.output_type != "error" and (found := re.search(r"\b\w*Warning\b", text)):
                faults.append(f"code cell {number}: stored output holds a {found[0]}")
            if found := MACHINE_PATH.search(text):
                faults.append(f"code cell {number}: stored output holds a path of some machine: {found[0]}")
    for cell in notebook.cells:
        if found := MACHINE_PATH.search(cell.source):
            faults.append(f"a cell names a path of some machine: {found[0]}")
    return faults


def output_text(output) -> str:
    """All the text a reader may see of an output."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join([output.ename, output.evalue, *output.traceback])
    return "\n".join(value for mime, value in output.data.items() if isinstance(value, str) and "image/png" not in mime)


def known_tags(notebook) -> list[str]:
    """Every tag is one that something reads, tolerances are at most 0.1, nothing is kept from being checked."""
    faults = []
    for number, cell in numbered(notebook):
        for tag in tags(cell):
            if not KNOWN_TAGS.fullmatch(tag):
                faults.append(f"code cell {number}: unknown tag {tag!r}")
        try:
            tolerance(tags(cell))
        except ValueError as error:
            faults.append(f"code cell {number}: {error}")
        if re.search(r"^\s*#\s*(NBVAL|PYTEST)_", cell.source, re.MULTILINE):
            faults.append(f"code cell {number}: a comment tells nbval what to check: use a tag, readers do not see it")
    return faults


def is_loose(cell) -> bool:
    """Does the cell count against the quota: output ignored, or a tolerance above 0.05?"""
    return "nbval-ignore-output" in tags(cell) or max(tolerance(tags(cell))) > WIDE


def figures(notebook) -> list[str]:
    """Each figure has a name, a caption that says what to see, and alt text that says what is shown."""
    faults = []
    for number, cell in numbered(notebook):
        pictures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        if not pictures:
            continue
        settings = cell.metadata.get("mystnb", {})
        figure, image = settings.get("figure", {}), settings.get("image", {})
        if pictures > 1:
            faults.append(f"code cell {number}: {pictures} pictures in one cell, wanted one: a caption belongs to one")
        if not str(figure.get("name", "")).startswith("fig-"):
            faults.append(f"code cell {number}: a figure wants a name fig-..., got {figure.get('name')!r}")
        if len(str(figure.get("caption") or "")) < 20:
            faults.append(f"code cell {number}: a figure wants a caption that says what to see")
        if len(str(image.get("alt") or "")) < 20:
            faults.append(f"code cell {number}: a figure wants alt text that says what is shown")
        elif image["alt"] == figure.get("caption"):
            faults.append(f"code cell {number}: alt text and caption are the same, they have different jobs")
    return faults + [fault for cell in markdown(notebook) for fault in prose.picture_faults(cell.source)]


def markdown(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def opening(notebook) -> list[str]:
    """The first cell: title, then how to run the page, then the question."""
    paragraphs = re.split(r"\n\s*\n", notebook.cells[0].source.strip()) if notebook.cells else [""]
    faults = []
    if not re.match(r"(\([\w-]+\)=\n)?# \S", paragraphs[0]):
        faults.append("the first cell should begin with the title, '# ...'")
    if len(paragraphs) < 2 or " ".join(paragraphs[1].split()) != FIRST_PARAGRAPH:
        faults.append(f"the second paragraph of the first cell should be: {FIRST_PARAGRAPH}")
    return faults


def assertion(notebook) -> list[str]:
    found = any(re.search(r"^\s*assert\b|\bassert_\w+\(", cell.source, re.MULTILINE) for cell in code_cells(notebook))
    return [] if found else ["no cell asserts anything: what the text concludes, a cell should assert"]


def sizes(notebook) -> list[str]:
    """Short cells, none of them empty, and prose of a length one can read at a sitting."""
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    faults = [
        f"code cell {number}: {length} lines, wanted 1 to {LONGEST_CELL}"
        for number, length in enumerate(lengths, start=1)
        if not 1 <= length <= LONGEST_CELL
    ]
    if lengths and statistics.median(lengths) > MEDIAN_CELL:
        faults.append(f"the median code cell has {statistics.median(lengths):g} lines, wanted {MEDIAN_CELL} at most")
    count = sum(prose.words(cell.source) for cell in markdown(notebook))
    if not FEWEST_WORDS <= count <= MOST_WORDS:
        faults.append(f"{count} words of prose, wanted {FEWEST_WORDS} to {MOST_WORDS}")
    return faults


def numbers_from_cells(notebook) -> list[str]:
    """No measured number is typed into the prose, and every glued name was glued on this page."""
    code = "\n".join(cell.source for cell in code_cells(notebook))
    names = glued(notebook)
    faults = []
    for cell in markdown(notebook):
        for number, line in prose.typed_numbers(cell.source, code):
            faults.append(
                f"typed number {number} in {line!r}: glue it from a cell, or say why it is not measured here in a "
                f"Markdown comment of the same cell, '% typed: {number} reason'"
            )
        for name in prose.glue_names(cell.source):
            if name not in names and (names or not run_in_order(notebook)):
                faults.append(f"prose shows the glued name {name!r}, no cell of this page glues it")
    return faults


def exercises(notebook) -> list[str]:
    text = "\n\n".join(cell.source for cell in markdown(notebook))
    asked, solved = prose.exercises(text)
    faults = [f"exercise {label!r} has no solution" for label in sorted(set(asked) - set(solved))]
    faults += [
        f"solution of {label!r}, which is no exercise of this page" for label in sorted(set(solved) - set(asked))
    ]
    if not 3 <= len(asked) <= 6:
        faults.append(f"{len(asked)} exercises, wanted 3 to 6")
    return faults


def normalised(notebook) -> list[str]:
    """The metadata that refresh leaves, nothing else: one kernel, no version of Python, no editor's notes."""
    wanted = copy.deepcopy(notebook)
    normalise(wanted)
    faults = []
    if notebook.metadata != wanted.metadata or notebook.nbformat_minor != wanted.nbformat_minor:
        faults.append(f"metadata of the page {dict(notebook.metadata)}: refresh the page")
    for place, (cell, good) in enumerate(zip(notebook.cells, wanted.cells, strict=True)):
        if cell.metadata != good.metadata:
            faults.append(f"cell {place}: metadata {sorted(set(cell.metadata) - set(good.metadata))}: refresh the page")
    ids = [cell.get("id") for cell in notebook.cells]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[\w-]{1,64}", str(identity or "")) for identity in ids):
        faults.append("cell ids are missing or not unique: refresh the page")
    return faults


ANY_PAGE = (run_in_order, clean_outputs, known_tags, figures, numbers_from_cells, normalised)
CHAPTER = (*ANY_PAGE, opening, assertion, sizes, exercises)
QUESTIONS = (*ANY_PAGE, opening, assertion, sizes, questions.faults)


def checks_for(path: Path) -> tuple:
    """What a page has to pass: a page of questions asks the reader nothing, so it needs no exercises, and answers."""
    if questions.is_question_page(path):
        return QUESTIONS
    return CHAPTER if is_chapter(path) else ANY_PAGE


def is_chapter(path: Path) -> bool:
    """Does the notebook belong to one of the parts 1 to 6?"""
    return bool(re.match(r"[1-6]_", path.parent.name))


def main(arguments: list[str]) -> int:
    found = 0
    for path in [Path(argument) for argument in arguments] or pages():
        notebook = read(path)
        for check in checks_for(path.resolve()):
            for fault in check(notebook):
                print(f"{path}: {fault}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
