"""When is a computed output the stored one? Floats within the tolerance; text, integers, versions and names exactly."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nbformat.v4 import new_output
from PIL import Image

from tools.comparison import DEFAULT, FLOAT, Output, Tolerance, difference, output_difference, same_picture, tolerance

WIDE = Tolerance(relative=0.05)
WIDEST = Tolerance(relative=0.1, absolute=0.1)

finite = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)
sizes = st.floats(min_value=1e-3, max_value=1e12)
relative = st.sampled_from([1e-6, 1e-3, 0.05, 0.1])
words = st.text(st.characters(exclude_categories=["Nd", "Cs", "Cc"], exclude_characters=".+-"), max_size=8)


@given(finite)
def test_every_float_python_writes_is_one_number(value):
    assert FLOAT.findall(f"loss: {value!r}, then") == [repr(value)]


@given(sizes, st.booleans(), relative, st.floats(-0.99, 0.99))
def test_equal_within_the_tolerance(size, negative, rtol, share):
    stored = -size if negative else size
    computed = stored * (1 + share * rtol)
    assert difference(f"mse {stored!r}", f"mse {computed!r}", Tolerance(rtol, 0)) is None


@given(sizes, st.booleans(), relative, st.floats(1.01, 100), st.sampled_from([-1, 1]))
def test_different_beyond_the_tolerance(size, negative, rtol, share, direction):
    stored = -size if negative else size
    computed = stored * (1 + direction * share * rtol)
    assert difference(f"mse {stored!r}", f"mse {computed!r}", Tolerance(rtol, 0))


@given(finite, finite)
def test_the_rule_is_absolute_plus_relative_to_the_stored_number(stored, computed):
    allowed = abs(computed - stored) <= 1e-6 + 1e-6 * abs(stored)
    assert (difference(repr(stored), repr(computed)) is None) == allowed


@given(st.integers(), st.integers(), words, words)
def test_integers_are_exact_whatever_the_tolerance(stored, computed, before, after):
    assume(stored != computed)
    assert difference(f"{before} {stored} {after}", f"{before} {computed} {after}", WIDEST)


@given(st.text(max_size=30))
def test_every_text_equals_itself(text):
    assert Output(text) == text
    assert (Output(text) != text) is False


@given(finite, words, words)
def test_words_around_a_float_are_exact(value, stored, computed):
    assume(stored.split() != computed.split() or stored.strip(" ") != computed.strip(" "))
    assert difference(f"{stored} {value!r}", f"{computed} {value!r}", WIDEST)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=12), st.integers(0, 11), st.sampled_from([0.5, 1.5]))
def test_numpy_arrays(values, place, share):
    stored, computed = np.array(values), np.array(values)
    place %= len(values)
    computed[place] += share * 0.01
    old, new = (
        np.array2string(array, precision=9, floatmode="fixed", suppress_small=True) for array in (stored, computed)
    )
    assert (difference(old, new, Tolerance(0, 0.01)) is None) == (share < 1)


@given(st.lists(st.floats(0.5, 5000), min_size=1, max_size=5))
def test_pandas_tables_pad_to_the_width_of_their_numbers(values):
    stored = pd.DataFrame({"lag": range(len(values)), "score": values})
    computed = stored.assign(score=stored["score"] * 1.04)
    for old, new in ((stored.to_string(), computed.to_string()), (stored.to_html(), computed.to_html())):
        assert difference(old, new, WIDE) is None
        assert difference(old, new)
        assert difference(old, new.replace("score", "skill"), WIDE)


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("accuracy 0.9123", "accuracy 0.9124"),
        ("keras 2.21.0", "keras 2.22.0"),
        ("release 3.15.0rc1", "release 3.15.0rc2"),
        ("from 2013-10-01", "from 2013-10-02"),
        ("at 10:30", "at 10:31"),
        ("h1.5 rises", "h1.6 rises"),
        ("float32", "float64"),
        ("shape (32, 10)", "shape (32, 11)"),
        ("after epoch 50. The end", "after epoch 51. The end"),
        ("1,234 rows", "1,235 rows"),
        ("nan", "0.5"),
        ("0.5", "nan"),
        ("nan", "inf"),
        ("inf", "-inf"),
        ("0.5", "-0.5"),
        ("0.5", "5"),
        ("1.0", "1"),
        ("1e-05", "1e-06 1e-06"),
        ("a  b 0.5", "a b 0.5"),  # the number's width is the same: so must be the spaces
        ("[0.5]\n", "[0.5]"),
        ("0.5 m", "0.5 km"),
        ("0.1-0.5", "0.1 -0.5"),
        ("12.5px", "12.6px"),
    ],
)
def test_different(stored, computed):
    assert difference(stored, computed)
    assert Output(stored) != computed


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("0.912300", "0.912301"),
        ("-0.00", "0.00"),
        ("1e-16", "3.5e-16"),
        ("1.e-07", "2.e-07"),
        ("[1. 2. nan]", "[1. 2. nan]"),
        ("error 1e-07, bound 1e-05", "error -2e-08, bound 1.05e-05"),
        ("12,345.678", "12345.68"),
        ("[ 1.e-07]", "[-1.e-07]"),
        ("inf nan", "inf nan"),
        ("0.5+0.25j", "0.5+0.2500001j"),
    ],
)
def test_equal_by_default(stored, computed):
    assert difference(stored, computed) is None
    assert Output(stored) == computed


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("[100. 200.]", "[ 98. 205.]"),
        ("9.98 s, 2.5x", "10.1 s, 2.45x"),
        ("skill 12.0%", "skill 12.3%"),
        ("between 0.50-0.70", "between 0.51-0.69"),
        ("| 9.9 | 10 |", "| 10.2 | 10 |"),
    ],
)
def test_equal_within_five_percent(stored, computed):
    assert difference(stored, computed, WIDE) is None
    assert difference(stored, computed)


def test_says_what_differs():
    assert difference("mse 0.50", "mse 0.60") == "stored 0.50, computed 0.60 (allowed: rtol=1e-06, atol=1e-06)"
    assert difference("a\nb 1\n", "a\nb 2\n") == "stored line 'b 1', computed 'b 2'"
    assert difference("a\n", "a\nb\n") == "stored 1 lines, computed 2"


def test_tolerances_come_from_tags():
    assert tolerance([]) == tolerance(["hide-input"]) == DEFAULT == (1e-6, 1e-6)
    assert tolerance(["rtol=0.05"]) == (0.05, 1e-6)
    assert tolerance(["atol=0.01", "rtol=0.1"]) == (0.1, 0.01)


@pytest.mark.parametrize("tag", ["rtol=0.11", "atol=0.5", "rtol=wide", "rtol=", "rtol=-0.1", "rtol=nan"])
def test_impossible_tolerances(tag):
    with pytest.raises(ValueError, match=tag):
        tolerance([tag])


def picture(colour, size=(4, 3)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_pictures_are_the_same_if_nobody_can_see_a_difference():
    assert same_picture(picture((10, 20, 30)), picture((10, 22, 30)))
    assert not same_picture(picture((10, 20, 30)), picture((10, 60, 30)))
    assert not same_picture(picture((10, 20, 30)), picture((10, 20, 30), size=(3, 4)))


def test_outputs_of_a_cell():
    def shown(text, colour):
        return [new_output("display_data", {"text/plain": text, "image/png": picture(colour)})]

    def said(text, name="stdout"):
        return [new_output("stream", name=name, text=text)]

    def glued(value, name="mse"):
        return [new_output("display_data", {"x/text/plain": value}, metadata={"scrapbook": {"name": name}})]

    assert output_difference(shown("<Axes>", (0, 0, 0)), shown("<Axes>", (1, 1, 1))) is None
    assert (
        output_difference(shown("<Axes>", (0, 0, 0)), shown("<Axes>", (99, 1, 1))) == "image/png: the picture changed"
    )
    assert output_difference(said("0.5"), said("0.5000001")) is None
    assert "stored 0.5" in output_difference(said("0.5"), said("0.6"))
    assert output_difference(said("0.5"), said("0.52"), WIDE) is None
    assert output_difference(said("x"), said("x", name="stderr"))
    assert output_difference(said("x"), [])
    assert output_difference(glued("0.5"), glued("0.5", name="mae"))
    assert output_difference(glued("0.5"), glued("0.6"))
