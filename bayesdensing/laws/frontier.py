"""The frontier of log density, and how far an LLM stays behind it.

``none``: LLMs scatter evenly about the trend, which is their mean. ``half-normal``: the trend is a
stochastic frontier; an LLM stays behind it by an inefficiency of half-normal size, on top of the
even scatter (Aigner, Lovell and Schmidt 1977). Both scales are the same at every date, so that
frontier and mean grow at one rate.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from bayesdensing.laws._array import Array, log, log_ndtr, sqrt
from bayesdensing.laws.priors import Prior

__all__ = ["FRONTIERS", "PRIORS", "REASONS", "log_density", "mean_inefficiency", "sample"]

#: The frontiers a hypothesis can choose from.
FRONTIERS: tuple[str, ...] = ("none", "half-normal")

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {"inefficiency_sd": Prior("HalfNormal", {"sigma": 1.0})}
)

REASONS: Mapping[str, str] = MappingProxyType(
    {"inefficiency_sd": "order of magnitude: LLMs waste from nothing to a factor of ten"}
)


def log_density(residual: Array, *, dispersion: Array, inefficiency_sd: Array = 0.0) -> Array:
    """Return the log probability density of an LLM's distance from the trend.

    Parameters
    ----------
    residual : array
        Log density (of capability) less the trend, natural log.
    dispersion : array
        Sd of the even scatter, above 0.
    inefficiency_sd : array
        Scale of the half-normal inefficiency; 0 is no frontier.

    Returns
    -------
    array
        Log probability density.

    Notes
    -----
    Aigner, Lovell and Schmidt (1977), equation 8, with the sign of a production frontier.

    Examples
    --------
    >>> round(float(log_density(0.0, dispersion=1.0)), 4)
    -0.9189
    """
    scale = sqrt(dispersion**2 + inefficiency_sd**2)
    z = residual / scale
    normal = -(z**2) / 2 - log(scale) - np.log(2 * np.pi) / 2
    return normal + np.log(2.0) + log_ndtr(-z * inefficiency_sd / dispersion)


def mean_inefficiency(inefficiency_sd: Array) -> Array:
    """Return how far the mean LLM stays behind the frontier.

    Parameters
    ----------
    inefficiency_sd : array
        Scale of the half-normal inefficiency.

    Returns
    -------
    array
        Natural-log units: the scale times sqrt(2 / pi).
    """
    return inefficiency_sd * np.sqrt(2 / np.pi)


def sample(
    rng: np.random.Generator,
    *,
    dispersion: Array,
    inefficiency_sd: Array = 0.0,
    size: tuple[int, ...],
) -> np.ndarray:
    """Draw distances from the trend.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    dispersion, inefficiency_sd : array
        Scales, broadcast against `size`.
    size : tuple of int
        Shape of the draws.

    Returns
    -------
    ndarray
        Natural-log units, shape `size`.
    """
    even = np.asarray(dispersion) * rng.normal(size=size)
    return np.asarray(even - np.asarray(inefficiency_sd) * np.abs(rng.normal(size=size)))
