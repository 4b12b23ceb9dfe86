"""Priors as frozen values: they can be shown, drawn from and put into a model.

A prior is stated in the parameter's natural unit. `LogNormal` and `LogitNormal` are given by
their median and by their standard deviation on the log and logit scale, so that a reader sees the
middle at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import stats

__all__ = ["DISTRIBUTIONS", "SCALE_SPREAD", "Prior"]

#: Sd of the logs of scales (noise, departures, ...) between benchmarks: they differ by tens of
#: percent. Fixed, since five benchmarks cannot tell it for six scales.
SCALE_SPREAD = 0.4

#: Parameters of each distribution, in the order in which they are shown.
DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Normal": ("mu", "sigma"),
        "StudentT": ("nu", "mu", "sigma"),
        "LogNormal": ("median", "sigma"),
        "LogitNormal": ("median", "sigma"),
        "HalfNormal": ("sigma",),
        "Gamma": ("alpha", "beta"),
        "Beta": ("alpha", "beta"),
    }
)
_POSITIVE = frozenset({"sigma", "nu", "alpha", "beta", "median"})


def _number(dist: str, name: str, value: Any) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ValueError(f"{dist}: {name} = {value!r} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{dist}: {name} is too large a number") from None


@dataclass(frozen=True)
class Prior:
    """A univariate prior.

    Parameters
    ----------
    dist : str
        One of `DISTRIBUTIONS`.
    params : mapping of str to float
        Its parameters, all of them.

    Raises
    ------
    ValueError
        For an unknown distribution, a missing, unknown or impossible parameter.

    Examples
    --------
    >>> Prior("LogNormal", {"median": 0.3, "sigma": 0.5}).interval(0.89).round(3)
    array([0.135, 0.667])
    """

    dist: str
    params: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parameters and freeze them."""
        if self.dist not in DISTRIBUTIONS:
            raise ValueError(f"unknown distribution {self.dist!r}")
        wanted = DISTRIBUTIONS[self.dist]
        if set(self.params) != set(wanted):
            raise ValueError(f"{self.dist} takes {', '.join(wanted)}; got {', '.join(self.params)}")
        values = {name: _number(self.dist, name, self.params[name]) for name in wanted}
        for name, value in values.items():
            if not np.isfinite(value) or (name in _POSITIVE and value <= 0):
                raise ValueError(f"{self.dist}: {name} = {value} is not allowed")
        if self.dist == "LogitNormal" and values["median"] >= 1:
            raise ValueError("LogitNormal: the median must lie between 0 and 1")
        object.__setattr__(self, "params", MappingProxyType(values))

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.dist, tuple(self.params.items())))

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle keeps: a plain dict in place of the read-only view."""
        return {"dist": self.dist, "params": dict(self.params)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild from `__getstate__`."""
        object.__setattr__(self, "dist", state["dist"])
        object.__setattr__(self, "params", MappingProxyType(state["params"]))

    def __str__(self) -> str:
        """Return the prior as ``LogNormal(median=0.3, sigma=0.5)``."""
        return f"{self.dist}({', '.join(f'{k}={v:g}' for k, v in self.params.items())})"

    @property
    def location(self) -> float:
        """Mean of the underlying normal: on the log or logit scale for those families."""
        if self.dist == "LogNormal":
            return float(np.log(self.params["median"]))
        if self.dist == "LogitNormal":
            return float(np.log(self.params["median"]) - np.log1p(-self.params["median"]))
        return float(self.params["mu"])

    @property
    def scale(self) -> float:
        """Sd of the underlying normal, where there is one; scale of a Student-t."""
        return float(self.params["sigma"])

    def widened(self, factor: float) -> "Prior":
        """Return the prior with its scale multiplied, its middle where it was.

        Parameters
        ----------
        factor : float
            Of the scale: sd on the log or logit scale for those families. Of a Gamma or Beta the
            mean stays, and the sd is multiplied.

        Returns
        -------
        Prior
            Of the same family.

        Raises
        ------
        ValueError
            Where a Beta cannot be so wide.

        Examples
        --------
        >>> str(Prior("LogNormal", {"median": 0.3, "sigma": 0.5}).widened(2))
        'LogNormal(median=0.3, sigma=1)'
        """
        p = dict(self.params)
        if self.dist == "Gamma":
            p = {name: value / factor**2 for name, value in p.items()}
        elif self.dist == "Beta":
            total = p["alpha"] + p["beta"]
            shrunk = ((total + 1) / factor**2 - 1) / total
            p = {name: value * shrunk for name, value in p.items()}
        else:
            p["sigma"] *= factor
        return Prior(self.dist, p)

    def _frozen(self) -> Any:
        p = self.params
        match self.dist:
            case "Normal" | "LogitNormal":
                return stats.norm(self.location, p["sigma"])
            case "StudentT":
                return stats.t(p["nu"], p["mu"], p["sigma"])
            case "LogNormal":
                return stats.lognorm(p["sigma"], scale=p["median"])
            case "HalfNormal":
                return stats.halfnorm(scale=p["sigma"])
            case "Gamma":
                return stats.gamma(p["alpha"], scale=1 / p["beta"])
            case _:
                return stats.beta(p["alpha"], p["beta"])

    def _natural(self, x: Any) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-x)) if self.dist == "LogitNormal" else x)

    def ppf(self, q: Any) -> np.ndarray:
        """Return quantiles.

        Parameters
        ----------
        q : array_like
            Probabilities, any shape.

        Returns
        -------
        ndarray
            Quantiles in the parameter's unit, the shape of `q`.
        """
        return self._natural(self._frozen().ppf(q))

    def pdf(self, x: Any) -> np.ndarray:
        """Return probability densities.

        Parameters
        ----------
        x : array_like
            Values in the parameter's unit, any shape.

        Returns
        -------
        ndarray
            Densities, the shape of `x`; 0 outside of the support.
        """
        values = np.asarray(x, dtype=float)
        if self.dist != "LogitNormal":
            return np.asarray(self._frozen().pdf(values))
        inside = (values > 0) & (values < 1)
        safe = np.where(inside, values, 0.5)
        density = self._frozen().pdf(np.log(safe) - np.log1p(-safe)) / (safe * (1 - safe))
        return np.asarray(np.where(inside, density, 0.0))

    def interval(self, prob: float = 0.89) -> np.ndarray:
        """Return the equal-tailed interval that holds `prob`.

        Parameters
        ----------
        prob : float
            Probability inside.

        Returns
        -------
        ndarray
            Lower and upper end, shape (2,).
        """
        return self.ppf([(1 - prob) / 2, (1 + prob) / 2])

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
        """Draw from the prior.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int or tuple of int
            Shape of the draws.

        Returns
        -------
        ndarray
            Draws in the parameter's unit.
        """
        return self._natural(self._frozen().rvs(size=size, random_state=rng))

    def rv(self, name: str, *, dims: str | None = None) -> Any:
        """Put the prior into the PyMC model of the context.

        Parameters
        ----------
        name : str
            Name of the random variable.
        dims : str, optional
            Dimension along which independent copies are laid.

        Returns
        -------
        pytensor.tensor.TensorVariable
            The random variable.
        """
        import pymc as pm

        params = dict(self.params)
        if self.dist == "LogitNormal":
            # PyMC's own starts at a share of 0, whose log-odds are not finite
            logit = pm.Normal(f"{name}_logit", self.location, params["sigma"], dims=dims)
            return pm.Deterministic(name, pm.math.sigmoid(logit), dims=dims)
        if self.dist == "LogNormal":
            params = {"mu": self.location, "sigma": params["sigma"]}
        return getattr(pm, self.dist)(name, **params, dims=dims)
