"""More plays of Shakespeare, for pages that want a longer text."""

from types import MappingProxyType

from rnnlib.datasets.base import Text, read_content

FILE = "more_plays.txt.gz"
SHA256 = "1593b24d8df694f5462c69bb197b376fb26bea1e4f59d3fcffaf76854a8d55de"
TITLES = ("King Lear", "Othello", "Romeo and Juliet", "Julius Caesar", "A Midsummer Night's Dream")


def more_plays() -> Text:
    """Five more plays of William Shakespeare, prepared as the two of `shakespeare`.

    Raises OSError if the file is missing or altered.
    """
    return Text(
        name="more_plays",
        title="King Lear, Othello, Romeo and Juliet, Julius Caesar, A Midsummer Night's Dream, by William Shakespeare",
        texts=MappingProxyType(dict(zip(TITLES, read_content(FILE, SHA256).split("\f"), strict=True))),
        units=MappingProxyType({"text": "letters"}),
        source=(
            "Python package shakespeare 0.6 (Open Shakespeare), texts of Project Gutenberg "
            "(2ws3310, 2ws3210, 2ws1610, 2ws2410, 2ws1710)"
        ),
        licence="public domain (the plays); the collection CC BY 2.5, Open Knowledge Foundation",
    )
