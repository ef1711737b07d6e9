"""The build: whole or not at all, again after a failure, without what no page needs, with what other pages moved."""

import shutil

import pytest
from built_site import ROOT

from tools.build_book import build, is_needed

TOC = "format: jb-book\nroot: index\nparts: [{caption: Part, chapters: [{file: page}]}]\n"
INDEX = "# A book\n\nSee {ref}`target`.\n"
PAGE = "# A page\n\n(target)=\n## A heading\n\nA formula, $x_t$, and Chinese, 循环.\n"


@pytest.fixture
def book(tmp_path):
    """A book of two pages under the settings of the real one."""
    for name in ("_ext", "_static"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_config.yml", "references.bib"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name, text in {"_toc.yml": TOC, "index.md": INDEX, "page.md": PAGE}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_build_that_fails_leaves_no_site_and_fails_again(book):
    assert build(book, book) is not None
    (book / "page.md").write_text(PAGE + "\n{ref}`nowhere`\n", encoding="utf-8")
    for _ in range(2):  # with what Sphinx remembers of the first time, the second would pass
        assert build(book, book) is None
        assert not (book / "_build" / "html").exists()
    (book / "page.md").write_text(PAGE, encoding="utf-8")
    assert build(book, book) is not None


def test_a_change_reaches_the_pages_that_quote_it_and_a_page_taken_out_is_gone(book):
    site = build(book, book)
    assert "A heading" in (site / "index.html").read_text(encoding="utf-8")
    (book / "page.md").rename(book / "renamed.md")
    (book / "renamed.md").write_text(PAGE.replace("A heading", "Another heading"), encoding="utf-8")
    (book / "_toc.yml").write_text(TOC.replace("page", "renamed"), encoding="utf-8")
    build(book, book)
    assert "Another heading" in (site / "index.html").read_text(encoding="utf-8")
    assert not (site / "page.html").exists()


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("index.html", True),
        ("_images/plot.png", True),
        ("_static/mathjax/tex-chtml.js", True),
        ("_static/mathjax/output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff", True),
        ("_static/mathjax/tex-svg.js", False),
        ("_static/styles/theme.css.map", False),
        ("_static/locales/zh/LC_MESSAGES/booktheme.mo", False),
    ],
)
def test_what_is_published(path, needed):
    assert is_needed(path) == needed
