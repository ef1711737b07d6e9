"""Figures of values side by side: scores over seeds, weights, distributions, predictions."""

import numpy as np

from rnnlib.plotting.arguments import finite, finite_vector, named, require
from rnnlib.plotting.labels import label_ends
from rnnlib.plotting.style import BLACK, BLUE, COLOURS, GREY, HEIGHT, axes_or_new, colours_for, luminance, readable


def bars_with_spread(scores, *, xlabel, ax=None, colours=None, baseline=None):
    """Draw one horizontal bar a model: its mean, and a dot for each of its runs.

    `scores` maps a model to (seeds,). `baseline` maps names to values, drawn as dashed lines.
    More models than the book has colours are all blue: their names stand beside the bars.

    Raises `ValueError` for arrays of other shapes and for values that are not finite.
    """
    scores = {name: finite_vector(name, values, "(seeds,)") for name, values in named("scores", scores).items()}
    few = len(scores) <= len(COLOURS)
    colours = colours_for(scores, colours) if few else dict.fromkeys(scores, BLUE) | (colours or {})
    ax = axes_or_new(ax, height=max(HEIGHT, 1.2 + 0.4 * len(scores)))
    for row, (name, values) in enumerate(scores.items()):
        ax.barh(row, values.mean(), height=0.6, color=colours[name], alpha=0.45)
        # The dots one below the other, so that equal results stay apart.
        places = row + (np.linspace(-0.18, 0.18, values.size) if values.size > 1 else np.zeros(1))
        ax.plot(values, places, "o", color=readable(colours[name]))
    ax.set_yticks(range(len(scores)), list(scores))
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(xlabel)
    for row, (name, value) in enumerate(sorted((baseline or {}).items(), key=lambda item: item[1])):
        ax.axvline(value, color=GREY, linestyle="--", linewidth=1.5)
        # Above the axes, to the left of its own line; the larger the value, the higher, so that no line meets a label.
        place = {"xytext": (0, 5 + 16 * row), "textcoords": "offset points", "ha": "right", "va": "bottom"}
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.8, "relpos": (1, 0), "shrinkA": 0, "shrinkB": 0}
        ax.annotate(name, (value, 1), xycoords=("data", "axes fraction"), color=GREY, arrowprops=line, **place)
    return ax


def forest_plot(effects, *, xlabel, ax=None, marked=()):
    """Draw one line an effect: its estimate, a dot, and its interval, with a dashed line where there is no effect.

    `effects` maps a name to (estimate, low, high). Those named in `marked` are blue, the others grey: which of many
    effects are more than luck is for a correction such as `rnnlib.comparisons.holm` to say, not for the intervals.

    Raises `ValueError` for other shapes, values that are not finite, an estimate outside of its interval, and marks of
    effects that are not drawn.
    """
    effects = {name: finite_vector(name, values, "(3,)") for name, values in named("effects", effects).items()}
    for name, values in effects.items():
        require(name, values, "(3,): estimate, low, high", values.size == 3)
        estimate, low, high = values
        if not low <= estimate <= high:
            raise ValueError(f"{name} wants low <= estimate <= high, got estimate {estimate}, low {low}, high {high}")
    unknown = set(marked) - set(effects)
    if unknown:
        raise ValueError(f"marked names {sorted(unknown)}, which are not drawn: {list(effects)}")
    ax = axes_or_new(ax, height=max(HEIGHT, 1.2 + 0.3 * len(effects)))
    ax.axvline(0, color=GREY, linestyle="--", linewidth=1.5)
    for row, (name, (estimate, low, high)) in enumerate(effects.items()):
        colour = BLUE if name in marked else GREY
        ax.plot([low, high], [row, row], color=colour, linewidth=2)
        ax.plot(estimate, row, "o", color=colour)
    ax.set_yticks(range(len(effects)), list(effects))
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(xlabel)
    return ax


def matrix(values, *, ax=None, rows=None, columns=None, xlabel=None, ylabel=None, decimals=2, symmetric=True):
    """Draw a matrix as coloured squares with its values written in.

    `values` is (rows, columns); `rows` and `columns` name them. `symmetric` colours from purple (negative) through
    white (zero) to orange (positive): for weights. Otherwise from dark (least) to light (most). A matrix of more than
    150 values has a colour scale instead of the values.

    Raises `ValueError` for other shapes, names that do not fit, and values that are not finite.
    """
    values = np.asarray(values, dtype=float)
    require("values", values, "(rows, columns)", values.ndim == 2 and values.size > 0)
    finite("values", values)
    for label, names, length in (("rows", rows, values.shape[0]), ("columns", columns, values.shape[1])):
        if names is not None and len(names) != length:
            raise ValueError(f"{label} wants {length} names for values of shape {values.shape}, got {len(names)}")
    ax = axes_or_new(ax)
    largest = np.abs(values).max() or 1.0
    limits = {"cmap": "PuOr_r", "vmin": -largest, "vmax": largest} if symmetric else {"cmap": "cividis"}
    image = ax.imshow(values, aspect="auto", **limits)
    ax.grid(visible=False)
    _name_cells(ax.yaxis, rows, values.shape[0])
    _name_cells(ax.xaxis, columns, values.shape[1])
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if values.size > 150:
        ax.figure.colorbar(image, ax=ax)
        return ax
    for (row, column), value in np.ndenumerate(values):
        dark = luminance(image.cmap(image.norm(value))[:3]) < 0.18
        text = f"{value:.{decimals}f}"
        ax.text(column, row, text, ha="center", va="center", fontsize=11, color="white" if dark else "black")
    return ax


def histogram_with_reference(values, *, xlabel, ax=None, bins=30, reference=None, curve=None, colour=BLUE):
    """Draw the distribution of values as a density, beside values or a density known from theory.

    `values` is (samples,). `reference` maps a name to one value, drawn as a dashed vertical line. `curve` is a function
    of an array that gives the expected density.

    Raises `ValueError` for other shapes and for values that are not finite.
    """
    values = finite_vector("values", values, "(samples,)")
    ax = axes_or_new(ax)
    ax.hist(values, bins=bins, density=True, color=colour, alpha=0.55)
    if curve is not None:
        grid = np.linspace(*ax.get_xlim(), 400)
        ax.plot(grid, curve(grid), color=BLACK, linewidth=1.5)
    for line, (name, value) in enumerate((reference or {}).items()):
        ax.axvline(value, color=GREY, linestyle="--", linewidth=1.5)
        place = {"xytext": (4, -14 * line), "textcoords": "offset points", "va": "top", "color": GREY}
        ax.annotate(name, (value, 1), xycoords=("data", "axes fraction"), **place)
    ax.set(xlabel=xlabel, ylabel="density")
    return ax


def predicted_against_target(targets, predictions, *, xlabel="target", ylabel="prediction", ax=None, colour=BLUE):
    """Draw each prediction as a dot over its target, with the diagonal on which a perfect model's dots would lie.

    `targets` and `predictions` are (samples,) or (samples, 1), in the same units.

    Raises `ValueError` for other shapes and for values that are not finite.
    """
    targets = finite_vector("targets", _without_last_one(targets), "(samples,)")
    predictions = finite_vector("predictions", _without_last_one(predictions), "(samples,)")
    if targets.size != predictions.size:
        raise ValueError(f"targets and predictions must have equal length, got {targets.size} and {predictions.size}")
    ax = axes_or_new(ax)
    limits = [min(targets.min(), predictions.min()), max(targets.max(), predictions.max())]
    ax.plot(limits, limits, color=GREY, linestyle="--", linewidth=1.5)
    ax.plot(targets, predictions, "o", color=colour, alpha=0.6, markeredgewidth=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    label_ends(ax, [(limits[1], limits[1], "perfect", GREY)])
    return ax


def _without_last_one(values):
    """Return (samples, 1), as models predict it, as (samples,); anything else unchanged."""
    values = np.asarray(values)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _name_cells(axis, names, count):
    """Write the names at the cells of one axis, or the numbers from 1: every one up to 12 of them, else some."""
    if names is None:
        step = -(-count // 12)
        names, places = range(1, count + 1, step), range(0, count, step)
    else:
        places = range(count)
    axis.set_ticks(places, names)
