"""How far the fits of a cut lie apart, and what so few reference draws leave uncertain."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayesdensing.analysis.readings import REFERENCE_DRAW, require
from bayesdensing.laws.trend import doubling_days

__all__ = ["BetweenDraws", "between_reference_draws"]


@dataclass(frozen=True, kw_only=True)
class BetweenDraws:
    """The doubling time under each of the reference draws of a cut.

    Attributes
    ----------
    count : int
        Number of reference draws.
    shortest, longest : float
        Least and greatest of the medians under each (days).
    error : float
        Monte-Carlo standard error of their mean, and so nearly of the pooled median (days);
        infinite where a median is.
    """

    count: int
    shortest: float
    longest: float
    error: float


def between_reference_draws(posterior: xr.Dataset) -> BetweenDraws | None:
    """Return how the doubling time differs between the reference draws of a cut.

    Parameters
    ----------
    posterior : xarray.Dataset
        Pooled draws of ``growth_rate``, dims (chain, draw), with ``reference_draw`` on draw.

    Returns
    -------
    BetweenDraws or None
        None for draws that are not pooled.

    Notes
    -----
    The reference draws are independent, so the sd of the medians over the root of their number is
    an error of both: of the choice of reference draws, and of the draws under each.

    Examples
    --------
    >>> rate = xr.DataArray([[1.0, 2.0, 1.0, 2.0]], dims=("chain", "draw"))
    >>> draws = xr.Dataset({"growth_rate": rate}).assign_coords(reference_draw=("draw", [0, 1, 0, 1]))
    >>> found = between_reference_draws(draws)
    >>> found.count, round(found.shortest), round(found.longest)
    (2, 127, 253)
    """  # noqa: E501
    require(posterior, "growth_rate", reading="growth rate")
    if REFERENCE_DRAW not in posterior.coords:
        return None
    rates = posterior["growth_rate"].groupby(REFERENCE_DRAW).median(("chain", "draw"))
    days = np.asarray(doubling_days(rates.to_numpy()))
    finite = np.isfinite(days).all()
    return BetweenDraws(
        count=len(days),
        shortest=float(days.min()),
        longest=float(days.max()),
        error=float(days.std(ddof=1) / np.sqrt(len(days))) if finite else float("inf"),
    )
