"""What the experiments on digits prepare: forms found in labels, splits by form, orders of reading, moved images."""

import numpy as np
import pytest

from experiments import digits, digits_writers

IMAGES, LABELS = digits.images_and_labels()
FORM = digits.forms(LABELS)


def test_each_form_begins_with_the_digits_in_order():
    starts = np.flatnonzero(np.diff(FORM, prepend=-1))
    assert len(starts) == 14
    assert np.bincount(FORM).min() >= 120
    assert np.bincount(FORM).max() <= 130
    for start in starts:
        assert "".join(map(str, LABELS[start : start + 12])) in ("012345678901", "123456789012")


def test_a_form_that_lacks_images_is_found():
    whole = "0123456789" * 3 + "0955650989841773510022"
    labels = np.array(list(map(int, whole + whole[1:7] + whole[8:] + whole)))
    assert np.bincount(digits.forms(labels)).tolist() == [52, 50, 52]


def test_no_form_is_in_two_parts():
    splits = [digits.split(LABELS), *(digits_writers.split(LABELS, fold) for fold in range(digits_writers.FOLDS))]
    for parts in splits:
        assert (np.sum(parts, axis=0) == 1).all()
        assert sum(len(np.unique(FORM[part])) for part in parts) == 14
    judged = np.sum([parts[2] for parts in splits[1:]], axis=0)
    assert (judged == 1).all()


@pytest.mark.parametrize("order", digits.ORDERS)
def test_every_order_shows_the_same_pixels(order):
    sequences = digits.read(IMAGES[:20], order, seed=3)
    assert sequences.shape == (20, 64, 1) if order.endswith("pixels") else (20, 8, 8)
    assert (np.sort(sequences.reshape(20, 64)) == np.sort(IMAGES[:20].reshape(20, 64))).all()


def test_orders():
    image = np.arange(64.0).reshape(1, 8, 8)
    assert digits.read(image, "rows")[0, 1].tolist() == list(range(8, 16))
    assert digits.read(image, "columns")[0, 1].tolist() == list(range(1, 64, 8))
    assert digits.read(image, "pixels")[0, :, 0].tolist() == list(range(64))
    drawn = digits.read(image, "scattered pixels", seed=1)[0, :, 0]
    assert drawn.tolist() == digits.scattering(1).tolist() != digits.scattering(2).tolist()
    assert digits.read(image, "scattered", seed=1).ravel().tolist() == drawn.tolist()


def test_shifts():
    image = np.zeros((1, 8, 8))
    image[0, 3, 0] = 1
    moved, labels = digits_writers.shifts(image, np.array([7]))
    assert labels.tolist() == [7] * 5
    assert [np.argwhere(one).tolist() for one in moved] == [[[3, 0]], [], [[3, 1]], [[2, 0]], [[4, 0]]]


def test_words():
    assert digits_writers.words(np.array([1, 0, 9, 9]), np.array([4, 4, 4, 5])) == "109 9"
