"""The true values behind published ones that carry measurement error."""

import numpy as np
import xarray as xr

__all__ = ["latent_log_values"]

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
        Sd about the trend, dims (chain, draw).
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
