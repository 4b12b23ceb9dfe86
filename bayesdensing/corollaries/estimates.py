"""Posteriors in short, where draws may be infinite; published numbers that are not exact."""

from typing import Any

import numpy as np
import xarray as xr

from bayesdensing.analysis.intervals import Estimate, estimate
from bayesdensing.analysis.stacking import step_estimate
from bayesdensing.corollaries.article import Figure
from bayesdensing.corollaries.result import Row
from bayesdensing.errors import InputError

__all__ = [
    "doubling_row",
    "first_crossing",
    "order_estimate",
    "positive",
    "row",
    "spread_about",
]


def order_estimate(draws: Any) -> Estimate:
    """Summarise draws of which some may be infinite.

    Parameters
    ----------
    draws : array_like
        Any shape; no entry is NaN.

    Returns
    -------
    Estimate
        Quantiles that are draws themselves: nothing is interpolated, since there is no number
        half way to infinity.

    Examples
    --------
    >>> order_estimate([1.0, 2.0, np.inf]).median
    2.0
    """
    return step_estimate([np.ravel(np.asarray(draws, dtype=float))], np.ones(1))


def row(quantity: str, label: str, unit: str, draws: Any, article: Figure | None = None) -> Row:
    """Return a row of a posterior.

    Parameters
    ----------
    quantity, label, unit : str
        As `Row` has them.
    draws : array_like
        In that unit; any shape.
    article : Figure, optional
        What the article prints.

    Returns
    -------
    Row
        With median and equal-tailed intervals.
    """
    return Row(
        quantity=quantity,
        label=label,
        unit=unit,
        estimate=order_estimate(draws),
        article=article,
    )


def doubling_row(
    quantity: str, label: str, rate: xr.DataArray, article: Figure | None = None
) -> Row:
    """Return a row of a doubling (or halving) time.

    Parameters
    ----------
    quantity, label : str
        As `Row` has them.
    rate : xarray.DataArray
        Dims (chain, draw), natural-log growth (or fall) per year.
    article : Figure, optional
        What the article prints, in days.

    Returns
    -------
    Row
        In days; intervals are taken on the rate and mapped, infinite where they reach 0.
    """
    days = estimate(rate).to_doubling_days()
    return Row(quantity=quantity, label=label, unit="days", estimate=days, article=article)


def spread_about(
    value: float, *, log_sd: float, like: xr.DataArray, rng: np.random.Generator
) -> xr.DataArray:
    """Draw a published number that is not exact.

    Parameters
    ----------
    value : float
        The number, above 0: the median.
    log_sd : float
        Sd of its natural log; 0: it is exact.
    like : xarray.DataArray
        Dims (chain, draw): as many draws.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    xarray.DataArray
        Log-normal draws, dims as `like`.
    """
    return like.copy(data=value * np.exp(log_sd * rng.normal(size=like.shape)))


def first_crossing(times: np.ndarray, values: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return when curves first reach a level.

    Parameters
    ----------
    times : ndarray, shape (time,)
        Ascending.
    values : ndarray, shape (draw, time)
        A curve per draw.
    target : ndarray, shape (draw,)
        Its level; infinite: never reached.

    Returns
    -------
    ndarray, shape (draw,)
        By linear interpolation, exact for straight lines; the first time where the curve begins
        above the level, infinity where it does not reach it.

    Examples
    --------
    >>> t = np.array([0.0, 1.0, 2.0])
    >>> first_crossing(t, np.array([t, -t]), np.array([1.5, 1.5])).tolist()
    [1.5, inf]
    """
    reached = values >= target[:, None]
    at = np.argmax(reached, axis=1)
    draws = np.arange(len(values))
    before = np.maximum(at - 1, 0)
    low, high = values[draws, before], values[draws, at]
    rise = np.where(high > low, high - low, 1.0)
    with np.errstate(invalid="ignore"):  # a level of infinity is reached nowhere
        part = np.clip((target - low) / rise, 0.0, 1.0)
    found = times[before] + part * (times[at] - times[before])
    return np.where(reached.any(axis=1), found, np.inf)


def positive(name: str, value: float, *, most: float = np.inf, zero: bool = False) -> float:
    """Return an input that must be a number above 0.

    Parameters
    ----------
    name : str
        Of the input.
    value : float
        What was given.
    most : float
        The largest that it may be.
    zero : bool
        Whether it may be 0.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InputError
        For what is not in the range.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} = {value!r} is not a number") from None
    if isinstance(value, bool) or not np.isfinite(number):
        raise InputError(f"{name} = {value!r} is not a finite number")
    if number < 0 or (number == 0 and not zero):
        raise InputError(f"{name} = {number:g} is not {'0 or more' if zero else 'above 0'}")
    if number > most:
        raise InputError(f"{name} = {number:g} is more than {most:g}")
    return number
