"""Our own record of whether draws can be trusted, made after every fit."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

__all__ = ["Diagnostics", "diagnose"]

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
    moving = _moving(posterior)
    rhat, bulk, tail = (_flat(f(moving)) for f in (az.rhat, _bulk, _tail))
    names = _labels(moving)
    energy = stats["energy"].to_numpy()
    ebfmi = np.diff(energy, axis=1) ** 2
    spread = energy.var(axis=1)
    ebfmi_min = float(np.min(ebfmi.mean(axis=1) / spread)) if energy.shape[1] > 3 else float("nan")
    record = Diagnostics(
        converged=True,
        max_rhat=_extreme(rhat, np.max),
        min_ess_bulk=_extreme(bulk, np.min),
        min_ess_tail=_extreme(tail, np.min),
        divergences=int(stats["diverging"].sum()),
        max_depth_share=float(stats["maxdepth_reached"].mean()),
        min_ebfmi=ebfmi_min,
        modes=(),
        worst_parameter=names[int(np.argmax(np.nan_to_num(rhat, nan=np.inf)))] if names else "",
        reasons=(),
    )
    reasons = _reasons(record)
    return dataclasses.replace(record, converged=not reasons, reasons=reasons)


def _bulk(data: xr.Dataset) -> xr.Dataset:
    return az.ess(data, method="bulk")


def _tail(data: xr.Dataset) -> xr.Dataset:
    return az.ess(data, method="tail")


def _moving(posterior: xr.Dataset) -> xr.Dataset:
    """Leave out what a hypothesis holds fixed, such as a rate of zero."""
    keep = [
        name
        for name, values in posterior.data_vars.items()
        if values.size and not bool((values == values.isel(chain=0, draw=0)).all())
    ]
    return posterior[keep]


def _flat(data: xr.Dataset) -> np.ndarray:
    parts = [np.ravel(v.to_numpy()) for v in data.data_vars.values()]
    return np.concatenate(parts) if parts else np.array([])


def _labels(posterior: xr.Dataset) -> list[str]:
    out: list[str] = []
    for name, values in posterior.data_vars.items():
        one = values.isel(chain=0, draw=0, drop=True)
        if not one.dims:
            out.append(str(name))
            continue
        stacked = one.stack(flat_=one.dims, create_index=False)
        labels = [stacked.coords[d].to_numpy() if d in stacked.coords else None for d in one.dims]
        for i in range(stacked.size):
            parts = [str(lab[i]) if lab is not None else str(i) for lab in labels]
            out.append(f"{name}[{', '.join(parts)}]")
    return out


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


def drop(posterior: xr.Dataset, suffixes: Sequence[str]) -> xr.Dataset:
    """Leave out variables by the ends of their names.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws.
    suffixes : sequence of str
        Ends of names.

    Returns
    -------
    xarray.Dataset
        The rest.
    """
    names = [n for n in posterior.data_vars if not str(n).endswith(tuple(suffixes))]
    return posterior[names]
