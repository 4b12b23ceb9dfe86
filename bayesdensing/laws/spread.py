"""Dispersion that changes in time: how far LLMs of a date lie apart may grow or shrink.

Both scales about the trend, that of the even scatter and that of an inefficiency, change by one
factor. The trend is then the mean of LLMs where they scatter evenly, and its best grow at another
rate; behind a frontier it is the frontier, and the mean grows at another rate.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bayesdensing.laws._array import Array, exp
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "spread_factor"]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {"dispersion_growth": Prior("Normal", {"mu": 0.0, "sigma": 0.3})}
)

REASONS: Mapping[str, str] = MappingProxyType(
    {"dispersion_growth": "order of magnitude: in a year the scatter changes by up to a half"}
)


def spread_factor(*, years: Array, dispersion_growth: Array) -> Array:
    """Return how many times its scale at the reference date the dispersion is.

    Parameters
    ----------
    years : array
        Time since the reference date (years).
    dispersion_growth : array
        Growth rate of the scales (1/yr, natural log).

    Returns
    -------
    array
        Factor, no unit.

    Examples
    --------
    >>> float(spread_factor(years=2.0, dispersion_growth=0.0))
    1.0
    """
    return exp(dispersion_growth * years)
