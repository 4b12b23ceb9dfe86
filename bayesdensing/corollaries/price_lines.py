"""Prices of one capability in time: the cheapest so far, and least-squares lines through them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesdensing.errors import DataNeedError, InputError
from bayesdensing.laws.trend import DAYS_PER_YEAR

__all__ = ["LEAST_RECORDS", "LeastSquares", "least_squares", "prices_of"]

#: Cheapest-so-far prices from which on a rate is worth a fit.
LEAST_RECORDS = 3


def prices_of(prices: pd.DataFrame, capability: str | None) -> tuple[str, pd.DataFrame]:
    """Return the prices of models that reach one capability, the cheapest so far marked.

    Parameters
    ----------
    prices : pandas.DataFrame
        Columns model, date, usd_per_mtok, capability.
    capability : str or None
        Which; None: the one with the most prices.

    Returns
    -------
    tuple of str and pandas.DataFrame
        The capability, and its rows by date with ``on_record``: below every earlier price and
        the lowest of its day.

    Raises
    ------
    InputError
        For a capability that is not there.
    DataNeedError
        Where fewer than `LEAST_RECORDS` prices are the cheapest so far.
    """
    named = prices.assign(capability=prices["capability"].fillna("not stated"))
    counts = named["capability"].value_counts()
    chosen = str(counts.index[0]) if capability is None else capability
    if chosen not in counts.index:
        known = ", ".join(f"{name!r} ({count})" for name, count in counts.items())
        raise InputError(f"no price has the capability {chosen!r}; there are {known}")
    rows = named[named["capability"] == chosen].sort_values(["date", "usd_per_mtok", "model"])
    rows = rows.reset_index(drop=True)
    before = rows["usd_per_mtok"].cummin().shift(fill_value=np.inf)
    rows["on_record"] = rows["usd_per_mtok"] < before
    found = int(rows["on_record"].sum())
    if found < LEAST_RECORDS:
        raise DataNeedError(
            f"of the {len(rows)} prices of capability {chosen!r} {found} were the cheapest of "
            f"their time; a rate needs {LEAST_RECORDS}"
        )
    return chosen, rows


@dataclass(frozen=True, kw_only=True)
class LeastSquares:
    """How fast prices halve, without uncertainty.

    Attributes
    ----------
    end_points : float
        Days per halving between the first and the last of the cheapest prices.
    cheapest : float
        Days per halving of the least-squares line through the logs of the cheapest so far.
    every : float
        The same of all prices; infinite where they do not fall.
    fall : float
        The first of the cheapest prices over the last.
    days : float
        Days between these two.
    """

    end_points: float
    cheapest: float
    every: float
    fall: float
    days: float


def least_squares(rows: pd.DataFrame) -> LeastSquares:
    """Return the halving times of prices as point estimates.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `prices_of`.

    Returns
    -------
    LeastSquares
        Days.
    """
    best = rows[rows["on_record"]]
    first, last = best.iloc[0], best.iloc[-1]
    days = float((last["date"] - first["date"]).days)
    fall = float(first["usd_per_mtok"] / last["usd_per_mtok"])
    return LeastSquares(
        end_points=days * float(np.log(2) / np.log(fall)),
        cheapest=_halving(best),
        every=_halving(rows),
        fall=fall,
        days=days,
    )


def _halving(rows: pd.DataFrame) -> float:
    years = (rows["date"] - rows["date"].iloc[0]).dt.days.to_numpy() / DAYS_PER_YEAR
    slope = float(np.polyfit(years, -np.log(rows["usd_per_mtok"].to_numpy()), 1)[0])
    return float(np.log(2) / slope * DAYS_PER_YEAR) if slope > 0 else float("inf")
