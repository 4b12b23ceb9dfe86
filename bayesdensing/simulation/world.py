"""A world of known truth: a bundle whose losses and scores are drawn from a hypothesis."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.ruler import Ruler
from bayesdensing.analysis.summary import to_json
from bayesdensing.analysis.tables import TOP_LEVEL_DIMS
from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.errors import SpecError
from bayesdensing.laws import score as score_law
from bayesdensing.laws.deviation import sample_scores, sample_tails
from bayesdensing.laws.trend import doubling_days
from bayesdensing.simulation.prior import generative, pair_log_sizes, prior_draws
from bayesdensing.spec import Spec

__all__ = ["TRUTH", "World", "outcomes", "simulate"]

#: File beside a simulated bundle's tables that holds what they were made from.
TRUTH = "truth.json"

#: Put before the name of the source whose design a simulated row has.
_PREFIX = "simulated after "


@dataclass(frozen=True)
class World:
    """Simulated data and what they were made from.

    Attributes
    ----------
    data : DataBundle
        The data.
    truth : xarray.Dataset
        Every variable's true value, dims as in the model.
    spec : Spec
        The hypothesis.
    seed : int
        The seed.
    given : mapping of str to object
        What was held fixed.
    """

    data: DataBundle
    truth: xr.Dataset
    spec: Spec
    seed: int
    given: Mapping[str, Any]

    def save(self, path: str | Path) -> Path:
        """Write the bundle with its ``truth.json``, all of it or nothing.

        Parameters
        ----------
        path : str or pathlib.Path
            Folder to make; an older simulated bundle there is replaced.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        FileExistsError
            Where something else is there.
        """
        folder = Path(path)
        ours = (folder / TRUTH).is_file()
        truth = to_json(self.to_dict())
        return self.data.to_directory(folder, overwrite=ours, extras={TRUTH: truth})

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``truth.json``.

        Returns
        -------
        dict
            Headline, every parameter of the top level as ``name[coord]``, and each LLM's density;
            the doubling time is infinite without growth.
        """
        parameters: dict[str, float] = {}
        for name, values in self.truth.data_vars.items():
            if set(values.dims) <= TOP_LEVEL_DIMS:
                parameters |= _entries(str(name), values)
        truth: dict[str, Any] = {
            "spec": self.spec.name,
            "spec_sha256": self.spec.sha256,
            "seed": self.seed,
            "set": dict(self.given),
            "parameters": parameters,
        }
        if "growth_rate" in self.truth:
            rate = float(self.truth["growth_rate"])
            truth["headline"] = {
                "growth_rate_per_year": rate,
                "doubling_time_days": float(doubling_days(rate)),
            }
        if "log_density" in self.truth:
            log_density = self.truth["log_density"]
            names = log_density["llm"].to_numpy().astype(str).tolist()
            density = np.exp(log_density.to_numpy()).tolist()
            truth["density"] = dict(zip(names, density, strict=True))
        return truth


def _entries(name: str, values: xr.DataArray) -> dict[str, float]:
    if not values.dims:
        return {name: float(values)}
    labels = itertools.product(*(values[dim].to_numpy().astype(str) for dim in values.dims))
    return {
        f"{name}[{', '.join(key)}]": float(value)
        for key, value in zip(labels, values.to_numpy().ravel(), strict=True)
    }


def simulate(
    spec: Spec,
    template: DataBundle,
    *,
    seed: int,
    given: Mapping[str, Any] | None = None,
    name: str = "simulated",
) -> World:
    """Draw losses and scores from a hypothesis, on the design of a bundle.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The design: runs, LLMs, dates, who measured what; its losses and scores are replaced, and
        what the hypothesis does not use is left out.
    seed : int
        Seed; the same one draws the same world on the same machine.
    given : mapping of str to object, optional
        Values to hold fixed, see `prior_draws`; the rest comes from the prior.
    name : str
        Name of the new bundle.

    Returns
    -------
    World
        Data and truth.

    Notes
    -----
    Scores follow the model as it is stated: each LLM's departure on each benchmark is drawn, not
    integrated out, and scores are kept to 0 to 1.
    """
    settings = dict(given or {})
    prior_seed, noise_seed = np.random.SeedSequence(seed).generate_state(2)
    drawn = prior_draws(spec, template, seed=int(prior_seed), given=settings)
    if "floor" in drawn and bool((drawn["floor"] >= drawn["ceiling"]).any()):
        raise SpecError("floor lies at or above ceiling: no score lies between them")
    rng = np.random.default_rng(noise_seed)
    frames = _replaced(generative(spec), template, drawn, rng)
    data = DataBundle.from_frames(name=name, version="1", **frames)
    return World(data, drawn.isel(chain=0, draw=0, drop=True), spec, seed, settings)


def _replaced(
    spec: Spec, template: DataBundle, drawn: xr.Dataset, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the tables that the hypothesis uses, with the drawn values in them."""
    tables = template.frames
    if spec.is_series_alone:
        only = spec.data.records == "only"
        values = _records(spec, template, drawn, rng) if only else _values(spec, template, drawn)
        return _with_sources({"densities": values})
    benchmarks = designs.benchmarks_of(spec, template)
    used = designs.designs_of(spec, template, benchmarks)
    measured = outcomes(spec, used, drawn, rng)
    out = {}
    if "benchmarks" in tables:
        rows = tables["benchmarks"]
        out["benchmarks"] = rows[rows["benchmark"].isin(benchmarks)]
    if "loss" in used:
        losses = np.exp(measured["log_loss"])
        out["reference_runs"] = _at(tables["reference_runs"], used["loss"].rows, loss=losses)
    if "link" in used:
        scores = measured["link_score"]
        out["loss_scores"] = _at(tables["loss_scores"], used["link"].rows, score=scores)
    if "growth" in used:
        llms = tables["models"]
        out["models"] = llms[llms["model"].isin(used["growth"].llms)]
        out["scores"] = _at(tables["scores"], used["growth"].rows, score=measured["score"])
    return _with_sources(out)


def outcomes(
    spec: Spec, used: Mapping[str, Any], drawn: xr.Dataset, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return what is measured in a world.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    used : mapping of str to dataclass
        Design by block.
    drawn : xarray.Dataset
        One draw of every variable, dims (chain, draw, ...).
    rng : numpy.random.Generator
        Source of what the model integrates out.

    Returns
    -------
    dict of str to ndarray
        By the random variable that they are values of: log losses, scores of points and of LLMs,
        published log values, or log records.
    """
    found: dict[str, np.ndarray] = {}
    if "loss" in used:
        found["log_loss"] = drawn["log_loss"].to_numpy().ravel()
    if "link" in used:
        found["link_score"] = _point_scores(used["link"], drawn, rng)
    if "growth" in used:
        found["score"] = _llm_scores(spec, used["growth"], drawn, rng)
    if "published" in used:
        name = "log_record" if spec.data.records == "only" else "log_value"
        found[name] = drawn[name].to_numpy().ravel()
    return found


def _with_sources(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Say of every row that it is simulated, and on whose design: sources are part of the keys."""
    out = {name: rows.assign(source=_PREFIX + rows["source"]) for name, rows in tables.items()}
    names = sorted({name for rows in out.values() for name in rows["source"]})
    citation = "drawn from a hypothesis by bayesdensing simulate"
    return {**out, "sources": pd.DataFrame({"source": names, "citation": citation})}


def _at(table: pd.DataFrame, rows: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    return table.loc[rows].assign(**columns)


def _values(spec: Spec, template: DataBundle, drawn: xr.Dataset) -> pd.DataFrame:
    """Return published values drawn anew, their intervals as wide as they were (on the log)."""
    design = designs.published_design(spec, template)
    rows = template.frames["densities"].loc[design.rows]
    value = np.exp(drawn["log_value"].to_numpy().ravel())
    factor = value / rows["value"].to_numpy()
    ends = {
        end: rows[end].to_numpy() * factor
        for end in ("value_lo95", "value_hi95")
        if end in rows.columns
    }
    return rows.assign(value=value, **ends)


def _records(
    spec: Spec, template: DataBundle, drawn: xr.Dataset, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a value a date: the record where there is a new one, else one that stays below it."""
    design = designs.record_design(spec, template)
    rows = template.frames["densities"]
    rows = rows[rows["series"] == design.series].drop_duplicates("release_date")
    rows = rows.set_index("release_date").loc[design.released].reset_index(names="release_date")
    standing = drawn["log_record"].to_numpy().ravel()
    rises = np.diff(standing, prepend=-np.inf) > 0
    # whatever stays below a record is no part of what the hypothesis sees
    below = standing - rng.exponential(size=len(standing))
    value = np.exp(np.where(rises, standing, below))
    error = {"value_lo95": np.nan, "value_hi95": np.nan}
    known = {name: what for name, what in error.items() if name in rows.columns}
    return rows.assign(value=value, on_record=rises, **known)


def _point_scores(
    points: designs.PointDesign, drawn: xr.Dataset, rng: np.random.Generator
) -> np.ndarray:
    floor, ceiling, midpoint, slope = (
        drawn[name].to_numpy().ravel()[points.benchmark]
        for name in ("floor", "ceiling", "midpoint_loss", "link_slope")
    )
    w = score_law.logit_strength(loss=points.loss, midpoint_loss=midpoint, slope=slope)
    scatter = float(drawn["link_sd"].squeeze()) * rng.normal(size=w.shape)
    p = score_law.link(w + scatter, floor=floor, ceiling=ceiling)
    return np.asarray(rng.binomial(points.n_items.astype(int), p) / points.n_items)


def _llm_scores(
    spec: Spec, design: designs.ScoreDesign, drawn: xr.Dataset, rng: np.random.Generator
) -> np.ndarray:
    b = design.pair_benchmark
    ruler = Ruler.from_posterior(drawn, spec)
    log_size = pair_log_sizes(design, drawn)
    tails = sample_tails(rng, df=float(drawn["score_df"].squeeze()), size=log_size.shape)
    departure = ruler.deviation_sd[:, b] * tails * rng.normal(size=tails.shape)
    effect = drawn["evaluator_effect"].transpose("chain", "draw", "evaluator", "benchmark")
    scores = sample_scores(
        rng,
        pair_score=ruler.score(log_size, b, departure=departure),
        tails=tails,
        n_items=design.n_items,
        overdispersion=drawn["overdispersion"].to_numpy().reshape(1, -1)[:, b],
        effect=effect.to_numpy()[0][:, design.obs_evaluator, design.obs_benchmark],
        obs_pair=design.obs_pair,
    )
    return np.asarray(scores[0])
