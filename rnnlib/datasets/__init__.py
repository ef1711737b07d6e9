"""Real sequences, small enough to ship: each loader gives the data, the units, the source and the licence.

from rnnlib import datasets
weather = datasets.jfk_weather()
weather.frame, weather.units, weather.source, weather.licence
"""

from rnnlib.datasets.base import Dataset, LabelledSequences, Table, Text
from rnnlib.datasets.images import digits
from rnnlib.datasets.letters import LETTERS, letter_tokens
from rnnlib.datasets.more_plays import more_plays
from rnnlib.datasets.names import surnames
from rnnlib.datasets.plays import shakespeare
from rnnlib.datasets.pronunciations import pronunciations
from rnnlib.datasets.stations import new_york_weather
from rnnlib.datasets.stocks import eu_stock_markets
from rnnlib.datasets.vowels import japanese_vowels
from rnnlib.datasets.weather import jfk_weather

__all__ = [
    "LETTERS",
    "Dataset",
    "LabelledSequences",
    "Table",
    "Text",
    "digits",
    "eu_stock_markets",
    "japanese_vowels",
    "jfk_weather",
    "letter_tokens",
    "more_plays",
    "new_york_weather",
    "pronunciations",
    "shakespeare",
    "surnames",
]
