"""A hypothesis and a bundle to a `pm.Model` with named dimensions, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm

from bayesdensing.assembly import design as designs
from bayesdensing.assembly.blocks import (
    add_link,
    add_loss,
    add_loss_geometry,
    add_published,
    add_records,
    given_loss,
)
from bayesdensing.assembly.covariates import family_stretch
from bayesdensing.assembly.geometry import Geometry
from bayesdensing.assembly.growth import (
    EVEN_COUNT,
    add_growth,
    add_growth_geometry,
    evaluator_counts,
    evaluator_stretch,
)
from bayesdensing.assembly.trend import trend_coords
from bayesdensing.data import DataBundle
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import PRIOR_TABLE, DataAxis, Spec

__all__ = ["Assembled", "assemble", "reference_alone"]


@dataclass(frozen=True)
class Assembled:
    """A model with what its readers need.

    Attributes
    ----------
    model : pymc.Model
        The joint model, every variable with named dimensions.
    geometry : Geometry
        Hints for sampling it.
    constants : mapping of str to tuple
        Name to (dims, values) of fixed quantities, such as the LLMs' parameters.
    attrs : mapping of str to str
        What the posterior is of: quantity, reference date, range of the data.
    """

    model: pm.Model
    geometry: Geometry
    constants: Mapping[str, tuple[tuple[str, ...], np.ndarray]]
    attrs: Mapping[str, str]


def assemble(spec: Spec, bundle: DataBundle) -> Assembled:
    """Build the model of a hypothesis on a bundle.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    Assembled
        Model, hints, constants.

    Raises
    ------
    DataNeedError
        Where the bundle lacks what a block needs.

    Notes
    -----
    Under a cut the loss law is data of the model: ``pm.Data`` that wait for draws of
    `reference_alone`.

    Examples
    --------
    >>> from bayesdensing import load_data, load_spec
    >>> model = assemble(load_spec("loss_law"), load_data()).model
    >>> [rv.name for rv in model.observed_RVs]
    ['log_loss']
    """
    if spec.is_series_alone:
        return _assemble_published(spec, bundle)
    benchmarks = designs.benchmarks_of(spec, bundle)
    coords: dict[str, Any] = {"benchmark": list(benchmarks)}
    found = designs.designs_of(spec, bundle, benchmarks)
    loss, points, scores = (found.get(block) for block in ("loss", "link", "growth"))
    if loss is not None:
        coords["reference_run"] = list(loss.labels)
    if points is not None:
        coords["link_point"] = list(points.labels)
    if scores is not None:
        coords |= {
            "llm": list(scores.llms),
            "evaluator": list(scores.evaluators),
            "score_obs": list(scores.labels),
            **trend_coords(spec, scores),
        }
        if scores.families:
            coords["family"] = list(scores.families)
    size = len(benchmarks)
    shifts: dict[str, Any] = {}
    stretches: dict[str, Any] = {}
    loose: dict[str, np.ndarray] = {}
    populations: dict[str, tuple[Any, Any]] = {}
    curve = None
    with pm.Model(coords=coords) as model:
        if loss is not None:
            if spec.information.flow == "cut":
                curve = given_loss(spec, loss, size=size)
            else:
                curve = add_loss(spec, loss, size=size)
                add_loss_geometry(curve, shifts)
        if points is not None:
            chance = designs.chance_of(bundle, benchmarks)
            link = add_link(spec, points, chance=chance, curve=curve)
        if scores is not None and curve is not None:
            growth = add_growth(spec, scores, curve=curve, link=link, size=size)
            populations["log_density"] = growth.population
            counts = evaluator_counts(scores)
            stretches["evaluator_effect"] = evaluator_stretch(counts, growth.effect_sd)
            loose["evaluator_effect"] = counts <= EVEN_COUNT
            if scores.families:
                stretches["family_effect"] = family_stretch(scores, model["family_sd"])
            add_growth_geometry(spec, scores, shifts, curve=curve, size=size)
    latents = ("log_density",) if scores is not None else ()
    constants, attrs = _context(loss, scores)
    geometry = Geometry(
        shifts=shifts,
        log_stretches=stretches,
        latents=latents,
        loose=loose,
        populations=populations,
    )
    return Assembled(model, geometry, constants, attrs)


def reference_alone(spec: Spec, bundle: DataBundle) -> Spec:
    """Return what a joint hypothesis says of the reference runs, without anything else.

    Parameters
    ----------
    spec : Spec
        A hypothesis with a loss law.
    bundle : DataBundle
        The data, which say on which benchmarks all blocks have rows.

    Returns
    -------
    Spec
        The loss law alone: same law, priors, suite, benchmarks and sampler.
    """
    return Spec(
        name=f"{spec.name}-reference",
        title=f"The loss law of {spec.name}, from the reference runs alone",
        blocks=("loss",),
        data=DataAxis(benchmarks=designs.benchmarks_of(spec, bundle), suite=spec.data.suite),
        loss=spec.loss,
        priors={n: p for n, p in spec.priors.items() if PRIOR_TABLE[n].block == "loss"},
        sampler=spec.sampler,
    )


def _context(
    loss: designs.LossDesign | None, scores: designs.ScoreDesign | None
) -> tuple[dict[str, tuple[tuple[str, ...], np.ndarray]], dict[str, str]]:
    constants: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    attrs = {"quantity": "none"}
    if loss is not None:
        attrs["loss_unit"] = loss.loss_unit
        attrs["n_reference_runs"] = str(loss.n_runs)
    if scores is not None:
        count = np.bincount(scores.pair_llm, scores.pair_count, len(scores.llms))
        constants["n_params"] = (("llm",), np.exp(scores.log_n))
        constants["n_scores"] = (("llm",), count)
        constants["release_year"] = (("llm",), _decimal_years(scores.released))
        constants["years"] = (("llm",), scores.years)
        constants["log_active_share"] = (("llm",), scores.log_active_share)
        constants["family_index"] = (("llm",), scores.family)
        attrs |= _span("capability density", scores.released, scores.reference_date)
        attrs["n_scores"] = str(len(scores.score))
        attrs["mean_log_n"] = repr(scores.mean_log_n)
    return constants, attrs


def _assemble_published(spec: Spec, bundle: DataBundle) -> Assembled:
    if spec.data.records == "only":
        return _assemble_records(spec, bundle)
    design = designs.published_design(spec, bundle)
    coords = {"llm": list(design.llms), **trend_coords(spec, design)}
    with pm.Model(coords=coords) as model:
        add_published(spec, design)
    constants = {
        "release_year": (("llm",), _decimal_years(design.released)),
        "years": (("llm",), design.years),
        "log_value": (("llm",), design.log_value),
        "log_error": (("llm",), design.log_error),
    }
    attrs = _span(design.series, design.released, design.reference_date)
    return Assembled(model, Geometry(), constants, attrs)


def _assemble_records(spec: Spec, bundle: DataBundle) -> Assembled:
    design = designs.record_design(spec, bundle)
    coords = {"release": list(design.dates), "llm": list(design.llms)}
    with pm.Model(coords=coords | trend_coords(spec, design)) as model:
        add_records(spec, design)
    constants = {
        "release_year": (("llm",), _decimal_years(design.released[design.record])),
        "years": (("llm",), design.years[design.record]),
        "log_value": (("llm",), design.standing[design.record]),
        "log_error": (("llm",), design.log_error[design.record]),
        "record_error": (("release",), design.log_error),
    }
    attrs = _span(design.series, design.released, design.reference_date)
    attrs["usual_error"] = repr(design.usual_error)
    return Assembled(model, Geometry(), constants, attrs)


def _span(quantity: str, released: Any, reference: Any) -> dict[str, str]:
    return {
        "quantity": quantity,
        "reference_date": reference.date().isoformat(),
        "data_start": released.min().date().isoformat(),
        "data_end": released.max().date().isoformat(),
    }


def _decimal_years(released: Any) -> np.ndarray:
    start = np.datetime64("2000-01-01")
    days = (released.to_numpy().astype("datetime64[D]") - start).astype(float)
    return np.asarray(2000 + days / DAYS_PER_YEAR)
