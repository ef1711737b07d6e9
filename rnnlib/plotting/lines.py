"""Figures made of lines: over steps, epochs, lead times and time."""

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from rnnlib.plotting.arguments import named, pair, repeats, require
from rnnlib.plotting.labels import label_ends, mark_references
from rnnlib.plotting.style import BLACK, GREY, axes_or_new, colours_for


def line_with_labels(
    x, lines, *, xlabel, ylabel, ax=None, colours=None, reference=None, markers=False, xscale="linear", yscale="linear"
):
    """Draw one line a name, labelled at its end.

    `x` is (points,): numbers or dates; between whole numbers, such as steps, there are no ticks. `lines` maps a name to
    (points,), or to (repeats, points), of which the mean is drawn and, around it, a band of one standard deviation (of
    the sample) either side. NaN leaves a gap. `colours` maps names to colours. `reference` maps names to values, drawn
    as dashed horizontal lines: baselines, bounds. `xscale` and `yscale` are matplotlib's, such as "log".

    Raises `ValueError` for arrays of other shapes.
    """
    x = np.asarray(x)
    require("x", x, "(points,)", x.ndim == 1 and x.size > 0)
    lines = {name: repeats(name, y, x.size, "points") for name, y in named("lines", lines).items()}
    colours = colours_for(lines, colours)
    ax = axes_or_new(ax)
    ends = []
    for name, y in lines.items():
        mean = y.mean(axis=0)
        ax.plot(x, mean, color=colours[name], marker="o" if markers else None)
        if len(y) > 1:
            deviation = y.std(axis=0, ddof=1)
            ax.fill_between(x, mean - deviation, mean + deviation, color=colours[name], alpha=0.2, linewidth=0)
        drawn = np.flatnonzero(np.isfinite(mean))
        if drawn.size:
            ends.append((x[drawn[-1]], mean[drawn[-1]], name, colours[name]))
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
    if np.issubdtype(x.dtype, np.integer) and xscale == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if xscale == "log" and x.size < 8:  # within a decade or two, powers of ten say little and their parts collide
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.xaxis.minorticks_off()
    _finish_time_axis(ax, x)
    label_ends(ax, ends)
    return mark_references(ax, reference)


def learning_curves(curves, *, ylabel="loss", ax=None, colours=None, reference=None, yscale="linear"):
    """Draw losses over epochs 1, 2, ...

    `curves` maps a name such as "training" to (epochs,) or (repeats, epochs), as in `line_with_labels`. `reference`
    maps names to values, drawn as dashed lines: what no model can beat, or a baseline.

    Raises `ValueError` for arrays of other shapes, or of different numbers of epochs.
    """
    curves = {name: repeats(name, y, None, "epochs") for name, y in named("curves", curves).items()}
    lengths = {name: y.shape[1] for name, y in curves.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"curves must have the same number of epochs, got {lengths}")
    epochs = np.arange(1, max(lengths.values()) + 1)
    style = {"ax": ax, "colours": colours, "reference": reference, "yscale": yscale}
    return line_with_labels(epochs, curves, xlabel="epoch", ylabel=ylabel, **style)


def error_by_horizon(lead_hours, errors, *, ylabel, ax=None, colours=None, reference=None):
    """Draw each model's error against the lead time of its forecast.

    `lead_hours` is (horizons,), in hours. `errors` maps a model to (horizons,), or to (seeds, horizons): mean, and a
    band of one standard deviation over the seeds. `reference` maps names to values, drawn as dashed lines.

    Raises `ValueError` for arrays of other shapes.
    """
    style = {"ax": ax, "colours": colours, "reference": reference}
    ax = line_with_labels(lead_hours, errors, xlabel="lead time (hours)", ylabel=ylabel, **style)
    ax.set_ylim(bottom=0)
    return ax


def series_with_forecast(times, observed, forecasts, *, xlabel, ylabel, ax=None, colours=None):
    """Draw an observed series in black, and over it each model's forecast.

    `times` and `observed` are (points,); `forecasts` maps a model to a pair (times, values), each (horizons,). A dotted
    vertical line marks the first forecast time. NaN leaves a gap.

    Raises `ValueError` for arrays of other shapes.
    """
    times, observed = pair("observed", times, observed)
    forecasts = {name: pair(f"forecasts[{name!r}]", *both) for name, both in named("forecasts", forecasts).items()}
    colours = {**colours_for(forecasts, colours), "observed": BLACK}
    ax = axes_or_new(ax)
    for name, (when, values) in {"observed": (times, observed), **forecasts}.items():
        ax.plot(when, values, color=colours[name])
        drawn = np.flatnonzero(np.isfinite(values))
        if drawn.size:
            label_ends(ax, [(when[drawn[-1]], values[drawn[-1]], name, colours[name])])
    ax.axvline(min(when[0] for when, _ in forecasts.values()), color=GREY, linewidth=1, linestyle=":")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    _finish_time_axis(ax, times)
    return ax


def _finish_time_axis(ax, x):
    """Leave little room beside the lines, for the labels stand there; of dates, write no more than fit on a phone."""
    ax.margins(x=0.02)
    if np.issubdtype(x.dtype, np.datetime64):
        locator = AutoDateLocator(minticks=3, maxticks=7)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
