"""The seam to ArviZ: its changed APIs are called here and nowhere else in the analysis."""

import warnings

import arviz as az
import numpy as np
import xarray as xr

__all__ = ["convergence"]


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
