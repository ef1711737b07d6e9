"""What the book adds to its Sphinx build.

Chinese is marked as Chinese, a page that says that it is a notebook links to it, ids that sphinx-exercise and
sphinx-proof give again and again are dropped, and works cited are sorted by author, family name first.
"""

import re

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

# A run of Chinese characters, with the punctuation inside it.
CHINESE = re.compile(r"[\u3400-\u9fff](?:[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]*[\u3400-\u9fff])?")
NOTE = "This page is a notebook."


class MarkChinese(SphinxPostTransform):
    """Wrap Chinese in `<span lang="zh-Hans">`: screen readers change the voice, browsers choose the right glyphs."""

    default_priority = 900  # after references are resolved: their texts count too
    formats = ("html",)

    def run(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if CHINESE.search(text) and not _is_raw(text.parent):
                text.parent.replace(text, list(_split(str(text))))


def _is_raw(parent):
    """Whether the writer puts this node's text out as it is, not through docutils (formulas, code, raw HTML)."""
    return isinstance(parent, (nodes.FixedTextElement, nodes.math, nodes.raw))


def _split(text):
    """The pieces of `text`, in order, the Chinese ones in a node that docutils writes with a lang attribute."""
    end = 0
    for match in CHINESE.finditer(text):
        if match.start() > end:
            yield nodes.Text(text[end : match.start()])
        yield nodes.inline("", match.group(), classes=["language-zh-Hans"])
        end = match.end()
    if end < len(text):
        yield nodes.Text(text[end:])


class OfferNotebook(SphinxPostTransform):
    """Give the paragraph that says "This page is a notebook." a look of its own and a link to the notebook."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        docname = self.env.docname
        if not self.env.doc2path(docname).endswith(".ipynb"):
            return
        for paragraph in self.document.findall(nodes.paragraph):
            if paragraph.astext().startswith(NOTE):
                source = f"_sources/{docname}.ipynb"
                uri = relative_uri(self.app.builder.get_target_uri(docname), source)
                paragraph["classes"].append("notebook-note")
                link = addnodes.download_reference("", "Download it", refuri=uri)
                paragraph += [nodes.Text(" "), link, nodes.Text(".")]
                return


class DropRepeatedIds(SphinxPostTransform):
    """Take the id off the body of each exercise, solution and theorem: it is the same for all of them."""

    default_priority = 900
    formats = ("html",)
    repeated = ("exercise-content", "solution-content", "proof-content")

    def run(self, **kwargs):
        for section in self.document.findall(nodes.section):
            section["ids"] = [name for name in section["ids"] if name not in self.repeated]


class ByAuthor(PlainStyle):
    """Works cited: sorted by author and year, "Elman, Jeffrey L."."""

    default_name_style = "lastfirst"


def setup(app):
    register_plugin("pybtex.style.formatting", "by_author", ByAuthor)
    app.add_post_transform(DropRepeatedIds)
    app.add_post_transform(MarkChinese)
    app.add_post_transform(OfferNotebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
