"""The trend of log density in time.

``exponential``: log rho = level + rate (t - mean t), the Densing Law (Xiao et al. 2025,
equation 5) without the choice of record-holders. ``constant``: no growth.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from bayesdensing.laws._array import Array
from bayesdensing.laws.priors import Prior

__all__ = [
    "DAYS_PER_YEAR",
    "PRIORS",
    "REASONS",
    "TRENDS",
    "doubling_days",
    "prior_curve",
    "rate_of_doubling",
    "trend",
]

#: The trends a hypothesis can choose from.
TRENDS: tuple[str, ...] = ("exponential", "constant")

DAYS_PER_YEAR = 365.25

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "level": Prior("Normal", {"mu": 0.0, "sigma": 2.5}),
        "growth_rate": Prior("Normal", {"mu": 0.0, "sigma": 2.5}),
        "dispersion": Prior("LogNormal", {"median": 0.7, "sigma": 1.0}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "level": "order of magnitude: density within a few powers of e of the reference recipe",
        "growth_rate": "structural: growth and decline alike; doubling from weeks to never",
        "dispersion": "order of magnitude: LLMs of one date differ by tens of percent to e^3",
    }
)


def trend(*, years: Array, level: Array, growth_rate: Array) -> Array:
    """Return the trend of the log quantity.

    Parameters
    ----------
    years : array
        Time since the reference date (years).
    level : array
        Natural log of the quantity at the reference date.
    growth_rate : array
        Natural-log growth per year; 0 is the constant trend.

    Returns
    -------
    array
        Natural log of the quantity.

    Examples
    --------
    >>> float(trend(years=2.0, level=1.0, growth_rate=0.5))
    2.0
    """
    return level + growth_rate * years


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
    level = priors["level"].sample(rng, (draws, 1))
    rate = priors["growth_rate"].sample(rng, (draws, 1))
    if kind == "constant":
        rate = np.zeros_like(rate)
    return np.asarray(trend(years=years, level=level, growth_rate=rate))
