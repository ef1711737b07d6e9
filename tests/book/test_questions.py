"""The pages of questions and answers: enough of them, labels that are unique, and damaged pages are noticed."""

import collections
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import questions
from tools.environment import ROOT
from tools.notebooks import pages, read

PAGES = [path for path in pages() if questions.is_question_page(path)]
FEWEST = 60


def test_there_are_enough_questions():
    assert sum(len(questions.questions(read(path))) for path in PAGES) >= FEWEST


def test_labels_are_unique_in_the_book():
    texts = [cell.source for path in pages() for cell in read(path).cells if cell.cell_type == "markdown"]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "chapters").rglob("*.md")]
    labels = collections.Counter(
        label for text in texts for label in re.findall(r"^\((q-[\w-]+)\)=$", text, re.MULTILINE)
    )
    asked = [one.label for path in PAGES for one in questions.questions(read(path))]
    assert [label for label, count in labels.items() if count > 1] == []
    assert sorted(labels) == sorted(asked)


def test_no_question_is_asked_twice():
    titles = collections.Counter(one.title for path in PAGES for one in questions.questions(read(path)))
    assert [title for title, count in titles.items() if count > 1] == []


def good_page():
    return new_notebook(
        cells=[
            new_markdown_cell("# Questions\n\n- {ref}`q-one`\n- {ref}`q-two`"),
            new_code_cell("import numpy as np"),
            new_markdown_cell("## Group\n\n(q-one)=\n### Is it one?\n\nYes.\n\n**Often heard, and wrong:** two."),
            new_code_cell("assert 1 == 1"),
            new_markdown_cell("(q-two)=\n### Is it two?\n\nNo: {ref}`q-one`.\n\n**What people mix up:** all."),
            new_markdown_cell("## Where to read more\n\nElsewhere."),
        ]
    )


def replace(cell, old, new):
    def damage(page):
        assert old in page.cells[cell].source
        page.cells[cell].source = page.cells[cell].source.replace(old, new)

    return damage


DAMAGE = {
    "wants headings": lambda page: page.cells.__delitem__(slice(2, 5)),
    "is no question": replace(2, "Is it one?", "It is one"),
    "wants a label": replace(4, "(q-two)=\n", ""),
    "differ: ['q-three']": replace(0, "q-two`", "q-two`\n- {ref}`q-three`"),
    "differ: []": replace(0, "- {ref}`q-one`\n- {ref}`q-two`", "- {ref}`q-two`\n- {ref}`q-one`"),
    "neither a code cell nor a link": replace(4, "{ref}`q-one`", "see above"),
    "names no common mistake": replace(4, "**What people mix up:** all.", ""),
    "fewer than half": lambda page: page.cells.__delitem__(3),
}


def test_a_good_page_has_no_faults():
    assert questions.faults(good_page()) == []


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_page_is_noticed(fault):
    page = good_page()
    DAMAGE[fault](page)
    assert fault in "\n".join(questions.faults(page))
