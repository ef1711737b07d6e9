"""Figures of what a number says about each pixel of an image or each letter of a text."""

import matplotlib.pyplot as plt
import numpy as np

from rnnlib.plotting.arguments import finite, named, require
from rnnlib.plotting.images import INK
from rnnlib.plotting.style import WIDTH, luminance

SIGNED = plt.get_cmap("PuOr_r")  # purple for the least, white for zero, orange for the most


def image_maps(image, maps, *, columns=4):
    """Draw an image, and beside it maps with a number for each of its pixels: purple below zero, orange above.

    `image` is (rows, columns), ink from 0 to 1. `maps` maps a name to an array of the same shape; each has its own
    scale. Returns the Axes: of the image, then of each map.

    Raises `ValueError` for arrays of other shapes and for values that are not finite.
    """
    image = np.asarray(image, dtype=float)
    require("image", image, "(rows, columns)", image.ndim == 2 and image.size > 0)
    rows = -(-(1 + len(named("maps", maps))) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(WIDTH, 1.75 * rows), squeeze=False)
    axes = axes.ravel()
    axes[0].imshow(image, **INK)
    axes[0].set_title("the image", fontsize=11)
    for ax, (name, values) in zip(axes[1:], maps.items(), strict=False):
        values = np.asarray(values, dtype=float)
        require(name, values, str(image.shape), values.shape == image.shape)
        finite(name, values)
        largest = np.abs(values).max() or 1.0
        ax.imshow(values, cmap=SIGNED, vmin=-largest, vmax=largest)
        ax.set_title(name, fontsize=11)
    for unused in axes[1 + len(maps) :]:
        unused.remove()
    drawn = axes[: 1 + len(maps)]
    for ax in drawn:
        ax.grid(visible=False)
        ax.spines[:].set_visible(True)
        ax.set(xticks=[], yticks=[])
    return list(drawn)


def text_map(text, values, *, width=44, limit=None):
    """Write a text, each letter on a colour that says what its number is: purple below zero, orange above.

    `values` is (letters,). Lines break where the text does, drawn there as a small mark, and after `width` letters.
    `limit` is the number of the deepest colours; the largest there is, if None. Returns the `Axes`.

    Raises `ValueError` for an empty text, and values of another shape or not finite.
    """
    values = np.asarray(values, dtype=float)
    require("values", values, f"({len(text)},)", len(text) > 0 and values.shape == (len(text),))
    finite("values", values)
    places, row, column = [], 0, 0
    for letter in text:
        places.append((row, column))
        row, column = (row + 1, 0) if letter == "\n" or column == width - 1 else (row, column + 1)
    rows = 1 + places[-1][0]
    _, ax = plt.subplots(figsize=(WIDTH, 0.3 * rows + 0.1))
    colours = SIGNED(0.5 + 0.5 * values / (limit or np.abs(values).max() or 1.0))
    for letter, (row, column), colour in zip(text, places, colours, strict=True):
        ax.add_patch(plt.Rectangle((column, row), 1, 1, color=colour, linewidth=0))
        ink = "white" if luminance(colour[:3]) < 0.18 else "black"
        shown = "¬" if letter == "\n" else letter
        ax.text(column + 0.5, row + 0.5, shown, color=ink, ha="center", va="center", family="monospace", fontsize=11)
    ax.set(xlim=(0, width), ylim=(rows, 0))
    ax.set_axis_off()
    return ax
