"""Labelled readings of a posterior: growth, densities, curves. Units stand in ``attrs``."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayesdensing.errors import DataNeedError
from bayesdensing.laws.loss import loss
from bayesdensing.laws.score import score
from bayesdensing.laws.trend import doubling_days

__all__ = [
    "LINK",
    "LOSS_LAW",
    "REFERENCE_DRAW",
    "density",
    "doubling_time",
    "effective_parameters",
    "flat_draws",
    "growth_rate",
    "link_curve",
    "loss_curve",
    "require",
    "score_curve",
    "thin",
]

#: Variables of the loss law and of the score link, in natural units.
LOSS_LAW = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")
LINK = ("floor", "ceiling", "midpoint_loss", "link_slope")

#: Coordinate on ``draw`` of a cut: under which draw of the reference posterior a draw was made.
REFERENCE_DRAW = "reference_draw"

Tokens = Callable[[Any], Any]


def require(posterior: xr.Dataset, *names: str, reading: str) -> None:
    """Refuse a reading whose variables the hypothesis does not have.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.
    *names : str
        Variables that the reading needs.
    reading : str
        What is to be read, in words.

    Raises
    ------
    DataNeedError
        Naming what is missing.
    """
    missing = [name for name in names if name not in posterior]
    if missing:
        raise DataNeedError(f"this hypothesis has no {reading}: it lacks {', '.join(missing)}")


def thin(posterior: xr.Dataset, *, max_draws: int | None) -> xr.Dataset:
    """Keep every k-th draw of each chain, so that at most `max_draws` remain in all.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims (chain, draw, ...).
    max_draws : int or None
        Draws to keep over all chains, at least one a chain; None: all.

    Returns
    -------
    xarray.Dataset
        Fewer draws, chains as they were; of a cut, draws under every reference draw.
    """
    if max_draws is None:
        return posterior
    if max_draws < 1:
        raise ValueError(f"max_draws is {max_draws}, not a number of draws")
    per_chain = max(1, max_draws // posterior.sizes["chain"])
    step = -(-posterior.sizes["draw"] // per_chain)
    if REFERENCE_DRAW in posterior.coords:
        # a step that shares a factor with their number would leave reference draws out
        count = len(np.unique(posterior[REFERENCE_DRAW]))
        while math.gcd(step, count) > 1:
            step += 1
    return posterior.isel(draw=slice(None, None, step))


def flat_draws(values: xr.DataArray, *dims: str) -> np.ndarray:
    """Return draws of all chains along the first axis.

    Parameters
    ----------
    values : xarray.DataArray
        Dims (chain, draw, ...).
    *dims : str
        Order of the other dims; as they are where not given.

    Returns
    -------
    ndarray, shape (all draws, ...)
        One chain after the other.
    """
    ordered = values.transpose("chain", "draw", *(dims or (...,)))
    return ordered.to_numpy().reshape(-1, *ordered.shape[2:])


def growth_rate(posterior: xr.Dataset) -> xr.DataArray:
    """Return the growth rate.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``growth_rate``.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw), natural-log units per year.
    """
    require(posterior, "growth_rate", reading="growth rate")
    return posterior["growth_rate"].assign_attrs(units="1/yr", long_name="growth rate")


def doubling_time(posterior: xr.Dataset) -> xr.DataArray:
    """Return the doubling time: ln 2 / rate x 365.25.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``growth_rate``.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw), days; infinite where the rate is 0 or less. No draw is dropped.
    """
    rate = growth_rate(posterior)
    days = rate.copy(data=doubling_days(rate.to_numpy()))
    days.attrs = {"units": "days", "long_name": "doubling time"}
    return days.rename("doubling_time")


def density(posterior: xr.Dataset) -> xr.DataArray:
    """Return the capability density of every LLM, or the published quantity's true values.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``log_density``.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, llm); density has no unit, a published series its own.
    """
    require(posterior, "log_density", reading="density")
    quantity = str(posterior.attrs.get("quantity", "capability density"))
    units = "1" if quantity == "capability density" else "as the series"
    log_density = posterior["log_density"]
    values = log_density.copy(data=np.exp(log_density.to_numpy()))
    return values.rename("density").assign_attrs(units=units, long_name=quantity)


def effective_parameters(posterior: xr.Dataset, *, n_params: xr.DataArray | None) -> xr.DataArray:
    """Return how many parameters a reference model would need for each LLM's scores.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``log_density``.
    n_params : xarray.DataArray or None
        Dims (llm), parameters (count); None where the fit has no sizes.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, llm), parameters (count): density times actual parameters.
    """
    if n_params is None:
        raise DataNeedError("this hypothesis has no effective parameters: its LLMs have no sizes")
    product: xr.DataArray = density(posterior) * n_params
    values = product.transpose("chain", "draw", "llm")
    return values.rename("effective_parameters").assign_attrs(
        units="parameters", long_name="effective parameters"
    )


def _sizes(n_params: xr.DataArray | np.ndarray) -> xr.DataArray:
    sizes = np.atleast_1d(np.asarray(n_params, dtype=float))
    if sizes.ndim != 1 or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise ValueError("n_params must be a list of numbers above 0")
    axis = xr.DataArray(sizes, dims="n_params", coords={"n_params": sizes})
    axis.coords["n_params"].attrs = {"units": "parameters", "long_name": "effective parameters"}
    return axis


def loss_curve(
    posterior: xr.Dataset, *, n_params: xr.DataArray | np.ndarray, tokens: Tokens
) -> xr.DataArray:
    """Return the loss of reference models over a grid of sizes.

    Parameters
    ----------
    posterior : xarray.Dataset
        With the loss law's parameters, in natural units.
    n_params : array_like
        Shape (n_params,), effective parameters (count).
    tokens : callable
        Reference tokens of a size: parameters (count) to tokens (count).

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, benchmark, n_params), in the unit of the benchmark's reference losses.
    """
    require(posterior, *LOSS_LAW, reading="loss law")
    sizes = _sizes(n_params)
    curve = loss(
        n_params=sizes, n_tokens=tokens(sizes), **{name: posterior[name] for name in LOSS_LAW}
    )
    units = str(posterior.attrs.get("loss_unit", "as the reference losses"))
    attrs = {"units": units, "long_name": "loss of a reference model"}
    result: xr.DataArray = curve.transpose("chain", "draw", ..., "n_params")
    return result.rename("loss").assign_attrs(attrs)


def link_curve(posterior: xr.Dataset, *, loss: xr.DataArray) -> xr.DataArray:
    """Return the score that goes with losses.

    Parameters
    ----------
    posterior : xarray.Dataset
        With the score link's parameters, in natural units.
    loss : xarray.DataArray
        Losses in their unit, dims (step) or (benchmark, step).

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, benchmark, step), share of items solved (0..1).
    """
    require(posterior, *LINK, reading="score link")
    curve = score(
        loss=loss,
        floor=posterior["floor"],
        ceiling=posterior["ceiling"],
        midpoint_loss=posterior["midpoint_loss"],
        slope=posterior["link_slope"],
    )
    result: xr.DataArray = curve.transpose("chain", "draw", "benchmark", ...)
    return result.rename("score").assign_attrs(units="1", long_name="score")


def score_curve(
    posterior: xr.Dataset, *, n_params: xr.DataArray | np.ndarray, tokens: Tokens
) -> xr.DataArray:
    """Return the score of reference models over a grid of sizes.

    Parameters
    ----------
    posterior : xarray.Dataset
        With the parameters of loss law and score link, in natural units.
    n_params : array_like
        Shape (n_params,), effective parameters (count).
    tokens : callable
        Reference tokens of a size: parameters (count) to tokens (count).

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, benchmark, n_params), share of items solved (0..1).
    """
    curve = link_curve(posterior, loss=loss_curve(posterior, n_params=n_params, tokens=tokens))
    return curve.assign_attrs(long_name="score of a reference model")
