"""Density and effective parameters of LLMs that a fit has not seen, without refitting."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.gibbs import NewDraws, sample_new
from bayesdensing.analysis.intervals import INTERVAL_KIND
from bayesdensing.analysis.observed import observed_scores, score_model
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import UnitScores
from bayesdensing.data.newcomers import read_new_scores
from bayesdensing.laws.score import binomial_variance, shifted
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["SWEEPS", "Newcomers", "density_of", "new_units"]

#: Sweeps between densities and new effects; a test compares them with many more.
SWEEPS = 8
#: Share of draws from which on a score counts as one at an end of its benchmark.
_AT_END = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Newcomers:
    """Densities of LLMs given their scores and the posterior of a fit.

    Attributes
    ----------
    draws : xarray.Dataset
        ``log_density`` (draw, llm), natural log; ``evaluator_effect`` (draw, new_effect), logits,
        of evaluators that had not been seen on a benchmark, with coords evaluator, benchmark.
    table : pandas.DataFrame
        Index ``llm``, by release date. Columns release_date, n_params (count, the median where
        the weight of active parameters is estimated), n_scores; for
        ``density`` (no unit) and ``effective_parameters`` (count) the median and the ends of the
        equal-tailed 89 and 95 % intervals; ``bound``: ``at most`` where all scores lie at the
        floor, ``at least`` where all lie at the ceiling, else empty; ``density_bound``: the upper
        95 or the lower 5 % quantile of such a density; ``in_fit``: whether the fit has an LLM of
        that name.
    scores : pandas.DataFrame
        One row per score: llm, benchmark, evaluator, score (0..1), ``effect`` (``of the fit`` or
        ``new``), ``at_floor`` and ``at_ceiling``, the share of draws in which it lies there.
    effects : pandas.DataFrame
        One row per new effect (logits): evaluator, benchmark, n_scores, median, ends of the
        equal-tailed 89 % interval.
    """

    draws: xr.Dataset = field(repr=False)
    table: pd.DataFrame
    scores: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame = field(repr=False)


def density_of(
    fit: "Fit",
    new: str | Path | pd.DataFrame,
    *,
    skip_unknown: bool = False,
    max_draws: int = 1000,
    seed: int = 0,
) -> Newcomers:
    """Return density and effective parameters of LLMs that a fit has not seen.

    Everything that LLMs share keeps the posterior of the fit: nothing is refitted, and draws are
    not weighted by how well they explain the new scores. An evaluator's effect is that of the
    draw where the fit has scores of it on that benchmark, else a new one ~ Normal(0,
    evaluator_sd), estimated together with the densities of all the new LLMs that it measured.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    new : str, pathlib.Path or pandas.DataFrame
        A CSV file, the folder of a bundle, or a table with a row per score: model, benchmark,
        evaluator, score; n_params and release_date where the fit's own bundle does not have the
        LLM; optional n_params_active, family, n_shots, source.
    skip_unknown : bool
        Leave out scores on benchmarks that the fit does not have, rather than refuse them.
    max_draws : int
        Keep every k-th posterior draw, this many in all.
    seed : int
        Seed of the draws.

    Returns
    -------
    Newcomers
        Draws and tables.

    Raises
    ------
    BundleError
        For scores that do not serve, with every fault.
    DataNeedError
        For a fit without scores.

    Notes
    -----
    A score lies at the floor in a draw where it is at most the benchmark's floor, seen through
    its evaluator, plus one scale of what a measurement there scatters by, sqrt(overdispersion^2 +
    floor (1 - floor) / n_items); at the ceiling likewise. Such a score tells that capability is
    low (high), not how low. Where all scores of an LLM are of one kind, that end of its interval
    rests on the trend alone and its density is one-sided. A score counts so from half of the
    draws on.

    Under a hypothesis with family effects, that of the draw is conditioned on where the family of
    a new LLM has one, else it is integrated out.
    """
    model = score_model(fit, max_draws=max_draws)
    rows = read_new_scores(
        new,
        benchmarks=model.ruler.benchmarks,
        known=fit.data.models,
        skip_unknown=skip_unknown,
    )
    skipped = dict(rows.attrs)
    rows, units, cells, effects = new_units(fit, model, rows)
    drawn = sample_new(model, units, cells, sweeps=SWEEPS, rng=np.random.default_rng(seed))
    scores = _score_table(model, rows, drawn)
    llms = rows.drop_duplicates("model").set_index("model").rename_axis("llm")
    known = fit.posterior["llm"].to_numpy().astype(str)
    log_n = np.concatenate([model.covariates.log_counts(u.columns) for u in units], axis=1)
    # of an estimated count the median, else the count itself and not one that went through its log
    count = fit.spec.growth.parameter_count
    sizes = llms[["n_params", "n_params_active"]].copy()
    if count == "estimated":
        llms["n_params"] = np.exp(np.median(log_n, axis=0))
    elif count == "active":
        llms["n_params"] = llms["n_params_active"]
    table = _density_table(llms, scores, drawn.log_density, log_n)
    table["in_fit"] = llms.index.isin(known)
    table.attrs = {
        "units": {"density": "1", "effective_parameters": "parameters"},
        "interval_kind": INTERVAL_KIND,
        "conditional_on": f"posterior of {fit.spec.name}",
        "sizes": {str(name): tuple(map(float, of)) for name, *of in sizes.itertuples()},
        **skipped,
    }
    return Newcomers(
        draws=_labelled(drawn, llms.index, effects),
        table=table.sort_values("release_date", kind="stable"),
        scores=scores,
        effects=_effect_table(effects, drawn.effect),
    )


def new_units(
    fit: "Fit", model: ScoreModel, rows: pd.DataFrame
) -> tuple[pd.DataFrame, list[UnitScores], list[np.ndarray], pd.DataFrame]:
    """Return scores of LLMs as units of the likelihood, and which evaluators' effects are new.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    model : ScoreModel
        Its model of scores.
    rows : pandas.DataFrame
        Scores of LLMs, as `read_new_scores` returns them.

    Returns
    -------
    tuple
        The rows with codes; a unit per LLM in the order of the rows; for each the new effect of
        every score, -1 where the fit has it; and the new effects with evaluator and benchmark.
    """
    seen = observed_scores(fit)
    measured = set(zip(seen.evaluator.tolist(), seen.benchmark.tolist(), strict=True))
    b = pd.Index(model.ruler.benchmarks).get_indexer(pd.Index(rows["benchmark"]))
    e = pd.Index(model.evaluators).get_indexer(pd.Index(rows["evaluator"]))
    is_new = np.array([pair not in measured for pair in zip(e.tolist(), b.tolist(), strict=True)])
    named = rows["evaluator"] + "\0" + rows["benchmark"]
    number = pd.Series(-1, index=rows.index)
    number[is_new] = pd.factorize(named[is_new])[0]
    rows = rows.assign(b=b, e=e, cell=number)
    effects = rows[is_new].groupby("cell")[["evaluator", "benchmark"]].first()
    effects["n_scores"] = rows[is_new].groupby("cell").size()
    reference = pd.Timestamp(str(fit.posterior.attrs["reference_date"]))
    rows["family_index"] = pd.Index(model.covariates.families).get_indexer(pd.Index(rows["family"]))
    count = fit.spec.growth.parameter_count
    units, cells = [], []
    for _, own in rows.groupby("model", sort=False):
        first = own.iloc[0]
        units.append(
            UnitScores(
                log_n=float(np.log(first["n_params_active" if count == "active" else "n_params"])),
                years=(first["release_date"] - reference).days / DAYS_PER_YEAR,
                benchmark=own["b"].to_numpy(),
                evaluator=own["e"].to_numpy(),
                score=own["score"].to_numpy(),
                log_active_share=(
                    float(np.log(first["n_params_active"] / first["n_params"]))
                    if count == "estimated"
                    else 0.0
                ),
                family=int(first["family_index"]),
            )
        )
        cells.append(own["cell"].to_numpy())
    return rows, units, cells, effects


def _score_table(model: ScoreModel, rows: pd.DataFrame, drawn: NewDraws) -> pd.DataFrame:
    b, score, cell = (rows[name].to_numpy() for name in ("b", "score", "cell"))
    known = model.evaluator_effect[:, rows["e"].to_numpy(), b]
    new = cell >= 0
    effect = np.where(new, drawn.effect[:, cell], known) if new.any() else known
    noise = model.overdispersion[:, b] ** 2

    def end(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scale = np.sqrt(noise + binomial_variance(values, model.n_items[b]))
        return shifted(values, effect), scale

    floor, above = end(model.ruler.floor[:, b])
    ceiling, below = end(model.ruler.ceiling[:, b])
    return pd.DataFrame(
        {
            "llm": rows["model"],
            "benchmark": rows["benchmark"],
            "evaluator": rows["evaluator"],
            "score": score,
            "effect": np.where(new, "new", "of the fit"),
            "at_floor": (score <= floor + above).mean(axis=0),
            "at_ceiling": (score >= ceiling - below).mean(axis=0),
        }
    )


def _density_table(
    llms: pd.DataFrame, scores: pd.DataFrame, log_density: np.ndarray, log_n: np.ndarray
) -> pd.DataFrame:
    table = llms[["release_date", "n_params"]].copy()
    by_llm = scores.groupby("llm", sort=False)
    table["n_scores"] = by_llm.size()
    quantile = {"median": 0.5, "eti89_lb": 0.055, "eti89_ub": 0.945}
    quantile |= {"eti95_lb": 0.025, "eti95_ub": 0.975}
    for quantity, shift in (("density", 0.0), ("effective_parameters", log_n)):
        for name, q in quantile.items():
            table[f"{quantity}_{name}"] = np.exp(np.quantile(log_density + shift, q, axis=0))
    at_floor = by_llm["at_floor"].min() > _AT_END
    at_ceiling = by_llm["at_ceiling"].min() > _AT_END
    table["bound"] = np.select([at_floor, at_ceiling], ["at most", "at least"], "")
    low, high = np.exp(np.quantile(log_density, [0.05, 0.95], axis=0))
    table["density_bound"] = np.select([at_floor, at_ceiling], [high, low], np.nan)
    return table


def _labelled(drawn: NewDraws, llms: pd.Index, effects: pd.DataFrame) -> xr.Dataset:
    names = np.array(llms.tolist())
    return xr.Dataset(
        {
            "log_density": (("draw", "llm"), drawn.log_density),
            "evaluator_effect": (("draw", "new_effect"), drawn.effect),
        },
        coords={
            "llm": names,
            "evaluator": ("new_effect", np.array(effects["evaluator"].tolist(), dtype=str)),
            "benchmark": ("new_effect", np.array(effects["benchmark"].tolist(), dtype=str)),
        },
        attrs={"units": "log_density: natural log; evaluator_effect: logits"},
    )


def _effect_table(effects: pd.DataFrame, draws: np.ndarray) -> pd.DataFrame:
    low, middle, high = np.quantile(draws, [0.055, 0.5, 0.945], axis=0)
    return effects.reset_index(drop=True).assign(median=middle, eti89_lb=low, eti89_ub=high)
