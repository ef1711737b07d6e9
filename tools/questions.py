"""What a page of questions and answers must be: chapters/6_qa/questions_*.ipynb.

Each question is a heading that ends with a question mark, under a label `q-...` that does not change once it is there.
The list at the top of the page names all of them, in their order. Each answer calls a common mistake one, and has a
code cell of its own or a link to the page that shows what it says.
"""

import re
from dataclasses import dataclass
from pathlib import Path

HEADING = re.compile(r"^(?:\((?P<label>[\w-]+)\)=\n+)?(?P<level>#{2,6}) (?P<title>.*\S)\s*$", re.MULTILINE)
LISTED = re.compile(r"^- \{ref\}`([\w-]+)`$", re.MULTILINE)
LINK = re.compile(r"\{(?:ref|doc|numref)\}`")
MISTAKE = re.compile(
    r"^\*\*(?:Often heard, and wrong:|What people mix up:|The usual mistake\*\*|The wrong remedy\*\*)", re.M
)


@dataclass
class Question:
    """A question of a page: its label (None if it has none), its text, its answer, and whether code belongs to it."""

    label: str | None
    title: str
    answer: str = ""
    has_cell: bool = False


def is_question_page(path: Path) -> bool:
    return path.parent.name == "6_qa" and path.name.startswith("questions_")


def questions(notebook) -> list[Question]:
    """The questions of a notebook in their order; what stands between a question and the next heading is its answer."""
    found, current = [], None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if current:
                current.has_cell = True
            continue
        text, end = f"\n{cell.source}\n", 0
        for heading in HEADING.finditer(text):
            if current:
                current.answer += text[end : heading.start()]
            end = heading.end()
            current = None
            if heading["title"].endswith("?") or (heading["label"] or "").startswith("q-"):
                current = Question(heading["label"], heading["title"])
                found.append(current)
        if current:
            current.answer += text[end:]
    return found


def faults(notebook) -> list[str]:
    """What is wrong with a page of questions, in words."""
    asked = questions(notebook)
    if not asked:
        return ["a page of questions wants headings that end with a question mark"]
    said = [f"the title of {one.label!r} is no question: {one.title!r}" for one in asked if one.title[-1] != "?"]
    said += [f"question {one.title!r} wants a label q-..." for one in asked if not str(one.label).startswith("q-")]
    listed = LISTED.findall(notebook.cells[0].source)
    if listed != [one.label for one in asked]:
        said.append(
            f"the list at the top and the questions differ: {sorted({*listed} ^ {str(one.label) for one in asked})}"
        )
    for one in asked:
        if not (one.has_cell or LINK.search(one.answer)):
            said.append(f"question {one.title!r} has neither a code cell nor a link to one")
        if not MISTAKE.search(one.answer):
            said.append(f"question {one.title!r} names no common mistake")
    if 2 * sum(one.has_cell for one in asked) < len(asked):
        said.append("fewer than half of the questions have a code cell")
    return said
