"""Dates and standing: when an LLM was released, and where it lies among those of its date."""

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
from scipy.special import ndtri

from bayesdensing.analysis.tables import release_dates
from bayesdensing.corollaries.estimates import positive
from bayesdensing.errors import InputError
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["as_date", "last_release", "standing", "years_since"]


def standing(percentile: float) -> float:
    """Return how many sd of the dispersion above the trend a percentile lies.

    Parameters
    ----------
    percentile : float
        Between 0 and 100.

    Returns
    -------
    float
        Standard normal quantile.

    Raises
    ------
    InputError
        For what is no percentile.

    Examples
    --------
    >>> standing(50), round(standing(97.5), 2)
    (0.0, 1.96)
    """
    share = positive("percentile", percentile) / 100
    if share >= 1:
        raise InputError(f"percentile = {percentile:g} is not below 100")
    return float(ndtri(share))


def as_date(name: str, value: str | dt.date) -> dt.date:
    """Return an input that must be a date.

    Parameters
    ----------
    name : str
        Of the input.
    value : str or datetime.date
        ISO date, or a date.

    Returns
    -------
    datetime.date
        The date.

    Raises
    ------
    InputError
        For what is none.
    """
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{name} = {value!r} is no date like 2026-01-31") from None


def last_release(fit: "Fit") -> dt.date:
    """Return the last release date of a fit's data.

    Parameters
    ----------
    fit : Fit
        A fit with LLMs.

    Returns
    -------
    datetime.date
        The date.
    """
    return release_dates(fit.constants).max().date()


def years_since(fit: "Fit", day: dt.date) -> float:
    """Return a date in years since the reference date of a fit's trend.

    Parameters
    ----------
    fit : Fit
        A fit with a trend.
    day : datetime.date
        The date.

    Returns
    -------
    float
        Years of 365.25 days.
    """
    reference = pd.Timestamp(str(fit.posterior.attrs["reference_date"])).date()
    return (day - reference).days / DAYS_PER_YEAR
