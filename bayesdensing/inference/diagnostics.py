"""Our own record of whether draws can be trusted, made after every fit."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

__all__ = ["Diagnostics", "diagnose", "scalars"]

RHAT_MAX = 1.01
ESS_MIN = 400.0
EBFMI_MIN = 0.3
DEPTH_SHARE_MAX = 0.01


@dataclasses.dataclass(frozen=True)
class Diagnostics:
    """Checks of a set of draws.

    Attributes
    ----------
    converged : bool
        All checks passed and there is one mode.
    max_rhat : float
        Largest rank-normalised R-hat of any variable.
    min_ess_bulk, min_ess_tail : float
        Smallest effective sample sizes.
    divergences : int
        Divergent transitions after warm-up.
    max_depth_share : float
        Share of transitions that met the depth limit.
    min_ebfmi : float
        Smallest energy Bayesian fraction of missing information of any chain.
    modes : tuple of dict
        Empty for one mode; else per mode its name, chains and what differs.
    worst_parameter : str
        Variable with the largest R-hat.
    reasons : tuple of str
        Why the draws did not pass, in words.
    """

    converged: bool
    max_rhat: float
    min_ess_bulk: float
    min_ess_tail: float
    divergences: int
    max_depth_share: float
    min_ebfmi: float
    modes: tuple[dict[str, Any], ...]
    worst_parameter: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite is null."""
        raw = dataclasses.asdict(self)
        raw["modes"] = [dict(mode) for mode in self.modes]
        raw["reasons"] = list(self.reasons)
        return {
            k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in raw.items()
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Diagnostics":
        """Rebuild from `to_dict`.

        Parameters
        ----------
        raw : mapping
            Plain JSON types.

        Returns
        -------
        Diagnostics
            The record.
        """
        values = {f.name: raw[f.name] for f in dataclasses.fields(cls)}
        values = {k: float("nan") if v is None else v for k, v in values.items()}
        values["modes"] = tuple(dict(mode) for mode in raw["modes"])
        values["reasons"] = tuple(raw["reasons"])
        return cls(**values)


def diagnose(posterior: xr.Dataset, stats: xr.Dataset) -> Diagnostics:
    """Check draws.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws of every variable that is to be trusted, dims (chain, draw, ...).
    stats : xarray.Dataset
        ``diverging``, ``maxdepth_reached`` and ``energy``, dims (chain, draw).

    Returns
    -------
    Diagnostics
        The record; ``modes`` is left empty, see `bayesdensing.inference.modes`.
    """
    moving, names = scalars(posterior)
    # ranks would hide an infinite draw; a NaN shows
    moving = moving.where(np.isfinite(moving))
    rhat, bulk, tail = (
        np.asarray(az.rhat(moving)),
        np.asarray(az.ess(moving, method="bulk")),
        np.asarray(az.ess(moving, method="tail")),
    )
    record = Diagnostics(
        converged=True,
        max_rhat=_extreme(rhat, np.max),
        min_ess_bulk=_extreme(bulk, np.min),
        min_ess_tail=_extreme(tail, np.min),
        divergences=int(stats["diverging"].sum()),
        max_depth_share=float(stats["maxdepth_reached"].mean()),
        min_ebfmi=_ebfmi(stats["energy"].to_numpy()),
        modes=(),
        worst_parameter=names[int(np.argmax(np.nan_to_num(rhat, nan=np.inf)))] if names else "",
        reasons=(),
    )
    reasons = _reasons(record)
    return dataclasses.replace(record, converged=not reasons, reasons=reasons)


def scalars(posterior: xr.Dataset) -> tuple[xr.DataArray, list[str]]:
    """Lay every scalar that is not held fixed along one dimension.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).

    Returns
    -------
    tuple of xarray.DataArray and list of str
        Draws, dims (chain, draw, scalar), and a name like ``floor[MMLU]`` of each.
    """
    parts, names = [], []
    for values in posterior.data_vars.values():
        array = values.transpose("chain", "draw", ...).to_numpy()
        flat = array.reshape(*array.shape[:2], -1)
        # what a hypothesis holds fixed, such as a rate of zero, has nothing to converge
        moving = ~(flat == flat[:1, :1]).all(axis=(0, 1))
        parts.append(flat[..., moving])
        names += [label for label, keep in zip(_labels(values), moving, strict=True) if keep]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    every = np.concatenate(parts, axis=-1) if parts else np.empty((*shape, 0))
    return xr.DataArray(every, dims=("chain", "draw", "scalar")), names


def _labels(values: xr.DataArray) -> list[str]:
    dims = [d for d in values.dims if d not in ("chain", "draw")]
    if not dims:
        return [str(values.name)]
    coords = [values[d].to_numpy() for d in dims]
    return [f"{values.name}[{', '.join(map(str, key))}]" for key in itertools.product(*coords)]


def _ebfmi(energy: np.ndarray) -> float:
    """Return the smallest E-BFMI of any chain (Betancourt 2016), energies (chain, draw)."""
    if energy.shape[1] < 4:
        return float("nan")
    return float(np.min((np.diff(energy, axis=1) ** 2).mean(axis=1) / energy.var(axis=1)))


def _extreme(values: np.ndarray, how: Any) -> float:
    # a NaN among them is a failure and must show as one
    return float(how(values)) if len(values) else float("nan")


def _reasons(d: Diagnostics) -> tuple[str, ...]:
    reasons: list[str] = []
    if not d.max_rhat < RHAT_MAX:
        reasons.append(f"R-hat {d.max_rhat:.3f} of {d.worst_parameter} is not below {RHAT_MAX}")
    if not d.min_ess_bulk >= ESS_MIN:
        reasons.append(f"smallest bulk ESS {d.min_ess_bulk:.0f} is below {ESS_MIN:.0f}")
    if not d.min_ess_tail >= ESS_MIN:
        reasons.append(f"smallest tail ESS {d.min_ess_tail:.0f} is below {ESS_MIN:.0f}")
    if d.divergences:
        reasons.append(f"{d.divergences} divergent transitions")
    if not d.min_ebfmi > EBFMI_MIN:
        reasons.append(f"E-BFMI {d.min_ebfmi:.2f} is not above {EBFMI_MIN}")
    if not d.max_depth_share <= DEPTH_SHARE_MAX:
        reasons.append(f"{d.max_depth_share:.1%} of transitions met the depth limit")
    return tuple(reasons)
