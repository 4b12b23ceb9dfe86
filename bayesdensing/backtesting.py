"""Forecasts of the past: fits of what was out by a date, held against the scores after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.analysis import Fit
from bayesdensing.analysis.baselines import BASELINES, Past, baseline_draws, crps
from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.population import Population
from bayesdensing.analysis.unit import UnitScores, log_sizes
from bayesdensing.assembly.design import ScoreDesign, benchmarks_of, score_design
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import DEFAULT_SEED, fit, resolved
from bayesdensing.laws.deviation import sample_scores, sample_tails
from bayesdensing.spec import Spec

__all__ = ["COLUMNS", "backtest", "predicted_scores", "until"]

#: Columns of the table: coverages are shares, CRPS and bias are in points of a score of 100.
COLUMNS = (
    "cut_off", "method", "n_llms_before", "n_llms_after", "n_scores", "coverage50", "coverage95",
    "crps", "bias", "max_rhat", "divergences",
)  # fmt: skip

_DRAWS = 1000


@dataclass(frozen=True)
class _Later:
    """The measured scores of LLMs after a date, in the order of the whole design."""

    llm: np.ndarray
    benchmark: np.ndarray
    evaluator: np.ndarray
    score: np.ndarray


def until(data: DataBundle, date: pd.Timestamp) -> DataBundle:
    """Return a bundle without the LLMs that were released after a date.

    Parameters
    ----------
    data : DataBundle
        With LLMs and scores.
    date : pandas.Timestamp
        Last day.

    Returns
    -------
    DataBundle
        Reference runs, links and all else as they are, whenever they were published.
    """
    frames = data.frames
    llms = frames["models"]
    kept = llms[llms["release_date"] <= date]
    scores = frames["scores"]
    frames["models"] = kept
    frames["scores"] = scores[scores["model"].isin(kept["model"])]
    tables = {name: frames[name] for name in ("benchmarks", "reference_runs", "loss_scores",
              "models", "scores", "sources") if name in frames}  # fmt: skip
    return DataBundle.from_frames(name=f"{data.name}-until-{date.date()}", version=data.version,
                                  **tables)  # fmt: skip


def backtest(
    spec: str | Path | Spec = "joint",
    data: DataBundle | None = None,
    *,
    cut_offs: Sequence[str | pd.Timestamp],
    seed: int = DEFAULT_SEED,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Forecast the scores that came after dates from what was out by them.

    Parameters
    ----------
    spec : str, Path or Spec
        A hypothesis with growth.
    data : DataBundle, optional
        The data; the packaged ones where not given.
    cut_offs : sequence of str or pandas.Timestamp
        Dates.
    seed : int
        Seed of fits and forecasts.
    draws, tune, chains : int, optional
        As for `fit`.
    tell : callable
        Called with a line per date.

    Returns
    -------
    pandas.DataFrame
        A row per date and method, columns `COLUMNS`: shares of the measured scores of later LLMs
        in the equal-tailed 50 and 95 % intervals of their forecasts, mean CRPS, and the mean of
        forecast median less score, in points.

    Raises
    ------
    DataNeedError
        For a hypothesis without scores, and a date that leaves nothing to fit or to forecast.
    """
    hypothesis = resolved(spec, draws=draws, tune=tune, chains=chains)
    if "growth" not in hypothesis.blocks:
        raise DataNeedError(f"{hypothesis.name} has no growth block: there is nothing to forecast")
    bundle = load_data() if data is None else data
    names = benchmarks_of(hypothesis, bundle)
    design = score_design(hypothesis, bundle, names)
    rows: list[dict[str, Any]] = []
    for date in sorted(pd.Timestamp(day) for day in cut_offs):
        later = _later(design, date)
        before = int((design.released <= date).sum())
        if before < 3 or not len(later.score):
            raise DataNeedError(f"up to {date.date()} there are {before} LLMs to fit and "
                                f"{len(later.score)} scores to forecast")  # fmt: skip
        tell(f"fitting {before} LLMs up to {date.date()}")
        found = fit(hypothesis, until(bundle, date), seed=seed, progress=False)
        rng = np.random.default_rng([seed, date.toordinal()])
        known = {
            "before": before,
            "llms": len(np.unique(later.llm)),
            "cut_off": str(date.date()),
        }
        checks = found.diagnostics
        forecast = predicted_scores(found, design, names, later.llm, later.benchmark,
                                    later.evaluator, rng=rng)  # fmt: skip
        rows.append(
            _row(hypothesis.name, forecast, later.score, known)
            | {"max_rhat": checks.max_rhat, "divergences": checks.divergences}
        )
        for method in BASELINES:
            drawn = _by_baseline(method, design, later, date, rng)
            rows.append(_row(method, drawn, later.score, known))
        for row in rows[-1 - len(BASELINES) :]:
            tell(f"  {row['method']}: 95 % cover {row['coverage95']:.2f}, CRPS {row['crps']:.2f}")
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs = {"interval_kind": "ETI", "units": {"crps": "points", "bias": "points"}}
    return table


def _later(design: ScoreDesign, date: pd.Timestamp) -> _Later:
    llm = design.pair_llm[design.obs_pair]
    after = np.asarray(design.released > date)[llm]
    return _Later(
        llm[after], design.obs_benchmark[after], design.obs_evaluator[after], design.score[after]
    )


def predicted_scores(
    found: Fit,
    design: ScoreDesign,
    benchmarks: Sequence[str],
    llm: np.ndarray,
    benchmark: np.ndarray,
    evaluator: np.ndarray,
    *,
    rng: np.random.Generator,
    max_draws: int = _DRAWS,
) -> np.ndarray:
    """Draw measured scores of LLMs of which a fit knows size and date alone.

    Parameters
    ----------
    found : Fit
        The fit.
    design : ScoreDesign
        A design that has the LLMs.
    benchmarks : sequence of str
        Names of the design's benchmarks.
    llm, benchmark, evaluator : ndarray of int, shape (score,)
        Codes in the design.
    rng : numpy.random.Generator
        Source of randomness.
    max_draws : int
        Draws.

    Returns
    -------
    ndarray, shape (draw, score)
        Scores, 0 to 1, with evaluators' effects, new ones where the fit has none, and the noise of
        a measurement.
    """
    population = Population.of(found, max_draws=max_draws)
    model = population.model
    to_benchmark = pd.Index(model.ruler.benchmarks).get_indexer(pd.Index(benchmarks))
    to_evaluator = pd.Index(model.evaluators).get_indexer(pd.Index(design.evaluators))
    seen = observed_scores(found)
    measured = set(zip(seen.evaluator.tolist(), seen.benchmark.tolist(), strict=True))
    fresh: dict[tuple[int, int], np.ndarray] = {}
    out = np.empty((model.n_draws, len(llm)))
    for i in np.unique(llm):
        rows = np.flatnonzero(llm == i)
        b = to_benchmark[benchmark[rows]]
        unit = UnitScores(
            log_n=float(design.log_n[i]),
            years=population.years(design.released[i]),
            benchmark=b,
            evaluator=evaluator[rows],
            score=np.zeros(len(rows)),
            log_active_share=float(design.log_active_share[i]),
        )
        terms = model.covariates
        residual = population.residual(rng, size=(model.n_draws, 1))
        centre = model.trend.ahead(unit.years, seed=population.seed) + terms.shift(unit.columns)
        size = log_sizes(model, unit, centre + residual)[:, 0]
        pairs = unit.benchmarks
        tails = sample_tails(rng, df=model.score_df[:, None], size=size.shape)
        departure = model.ruler.deviation_sd[:, pairs] * tails * rng.normal(size=size.shape)
        effect = np.empty((model.n_draws, len(rows)))
        for k, (own, e) in enumerate(zip(b.tolist(), evaluator[rows].tolist(), strict=True)):
            code = int(to_evaluator[e])
            if (code, own) in measured:
                effect[:, k] = model.evaluator_effect[:, code, own]
                continue
            if (e, own) not in fresh:
                scale = model.evaluator_sd[:, own]
                fresh[e, own] = scale * rng.normal(size=model.n_draws)
            effect[:, k] = fresh[e, own]
        out[:, rows] = sample_scores(
            rng,
            pair_score=model.ruler.score(size, pairs, departure=departure),
            tails=tails,
            n_items=model.n_items[pairs],
            overdispersion=model.overdispersion[:, pairs],
            effect=effect,
            obs_pair=unit.pair,
        )
    return out


def _by_baseline(
    method: str, design: ScoreDesign, later: _Later, date: pd.Timestamp, rng: np.random.Generator
) -> np.ndarray:
    out = np.full((_DRAWS, len(later.score)), np.nan)
    score = pd.Series(design.score).groupby(design.obs_pair).median().to_numpy()
    early = np.asarray(design.released <= date)[design.pair_llm]
    for b in np.unique(later.benchmark):
        pair = early & (design.pair_benchmark == b)
        llms = design.pair_llm[pair]
        past = Past(years=design.years[llms], log_n=design.log_n[llms], score=score[pair])
        rows = later.benchmark == b
        to = later.llm[rows]
        out[:, rows] = baseline_draws(
            method, past, years=design.years[to], log_n=design.log_n[to], rng=rng, draws=_DRAWS
        )
    return out


def _row(
    method: str, drawn: np.ndarray, score: np.ndarray, known: dict[str, Any]
) -> dict[str, Any]:
    usable = ~np.isnan(drawn).any(axis=0)
    drawn, score = drawn[:, usable], score[usable]
    if not len(score):
        drawn, score = np.full((1, 1), np.nan), np.full(1, np.nan)
    ends = np.quantile(drawn, [0.025, 0.25, 0.5, 0.75, 0.975], axis=0)

    def share(low: int, high: int) -> float:
        inside = (ends[low] <= score) & (score <= ends[high])
        return float(np.mean(np.where(np.isnan(score), np.nan, inside)))

    return {
        "cut_off": known["cut_off"],
        "method": method,
        "n_llms_before": known["before"],
        "n_llms_after": known["llms"],
        "n_scores": int(usable.sum()),
        "coverage50": share(1, 3),
        "coverage95": share(0, 4),
        "crps": 100 * float(crps(drawn, score).mean()),
        "bias": 100 * float(np.mean(ends[2] - score)),
        "max_rhat": np.nan,
        "divergences": np.nan,
    }
