"""What is kept of a set of draws, and whether two sets are of one posterior."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Distance", "distance", "pooled", "summarise"]

#: Variables with one entry per LLM or evaluator; all others are compared.
_MANY = ("log_density[", "evaluator_effect[")


def summarise(posterior: Any, *, headline: str = "growth_rate") -> dict[str, Any]:
    """Return convergence, and the moments of every parameter with their Monte-Carlo errors.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).
    headline : str
        The variable whose effective sample size is reported by itself.

    Returns
    -------
    dict
        Plain JSON types; ``parameters`` maps a name to mean, its error, sd and its error.
    """
    import arviz as az

    from bayesdensing.inference.diagnostics import scalars

    values, names = scalars(posterior)
    rhat, bulk, tail = (
        np.asarray(az.rhat(values)),
        np.asarray(az.ess(values, method="bulk")),
        np.asarray(az.ess(values, method="tail")),
    )
    own = [i for i, name in enumerate(names) if not name.startswith(_MANY)]
    kept = values.isel(scalar=own)
    moments = np.stack([
        kept.mean(("chain", "draw")),
        np.asarray(az.mcse(kept, method="mean")),
        kept.std(("chain", "draw")),
        np.asarray(az.mcse(kept, method="sd")),
    ], axis=-1)  # fmt: skip
    return {
        "draws": int(posterior.sizes["draw"]) * int(posterior.sizes["chain"]),
        "max_rhat": float(rhat.max()),
        "min_ess_bulk": float(bulk.min()),
        "min_ess_tail": float(tail.min()),
        "headline_ess_bulk": float(bulk[names.index(headline)]),
        "worst": names[int(np.argmin(bulk))],
        "parameters": {names[i]: row for i, row in zip(own, moments.tolist(), strict=True)},
    }


def pooled(runs: Sequence[Mapping[str, list[float]]]) -> dict[str, list[float]]:
    """Return the mean moments of several independent runs, with their errors.

    Parameters
    ----------
    runs : sequence of mapping of str to list of float
        ``parameters`` of `summarise`, of one posterior.

    Returns
    -------
    dict of str to list of float
        The same for all runs together.
    """
    together = {}
    for name in runs[0]:
        each = np.array([run[name] for run in runs])
        mean, sd = each[:, [0, 2]].mean(axis=0)
        mean_error, sd_error = np.sqrt((each[:, [1, 3]] ** 2).sum(axis=0)) / len(runs)
        together[name] = [float(value) for value in (mean, mean_error, sd, sd_error)]
    return together


@dataclass(frozen=True)
class Distance:
    """How far two sets of draws lie apart, in units of Monte-Carlo error.

    Attributes
    ----------
    largest_z : float
        Largest difference of a mean or sd.
    of : str
        Which.
    headline_z : float
        Larger of the differences of the headline's mean and sd.
    compared : int
        Differences.
    limit : float
        What the largest of so many independent ones exceeds by chance once in a hundred times.
    equal : bool
        The largest stays below the limit.
    """

    largest_z: float
    of: str
    headline_z: float
    compared: int
    limit: float
    equal: bool


def distance(
    ours: Mapping[str, list[float]],
    theirs: Mapping[str, list[float]],
    *,
    headline: str = "growth_rate",
) -> Distance:
    """Compare the moments of two sets of draws.

    Parameters
    ----------
    ours, theirs : mapping of str to list of float
        ``parameters`` of `summarise`.
    headline : str
        The variable that is reported by itself.

    Returns
    -------
    Distance
        The comparison, over the parameters that both have.

    Raises
    ------
    ValueError
        Where they have none in common.
    """
    names = [name for name in ours if name in theirs]
    if not names:
        raise ValueError("no parameters in common")
    a, b = (np.array([moments[name] for name in names]) for moments in (ours, theirs))
    z = np.abs(a[:, [0, 2]] - b[:, [0, 2]]) / np.hypot(a[:, [1, 3]], b[:, [1, 3]])
    # a chain that does not move has no error to measure by: nothing is known to be equal
    z = np.where(np.isfinite(z), z, np.inf)
    row, column = np.unravel_index(int(np.argmax(z)), z.shape)
    limit = _limit(z.size)
    return Distance(
        largest_z=float(z[row, column]),
        of=f"{('mean', 'sd')[column]} of {names[row]}",
        headline_z=float(z[names.index(headline)].max()),
        compared=int(z.size),
        limit=limit,
        equal=bool(z.max() < limit),
    )


def _limit(count: int, chance: float = 0.01) -> float:
    """Return what the largest of so many absolute standard normals exceeds with that chance."""
    low, high = 0.0, 10.0
    each = 1 - (1 - chance) ** (1 / count)
    while high - low > 1e-6:
        middle = (low + high) / 2
        if math.erfc(middle / math.sqrt(2)) > each:
            low = middle
        else:
            high = middle
    return high
