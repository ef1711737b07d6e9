"""Names of people."""

from types import MappingProxyType

from rnnlib.datasets.base import Table, read_csv

FILE = "surnames.csv.gz"
SHA256 = "6301227bab2309763f5f4d2f56df8b3a101911e6c843ba95a0c9449bdb433732"


def surnames() -> Table:
    """The 10,000 most frequent surnames of the United States in 1990, most frequent first, in capitals A to Z.

    `frequency` is the share of people with that name, in per cent, rounded to 0.001 by the source.

    Raises OSError if the file is missing or altered.
    """
    frame = read_csv(FILE, SHA256, keep_default_na=False, dtype={"surname": str, "frequency": float})
    return Table(
        name="surnames",
        title="The 10,000 most frequent surnames of the United States, 1990",
        frame=frame,
        units=MappingProxyType({"surname": "letters", "frequency": "%"}),
        source="US Census Bureau, names of 1990, file dist.all.last, through the Python package names 0.3.0",
        licence="public domain (work of the US government); the package MIT",
    )
