"""A file of API prices outside a bundle, judged by the rules of a bundle."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bayesdensing.data.bundle import load_data
from bayesdensing.data.reader import parse_csv, read_text
from bayesdensing.data.rules import check_table
from bayesdensing.data.schema import TABLES, Table
from bayesdensing.data.writer import canonical_table
from bayesdensing.errors import BundleError, Fault

__all__ = ["read_prices"]

_PRICES = TABLES["prices"]
#: Rows of prices.csv; what is the cheapest so far is found from the prices themselves.
_PRICE_FILE = Table(
    "prices",
    _PRICES.title,
    tuple(
        replace(c, optional=True) if c.name in ("on_record", "source") else c
        for c in _PRICES.columns
    ),
    key=_PRICES.key,
)


def read_prices(source: str | Path | pd.DataFrame, *, today: dt.date | None = None) -> pd.DataFrame:
    """Read API prices.

    Parameters
    ----------
    source : str, pathlib.Path or pandas.DataFrame
        A CSV file or a table with a row per price: model, date, usd_per_mtok; optional
        capability, on_record, source and columns that start with ``x_``. Or the folder of a
        bundle.
    today : datetime.date, optional
        Last allowed date; the default is the current day.

    Returns
    -------
    pandas.DataFrame
        Columns model, date, usd_per_mtok (US dollars per million tokens), capability (missing
        where not given), in the order of the file.

    Raises
    ------
    BundleError
        With every fault, by row and column.
    """
    columns = ["model", "date", "usd_per_mtok", "capability"]
    if isinstance(source, pd.DataFrame):
        if source.columns.has_duplicates or source.empty:
            what = "has no rows" if source.empty else "has columns of the same name"
            raise BundleError([Fault("prices", None, None, what)])
        raw = canonical_table("prices", source)
    elif Path(source).is_dir():
        prices = load_data(source).prices
        if prices is None:
            raise BundleError([Fault("prices.csv", None, None, "the bundle does not hold it")])
        return prices[columns]
    else:
        path = Path(source)
        text, faults = read_text(path)
        parsed, more = parse_csv(path.name, text) if text is not None else (None, [])
        if parsed is None or more:
            raise BundleError(faults + more)
        raw = parsed
    frame, faults = check_table(_PRICE_FILE, raw, today=today)
    if faults:
        raise BundleError(faults)
    return frame[columns]
