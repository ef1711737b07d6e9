"""Images, read as sequences of rows."""

import hashlib
from types import MappingProxyType

import numpy as np

from rnnlib.datasets.base import LabelledSequences, read_only

SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"  # of pixels and labels


def digits() -> LabelledSequences:
    """Handwritten digits as sequences of rows: 1,797 images of 8 rows with 8 pixels each, grey values 0 to 16.

    `sequences[i]` has shape (8, 8): time runs from the top row to the bottom one. Labels are the digits 0 to 9.
    The first 1,200 are marked for training. scikit-learn ships the donors' test part, digits of 13 people, and does
    not say who wrote which; neighbours in the file look alike, so a shuffled split would be an easier task.

    Raises OSError if scikit-learn's copy is missing or is not the one this book was computed with.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = bunch.images, bunch.target
    content = np.concatenate([images.astype("u1").ravel(), labels.astype("u1")])
    if hashlib.sha256(content.tobytes()).hexdigest() != SHA256:
        raise OSError("scikit-learn's digits are not those this book was computed with: install scikit-learn as locked")
    return LabelledSequences(
        name="digits",
        title="Handwritten digits, row by row",
        sequences=tuple(read_only(image.copy()) for image in images),
        labels=read_only(labels.copy()),
        is_train=read_only(np.arange(len(labels)) < 1200),
        units=MappingProxyType({f"pixel {k}": "grey value, 0 to 16" for k in range(1, 9)}),
        source="UCI repository, Optical Recognition of Handwritten Digits (doi:10.24432/C50P49), through scikit-learn",
        licence="CC BY 4.0 (UCI repository); Alpaydin and Kaynak",
    )
