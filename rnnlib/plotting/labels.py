"""Labels at the ends of lines, which keep out of each other's way, and lines of reference."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.patheffects import withStroke
from sklearn.isotonic import isotonic_regression

from rnnlib.plotting.style import GREY, readable


def label_ends(ax, ends):
    """Write a name beside the end of each line, in its colour; `ends` is a list of (x, y, name, colour)."""
    for x, y, name, colour in ends:
        _add_label(ax, name, (x, y), "data", colour)


def mark_references(ax, reference):
    """Draw a dashed horizontal line for each name and value of the dict, labelled at the right edge. Return `ax`."""
    for name, value in (reference or {}).items():
        ax.axhline(value, color=GREY, linestyle="--", linewidth=1.5, zorder=1.5)
        _add_label(ax, name, (1, value), ax.get_yaxis_transform(), GREY)
    return ax


def spread_out(positions, gap):
    """Return positions at least `gap` apart, in the order of the given ones and as near to them as can be.

    `positions` is (labels,). Least squares under an order: without what the gaps need, the new positions are the
    isotonic regression of the old ones.
    """
    positions = np.asarray(positions, dtype=float)
    order = np.argsort(positions, kind="stable")
    gaps = gap * np.arange(positions.size)
    result = np.empty_like(positions)
    result[order] = isotonic_regression(positions[order] - gaps) + gaps
    return result


def _add_label(ax, name, end, coordinates, colour):
    arranger = next((child for child in ax.get_children() if isinstance(child, _Arranger)), None)
    if arranger is None:
        arranger = ax.add_artist(_Arranger())
    halo = [withStroke(linewidth=3, foreground="white")]  # a label may lie over a line that goes on
    style = {"va": "center", "color": readable(colour), "annotation_clip": False, "path_effects": halo}
    label = ax.annotate(name, end, xycoords=coordinates, xytext=(6, 0), textcoords="offset points", **style)
    arranger.labels.append(label)


class _Arranger(Artist):
    """Moves the labels of one Axes apart whenever they are drawn: only then limits, scale and size are settled.

    Invisible itself. It comes before the labels among the children of the Axes, so that it has its turn before them.
    """

    GAP = 1.2  # from one label to the next, in font sizes

    def __init__(self):
        super().__init__()
        self.set_zorder(-1)
        self.labels = []

    def arrange(self):
        points = 72 / self.get_figure(root=True).dpi
        left = self.axes.get_xlim()[0]
        ends = [self.axes.transData.transform((left, label.xy[1]))[1] * points for label in self.labels]
        gap = self.GAP * max(label.get_fontsize() for label in self.labels)
        for label, end, place in zip(self.labels, ends, spread_out(ends, gap), strict=True):
            label.set_position((6, place - end))

    def draw(self, renderer):
        self.arrange()

    def get_tightbbox(self, renderer=None):
        self.arrange()
