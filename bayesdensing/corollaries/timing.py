"""Dates and standing: when an LLM was released, and where it lies among those of its date."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from bayesdensing.analysis.covariates import Covariates
from bayesdensing.analysis.population import EARLIEST, LATEST
from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.tables import release_dates
from bayesdensing.analysis.trends import spread_draws
from bayesdensing.corollaries.estimates import first_crossing, positive
from bayesdensing.errors import InputError
from bayesdensing.laws.family import scatter_variance
from bayesdensing.laws.frontier import frontier_of
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

#: Nodes of distances from a frontier, and how far above it they reach (sd).
_NODES, _ABOVE = 1001, 7.0

__all__ = ["as_date", "last_release", "standing", "years_since"]


def standing(fit: "Fit", percentile: float, *, years: np.ndarray) -> np.ndarray:
    """Return how far above the trend an LLM of a percentile of its date lies, in each draw.

    Parameters
    ----------
    fit : Fit
        A fit with a trend.
    percentile : float
        Between 0 and 100.
    years : ndarray, shape (time,)
        Dates, in years since the reference date of the trend.

    Returns
    -------
    ndarray, shape (draw, time)
        Natural log of density less the trend: 0 for the median where LLMs scatter evenly; where
        the trend is a frontier the median lies below it. Scales may change in time; families
        scatter too.

    Raises
    ------
    InputError
        For what is no percentile, and for any but the median where the scatter changes in time:
        how far later LLMs will lie apart is not carried forward.
    """
    share = positive("percentile", percentile) / 100
    if share >= 1:
        raise InputError(f"percentile = {percentile:g} is not below 100")
    kind = frontier_of(fit.spec.growth.frontier)
    if fit.spec.growth.dispersion == "changing" and (share != 0.5 or kind.name != "none"):
        raise InputError(
            f"percentile = {percentile:g}: the scatter of {fit.spec.name} changes in time, which "
            "says nothing of how far later LLMs will lie apart"
        )
    posterior = fit.posterior
    spread = spread_draws(posterior, years)
    own = flat_draws(posterior["dispersion"])[:, None]
    families = Covariates.from_posterior(posterior).family_sd[:, None]
    if "inefficiency_sd" not in posterior:
        even = np.sqrt(scatter_variance(dispersion=spread * own, family_sd=families))
        return np.asarray(ndtri(share) * even)
    even = np.sqrt(scatter_variance(dispersion=own, family_sd=families))
    behind = flat_draws(posterior["inefficiency_sd"])[:, None]
    scale = np.sqrt(even**2 + behind**2)
    kind = frontier_of(fit.spec.growth.frontier)
    steps = np.linspace(-kind.reach, _ABOVE, _NODES)
    log_p = kind.log_density(scale * steps, dispersion=even, inefficiency_sd=behind)
    mass = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    reached = (np.cumsum(mass, axis=1) - mass / 2) / mass.sum(axis=1, keepdims=True)
    quantile = first_crossing(steps, reached, np.full(len(reached), share))
    return np.asarray(spread * scale * quantile[:, None])


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
        For what is none, and for dates of which a trend can say nothing.
    """
    try:
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{name} = {value!r} is no date like 2026-01-31") from None
    first, last = EARLIEST.date(), LATEST.date()
    if not first <= pd.Timestamp(day).date() <= last:
        raise InputError(f"{name} = {day} is not between {first} and {last}")
    return day


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
