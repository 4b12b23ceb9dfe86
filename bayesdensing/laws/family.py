"""What the LLMs of one family share of log density: a random intercept.

A family of one LLM says nothing of its own intercept beside the LLM's scatter: there the two are
one normal scatter, of `scatter_variance`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bayesdensing.laws._array import Array
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "scatter_variance"]

PRIORS: Mapping[str, Prior] = MappingProxyType({"family_sd": Prior("HalfNormal", {"sigma": 1.0})})

REASONS: Mapping[str, str] = MappingProxyType(
    {"family_sd": "order of magnitude: families differ from not at all to a factor of e^2"}
)


def scatter_variance(*, dispersion: Array, family_sd: Array) -> Array:
    """Return the variance of even scatter and family effect together.

    Parameters
    ----------
    dispersion : array
        Sd of LLMs about their family (natural log).
    family_sd : array
        Sd of families' effects (natural log); 0: no family effects.

    Returns
    -------
    array
        Sum of the squares.

    Examples
    --------
    >>> scatter_variance(dispersion=3.0, family_sd=4.0)
    25.0
    """
    return dispersion**2 + family_sd**2
