"""Priors of another family that say nearly the same."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy import optimize, stats

from bayesdensing.laws import Prior

__all__ = ["OTHER_FAMILIES", "matched"]

#: Families that can stand in for each.
OTHER_FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Normal": ("StudentT",),
        "StudentT": ("Normal",),
        "LogNormal": ("Gamma", "HalfNormal"),
        "Gamma": ("LogNormal", "HalfNormal"),
        "HalfNormal": ("LogNormal", "Gamma"),
        "LogitNormal": ("Beta",),
        "Beta": ("LogitNormal",),
    }
)
#: Quantile that is matched beside the median, and degrees of freedom of a Student-t.
_UPPER, _DF = 0.975, 4.0


def matched(prior: Prior, dist: str) -> Prior:
    """Return a prior of another family with the same median and 97.5 % quantile.

    Parameters
    ----------
    prior : Prior
        The prior.
    dist : str
        The family: one of its `OTHER_FAMILIES`.

    Returns
    -------
    Prior
        A HalfNormal, which has one parameter, has the median alone; a Student-t has 4 degrees of
        freedom.

    Raises
    ------
    ValueError
        For a family that cannot stand in, or cannot be matched.

    Examples
    --------
    >>> print(matched(Prior("Normal", {"mu": 1, "sigma": 2}), "StudentT"))
    StudentT(nu=4, mu=1, sigma=1.41185)
    """
    if dist not in OTHER_FAMILIES[prior.dist]:
        known = ", ".join(OTHER_FAMILIES[prior.dist])
        raise ValueError(f"{dist} cannot stand in for {prior.dist}; possible: {known}")
    middle, upper = (float(x) for x in prior.ppf([0.5, _UPPER]))
    z = float(stats.norm.ppf(_UPPER))
    match dist:
        case "Normal":
            params = {"mu": middle, "sigma": (upper - middle) / z}
        case "StudentT":
            sigma = (upper - middle) / float(stats.t(_DF).ppf(_UPPER))
            params = {"nu": _DF, "mu": middle, "sigma": sigma}
        case "LogNormal":
            params = {"median": middle, "sigma": float(np.log(upper / middle)) / z}
        case "LogitNormal":
            logits = np.log([middle, upper]) - np.log1p([-middle, -upper])
            params = {"median": middle, "sigma": float(logits[1] - logits[0]) / z}
        case "HalfNormal":
            params = {"sigma": middle / float(stats.halfnorm.ppf(0.5))}
        case "Gamma":
            params = _gamma(middle, upper)
        case _:
            params = _beta(middle, upper)
    return Prior(dist, params)


def _gamma(middle: float, upper: float) -> dict[str, float]:
    def gap(log_shape: float) -> float:
        ends = stats.gamma(np.exp(log_shape)).ppf([0.5, _UPPER])
        return float(np.log(ends[1] / ends[0]) - np.log(upper / middle))

    shape = float(np.exp(optimize.brentq(gap, np.log(0.05), np.log(1e6))))
    return {"alpha": shape, "beta": float(stats.gamma(shape).ppf(0.5)) / middle}


def _beta(middle: float, upper: float) -> dict[str, float]:
    def gaps(logs: np.ndarray) -> np.ndarray:
        found = stats.beta(*np.exp(logs)).ppf([0.5, _UPPER])
        return np.asarray(found - [middle, upper])

    spread = (upper - middle) / float(stats.norm.ppf(_UPPER))
    total = max(middle * (1 - middle) / spread**2 - 1, 1.0)
    start = np.log([total * middle, total * (1 - middle)])
    found = optimize.root(gaps, start)
    if not found.success:
        raise ValueError(f"no Beta has median {middle:g} and {upper:g} for its upper quantile")
    return dict(zip(("alpha", "beta"), (float(x) for x in np.exp(found.x)), strict=True))
