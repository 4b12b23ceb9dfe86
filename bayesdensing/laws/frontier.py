"""The frontier of log density, and how far an LLM stays behind it.

``none``: LLMs scatter evenly about the trend, which is their mean. ``half-normal`` and
``exponential``: the trend is a stochastic frontier; an LLM stays behind it by an inefficiency of
that distribution, on top of the even scatter (Aigner, Lovell and Schmidt 1977; Meeusen and van den
Broeck 1977). With scales that are the same at every date frontier and mean grow at one rate; where
the scales change (`bayesdensing.laws.spread`) they do not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bayesdensing.laws._array import Array, log, log_ndtr, sqrt
from bayesdensing.laws.priors import Prior

__all__ = ["FRONTIERS", "PRIORS", "REASONS", "Frontier", "frontier_of"]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {"inefficiency_sd": Prior("HalfNormal", {"sigma": 1.0})}
)

REASONS: Mapping[str, str] = MappingProxyType(
    {"inefficiency_sd": "order of magnitude: LLMs waste from nothing to a factor of ten"}
)


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """How LLMs lie about the trend.

    Attributes
    ----------
    name : str
        Value of the axis.
    equation, composed : str
        Distribution of the inefficiency, and of the scatter less it.
    mean_share, variance_share : float
        Mean of the inefficiency over its scale, and variance over the scale's square.
    reach : float
        Scales behind the mean beyond which an inefficiency has a probability of 2e-9.
    density : callable
        Log density of (residual, dispersion, scale), see `log_density`.
    draw : callable
        Inefficiencies of scale 1 from a generator and a shape.
    """

    name: str
    equation: str
    composed: str
    mean_share: float
    variance_share: float
    reach: float
    density: Callable[[Array, Array, Array], Array]
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

    def log_density(
        self, residual: Array, *, dispersion: Array, inefficiency_sd: Array = 0.0
    ) -> Array:
        """Return the log probability density of an LLM's distance from the trend.

        Parameters
        ----------
        residual : array
            Log density (of capability) less the trend, natural log.
        dispersion : array
            Sd of the even scatter, above 0.
        inefficiency_sd : array
            Scale of the inefficiency; of no account where there is no frontier.

        Returns
        -------
        array
            Log probability density.

        Notes
        -----
        Half-normal: Aigner, Lovell and Schmidt (1977), equation 8; exponential: Meeusen and van den
        Broeck (1977), the convolution of both parts; with the sign of a production frontier.

        Examples
        --------
        >>> round(float(FRONTIERS["none"].log_density(0.0, dispersion=1.0)), 4)
        -0.9189
        """
        return self.density(residual, dispersion, inefficiency_sd)

    def mean_inefficiency(self, inefficiency_sd: Array) -> Array:
        """Return how far the mean LLM stays behind the frontier.

        Parameters
        ----------
        inefficiency_sd : array
            Scale of the inefficiency.

        Returns
        -------
        array
            Natural-log units.
        """
        return inefficiency_sd * self.mean_share

    def variance_inefficiency(self, inefficiency_sd: Array) -> Array:
        """Return the variance of the inefficiency.

        Parameters
        ----------
        inefficiency_sd : array
            Scale of the inefficiency.

        Returns
        -------
        array
            Squared natural-log units.
        """
        return inefficiency_sd**2 * self.variance_share

    def sample(
        self,
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
        return np.asarray(even - np.asarray(inefficiency_sd) * self.draw(rng, size))


def _normal(residual: Array, dispersion: Array, _scale: Array) -> Array:
    z = residual / dispersion
    return -(z**2) / 2 - log(dispersion) - np.log(2 * np.pi) / 2


def _normal_half_normal(residual: Array, dispersion: Array, scale: Array) -> Array:
    width = sqrt(dispersion**2 + scale**2)
    z = residual / width
    normal = -(z**2) / 2 - log(width) - np.log(2 * np.pi) / 2
    return normal + np.log(2.0) + log_ndtr(-z * scale / dispersion)


def _normal_exponential(residual: Array, dispersion: Array, scale: Array) -> Array:
    ratio = dispersion / scale
    tilt = residual / scale + ratio**2 / 2
    return tilt - log(scale) + log_ndtr(-residual / dispersion - ratio)


#: The frontiers a hypothesis can choose from.
FRONTIERS: Mapping[str, Frontier] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Frontier(
                name="none",
                equation="",
                composed="normal",
                mean_share=0.0,
                variance_share=0.0,
                reach=0.0,
                density=_normal,
                draw=lambda _, size: np.zeros(size),
            ),
            Frontier(
                name="half-normal",
                equation="HalfNormal(inefficiency_sd)",
                composed="skew-normal",
                mean_share=float(np.sqrt(2 / np.pi)),
                variance_share=1 - 2 / np.pi,
                reach=6.0,
                density=_normal_half_normal,
                draw=lambda rng, size: np.abs(rng.normal(size=size)),
            ),
            Frontier(
                name="exponential",
                equation="Exponential(mean inefficiency_sd)",
                composed="exponentially modified normal, mirrored",
                mean_share=1.0,
                variance_share=1.0,
                reach=19.0,
                density=_normal_exponential,
                draw=lambda rng, size: rng.exponential(size=size),
            ),
        )
    }
)


def frontier_of(name: str) -> Frontier:
    """Return a frontier.

    Parameters
    ----------
    name : str
        Value of the axis.

    Returns
    -------
    Frontier
        How LLMs lie about the trend.

    Examples
    --------
    >>> frontier_of("exponential").mean_inefficiency(0.7)
    0.7
    """
    return FRONTIERS[name]
