"""Figures of images, and of what a network that reads them is shown at each step."""

import matplotlib.pyplot as plt
import numpy as np

from rnnlib.plotting.arguments import finite, named, require
from rnnlib.plotting.style import WIDTH

INK = {"cmap": "gray_r", "vmin": 0, "vmax": 1}


def reading_orders(image, orders, *, height=1.15):
    """Draw an image, and beside it the same image as sequences: one strip an order, with a column for each step.

    `image` is (rows, columns), ink from 0 (none, white) to 1 (black). `orders` maps a name to (steps, features), what
    is shown at each step; the first feature is at the top of a column. `height` is that of a strip, in inches.
    Returns the Axes: of the image, then of each strip.

    Raises `ValueError` for arrays of other shapes and for values that are not finite.
    """
    image = _ink("image", image, "(rows, columns)")
    orders = {name: _ink(name, values, "(steps, features)") for name, values in named("orders", orders).items()}
    figure = plt.figure(figsize=(WIDTH, height * len(orders)))
    grid = figure.add_gridspec(len(orders), 2, width_ratios=(1, 2))
    picture = figure.add_subplot(grid[:, 0])
    picture.imshow(image, **INK)
    picture.set_title("the image", fontsize=12)
    strips = [figure.add_subplot(grid[row, 1]) for row in range(len(orders))]
    for ax, (name, values) in zip(strips, orders.items(), strict=True):
        ax.imshow(values.T, aspect="auto", extent=(0.5, len(values) + 0.5, values.shape[1] + 0.5, 0.5), **INK)
        ax.set_title(name, fontsize=12)
        ax.set_xticks([1, len(values)])
    strips[-1].set_xlabel("step")
    for ax in (picture, *strips):
        ax.grid(visible=False)
        ax.spines[:].set_visible(True)  # white paper on a white card
        ax.set_yticks([])
    picture.set_xticks([])
    return [picture, *strips]


def _ink(name, values, wanted):
    array = np.asarray(values, dtype=float)
    require(name, array, wanted, array.ndim == 2 and array.size > 0)
    finite(name, array)
    return array
