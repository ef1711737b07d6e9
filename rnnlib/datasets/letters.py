"""Text as numbers: the blank and the capitals A to Z, in Shannon's (1951, section 2) way of counting letters."""

import re

import numpy as np

LETTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letter_tokens(text: str) -> np.ndarray:
    """Return `text` as (time,) whole numbers, the places in `LETTERS`: small letters made capital, and each run of
    anything else made one blank.

    Raises TypeError for what is not a string, ValueError for an empty one.
    """
    if not isinstance(text, str):
        raise TypeError(f"text wants a string, got {type(text).__name__}")
    if not text:
        raise ValueError("text wants at least one letter, got an empty string")
    return np.array([LETTERS.index(letter) for letter in re.sub("[^A-Z]+", " ", text.upper())])
