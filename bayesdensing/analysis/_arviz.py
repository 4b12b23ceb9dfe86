"""The seam to ArviZ: its changed APIs are called here and nowhere else in the analysis."""

import warnings
from typing import Any

import arviz as az
import numpy as np
import xarray as xr
from arviz_stats.base.array import BaseArray

__all__ = ["convergence", "smoothed_weights"]


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
        ess_tail. NaN where a statistic is not defined: one chain, few draws, a constant.
    """
    # A constant divides 0 by 0: its R-hat is NaN, which says enough.
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        parts = [az.rhat(draws), az.ess(draws, method="bulk"), az.ess(draws, method="tail")]
    index = xr.DataArray(["rhat", "ess_bulk", "ess_tail"], dims="statistic", name="statistic")
    both: xr.Dataset = xr.concat(
        parts, dim=index, coords="minimal", compat="override", join="override"
    )
    return both


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
