import importlib
import io
import itertools
import struct
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rnnlib import plotting
from rnnlib.plotting.labels import spread_out
from rnnlib.plotting.style import STYLE, colours_for, luminance, readable

HOURS = np.arange(1, 25)
RNG = np.random.default_rng(0)
LABELS = {"xlabel": "", "ylabel": ""}


@pytest.fixture(autouse=True)
def closed_figures():
    mpl.use("agg")
    yield
    plt.close("all")


def png(ax, **options):
    """The figure as the notebook stores it."""
    stream = io.BytesIO()
    ax.figure.savefig(stream, format="png", bbox_inches="tight", **options)
    return stream.getvalue()


def drawn_labels(ax):
    """Names and boxes of the labels, without their arrows, in pixels, as drawn."""
    ax.figure.canvas.draw()
    return {text.get_text(): mpl.text.Text.get_window_extent(text) for text in ax.texts}


def lines(ax):
    return [line.get_ydata() for line in ax.get_lines()]


def text_of(ax):
    return [text.get_text() for text in ax.texts]


def calls():
    """Each function of the module with arguments that are right."""
    errors = {"persistence": np.sqrt(HOURS), "SimpleRNN": np.sqrt(HOURS) + RNG.normal(0, 0.1, (5, 24))}
    times = np.datetime64("2013-10-01T00") + np.arange(72) * np.timedelta64(1, "h")
    observed = 15 + 5 * np.sin(np.arange(72) / 24 * 2 * np.pi) + RNG.normal(0, 0.5, 72)
    scores = {"SimpleRNN": RNG.normal(2.9, 0.05, 5), "ridge": [2.64]}
    return {
        "line": lambda ax=None: plotting.line_with_labels(HOURS, errors, xlabel="step", ylabel="y", ax=ax),
        "curves": lambda ax=None: plotting.learning_curves({"training": 1 / HOURS}, reference={"bound": 0.1}, ax=ax),
        "horizon": lambda ax=None: plotting.error_by_horizon(HOURS, errors, ylabel="MAE (°C)", ax=ax),
        "series": lambda ax=None: plotting.series_with_forecast(
            times, observed, {"ridge": (times[48:], observed[48:] + 1)}, xlabel="2013", ylabel="°C", ax=ax
        ),
        "bars": lambda ax=None: plotting.bars_with_spread(scores, xlabel="MAE (°C)", baseline={"last": 3.3}, ax=ax),
        "forest": lambda ax=None: plotting.forest_plot(
            {"dropout": (-2.0, -3.0, -1.0), "L1": (0.1, -0.5, 0.7)}, xlabel="°C", ax=ax, marked=["dropout"]
        ),
        "matrix": lambda ax=None: plotting.matrix(RNG.normal(size=(4, 6)), ax=ax),
        "histogram": lambda ax=None: plotting.histogram_with_reference(
            RNG.random(500), xlabel="x", reference={"mean": 0.5}, curve=np.ones_like, ax=ax
        ),
        "scatter": lambda ax=None: plotting.predicted_against_target(RNG.random(99), RNG.random((99, 1)), ax=ax),
        "surface": lambda ax=None: plotting.surface(
            HOURS, HOURS[:5], RNG.random((5, 24)), paths={"a": [(1, 1), (9, 3)]}, zlabel="loss", **LABELS, ax=ax
        ),
    }


@pytest.mark.parametrize("name", calls())
def test_every_figure_is_drawn_small_and_without_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = png(calls()[name]())
    width, height = struct.unpack(">II", picture[16:24])
    assert 700 < width < 900  # about the text's width, in pixels
    assert 300 < height < 700
    assert len(picture) < 60_000


@pytest.mark.parametrize("name", calls())
def test_every_function_draws_into_the_axes_it_is_given(name):
    _, ax = plt.subplots()
    assert calls()[name](ax=ax) is ax
    assert plt.get_fignums() == [1]


def test_importing_sets_the_look():
    plt.rcdefaults()
    assert mpl.rcParams["figure.dpi"] != STYLE["figure.dpi"]
    importlib.reload(plotting)
    assert mpl.rcParams["figure.dpi"] == STYLE["figure.dpi"]
    assert mpl.rcParams["figure.facecolor"] == "white"
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plotting.COLOURS)


def test_text_in_every_colour_can_be_read_on_white():
    for colour in (*plotting.COLOURS, plotting.YELLOW, plotting.GREY):
        assert 1.05 / (luminance(readable(colour)) + 0.05) > 4.49  # rounded to 256 steps a channel
    assert readable(plotting.BLUE) == plotting.BLUE.lower()
    assert (luminance("black"), round(luminance("white"), 6)) == (0, 1)


# Effects


def test_a_forest_has_an_interval_and_a_dot_for_each_effect():
    ax = plotting.forest_plot({"a": (1, 0, 3), "b": (-1, -2, 0.5)}, xlabel="points", marked=["b"])
    zero, *drawn = ax.get_lines()
    assert list(zero.get_xdata()) == [0, 0]
    assert [list(line.get_xdata()) for line in drawn] == [[0, 3], [1], [-2, 0.5], [-1]]
    assert [line.get_color() for line in drawn] == [plotting.GREY] * 2 + [plotting.BLUE] * 2
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize(
    ("effects", "marked", "complaint"),
    [
        ({}, (), "effects"),
        ({"a": (1, 2)}, (), "a wants shape"),
        ({"a": (1, np.nan, 2)}, (), "a holds"),
        ({"a": (3, 0, 2)}, (), "a wants low <= estimate <= high"),
        ({"a": (1, 0, 2)}, ["b"], "marked names"),
    ],
)
def test_a_forest_refuses_what_it_cannot_draw(effects, marked, complaint):
    with pytest.raises(ValueError, match=complaint):
        plotting.forest_plot(effects, xlabel="", marked=marked)


# Lines


def test_a_line_is_the_mean_and_its_band_the_sample_deviation():
    y = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 7.0]])
    ax = plotting.line_with_labels([0, 1, 2], {"model": y}, xlabel="x", ylabel="y")
    assert lines(ax)[0].tolist() == [2, 2, 5]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 2 - np.sqrt(2)
    assert band[:, 1].max() == 5 + np.sqrt(8)
    assert (ax.get_xlabel(), ax.get_ylabel(), text_of(ax)) == ("x", "y", ["model"])


def test_a_gap_is_left_where_nothing_is_known():
    ax = plotting.line_with_labels([0, 1, 2, 3], {"a": [1, np.nan, 3, np.nan]}, xlabel="", ylabel="")
    assert np.isnan(lines(ax)[0]).tolist() == [False, True, False, True]
    assert ax.texts[0].xy == (2, 3)  # beside the last point that there is


def test_labels_do_not_overlap_even_after_the_axes_changed():
    ax = plotting.line_with_labels(
        HOURS, {name: HOURS * (1 + 0.001 * place) for place, name in enumerate("abcdefg")}, xlabel="", ylabel=""
    )
    plotting.labels.mark_references(ax, {"bound": 24.0})
    for change in (lambda: None, lambda: ax.set_ylim(1, 1e3), lambda: ax.set_yscale("log")):
        change()
        boxes = sorted(drawn_labels(ax).values(), key=lambda box: box.y0)
        assert all(below.y1 <= above.y0 + 1 for below, above in itertools.pairwise(boxes))


def test_a_label_alone_stands_at_the_end_of_its_line():
    ax = plotting.line_with_labels(HOURS, {"a": HOURS, "b": 2 * HOURS}, xlabel="", ylabel="")
    for name, box in drawn_labels(ax).items():
        end = ax.transData.transform((24, {"a": 24, "b": 48}[name]))
        assert box.x0 > end[0]
        assert box.y0 < end[1] < box.y1


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.floats(0.1, 50))
def test_labels_are_spread_in_order_and_no_more_than_needed(positions, gap):
    placed = spread_out(positions, gap)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= gap - 1e-6).all()
    assert placed.mean() == pytest.approx(np.mean(positions), abs=1e-6)
    if (np.diff(np.sort(positions)) >= gap).all():
        assert placed == pytest.approx(positions)


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_two_labels_move_alike(one, other):
    assume(abs(one - other) < 1)
    low, high = sorted(spread_out([one, other], 1))
    assert (low + high) / 2 == pytest.approx((one + other) / 2)
    assert high - low == pytest.approx(1)


def test_epochs_are_counted_from_one_in_whole_numbers():
    ax = plotting.learning_curves(
        {"training": [3, 2, 1], "validation": [[3, 2, 2], [3, 2, 1]]}, reference={"1/12": 1 / 12}
    )
    assert ax.get_lines()[0].get_xdata().tolist() == [1, 2, 3]
    ax.figure.canvas.draw()
    assert all(tick == int(tick) for tick in ax.get_xticks())
    assert text_of(ax) == ["training", "validation", "1/12"]


def test_a_few_points_on_a_logarithmic_axis_are_its_ticks():
    ax = plotting.line_with_labels([50, 200, 800], {"a": [1, 2, 3]}, xlabel="examples", ylabel="y", xscale="log")
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["50", "200", "800"]
    assert len(ax.get_xticks(minor=True)) == 0


@pytest.mark.parametrize(("x", "whole"), [([1, 2, 3], True), ([0.0, 0.5, 1.0], False)])
def test_there_is_no_tick_between_whole_numbers(x, whole):
    ax = plotting.line_with_labels(x, {"a": [1, 2, 3]}, xlabel="step", ylabel="y")
    ax.figure.canvas.draw()
    assert all(tick == round(tick) for tick in ax.get_xticks()) == whole


def test_errors_start_at_zero_and_name_the_hours():
    ax = plotting.error_by_horizon(HOURS, {"a": HOURS + 5.0}, ylabel="MAE (°C)")
    assert ax.get_ylim()[0] == 0
    assert ax.get_xlabel() == "lead time (hours)"


def test_a_forecast_starts_at_its_line():
    ax = plotting.series_with_forecast(
        np.arange(5), [1, 2, np.nan, 4, 5], {"a": ([3, 4], [4, 6]), "b": ([2, 3], [4, 6])}, xlabel="hour", ylabel="°C"
    )
    assert ax.get_lines()[-1].get_xdata() == [2, 2]
    assert text_of(ax) == ["observed", "a", "b"]


@pytest.mark.parametrize("hours", [30, 72, 96, 24 * 20, 24 * 365])
def test_dates_fit_on_the_axis(hours):
    times = np.datetime64("2013-01-01T00") + np.arange(hours) * np.timedelta64(1, "h")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plotting.line_with_labels(times, {"a": np.arange(hours)}, xlabel="", ylabel="")
        ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
    assert len(boxes) >= 3
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


# Values side by side


def test_a_bar_is_the_mean_and_each_seed_a_dot():
    ax = plotting.bars_with_spread({"a": [1, 3], "b": [5]}, xlabel="MAE", baseline={"last": 4, "mean": 6})
    assert [bar.get_width() for bar in ax.patches if isinstance(bar, mpl.patches.Rectangle)] == [2, 5]
    assert [line.get_xdata().tolist() for line in ax.get_lines()[:2]] == [[1, 3], [5]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    low, high = drawn_labels(ax)["last"], drawn_labels(ax)["mean"]
    assert low.y1 <= high.y0 + 1


def test_many_bars_are_blue_and_the_figure_grows():
    ax = plotting.bars_with_spread({f"model {number}": [1.0] for number in range(12)}, xlabel="MAE")
    assert {mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches} == {plotting.BLUE.lower()}
    assert ax.figure.get_figheight() > 5


def test_a_matrix_writes_its_values_in():
    ax = plotting.matrix([[1.0, -2.0], [0.0, 0.5]], rows=["x", "h"], columns="ab", decimals=1)
    assert text_of(ax) == ["1.0", "-2.0", "0.0", "0.5"]
    assert ax.images[0].get_clim() == (-2, 2)  # zero is white
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "h"]
    for text in ax.texts:  # white on dark, black on light
        column, row = text.get_position()
        colour = ax.images[0].cmap(ax.images[0].norm(ax.images[0].get_array()[row, column]))
        light, dark = sorted((luminance(text.get_color()), luminance(colour[:3])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 4.5


def test_a_large_matrix_has_a_scale_instead():
    ax = plotting.matrix(np.zeros((20, 20)), symmetric=False)
    assert text_of(ax) == []
    assert len(ax.figure.axes) == 2
    assert len(ax.get_xticks()) <= 12


def test_a_histogram_is_a_density():
    ax = plotting.histogram_with_reference([0.1, 0.2, 0.9], xlabel="x", bins=5, reference={"mean": 0.4})
    assert sum(bar.get_height() * bar.get_width() for bar in ax.patches) == pytest.approx(1)
    assert text_of(ax) == ["mean"]


def test_predictions_may_have_the_shape_that_models_give():
    ax = plotting.predicted_against_target([[1], [2]], np.array([[3.0], [4.0]]))
    dots = ax.get_lines()[1]
    assert (dots.get_xdata().tolist(), dots.get_ydata().tolist()) == ([1, 2], [3, 4])
    assert list(ax.get_lines()[0].get_xdata()) == [1, 4]


def test_panels():
    axes = plotting.panels(3, columns=2)
    assert axes.shape == (3,)
    assert len(axes[0].figure.axes) == 3
    assert axes[0].figure.get_figwidth() == plotting.style.WIDTH


def test_a_table_is_narrow_text():
    frame = pd.DataFrame({"model": ["ridge", "GRU"], "MAE": [2.6449, 2.0], "seeds": [1, 5]})
    assert plotting.text_table(frame).split() == ["model", "MAE", "seeds", "ridge", "2.64", "1", "GRU", "2.00", "5"]
    assert plotting.text_table(frame.set_index("model"), decimals=1).split()[3:5] == ["ridge", "2.6"]
    with pytest.raises(ValueError, match=r"lines of \d+ characters, wanted at most 10"):
        plotting.text_table(frame, width=10)


def test_a_surface_has_its_values_where_they_belong_and_paths_end_in_their_names():
    path = np.array([(1, 1), (2, 2), (3, 30)])
    values = np.arange(6.0).reshape(2, 3)
    ax = plotting.surface([1, 2, 3], [1, 2], values, paths={"descent": path}, zlabel="loss", **LABELS)
    assert (ax.collections[0].get_array() == values).all()
    whole, first, last = ax.get_lines()
    assert (whole.get_xydata() == path).all()
    assert (first.get_xydata() == path[:1]).all()
    assert (last.get_xydata() == path[-1:]).all()
    assert (ax.get_xlim(), ax.get_ylim()) == ((1, 3), (1, 2))
    assert text_of(ax) == ["descent"]
    assert ax.figure.axes[1].get_ylabel() == "loss"


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.line_with_labels([[1]], {"a": [1]}, **LABELS), r"x wants shape \(points,\), got \(1, 1\)"),
        (lambda: plotting.line_with_labels([], {"a": []}, **LABELS), r"x wants shape"),
        (lambda: plotting.line_with_labels([1, 2], {"a": [1, 2, 3]}, **LABELS), r"a wants .*points = 2.*got \(3,\)"),
        (lambda: plotting.line_with_labels([1], {"a": np.ones((2, 1, 1))}, **LABELS), r"a wants .*got \(2, 1, 1\)"),
        (lambda: plotting.line_with_labels([1], {}, **LABELS), r"lines wants a dict.*got {}"),
        (lambda: plotting.line_with_labels([1], [[1]], **LABELS), r"lines wants a dict"),
        (lambda: plotting.line_with_labels([1], {"a": [1]}, colours={"b": "red"}, **LABELS), r"colours names \['b'\]"),
        (lambda: plotting.learning_curves({"a": [1], "b": [1, 2]}), r"same number of epochs, got {'a': 1, 'b': 2}"),
        (lambda: plotting.learning_curves({"a": 1.0}), r"a wants shape"),
        (lambda: plotting.learning_curves({"a": []}), r"a wants shape"),
        (lambda: plotting.series_with_forecast([1, 2], [1], {"a": ([1], [1])}, **LABELS), r"observed wants times"),
        (lambda: plotting.series_with_forecast([1], [1], {"a": ([1, 2], [1])}, **LABELS), r"forecasts\['a'\] wants"),
        (lambda: plotting.bars_with_spread({"a": [[1]]}, xlabel=""), r"a wants shape \(seeds,\), got \(1, 1\)"),
        (lambda: plotting.bars_with_spread({"a": [np.nan]}, xlabel=""), r"a holds 1 values that are NaN or infinite"),
        (lambda: plotting.matrix([1, 2]), r"values wants shape \(rows, columns\), got \(2,\)"),
        (lambda: plotting.matrix([[np.inf]]), r"values holds 1 values"),
        (lambda: plotting.matrix([[1, 2]], columns=["a"]), r"columns wants 2 names .*got 1"),
        (lambda: plotting.histogram_with_reference([], xlabel=""), r"values wants shape \(samples,\)"),
        (lambda: plotting.predicted_against_target([1, 2], [1]), r"equal length, got 2 and 1"),
        (lambda: plotting.predicted_against_target(np.ones((2, 2)), [1]), r"targets wants shape"),
        (lambda: plotting.surface([1], [1, 2], [[1, 2]], zlabel="", **LABELS), r"x wants shape \(columns,\)"),
        (lambda: plotting.surface([1, 2], 1, [[1, 2]], zlabel="", **LABELS), r"y wants shape \(rows,\), got \(\)"),
        (lambda: plotting.surface([1, 2], [1, 2], [[1, 2]], zlabel="", **LABELS), r"values wants shape \(2, 2\), got"),
        (lambda: plotting.surface([1, 2], [1, 2], [[1, np.nan]] * 2, zlabel="", **LABELS), r"values holds 2 values"),
        (
            lambda: plotting.surface([1, 2], [1, 2], np.eye(2), zlabel="", paths={"a": [1, 2]}, **LABELS),
            r"paths\['a'\] wants shape \(points, 2\), got \(2,\)",
        ),
    ],
)
def test_bad_arrays_are_named_and_nothing_is_drawn(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []


def test_colours_go_round_what_is_chosen_and_run_out():
    chosen = colours_for(["a", "b", "c"], {"b": plotting.BLUE})
    assert chosen["b"] == plotting.BLUE
    assert len(set(chosen.values())) == 3
    with pytest.raises(ValueError, match="8 things are too many"):
        colours_for("abcdefgh", None)
