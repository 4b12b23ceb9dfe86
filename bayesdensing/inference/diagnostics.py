"""Our own record of whether draws can be trusted, made after every fit."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base.array import BaseArray

__all__ = ["Approximation", "Diagnostics", "approximate", "diagnose", "scalars"]

RHAT_MAX = 1.01
ESS_MIN = 400.0
EBFMI_MIN = 0.3
DEPTH_SHARE_MAX = 0.01

#: Of an approximation: R-hat and effective sample size of what it is for, R-hat of all else, and
#: the share of transitions that may diverge.
FOCUS_RHAT_MAX, FOCUS_ESS_MIN = 1.05, 100.0
ROUGH_RHAT_MAX = 1.1
ROUGH_DIVERGENCES_MAX = 0.005


@dataclasses.dataclass(frozen=True)
class Approximation:
    """What an approximation is made by, and whether its own check says that it may be used.

    Attributes
    ----------
    method : str
        How it was made, in words.
    trusted : bool
        Every check passed.
    focus : tuple of str
        Scalars that it is for, such as the growth rate; empty: all of them.
    focus_rhat, focus_ess : float
        Largest R-hat and smallest effective sample size, bulk or tail, of these.
    pareto_k : float
        Largest shape k of their tails.
    pareto_k_max : float
        Below which so many draws give their means and intervals.
    """

    method: str
    trusted: bool
    focus: tuple[str, ...]
    focus_rhat: float
    focus_ess: float
    pareto_k: float
    pareto_k_max: float

    @property
    def figures(self) -> str:
        """The figures of its own check, and of what, in words."""
        of = f" of {', '.join(self.focus)}" if self.focus else ""
        return (
            f"R-hat {self.focus_rhat:.3f}, ESS {self.focus_ess:,.0f} and Pareto k "
            f"{self.pareto_k:.2f} (limit {self.pareto_k_max:.2f}){of}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite is null."""
        return _plain(dataclasses.asdict(self) | {"focus": list(self.focus)})

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Approximation":
        """Rebuild from `to_dict`.

        Parameters
        ----------
        raw : mapping
            Plain JSON types.

        Returns
        -------
        Approximation
            The record.
        """
        values = {f.name: raw[f.name] for f in dataclasses.fields(cls)}
        values = {k: float("nan") if v is None else v for k, v in values.items()}
        return cls(**(values | {"focus": tuple(raw["focus"])}))


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
    approximation : Approximation or None
        Of draws that are approximate by intent; they never count as converged.
    negligible_modes : tuple of dict
        Regions in which chains from dispersed starts stayed, of too small a share of the posterior
        mass to be modes, and from which sampling did not start again: chains, what differs, mass.
    statistics : pandas.DataFrame or None
        R-hat and effective sample sizes of every scalar that is not held fixed: index
        ``parameter``, columns rhat, ess_bulk, ess_tail. None where the record was read from a file
        or is that of several fits.
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
    approximation: Approximation | None = None
    negligible_modes: tuple[dict[str, Any], ...] = ()
    statistics: pd.DataFrame | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def approximate(self) -> bool:
        """Whether the draws are approximate by intent."""
        return self.approximation is not None

    @property
    def usable(self) -> bool:
        """Whether the draws passed the checks that apply to them, converged or approximate."""
        return self.converged or (self.approximation is not None and self.approximation.trusted)

    @property
    def mark(self) -> str:
        """What has to stand over everything that is read from the draws; "" for converged ones."""
        if self.approximation is not None:
            return "APPROXIMATE" if self.approximation.trusted else "APPROXIMATE AND NOT TRUSTED"
        return "" if self.converged else "NOT CONVERGED"

    @property
    def warning(self) -> str:
        """The mark in a sentence with the reasons; "" for converged draws."""
        if self.approximation is not None and self.approximation.trusted:
            return f"approximate ({self.approximation.method}): fit without quick for the posterior"
        reasons = "; ".join(self.reasons) or "several modes"
        return f"{self.mark.lower()}: {reasons}" if self.mark else ""

    @property
    def left_out(self) -> tuple[str, ...]:
        """What regions of negligible mass were, in words."""
        return tuple(
            f"a region that chains started in holds {mode['mass']:.1g} of the posterior mass "
            f"(bridge sampling) and is left out: {mode['differs']}"
            for mode in self.negligible_modes
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite is null."""
        raw = dataclasses.asdict(dataclasses.replace(self, statistics=None))
        del raw["statistics"]
        raw["modes"] = [dict(mode) for mode in self.modes]
        raw["reasons"] = list(self.reasons)
        if self.negligible_modes:
            raw["negligible_modes"] = [dict(mode) for mode in self.negligible_modes]
        else:
            del raw["negligible_modes"]
        if self.approximation is None:
            del raw["approximation"]
        else:
            raw["approximation"] = self.approximation.to_dict()
        return _plain(raw)

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
        own = ("approximation", "negligible_modes", "statistics")
        names = [f.name for f in dataclasses.fields(cls) if f.name not in own]
        values: dict[str, Any] = {n: float("nan") if raw[n] is None else raw[n] for n in names}
        approximation = raw.get("approximation")
        if approximation is not None:
            values["approximation"] = Approximation.from_dict(approximation)
        values["modes"] = tuple(dict(mode) for mode in raw["modes"])
        values["reasons"] = tuple(raw["reasons"])
        values["negligible_modes"] = tuple(dict(mode) for mode in raw.get("negligible_modes", ()))
        return cls(**values)


def _plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in raw.items()}


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
        statistics=pd.DataFrame(
            {"rhat": rhat, "ess_bulk": bulk, "ess_tail": tail},
            index=pd.Index(names, name="parameter"),
        ),
    )
    reasons = _reasons(record)
    return dataclasses.replace(record, converged=not reasons, reasons=reasons)


def approximate(
    posterior: xr.Dataset, stats: xr.Dataset, *, method: str, focus: Sequence[str] = ()
) -> Diagnostics:
    """Check draws that are approximate by intent.

    They never count as converged. They may be used where chains from dispersed starts agree, which
    they do not where there are several modes or a start is still on its way, and where the tails of
    what the draws are for are light enough for so few of them.

    Parameters
    ----------
    posterior, stats : xarray.Dataset
        As `diagnose` takes them.
    method : str
        How the draws were made.
    focus : sequence of str
        Variables that the draws are for; where none of them moves, all variables.

    Returns
    -------
    Diagnostics
        With the record `approximation`; `reasons` are why it is not to be trusted.

    Notes
    -----
    Shape k and its limit min(1 − 1/log10 S, 0.7) for S draws: Vehtari, Simpson, Gelman, Yao and
    Gabry (2024), "Pareto smoothed importance sampling", JMLR 25(72), with all weights equal, as the
    draws are a chain's.
    """
    record = diagnose(posterior, stats)
    values, names = scalars(posterior)
    chosen = tuple(name for name in names if name.partition("[")[0] in focus)
    if chosen:
        values = values[..., [names.index(name) for name in chosen]]
    count = values.sizes["chain"] * values.sizes["draw"]
    finite = values.where(np.isfinite(values))
    ess = [np.asarray(az.ess(finite, method=kind)) for kind in ("bulk", "tail")]
    found = Approximation(
        method=method,
        trusted=True,
        focus=chosen,
        focus_rhat=_extreme(np.asarray(az.rhat(finite)), np.max),
        focus_ess=_extreme(np.concatenate(ess), np.min),
        pareto_k=_pareto_k(finite.to_numpy()),
        pareto_k_max=float(min(1 - 1 / np.log10(max(count, 2)), 0.7)),
    )
    reasons = _doubts(record, found, count=count)
    return dataclasses.replace(
        record,
        converged=False,
        reasons=reasons,
        approximation=dataclasses.replace(found, trusted=not reasons),
    )


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


def _doubts(d: Diagnostics, found: Approximation, *, count: int) -> tuple[str, ...]:
    of = ", ".join(found.focus) or "some variable"
    reasons: list[str] = []
    if not found.focus_rhat < FOCUS_RHAT_MAX:
        reasons.append(f"R-hat {found.focus_rhat:.3f} of {of} is not below {FOCUS_RHAT_MAX}")
    if not found.focus_ess >= FOCUS_ESS_MIN:
        reasons.append(f"ESS {found.focus_ess:.0f} of {of} is below {FOCUS_ESS_MIN:.0f}")
    if not found.pareto_k < found.pareto_k_max:
        reasons.append(
            f"Pareto k {found.pareto_k:.2f} of the tails of {of} is not below "
            f"{found.pareto_k_max:.2f}"
        )
    if not d.max_rhat < ROUGH_RHAT_MAX:
        reasons.append(
            f"R-hat {d.max_rhat:.3f} of {d.worst_parameter} is not below {ROUGH_RHAT_MAX}"
        )
    if not d.divergences <= ROUGH_DIVERGENCES_MAX * count:
        reasons.append(f"{d.divergences} divergent transitions")
    if not d.min_ebfmi > EBFMI_MIN:
        reasons.append(f"E-BFMI {d.min_ebfmi:.2f} is not above {EBFMI_MIN}")
    return tuple(reasons)


def _pareto_k(values: np.ndarray) -> float:
    """Return the largest tail shape of any scalar, either tail; values (chain, draw, scalar)."""
    if values.shape[1] < 4 or not np.isfinite(values).all():
        return float("nan")
    base: Any = BaseArray()  # without types
    shapes = [base._pareto_khat(column)[1] for column in np.moveaxis(values, -1, 0)]
    return _extreme(np.array(shapes), np.max)
