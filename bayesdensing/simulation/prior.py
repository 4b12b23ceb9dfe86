"""Draws from the prior: every variable of a hypothesis before it has seen a score or a loss."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from bayesdensing.analysis.covariates import Covariates, LlmColumns
from bayesdensing.analysis.tables import TOP_LEVEL_DIMS
from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import ScoreDesign
from bayesdensing.data import DataBundle
from bayesdensing.errors import SpecError
from bayesdensing.laws.trend import rate_of_doubling
from bayesdensing.spec import Spec

__all__ = ["generative", "labelled", "pair_log_sizes", "prior_draws", "variable_names"]

#: Setting that stands for another: the doubling time for the growth rate.
DOUBLING = "doubling_time_days"

#: Parameters that keep to 0..1, and those that may be negative; all others lie above 0.
_SHARES = frozenset(
    {
        "d_share", "irreducible_share", "floor", "ceiling", "active_weight", "change_share",
        "saturation",
    }
)  # fmt: skip
#: Growth rates (1/yr) by themselves, of one stretch of the trend or of all of it.
_RATES = frozenset(
    {"growth_rate", "growth_rate_before", "growth_rate_after", "growth_rate_middle", "drift"}
)
_ANY_SIGN = _RATES | {
    "acceleration", "walk_step", "level", "evaluator_effect", "log_density", "size_exponent",
    "family_effect", "dispersion_growth",
}  # fmt: skip
#: Growth rate (1/yr) beyond which densities leave the range of numbers: doubling in two days.
_FASTEST = 120.0

_NAME = re.compile(r"^(?P<name>\w+)(?:\[(?P<coord>.+)\])?$")


def generative(spec: Spec) -> Spec:
    """Return the hypothesis as a story of how data come about: a cut is one of reading them.

    Parameters
    ----------
    spec : Spec
        A hypothesis.

    Returns
    -------
    Spec
        The same with a joint flow of information.
    """
    if spec.information.flow == "joint":
        return spec
    return Spec(**{**dict(spec), "information": {"flow": "joint"}})


def prior_draws(
    spec: Spec,
    bundle: DataBundle,
    *,
    draws: int = 1,
    seed: int = 0,
    given: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Draw every variable of a hypothesis from its prior.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The design: sizes, dates, benchmarks, evaluators; losses and scores are not used.
    draws : int
        Draws.
    seed : int
        Seed.
    given : mapping of str to float or array_like, optional
        Values to hold fixed: ``name`` for every entry of a variable, ``name[coord]`` for one;
        ``doubling_time_days`` for the growth rate. What depends on a fixed ``name`` follows it.

    Returns
    -------
    xarray.Dataset
        Dims (chain, draw, ...), one chain: all variables, observed ones too, as drawn anew.

    Raises
    ------
    SpecError
        For a name that the hypothesis does not have or that cannot be fixed.
    """
    assembled = assemble(generative(spec), bundle)
    model = assembled.model
    whole, single = _settings(model, given or {})
    rng = np.random.default_rng(seed)
    fixed = _fixed(model, whole)
    # what stands behind a value that is held fixed has nothing more to say: the log-odds of a
    # share, and centre and spread of benchmarks that were given one by one
    behind = {f"{n}_logit" for n in (*whole, *single)}
    behind |= {f"{n}_{of}" for n in whole for of in ("centre", "spread")} - set(whole)
    names = [n for n in variable_names(model) if n not in behind]
    names += [*whole, *single]
    top = [v.name for v in model.free_RVs if set(_dims(model, v.name)) <= TOP_LEVEL_DIMS]
    top = [name for name in top if name not in behind]
    top += [name for name in whole if name not in top]
    if not single:
        return labelled(model, _draw(fixed, names, draws, rng), assembled.attrs)
    # entries are laid over a first draw, which keeps the rest of the hierarchy in step
    parts = []
    for _ in range(draws):
        first = _draw(fixed, [*top, *single], 1, rng)
        values = {name: first[name][0] for name in [*top, *single]}
        for name, entries in single.items():
            for at, value in entries.items():
                values[name][at] = value
        drop = {f"{name}_logit" for name in single}
        held = _fixed(model, {n: v for n, v in values.items() if n not in drop})
        parts.append(_draw(held, names, 1, rng))
    stacked = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return labelled(model, stacked, assembled.attrs)


def pair_log_sizes(design: ScoreDesign, drawn: xr.Dataset) -> np.ndarray:
    """Return the effective size of each LLM on each benchmark that it has scores on.

    Parameters
    ----------
    design : ScoreDesign
        The scores.
    drawn : xarray.Dataset
        Draws of one chain, with ``log_density``.

    Returns
    -------
    ndarray, shape (draw, pair)
        Natural log of effective parameters.
    """
    llms = LlmColumns(
        log_n=design.log_n, log_active_share=design.log_active_share, family=design.family
    )
    beside = Covariates.from_posterior(drawn)
    log_size = beside.log_counts(llms) + drawn["log_density"].to_numpy()[0]
    drift = beside.drift(design.years[design.pair_llm], design.pair_benchmark)
    return np.asarray(log_size[:, design.pair_llm] + drift)


def _settings(
    model: pm.Model, given: Mapping[str, Any]
) -> tuple[dict[str, np.ndarray], dict[str, dict[tuple[int, ...], float]]]:
    """Tell settings of whole variables from those of single entries."""
    whole: dict[str, np.ndarray] = {}
    single: dict[str, dict[tuple[int, ...], float]] = {}
    can = _settable(model)
    for key, value in given.items():
        match = _NAME.match(key.strip())
        name, coord = (match["name"], match["coord"]) if match else (key, None)
        if name == DOUBLING and coord is None:
            if "growth_rate" in given:
                raise SpecError(f"{DOUBLING} and growth_rate are both set")
            if "growth_rate" not in can and _RATES & set(can):
                rates = ", ".join(sorted(_RATES & set(can)))
                raise SpecError(f"{DOUBLING}: the trend has no single rate; set {rates} instead")
            name, value = "growth_rate", _rate(value)
        if name not in can:
            raise SpecError(f"{key}: cannot be set; {_possible(key, can)}")
        _check_value(key, name, value)
        if coord is None:
            whole[name] = np.broadcast_to(np.asarray(value, dtype=float), can[name]).copy()
        else:
            at = _position(model, name, coord)
            single.setdefault(name, {})[at] = float(value)
    return whole, single


def _rate(days: Any) -> float:
    days = float(days)
    if not days > 0:
        raise SpecError(f"{DOUBLING}: {days:g} is no doubling time")
    return rate_of_doubling(days)


def _settable(model: pm.Model) -> dict[str, tuple[int, ...]]:
    """Return the shapes of what can be held fixed: random variables, and shares by themselves."""
    shapes_of = model.eval_rv_shapes()
    shapes = {}
    for rv in model.free_RVs:
        name = str(rv.name)
        shape = shapes_of[name]
        if shape != shapes_of.get(model.rvs_to_values[rv].name, shape):
            continue  # entries that are tied to one another, such as by a sum of zero
        share = name.removesuffix("_logit")
        shapes[share if share != name and share in model.named_vars else name] = shape
    return shapes


def _possible(key: str, can: Mapping[str, Any]) -> str:
    known = [*([DOUBLING] if "growth_rate" in can else []), *can]
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else f"possible: {', '.join(known)}"


def _check_value(key: str, name: str, value: Any) -> None:
    """Refuse what lies outside a parameter's support, or is no number."""
    values = np.atleast_1d(np.asarray(value, dtype=float))
    if not np.isfinite(values).all():
        raise SpecError(f"{key}: {values[~np.isfinite(values)][0]} is no value of a parameter")
    if name in _RATES and np.abs(values).max() > _FASTEST:
        raise SpecError(f"{key}: a growth rate beyond {_FASTEST:g} per year cannot be simulated")
    if name in _SHARES and not ((values > 0) & (values < 1)).all():
        raise SpecError(f"{key}: {name} lies between 0 and 1")
    if name not in _ANY_SIGN and not (values > 0).all():
        raise SpecError(f"{key}: {name} lies above 0")


def _position(model: pm.Model, name: str, coord: str) -> tuple[int, ...]:
    parts = [part.strip() for part in coord.split(",")]
    dims = _dims(model, name)
    if len(parts) != len(dims):
        what = f"one value per {' and '.join(dims)}" if dims else "a single value"
        raise SpecError(f"{name}[{coord}]: {name} has {what}")
    at = []
    for part, dim in zip(parts, dims, strict=True):
        labels = [str(label) for label in model.coords[dim] or ()]
        if part not in labels:
            raise SpecError(f"{name}[{coord}]: no {dim} {part!r}; there are: {', '.join(labels)}")
        at.append(labels.index(part))
    return tuple(at)


def _dims(model: pm.Model, name: str) -> tuple[str, ...]:
    return tuple(str(dim) for dim in model.named_vars_to_dims.get(name, ()))


def _fixed(model: pm.Model, values: Mapping[str, np.ndarray]) -> pm.Model:
    return pm.do(model, dict(values)) if values else model


def variable_names(model: pm.Model) -> list[str]:
    """Return the names of all variables of a model.

    Parameters
    ----------
    model : pymc.Model
        The model.

    Returns
    -------
    list of str
        Free, deterministic and observed ones.
    """
    named = [*model.free_RVs, *model.deterministics, *model.observed_RVs]
    return [str(variable.name) for variable in named]


def _draw(
    model: pm.Model, names: list[str], draws: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw variables of a model in which some are held fixed, shape (draws, ...)."""
    have = [name for name in dict.fromkeys(names) if name in model.named_vars]
    found = pm.draw(
        [model[name] for name in have], draws=draws, random_seed=rng, mode="FAST_COMPILE"
    )
    values = [np.asarray(value)[None] if draws == 1 else np.asarray(value) for value in found]
    return dict(zip(have, values, strict=True))


def labelled(
    model: pm.Model, values: Mapping[str, np.ndarray], attrs: Mapping[str, str]
) -> xr.Dataset:
    """Lay draws out under the model's own dims and labels.

    Parameters
    ----------
    model : pymc.Model
        The model.
    values : mapping of str to ndarray, shapes (draw, ...)
        Draws by name.
    attrs : mapping of str to str
        What the draws are of.

    Returns
    -------
    xarray.Dataset
        Dims (chain, draw, ...), one chain.
    """
    variables = {
        name: (("chain", "draw", *_dims(model, name)), value[None].astype(float))
        for name, value in values.items()
    }
    used = {dim for dims, _ in variables.values() for dim in dims}
    coords = {d: np.array(list(v or ())) for d, v in model.coords.items() if d in used}
    return xr.Dataset(variables, coords=coords, attrs=dict(attrs))
