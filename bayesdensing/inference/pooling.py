"""Several fits as one: their draws interleaved, their checks each by itself."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from bayesdensing.inference.diagnostics import Diagnostics

__all__ = ["interleaved", "worst_of"]


def interleaved(parts: Sequence[xr.Dataset], *, name: str) -> xr.Dataset:
    """Lay the draws of several fits between one another, so that any stretch holds all of them.

    Parameters
    ----------
    parts : sequence of xarray.Dataset
        Draws of each fit, dims (chain, draw, ...), all of one shape.
    name : str
        Name of the coordinate on ``draw`` that says which fit a draw is from.

    Returns
    -------
    xarray.Dataset
        Dims (chain, draw, ...), draw i of fit k at i K + k.
    """
    n_draws = parts[0].sizes["draw"]
    together = xr.concat(parts, dim="draw", coords="minimal", compat="override")
    order = np.arange(len(parts) * n_draws).reshape(len(parts), n_draws).T.ravel()
    which = np.tile(np.arange(len(parts)), n_draws)
    mixed = together.isel(draw=order).assign_coords(draw=np.arange(len(order)))
    return mixed.assign_coords({name: ("draw", which)})


def worst_of(records: Mapping[str, Diagnostics]) -> Diagnostics:
    """Return the checks that hold for fits together: the worst of each.

    Parameters
    ----------
    records : mapping of str to Diagnostics
        Name of a fit to its record.

    Returns
    -------
    Diagnostics
        Converged where every fit is; effective sample sizes are those of the poorest single fit.
    """
    every = list(records.values())
    worst = max(every, key=lambda record: np.nan_to_num(record.max_rhat, nan=np.inf))
    where = next(name for name, record in records.items() if record is worst)
    return dataclasses.replace(
        worst,
        converged=all(record.converged for record in every),
        min_ess_bulk=float(np.min([record.min_ess_bulk for record in every])),
        min_ess_tail=float(np.min([record.min_ess_tail for record in every])),
        divergences=sum(record.divergences for record in every),
        max_depth_share=float(np.max([record.max_depth_share for record in every])),
        min_ebfmi=float(np.min([record.min_ebfmi for record in every])),
        modes=(),
        worst_parameter=f"{worst.worst_parameter}, {where}",
        statistics=None,  # each fit has its own
        reasons=tuple(
            f"{name}: {reason}" for name, record in records.items() for reason in record.reasons
        ),
    )
