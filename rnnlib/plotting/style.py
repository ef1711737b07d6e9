"""The look of the book: colours and matplotlib's defaults."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex, to_rgb

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#6B6B6B"  # references and baselines: what a result is held against
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)  # yellow is too faint for a line on white

WIDTH, HEIGHT = 6.0, 3.6  # inches; at a phone's 360 pixels 12 points are then 10 pixels high
STYLE = {
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.dpi": 128,
    "savefig.dpi": "figure",
    "figure.facecolor": "white",  # a light card, in the dark mode too
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters everywhere
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "image.cmap": "cividis",
}


def use_book_style():
    """Set matplotlib's defaults to the look of the book. Importing `rnnlib.plotting` calls it."""
    mpl.rcParams.update(STYLE)


def panels(count, columns=1, height=2.0, sharex=False):
    """Return a flat array of `count` Axes in one figure of the book's width, `height` inches a row."""
    rows = -(-count // columns)
    _, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * height), sharex=sharex, squeeze=False)
    for unused in axes.flat[count:]:
        unused.remove()
    return axes.flatten()[:count]


def axes_or_new(ax, height=HEIGHT):
    """Return `ax`, or the Axes of a new figure of the book's width, `height` inches high, if it is None."""
    return plt.subplots(figsize=(WIDTH, height))[1] if ax is None else ax


def colours_for(names, chosen):
    """Return a dict from each name to its colour: the chosen one, or else the next of `COLOURS` that is not chosen."""
    chosen = chosen or {}
    unknown = set(chosen) - set(names)
    if unknown:
        raise ValueError(f"colours names {sorted(unknown)}, which are not drawn: {list(names)}")
    free = [colour for colour in COLOURS if colour not in chosen.values()]
    rest = [name for name in names if name not in chosen]
    if len(rest) > len(free):
        raise ValueError(
            f"{len(names)} things are too many for the {len(COLOURS)} colours: draw fewer, or give colours"
        )
    return {**dict(zip(rest, free, strict=False)), **chosen}


def luminance(colour):
    """Return the relative luminance of a colour, 0 for black to 1 for white (WCAG 2.2)."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def readable(colour, contrast=4.5):
    """Return the colour, darkened until text in it has that contrast to white (WCAG 2.2, criterion 1.4.3)."""
    rgb = to_rgb(colour)
    while 1.05 / (luminance(rgb) + 0.05) < contrast:
        rgb = tuple(0.97 * part for part in rgb)
    return to_hex(rgb)
