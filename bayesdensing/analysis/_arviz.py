"""The seam to ArviZ: its changed APIs are called here and nowhere else in the analysis."""

import warnings
from typing import Any

import arviz as az
import numpy as np
import xarray as xr
from arviz_stats.base.array import BaseArray

from bayesdensing.analysis.readings import REFERENCE_DRAW

__all__ = [
    "STATISTICS",
    "convergence",
    "mean_error",
    "pooled_convergence",
    "power_scaling",
    "smoothed_weights",
]

#: What `convergence` says of each scalar.
STATISTICS = ("rhat", "ess_bulk", "ess_tail")


def convergence(draws: xr.Dataset) -> xr.Dataset:
    """Return R-hat and effective sample sizes of every entry of every variable.

    Parameters
    ----------
    draws : xarray.Dataset
        Variables with dims (chain, draw, ...).

    Returns
    -------
    xarray.Dataset
        The same variables with ``chain, draw`` replaced by the dim ``statistic``: rhat, ess_bulk,
        ess_tail. NaN where a statistic is not defined: one chain, few draws, what is held fixed, a
        draw that is not finite, which ranks would hide.
    """
    fixed = (draws == draws.isel(chain=0, draw=0, drop=True)).all(("chain", "draw"))
    draws = draws.where(np.isfinite(draws) & ~fixed)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        parts = [az.rhat(draws), az.ess(draws, method="bulk"), az.ess(draws, method="tail")]
    index = xr.DataArray(list(STATISTICS), dims="statistic", name="statistic")
    both: xr.Dataset = xr.concat(
        parts, dim=index, coords="minimal", compat="override", join="override"
    )
    return both


def pooled_convergence(draws: xr.Dataset, *, reference: xr.Dataset | None = None) -> xr.Dataset:
    """Return R-hat and effective sample sizes of draws pooled over reference draws.

    Reference draws are meant to differ, so R-hat is taken within them: of draws standardised by
    mean and sd of their own reference draw, every chain under every reference draw as a chain.
    Of what a reference draw holds fixed, the loss law, it is that of the reference posterior.

    An effective sample size is that of the pooled mean, whose error has two parts: K independent
    reference draws stand for their posterior, and draws under each for its own,

    ``ESS = (V_between + V_within) / (V_between / K + V_within / ESS_within)``,

    with ``V_between`` the variance of the K means less what their own error adds to it. Of what a
    reference draw holds fixed it is K.

    Parameters
    ----------
    draws : xarray.Dataset
        Dims (chain, draw, ...), the coordinate ``reference_draw`` on draw; as many draws under
        every reference draw.
    reference : xarray.Dataset, optional
        Draws of the reference posterior, dims (chain, draw, ...).

    Returns
    -------
    xarray.Dataset
        As `convergence` returns it.
    """
    apart = _apart(draws)
    own = ("chain", "draw")
    count = apart.sizes[REFERENCE_DRAW]
    mean, variance = apart.mean(own), apart.var(own, ddof=1)
    moving = variance > 1e-20 * mean**2
    standard = ((apart - mean) / variance.where(moving) ** 0.5).stack(
        chains=("chain", REFERENCE_DRAW), create_index=False
    )
    standard = standard.drop_vars(["chain", REFERENCE_DRAW], errors="ignore")
    inside = convergence(standard.rename(chains="chain"))
    within = variance.where(moving, 0).mean(REFERENCE_DRAW)
    of_means = mean.var(REFERENCE_DRAW, ddof=1)
    sizes = inside.sel(statistic=["ess_bulk", "ess_tail"])
    error = (within / sizes).where(within > 0, 0)
    between = (of_means - count * error).clip(min=0)
    pooled = (between + within) / (between / count + error)
    rhat = inside.sel(statistic=["rhat"])
    if reference is not None:
        known = [name for name in draws.data_vars if name in reference]
        rhat = rhat.fillna(convergence(reference[known]).sel(statistic=["rhat"])[known])
    both: xr.Dataset = xr.concat([rhat, pooled], dim="statistic")[list(draws.data_vars)]
    return both


def _apart(draws: xr.Dataset) -> xr.Dataset:
    """Give the reference draws a dim of their own."""
    labels = draws[REFERENCE_DRAW].to_numpy()
    parts = [
        draws.isel(draw=np.flatnonzero(labels == label)).drop_vars(
            [REFERENCE_DRAW, "draw"], errors="ignore"
        )
        for label in np.unique(labels)
    ]
    return xr.concat(parts, dim=REFERENCE_DRAW)


def smoothed_weights(log_likelihood: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Pareto-smoothed weights with which draws leave a unit out.

    Parameters
    ----------
    log_likelihood : ndarray, shape (draw, unit)
        Log likelihood of each unit in each draw.

    Returns
    -------
    tuple of ndarray
        Log weights (draw, unit), up to a constant of the unit; shape k of their tail (unit,).

    Notes
    -----
    Vehtari et al. (2024), Pareto smoothed importance sampling, for weights 1 / likelihood.
    """
    psislw: Any = BaseArray().psislw  # without types
    log_weights, k = psislw(np.asarray(log_likelihood).T, axis=-1)
    return np.asarray(log_weights).T, np.asarray(k)


def mean_error(draws: np.ndarray) -> tuple[float, float]:
    """Return how many independent draws a mean is worth, and its Monte-Carlo standard error.

    Parameters
    ----------
    draws : ndarray, shape (chain, draw)
        Draws of one number.

    Returns
    -------
    tuple of float
        Effective sample size and standard error; NaN where all draws are the same.
    """
    if np.ptp(draws) == 0:
        return float("nan"), float("nan")
    values = xr.DataArray(draws, dims=("chain", "draw"))
    ess = float(az.ess(xr.Dataset({"x": values}), method="mean")["x"])
    return ess, float(draws.std(ddof=1) / np.sqrt(ess))


def power_scaling(quantity: xr.DataArray, log_density: np.ndarray) -> float:
    """Return how much a quantity's posterior changes as a part of the density gains weight.

    Parameters
    ----------
    quantity : xarray.DataArray
        Draws, dims (chain, draw).
    log_density : ndarray, shape (chain, draw)
        Log density of the part at every draw.

    Returns
    -------
    float
        Power-scaling sensitivity; 0 for a part that is the same at every draw.
    """
    if np.ptp(log_density) == 0:
        return 0.0
    part = xr.DataArray(log_density, dims=("chain", "draw"))
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"quantity": quantity.drop_vars(quantity.coords)}),
            "/log_prior": xr.Dataset({"part": part}),
        }
    )
    return float(az.psense(tree, var_names="quantity", group="prior")["quantity"])
