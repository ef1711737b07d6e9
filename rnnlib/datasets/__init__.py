"""Real sequences, small enough to ship: each loader gives the data, the units, the source and the licence.

from rnnlib import datasets
weather = datasets.jfk_weather()
weather.frame, weather.units, weather.source, weather.licence
"""

from rnnlib.datasets.base import Dataset, LabelledSequences, Table, Text
from rnnlib.datasets.loaders import digits, eu_stock_markets, japanese_vowels, jfk_weather, shakespeare, surnames

__all__ = [
    "Dataset",
    "LabelledSequences",
    "Table",
    "Text",
    "digits",
    "eu_stock_markets",
    "japanese_vowels",
    "jfk_weather",
    "shakespeare",
    "surnames",
]
