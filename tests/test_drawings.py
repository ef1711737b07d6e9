"""The drawings in chapters/images are what tools/drawings/ makes, and every one of them can be read."""

import re
from xml.etree import ElementTree

import pytest

from tools import drawings, svg

SVG = "{http://www.w3.org/2000/svg}"
NAMES = sorted(drawings.DRAWINGS)


def luminance(colour):
    """Relative luminance of an sRGB colour such as #0072b2 (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", NAMES)
def test_committed_file_is_what_the_script_draws(name):
    committed = (drawings.IMAGES / f"{name}.svg").read_bytes()
    assert drawings.DRAWINGS[name]().encode() == committed, "run: python -m tools.drawings"


def test_no_svg_without_a_function():
    assert sorted(path.stem for path in drawings.IMAGES.glob("*.svg")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_drawing_has_a_title_and_stays_inside_its_frame(name):
    root = ElementTree.fromstring(drawings.DRAWINGS[name]())
    assert root.find(f"{SVG}title").text.strip()
    width, height = (float(root.get(side)) for side in ("width", "height"))
    assert width <= 520, "wider drawings cannot be read on a phone"
    for box in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(box.get(key, 0)) for key in ("x", "y", "width", "height"))
        edge = float(box.get("stroke-width", 0)) / 2
        assert 0 <= x - edge < x + w + edge <= width
        assert 0 <= y - edge < y + h + edge <= height
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("font-size")) >= 15
        assert 0 < float(text.get("y")) <= height - 4
        # A generous 0.62 of the size a letter: wide fonts must not run out of the frame.
        length = 0.62 * float(text.get("font-size")) * len("".join(text.itertext()))
        before = {"start": 0, "middle": length / 2, "end": length}[text.get("text-anchor")]
        left = float(text.get("x")) - before
        assert 0 <= left < left + length <= width
    for path in root.iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])


def test_colours_stand_out():
    """3:1 for lines, 4.5:1 for text (WCAG 2.2, 1.4.11 and 1.4.3), on the paper and on the fill of every box."""
    assert contrast(svg.PAST, svg.PAPER) >= 3
    assert contrast(svg.GREY, svg.PAPER) >= 3
    for stroke, fill in svg.KINDS.values():
        assert contrast(stroke, svg.PAPER) >= 3
        assert contrast(svg.INK, fill) >= 4.5


def test_mathematics_in_text():
    runs = list(svg.math_runs("h_{t-1} + d L^2"))
    assert runs == [
        ("h", 0, True),
        ("t", -1, True),
        ("−1", -1, False),
        ("+", 0, False),
        ("d", 0, False),
        ("L", 0, True),
        ("2", 1, False),
    ]
    spans = svg.tspans("so $h_t$ & on", 20)
    assert spans.endswith('<tspan dy="-5.6"> &amp; on</tspan>'), "back on the line after a subscript"


def test_arrow_ends_where_it_points():
    drawing = svg.Drawing("arrow", 100, 100)
    drawing.arrow([(10, 50), (90, 50)], width=2)
    shaft, head = drawing.parts
    assert 'd="M10 50 L82.5 50"' in shaft
    assert head.startswith('<path d="M90.0 50.0')
