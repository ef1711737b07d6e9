"""An image drawn beside the sequences that a network reads."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnnlib import plotting

IMAGE = np.linspace(0, 1, 12).reshape(3, 4)
ORDERS = {"rows": IMAGE, "pixels": IMAGE.reshape(12, 1)}


@pytest.fixture(autouse=True)
def closed_figures():
    mpl.use("agg")
    yield
    plt.close("all")


def test_each_strip_has_a_column_for_each_step():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture, *strips = plotting.reading_orders(IMAGE, ORDERS)
        picture.figure.canvas.draw()
    assert picture.images[0].get_array().tolist() == IMAGE.tolist()
    assert [ax.get_title() for ax in strips] == ["rows", "pixels"]
    for ax, values in zip(strips, ORDERS.values(), strict=True):
        assert ax.images[0].get_array().tolist() == values.T.tolist()
        assert ax.get_xlim() == (0.5, len(values) + 0.5)
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first feature is at the top
    assert strips[-1].get_xlabel() == "step"


def test_ink_is_dark_and_paper_is_white():
    picture, *_ = plotting.reading_orders(IMAGE, ORDERS)
    shown = picture.images[0]
    assert shown.cmap(shown.norm(0.0))[:3] == (1, 1, 1)
    assert shown.cmap(shown.norm(1.0))[:3] == (0, 0, 0)


def test_other_shapes_are_named():
    with pytest.raises(ValueError, match=r"image wants shape \(rows, columns\), got \(12,\)"):
        plotting.reading_orders(IMAGE.ravel(), ORDERS)
    with pytest.raises(ValueError, match=r"pixels wants shape \(steps, features\), got \(12,\)"):
        plotting.reading_orders(IMAGE, {"pixels": IMAGE.ravel()})
    with pytest.raises(ValueError, match="orders wants a dict"):
        plotting.reading_orders(IMAGE, {})
    with pytest.raises(ValueError, match="rows holds 12 values that are NaN or infinite"):
        plotting.reading_orders(IMAGE, {"rows": IMAGE * np.nan})
