"""Maps of images and texts, and states in a plane."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnnlib import plotting

IMAGE = np.linspace(0, 1, 12).reshape(3, 4)


@pytest.fixture(autouse=True)
def closed_figures():
    mpl.use("agg")
    yield
    plt.close("all")


def test_image_maps_show_image_and_maps_white_at_zero():
    maps = {"one": IMAGE - 0.5, "two": np.zeros((3, 4)), "three": IMAGE, "four": -IMAGE}
    axes = plotting.image_maps(IMAGE, maps)
    assert [ax.get_title() for ax in axes] == ["the image", *maps]
    assert len(axes[0].figure.axes) == 5
    for ax, values in zip(axes[1:], maps.values(), strict=True):
        shown = ax.images[0]
        assert shown.get_array().tolist() == values.tolist()
        assert min(shown.cmap(shown.norm(0.0))[:3]) > 0.95
    axes[0].figure.canvas.draw()


def test_text_map_places_and_colours_letters():
    ax = plotting.text_map("ab\ncdef", [1, 0, -1, 0, 0, 0, 0.5], width=3)
    shown = [(text.get_text(), *text.get_position()) for text in ax.texts]
    assert shown[:4] == [("a", 0.5, 0.5), ("b", 1.5, 0.5), ("¬", 2.5, 0.5), ("c", 0.5, 1.5)]
    assert shown[-1] == ("f", 0.5, 2.5)
    high, zero, low = (np.array(ax.patches[i].get_facecolor()[:3]) for i in (0, 1, 2))
    assert high[0] > high[2]  # orange
    assert zero.min() > 0.95
    assert low[2] > low[1]  # purple
    ax.figure.canvas.draw()


def test_paths_and_points():
    paths = np.random.default_rng(0).normal(size=(4, 10, 2))
    ax = plotting.paths_and_points(paths, {"stable": [[0, 0], [1, 1]], "saddles": [[0.5, 0.5]]}, xlabel="a", ylabel="b")
    assert len(ax.lines) == 6
    assert ax.lines[0].get_xydata().tolist() == paths[0].tolist()
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == ["stable (2)", "saddles (1)"]
    ax.figure.canvas.draw()


def test_other_shapes_are_named():
    with pytest.raises(ValueError, match=r"image wants shape \(rows, columns\)"):
        plotting.image_maps(IMAGE.ravel(), {"map": IMAGE})
    with pytest.raises(ValueError, match=r"map wants shape \(3, 4\), got \(4, 3\)"):
        plotting.image_maps(IMAGE, {"map": IMAGE.T})
    with pytest.raises(ValueError, match=r"values wants shape \(3,\)"):
        plotting.text_map("abc", [1, 2])
    with pytest.raises(ValueError, match="values wants shape"):
        plotting.text_map("", [])
    with pytest.raises(ValueError, match=r"paths wants shape \(paths, steps, 2\)"):
        plotting.paths_and_points(IMAGE, {"points": [[0, 0]]}, xlabel="a", ylabel="b")
    with pytest.raises(ValueError, match=r"points wants shape \(points, 2\)"):
        plotting.paths_and_points(IMAGE.reshape(3, 2, 2), {"points": [0, 0]}, xlabel="a", ylabel="b")
