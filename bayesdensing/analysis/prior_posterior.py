"""Which draws belong to which prior, and how far the data moved them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from scipy import special

from bayesdensing.analysis.evidence import loss_score_points
from bayesdensing.analysis.intervals import INTERVAL_KIND

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit
    from bayesdensing.laws import Prior

__all__ = ["contraction_table", "densities", "posterior_draws"]

#: Distributions of positive parameters whose size spans orders of magnitude: read on the log.
_ON_LOG = frozenset({"LogNormal", "Gamma"})
_PROBABILITIES = special.ndtr(np.linspace(-7, 7, 4001))
_OVERLAP_BINS = 20


def posterior_draws(fit: "Fit") -> dict[str, dict[str, np.ndarray]]:
    """Return the draws that belong to each prior of a fit.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict of str to dict of str to ndarray
        Prior's name to member to draws (draw,), in the prior's unit. A parameter that is pooled
        over benchmarks has the typical benchmark's as its only member, ``""``; a prior that all
        benchmarks share has one member a benchmark; ``exponent_spread`` has ``size`` and
        ``tokens``. Priors that the fit had no use for, such as a spread over one benchmark, are
        left out.
    """
    found = {}
    for name in fit.spec.priors:
        members = {
            f"{label}{entry}": np.asarray(draws)
            for label, variable in _variables(fit, name).items()
            for entry, draws in _entries(variable).items()
        }
        if members:
            found[name] = members
    return found


def contraction_table(fit: "Fit") -> pd.DataFrame:
    """Return how far the data moved each parameter from its prior.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    pandas.DataFrame
        Index ``parameter``, such as ``n_exponent`` or ``pivot_loss[MMLU]``; columns prior,
        member, scale (``log`` or ``natural``), median and the equal-tailed 89 % interval
        ``eti89_lb``, ``eti89_ub`` of the posterior (in the prior's unit), prior_sd and
        posterior_sd (on the scale), contraction (1 - posterior_sd / prior_sd: 1 for a parameter
        that the data pin, 0 for one whose spread they leave) and overlap (area that prior and
        posterior share, 0 to 1).
    """
    rows = {}
    for name, members in posterior_draws(fit).items():
        prior = fit.spec.priors[name]
        for member, draws in members.items():
            label = f"{name}[{member}]" if member else name
            rows[label] = {"prior": name, "member": member, **_compare(prior, draws)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "parameter"
    table.attrs = {"interval_kind": INTERVAL_KIND}
    return table


def densities(fit: "Fit", *, n_points: int = 200, n_bins: int = 30) -> xr.Dataset:
    """Return prior densities and histograms of the draws that belong to them.

    Parameters
    ----------
    fit : Fit
        Any fit.
    n_points : int
        Points of each prior's curve.
    n_bins : int
        Bins of each histogram, between the draws' quantiles of 0.1 and 99.9 %.

    Returns
    -------
    xarray.Dataset
        ``prior_x`` (in the prior's unit) and ``prior_density`` over (prior, point);
        ``posterior_edge`` (parameter, edge) and ``posterior_density`` (parameter, bin), with
        ``prior_of`` and ``member`` of each parameter; densities per unit of ``scale`` (prior).
    """
    curves, steps = {}, {}
    draws_of = posterior_draws(fit)
    for name, members in draws_of.items():
        prior = fit.spec.priors[name]
        histograms = [_histogram(_forward(prior, draws), n_bins) for draws in members.values()]
        edges = np.array([edge for _, edges in histograms for edge in (edges[0], edges[-1])])
        curves[name] = _curve(prior, edges, n_points)
        for member, (heights, bins) in zip(members, histograms, strict=True):
            steps[name, member] = heights, _backward(prior, bins)
    return xr.Dataset(
        {
            "prior_x": (("prior", "point"), np.array([x for x, _ in curves.values()])),
            "prior_density": (("prior", "point"), np.array([y for _, y in curves.values()])),
            "posterior_density": (("parameter", "bin"), np.array([h for h, _ in steps.values()])),
            "posterior_edge": (("parameter", "edge"), np.array([e for _, e in steps.values()])),
        },
        coords={
            "prior": list(curves),
            "scale": ("prior", [_scale(fit.spec.priors[name]) for name in curves]),
            "parameter": [f"{name}[{member}]" if member else name for name, member in steps],
            "prior_of": ("parameter", [name for name, _ in steps]),
            "member": ("parameter", [member for _, member in steps]),
        },
    )


def _variables(fit: "Fit", name: str) -> Mapping[str, xr.DataArray]:
    """Return what a prior is the prior of, by what parts them; nothing where there is none."""
    draws = fit.posterior
    if name == "exponent_spread":
        spreads = {"size": "n_exponent_spread", "tokens": "d_exponent_spread"}
        return {label: draws[spread] for label, spread in spreads.items() if spread in draws}
    if name == "midpoint_ratio":
        return {"": draws["midpoint_loss"] / _midpoint_unit(fit)}
    if name == "steepness":
        return {"": draws["link_slope"] * draws["midpoint_loss"]}
    home = next((n for n in (f"{name}_centre", name) if n in draws), None)
    return {} if home is None else {"": draws[home]}


def _midpoint_unit(fit: "Fit") -> xr.DataArray:
    """Return the loss that the midpoint's prior is relative to: the pivot's, or the points'."""
    if "pivot_loss" in fit.posterior:
        return fit.posterior["pivot_loss"]
    points = loss_score_points(fit)
    points = points[points["role"] == "fit"]
    typical = np.exp(np.log(points["loss"]).groupby(points["benchmark"]).mean())
    return xr.DataArray(typical, dims="benchmark", coords={"benchmark": typical.index.to_numpy()})


def _entries(variable: xr.DataArray) -> dict[str, np.ndarray]:
    if "benchmark" not in variable.dims:
        return {"": np.ravel(variable)}
    names = variable["benchmark"].to_numpy()
    return {str(name): np.ravel(variable.sel(benchmark=name)) for name in names}


def _scale(prior: "Prior") -> str:
    return "log" if prior.dist in _ON_LOG else "natural"


def _forward(prior: "Prior", x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(x) if prior.dist in _ON_LOG else x)


def _backward(prior: "Prior", x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(x) if prior.dist in _ON_LOG else x)


def _share_below(prior: "Prior", x: np.ndarray) -> np.ndarray:
    """Return the prior's distribution function at points on its scale."""
    at = _forward(prior, prior.ppf(_PROBABILITIES))
    return np.asarray(np.interp(x, at, _PROBABILITIES, left=0.0, right=1.0))


def _prior_sd(prior: "Prior") -> float:
    at = _forward(prior, prior.ppf((_PROBABILITIES[1:] + _PROBABILITIES[:-1]) / 2))
    weights = np.diff(_PROBABILITIES)
    mean = np.average(at, weights=weights)
    return float(np.sqrt(np.average((at - mean) ** 2, weights=weights)))


def _compare(prior: "Prior", draws: np.ndarray) -> dict[str, str | float]:
    on_scale = _forward(prior, draws)
    lower, median, upper = (float(q) for q in np.quantile(draws, [0.055, 0.5, 0.945]))
    prior_sd, posterior_sd = _prior_sd(prior), float(on_scale.std())
    # bins of equal posterior probability are fine where the posterior is
    edges = np.quantile(on_scale, np.linspace(0, 1, _OVERLAP_BINS + 1))
    shares = np.diff(_share_below(prior, edges))
    return {
        "scale": _scale(prior),
        "median": median,
        "eti89_lb": lower,
        "eti89_ub": upper,
        "prior_sd": prior_sd,
        "posterior_sd": posterior_sd,
        "contraction": 1 - posterior_sd / prior_sd,
        "overlap": float(np.minimum(shares, 1 / _OVERLAP_BINS).sum()),
    }


def _histogram(x: np.ndarray, n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.quantile(x, [0.001, 0.999])
    if low == high:  # draws that are all the same
        low, high = low - 1e-6, high + 1e-6
    counts, edges = np.histogram(x, bins=np.linspace(low, high, n_bins + 1))
    return counts / x.size / np.diff(edges), edges


def _curve(prior: "Prior", edges: np.ndarray, n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x in the prior's unit and its density on the scale, over prior and posterior."""
    ends = np.concatenate([edges, _forward(prior, prior.ppf([0.005, 0.995]))])
    x = np.linspace(ends.min(), ends.max(), n_points)
    return _backward(prior, x), np.gradient(_share_below(prior, x), x)
