"""Figures of a function of two variables, such as the loss over two weights, and of paths across it."""

import matplotlib.patheffects as effects
import numpy as np

from rnnlib.plotting.arguments import finite, named, require
from rnnlib.plotting.style import axes_or_new, colours_for


def surface(x, y, values, *, xlabel, ylabel, zlabel, ax=None, paths=None, colours=None):
    """Draw a function of two variables as colours, from dark (least) to light (most), and paths over it.

    `x` is (columns,), `y` (rows,), `values` (rows, columns): the function at every pair. `paths` maps a name to
    (points, 2): a line through these places, a ring where it begins and a dot and the name where it ends; what leaves
    the surface is cut off. `zlabel` names the function on the scale of colours.

    Raises `ValueError` for arrays of other shapes and for values that are not finite.
    """
    x, y, values = (np.asarray(array, dtype=float) for array in (x, y, values))
    require("x", x, "(columns,)", x.ndim == 1 and x.size > 1)
    require("y", y, "(rows,)", y.ndim == 1 and y.size > 1)
    require("values", values, f"({y.size}, {x.size})", values.shape == (y.size, x.size))
    finite("values", values)
    paths = {name: np.asarray(path, dtype=float) for name, path in named("paths", paths).items()} if paths else {}
    for name, path in paths.items():
        require(f"paths[{name!r}]", path, "(points, 2)", path.ndim == 2 and path.shape[1] == 2 and len(path) > 0)
        finite(f"paths[{name!r}]", path)
    ax = axes_or_new(ax)
    image = ax.pcolormesh(x, y, values, cmap="cividis", shading="nearest", rasterized=True)
    ax.figure.colorbar(image, ax=ax, label=zlabel)
    ax.grid(visible=False)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    halo = [effects.withStroke(linewidth=4, foreground="white")]  # visible on light and on dark ground
    for name, colour in colours_for(paths, colours).items():
        across, up = paths[name].T
        ax.plot(across, up, color=colour, marker=".", markersize=6, linewidth=1.5, path_effects=halo)
        ax.plot(across[:1], up[:1], "o", color=colour, markerfacecolor="white", markersize=9)
        ax.plot(across[-1:], up[-1:], "o", color=colour, markersize=9, path_effects=halo)
        right = across[-1] > (x[0] + x[-1]) / 2  # then there is more room for the name to the left
        place = {"xytext": (-9 if right else 9, 0), "textcoords": "offset points", "ha": "right" if right else "left"}
        looks = {"color": colour, "fontweight": "bold", "va": "center", "path_effects": halo, "annotation_clip": True}
        ax.annotate(name, (across[-1], up[-1]), **place, **looks)
    return ax
