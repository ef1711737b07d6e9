"""A small drawing board for the book's schematics (tools/drawings): boxes, circles, arrows and text to SVG.

The files are plain SVG with text as text, hold no dates and no random identifiers: the same calls give the same bytes.

Text between dollar signs is set as mathematics: single letters in italics (but the d of a derivative), spaces dropped,
`_{..}` and `^{..}` lowered and raised.
"""

import math
import re
from html import escape

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, PAPER, GREY, RULE, PAST = "#1b1b1b", "#ffffff", "#6b6b6b", "#c8c8c8", "#d55e00"
#        stroke, fill
KINDS = {
    "input": ("#0072b2", "#dcedf8"),
    "hidden": ("#007a5a", "#d9f0e8"),
    "output": ("#a66f00", "#fdeecb"),
    "loss": ("#8f4a75", "#f6e4ee"),
    "plain": (GREY, "#f4f4f4"),
}


def math_runs(formula):
    """Split a formula into (text, shift, italic) runs; shift is -1 below the line, 0 on it, 1 above."""
    for mark, braced, single, plain in re.findall(r"([_^])(?:\{([^}]*)\}|(.))|([^_^]+)", formula):
        shift = {"_": -1, "^": 1, "": 0}[mark]
        for word in re.findall(r"[^\W\d_]+|[\d\W_]+", braced or single or plain):
            if word := word.replace(" ", ""):
                yield word.replace("-", "−"), shift, len(word) == 1 and word.isalpha() and word != "d"


def tspans(markup, size):
    """The inside of a <text> element for text with $mathematics$ in it."""
    spans, level = [], 0
    for index, piece in enumerate(markup.split("$")):
        runs = math_runs(piece) if index % 2 else [(piece, 0, False)] if piece else []
        for text, shift, italic in runs:
            step, level = level - shift, shift
            style = f' dy="{step * size * 0.28:.1f}"' if step else ""
            style += f' font-size="{size * 0.74:.1f}"' if shift else ""
            style += ' font-style="italic"' if italic else ""
            spans.append(f"<tspan{style}>{escape(text)}</tspan>" if style else escape(text))
    return "".join(spans)


class Drawing:
    """An SVG file under construction; coordinates in its own units, y down."""

    def __init__(self, title, width, height):
        self.title, self.width, self.height, self.parts = title, width, height, []

    def text(self, x, y, markup, size=19, anchor="middle", weight="normal", fill=INK):
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{fill}">{tspans(markup, size)}</text>'
        )

    def box(self, x, y, width, height, kind, radius=0, dashed=False, stroke_width=2):
        stroke, fill = KINDS[kind]
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="{stroke_width:g}"{dash}/>'
        )

    def node(self, x, y, markup, kind, width=56, height=40, dashed=False):
        """A rounded box around (x, y) with its name in it."""
        self.box(x - width / 2, y - height / 2, width, height, kind, radius=9, dashed=dashed)
        self.text(x, y + 6, markup)

    def circle(self, x, y, kind, radius=13, dashed=False):
        stroke, fill = KINDS[kind]
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{stroke}" stroke-width="2"{dash}/>'
        )

    def line(self, points, stroke=INK, width=2.0, dashed=False):
        """A straight line through `points`, or, with four of them, the cubic curve that they control."""
        pairs = [f"{x:g} {y:g}" for x, y in points]
        path = f"M{pairs[0]} C{', '.join(pairs[1:])}" if len(points) == 4 else "M" + " L".join(pairs)
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dash}/>')

    def arrow(self, points, stroke=INK, width=2.0, dashed=False):
        """`line` with a head at its last point."""
        (x0, y0), (x1, y1) = points[-2:]
        length, size = math.hypot(x1 - x0, y1 - y0), 5 + 2.2 * width
        dx, dy = (x1 - x0) / length * size, (y1 - y0) / length * size
        self.line([*points[:-1], (round(x1 - dx * 0.8, 1), round(y1 - dy * 0.8, 1))], stroke, width, dashed)
        wings = [(x1, y1), (x1 - dx - dy / 2, y1 - dy + dx / 2), (x1 - dx + dy / 2, y1 - dy - dx / 2)]
        self.parts.append(f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in wings)} Z" fill="{stroke}"/>')

    def past(self, points, dashed=False):
        """The arrow that carries the past."""
        self.arrow(points, PAST, 3.5, dashed)

    def fraction(self, x, y, above, below, width):
        """A quotient in two storeys, its bar from `x` to `x + width` at height `y`."""
        self.line([(x, y), (x + width, y)], INK, 1.5)
        self.text(x + width / 2, y - 9, above, size=20)
        self.text(x + width / 2, y + 23, below, size=20)

    def svg(self):
        """The text of the file."""
        size = f'width="{self.width}" height="{self.height}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" {size}>',
                f"<title>{escape(self.title)}</title>",
                f'<rect {size} fill="{PAPER}"/>',
                f'<g font-family="{FONT}">',
                *self.parts,
                "</g>\n</svg>\n",
            ]
        )
