"""The true values behind published ones that carry measurement error."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.trends import TrendDraws, spread_draws

if TYPE_CHECKING:
    from bayesdensing.spec import Spec

__all__ = ["latent_log_values", "predictive_moments"]

_DIMS = ("chain", "draw", "llm")


def latent_log_values(
    mean: xr.DataArray,
    dispersion: xr.DataArray,
    log_value: xr.DataArray,
    log_error: xr.DataArray,
    *,
    seed: int,
) -> xr.DataArray:
    """Draw each true log value given the trend and the published value.

    Parameters
    ----------
    mean : xarray.DataArray
        Trend at each release date, dims (chain, draw, llm).
    dispersion : xarray.DataArray
        Sd about the trend, dims (chain, draw), or (chain, draw, llm) where it changes.
    log_value, log_error : xarray.DataArray
        Published log value and the sd of its error, dims (llm); 0 where none is given.
    seed : int
        Seed of the draws.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, llm); the published value itself where it has no error.

    Notes
    -----
    The model integrates the true value out; its conditional is normal, the precision-weighted
    mean of trend and value (Gelman et al. 2013, equation 2.12).
    """
    # the weight of the trend: 0 without error, towards 1 where the error is large
    weight = log_error**2 / (log_error**2 + dispersion**2)
    centre = weight * mean + (1 - weight) * log_value
    noise = xr.DataArray(
        np.random.default_rng(seed).normal(size=[centre.sizes[d] for d in _DIMS]), dims=_DIMS
    )
    draws = centre + weight**0.5 * dispersion * noise
    return draws.transpose(*_DIMS).rename("log_density")


def predictive_moments(
    posterior: xr.Dataset, constants: xr.Dataset, spec: "Spec"
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd of each published log value given a draw, its true value integrated out.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims (chain, draw, ...), with a trend and ``dispersion``.
    constants : xarray.Dataset
        ``years`` and ``log_error`` of the values, dims (llm).
    spec : Spec
        The hypothesis.

    Returns
    -------
    tuple of ndarray
        Each (all draws, llm), natural log.
    """
    years = constants["years"].to_numpy()
    mean = TrendDraws.from_posterior(posterior, spec).at(years)
    dispersion = flat_draws(posterior["dispersion"])[:, None] * spread_draws(posterior, years)
    return mean, np.hypot(dispersion, constants["log_error"].to_numpy())
