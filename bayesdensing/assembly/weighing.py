"""A model compiled once, of which outcomes can be left out and parameters held."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from pymc.pytensorf import compile as compile_graph

from bayesdensing.assembly import design as designs
from bayesdensing.assembly.build import Assembled
from bayesdensing.assembly.grouped import group_log_density
from bayesdensing.assembly.pointwise import (
    LLM_WEIGHT,
    assemble_weighted,
    laid_out,
    outcome_terms,
)
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = [
    "Part",
    "assemble_weighing",
    "held_places",
    "hold",
    "neutral",
    "parts_of",
    "terms_at",
    "weight_name",
]

_HELD_AT, _HELD_BY = "held_at", "held_by"


@dataclass(frozen=True)
class Part:
    """Outcomes of one kind, in units that are independent given all parameters.

    Attributes
    ----------
    kind : str
        ``score`` (all scores of an LLM on a benchmark, which share a departure), ``run`` (reference
        runs of a size on a benchmark where they share one, else single runs) or ``point``.
    labels : tuple of str
        Names of the units.
    terms : TensorVariable, shape (unit,)
        Log densities.
    """

    kind: str
    labels: tuple[str, ...]
    terms: Any


def weight_name(kind: str) -> str:
    """Return the name of the data that hold the weights of a kind of units.

    Parameters
    ----------
    kind : str
        As of `Part`.

    Returns
    -------
    str
        The name.
    """
    return f"{kind}_weight"


def parts_of(spec: Spec, bundle: DataBundle, model: pm.Model) -> tuple[Part, ...]:
    """Return the outcomes of a model in units.

    Parameters
    ----------
    spec : Spec
        A hypothesis with growth; its information is not cut.
    bundle : DataBundle
        The data.
    model : pymc.Model
        Of both.

    Returns
    -------
    tuple of Part
        Scores, reference runs, loss-score points; none for published values, of which each is an
        LLM's own.
    """
    if spec.is_series_alone:
        return ()
    found = designs.designs_of(spec, bundle, designs.benchmarks_of(spec, bundle))
    scores, runs = found["growth"], found["loss"]
    names = tuple(map(str, model.coords["benchmark"] or ()))
    terms, _ = outcome_terms(spec, bundle, model)
    pairs = zip(scores.pair_llm, scores.pair_benchmark, strict=True)
    labels = tuple(f"{scores.llms[llm]} | {names[b]}" for llm, b in pairs)
    point = model["link_score"]
    return (
        Part("score", labels, terms),
        _runs(spec, runs, model, names),
        Part(
            "point",
            tuple(map(str, model.coords["link_point"] or ())),
            pm.logp(point, model.rvs_to_values[point]),
        ),
    )


def _runs(
    spec: Spec, design: designs.LossDesign, model: pm.Model, benchmarks: tuple[str, ...]
) -> Part:
    variable = model["log_loss"]
    value = model.rvs_to_values[variable]
    if not (spec.loss.size_effects and design.repeated):
        return Part("run", design.labels, pm.logp(variable, value))
    density = group_log_density(design.group, design.group_benchmark)
    sizes = np.exp(design.log_n)[np.unique(design.group, return_index=True)[1]]
    pairs = zip(sizes, design.group_benchmark, strict=True)
    labels = tuple(f"runs of {size:.4g} parameters | {benchmarks[b]}" for size, b in pairs)
    return Part("run", labels, density(value, *variable.owner.op.dist_params(variable.owner)))


def assemble_weighing(spec: Spec, bundle: DataBundle) -> Assembled:
    """Build a model so that outcomes can be left out, and parameters held, without compiling anew.

    Parameters
    ----------
    spec : Spec
        A hypothesis with growth, or of published values; its information is not cut.
    bundle : DataBundle
        The data.

    Returns
    -------
    Assembled
        The model of `assemble_weighted`, with a weight per unit of each of `parts_of`, all 1, and
        for the parameters of the top level the data of `hold`, which hold nothing at first. Until
        one is changed its density is that of the hypothesis.
    """
    assembled = assemble_weighted(spec, bundle)
    with assembled.model as model:
        for part in parts_of(spec, bundle, model):
            ones = np.ones(len(part.labels))
            weight = pm.Data(weight_name(part.kind), ones, shape=ones.shape)
            pm.Potential(f"{part.kind}_left_out", ((weight - 1) * part.terms).sum())
        # one flat vector: a potential for each parameter would take minutes to compile
        places = held_places(assembled)
        pieces = [model[name].ravel() for name in places]
        flat = pt.concatenate(pieces)  # type: ignore[no-untyped-call]
        zeros = np.zeros(sum(part.stop - part.start for part in places.values()))
        at, by = (pm.Data(name, zeros, shape=zeros.shape) for name in (_HELD_AT, _HELD_BY))
        pm.Potential("held", -((by * (flat - at)) ** 2).sum() / 2)
    return assembled


def held_places(assembled: Assembled) -> dict[str, slice]:
    """Return where the parameters of the top level lie among those that can be held.

    Parameters
    ----------
    assembled : Assembled
        A model.

    Returns
    -------
    dict of str to slice
        By name of the free variable.
    """
    model = assembled.model
    # of the variable itself: entries that sum to 0 have one unconstrained value less
    shapes, latents = model.eval_rv_shapes(), assembled.geometry.latents
    names = [str(rv.name) for rv in model.free_RVs if rv.name not in latents]
    return laid_out({name: shapes[name] for name in names})


def hold(
    places: Mapping[str, slice], near: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return the data that hold parameters near given values.

    Parameters
    ----------
    places : mapping of str to slice
        Of `held_places`.
    near : mapping of str to tuple of ndarray
        Free variable to its values, and how far each may stray from them (sd), in its unit.

    Returns
    -------
    dict of str to ndarray
        By name of the model's data.
    """
    size = max(part.stop for part in places.values())
    at, by = np.zeros(size), np.zeros(size)
    for name, (values, sd) in near.items():
        at[places[name]] = np.ravel(values)
        by[places[name]] = 1 / np.ravel(sd)
    return {_HELD_AT: at, _HELD_BY: by}


def neutral(model: pm.Model) -> dict[str, np.ndarray]:
    """Return the data under which nothing is left out or held.

    Parameters
    ----------
    model : pymc.Model
        Of `assemble_weighing`.

    Returns
    -------
    dict of str to ndarray
        All weights 1, all holds 0.
    """
    weights = {LLM_WEIGHT, *map(weight_name, ("score", "run", "point"))}
    found = {}
    for variable in model.data_vars:
        shape = variable.get_value().shape
        if variable.name in weights:
            found[variable.name] = np.ones(shape)
        elif variable.name in (_HELD_AT, _HELD_BY):
            found[variable.name] = np.zeros(shape)
    return found


def terms_at(
    spec: Spec, bundle: DataBundle, model: pm.Model, posterior: xr.Dataset
) -> Mapping[str, tuple[tuple[str, ...], np.ndarray]]:
    """Return the log density of each unit of outcomes at draws.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    model : pymc.Model
        Of both.
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).

    Returns
    -------
    mapping of str to tuple
        Kind to labels and log densities, (chain, draw, unit).
    """
    parts = parts_of(spec, bundle, model)
    free: Any = model.free_RVs
    evaluate = compile_graph(
        free, [part.terms for part in parts], mode="FAST_COMPILE", on_unused_input="ignore"
    )
    arrays = [posterior[rv.name].transpose("chain", "draw", ...).to_numpy() for rv in free]
    shape = arrays[0].shape[:2]
    found = [evaluate(*(a[at] for a in arrays)) for at in np.ndindex(*shape)]
    return {
        part.kind: (part.labels, np.array([row[i] for row in found]).reshape(*shape, -1))
        for i, part in enumerate(parts)
    }
