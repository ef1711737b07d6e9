"""Figures of states: the paths of a network, and where it would stay."""

import numpy as np

from rnnlib.plotting.arguments import finite, named, require
from rnnlib.plotting.style import GREY, axes_or_new, colours_for

MARKERS = "os^Dv"


def paths_and_points(paths, points, *, xlabel, ylabel, ax=None, colours=None):
    """Draw paths in a plane as thin grey lines, and over them groups of points, each with its own colour and shape.

    `paths` is (paths, steps, 2); `points` maps the name of a group to (points, 2), with its number of points in the
    legend below the figure.

    Raises `ValueError` for arrays of other shapes and for values that are not finite.
    """
    paths = np.asarray(paths, dtype=float)
    require("paths", paths, "(paths, steps, 2)", paths.ndim == 3 and paths.shape[2] == 2)
    finite("paths", paths)
    colours = colours_for(named("points", points), colours)
    ax = axes_or_new(ax, height=4.8)
    for path in paths:
        ax.plot(*path.T, color=GREY, linewidth=0.6, alpha=0.5)
    for marker, (name, group) in zip(MARKERS * len(points), points.items(), strict=False):
        group = np.asarray(group, dtype=float)
        require(name, group, "(points, 2)", group.ndim == 2 and group.shape[1] == 2)
        finite(name, group)
        style = {"color": colours[name], "markersize": 8, "markeredgecolor": "white", "zorder": 3}
        ax.plot(*group.T, marker, label=f"{name} ({len(group)})", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return ax
