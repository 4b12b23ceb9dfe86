"""Dates and standing: when an LLM was released, and where it lies among those of its date."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from bayesdensing.analysis.covariates import Covariates
from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.tables import release_dates
from bayesdensing.corollaries.estimates import first_crossing, positive
from bayesdensing.errors import InputError
from bayesdensing.laws.family import scatter_variance
from bayesdensing.laws.frontier import frontier_of
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

#: Distances from the trend at which their distribution is known, in sd: inefficiencies have tails.
_STEPS = np.linspace(-20, 7, 1351)

__all__ = ["as_date", "last_release", "standing", "years_since"]


def standing(fit: "Fit", percentile: float) -> np.ndarray:
    """Return how far above the trend an LLM of a percentile of its date lies, in each draw.

    Parameters
    ----------
    fit : Fit
        A fit with a trend.
    percentile : float
        Between 0 and 100.

    Returns
    -------
    ndarray, shape (draw, 1)
        Natural log of density less the trend: 0 for the median where LLMs scatter evenly; where
        the trend is a frontier the median lies below it. Families scatter too.

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
    own = flat_draws(posterior["dispersion"])
    families = Covariates.from_posterior(posterior).family_sd
    even = np.sqrt(scatter_variance(dispersion=own, family_sd=families))[:, None]
    if kind.name == "none":
        return np.asarray(ndtri(share) * even)
    behind = flat_draws(posterior["inefficiency_sd"])[:, None]
    residual = np.sqrt(even**2 + behind**2) * _STEPS
    log_p = kind.log_density(residual, dispersion=even, inefficiency_sd=behind)
    mass = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    reached = (np.cumsum(mass, axis=1) - mass / 2) / mass.sum(axis=1, keepdims=True)
    steps = first_crossing(_STEPS, reached, np.full(len(reached), share))
    return np.asarray(np.sqrt(even**2 + behind**2) * steps[:, None])


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
