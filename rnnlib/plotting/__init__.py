"""The figures of the book: one look, small functions that take arrays and return a matplotlib `Axes`.

Importing this module sets the look (`use_book_style`), so that a page needs no line for it. Every drawing function
takes `ax=None` and makes a figure of its own if none is given. In a notebook, end the call with a semicolon: otherwise
the `Axes` is printed too. Colours are Okabe and Ito's (2008), which people with any colour vision can tell apart;
lines are labelled at their ends, not in a legend.
"""

from rnnlib.plotting.distributions import (
    bars_with_spread,
    forest_plot,
    histogram_with_reference,
    matrix,
    predicted_against_target,
)
from rnnlib.plotting.images import reading_orders
from rnnlib.plotting.lines import error_by_horizon, learning_curves, line_with_labels, series_with_forecast
from rnnlib.plotting.maps import image_maps, text_map
from rnnlib.plotting.states import paths_and_points
from rnnlib.plotting.style import (
    BLACK,
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY_BLUE,
    VERMILLION,
    YELLOW,
    panels,
    use_book_style,
)
from rnnlib.plotting.surfaces import surface
from rnnlib.plotting.tables import text_table

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY_BLUE",
    "VERMILLION",
    "YELLOW",
    "bars_with_spread",
    "error_by_horizon",
    "forest_plot",
    "histogram_with_reference",
    "image_maps",
    "learning_curves",
    "line_with_labels",
    "matrix",
    "panels",
    "paths_and_points",
    "predicted_against_target",
    "reading_orders",
    "series_with_forecast",
    "surface",
    "text_map",
    "text_table",
    "use_book_style",
]

use_book_style()
