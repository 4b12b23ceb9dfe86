"""The trend of log density in time: its priors, and what its rate means in days.

The curves themselves are `bayesdensing.laws.trend_curves`; `exponential` is the Densing Law (Xiao
et al. 2025, equation 5) without the choice of record-holders.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from bayesdensing.laws import trend_curves
from bayesdensing.laws._array import Array
from bayesdensing.laws.calendar import DAYS_PER_YEAR, Calendar
from bayesdensing.laws.priors import Prior
from bayesdensing.laws.trend_curves import TRENDS, Trend, trend_of

__all__ = [
    "DAYS_PER_YEAR",
    "PRIORS",
    "REASONS",
    "TRENDS",
    "Calendar",
    "Trend",
    "doubling_days",
    "prior_curve",
    "rate_of_doubling",
    "trend_of",
]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "level": Prior("Normal", {"mu": 0.0, "sigma": 2.5}),
        **trend_curves.PRIORS,
        "dispersion": Prior("LogNormal", {"median": 0.7, "sigma": 1.0}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "level": "order of magnitude: density within a few powers of e of the reference recipe",
        **trend_curves.REASONS,
        "dispersion": "order of magnitude: LLMs of one date differ by tens of percent to e^3",
    }
)


def doubling_days(growth_rate: Array) -> np.ndarray:
    """Return the doubling time of a growth rate, infinite where it does not grow.

    Parameters
    ----------
    growth_rate : array_like
        Natural-log growth per year.

    Returns
    -------
    ndarray
        Days, ln 2 / rate x 365.25; infinity where the rate is 0 or less.

    Examples
    --------
    >>> doubling_days([np.log(2), 0.0]).tolist()
    [365.25, inf]
    """
    rate = np.asarray(growth_rate, dtype=float)
    out = np.full(rate.shape, np.inf)
    with np.errstate(over="ignore"):  # a rate near 0 doubles in more days than a float holds
        np.divide(np.log(2) * DAYS_PER_YEAR, rate, out=out, where=rate > 0)
    return np.where(np.isnan(rate), np.nan, out)


def rate_of_doubling(days: float) -> float:
    """Return the growth rate of a doubling time, the inverse of `doubling_days`.

    Parameters
    ----------
    days : float
        Doubling time (days), above 0; infinite: no growth.

    Returns
    -------
    float
        Natural-log growth per year.

    Examples
    --------
    >>> round(rate_of_doubling(365.25), 4), rate_of_doubling(float("inf"))
    (0.6931, 0.0)
    """
    return float(np.log(2) * DAYS_PER_YEAR / days)


def prior_curve(
    years: np.ndarray,
    *,
    kind: str = "exponential",
    calendar: Calendar | None = None,
    priors: Mapping[str, Prior] = PRIORS,
    draws: int = 200,
    seed: int = 0,
) -> np.ndarray:
    """Draw trends from the prior alone.

    Parameters
    ----------
    years : ndarray, shape (time,)
        Time since the reference date (years).
    kind : str
        One of `TRENDS`.
    calendar : Calendar, optional
        Dates of the data, for a trend that bends.
    priors : mapping of str to Prior
        Priors, `PRIORS` where not changed.
    draws : int
        Number of curves.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray, shape (draws, time)
        Natural log of the quantity.

    Examples
    --------
    >>> prior_curve(np.linspace(-1, 1, 3), draws=2).shape
    (2, 3)
    """
    rng = np.random.default_rng(seed)
    chosen = trend_of(kind, known_change=calendar is not None and calendar.change is not None)
    names = ("level", *chosen.parameters)
    values = {name: priors[name].sample(rng, (draws, 1)) for name in names}
    if chosen.steps is not None and calendar is not None:
        values[chosen.steps] = rng.normal(size=(draws, len(calendar.quarters)))
    return np.broadcast_to(chosen.path(years, values, calendar), (draws, len(years)))
