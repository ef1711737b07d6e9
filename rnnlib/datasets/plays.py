"""Plays of Shakespeare."""

from types import MappingProxyType

from rnnlib.datasets.base import Text, read_content

FILE = "shakespeare.txt.gz"
SHA256 = "4a1d120cfb9ed4ae01ee2d21df6c072bcafd54fc4d96ea7c63d9e9461a8f044c"


def shakespeare() -> Text:
    """Two plays of William Shakespeare, Hamlet and Macbeth, in modern spelling, as Project Gutenberg typed them.

    Raises OSError if the file is missing or altered.
    """
    hamlet, macbeth = read_content(FILE, SHA256).split("\f")
    return Text(
        name="shakespeare",
        title="Hamlet and Macbeth, by William Shakespeare",
        texts=MappingProxyType({"Hamlet": hamlet, "Macbeth": macbeth}),
        units=MappingProxyType({"text": "letters"}),
        source="Python package shakespeare 0.6 (Open Shakespeare), texts of Project Gutenberg (2ws2610, 2ws3410)",
        licence="public domain (the plays); the collection CC BY 2.5, Open Knowledge Foundation",
    )
