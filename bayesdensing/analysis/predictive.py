"""Posterior predictive checks: scores that the fitted model would have measured anew."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import stdtrit
from scipy.stats import rankdata

from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.covariates import llm_columns
from bayesdensing.analysis.observed import observed_scores, score_model
from bayesdensing.analysis.readings import thin
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import pair_moments
from bayesdensing.laws.deviation import sample_scores, sample_tails
from bayesdensing.laws.score import shifted

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = [
    "MIN_GROUP",
    "STATISTICS",
    "UNLIKELY",
    "compared",
    "posterior_predictive_check",
    "predictive_table",
    "replicate_scores",
    "verdict",
]

#: Scores that an evaluator needs on a benchmark to be a group of its own.
MIN_GROUP = 5
_POOLED = "other"
#: What is compared of each group, as columns of the table.
STATISTICS = ("mean", "sd", "outside")
#: Probability below which a statistic is flagged.
UNLIKELY = 0.05


def replicate_scores(fit: "Fit", *, draws: int = 400, seed: int = 0) -> xr.DataArray:
    """Draw every measured score anew, given each LLM's density.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    draws : int
        Keep every k-th posterior draw, this many in all.
    seed : int
        Seed of the draws.

    Returns
    -------
    xarray.DataArray
        Dims (draw, score_obs), scores 0 to 1; coords llm, benchmark and evaluator by score_obs.

    Notes
    -----
    The model as it is stated, not as it is integrated: departures of an LLM on a benchmark are
    drawn on their own scale, stretched as one with the items and the scatter of the pair
    (`laws.deviation`), and scores are kept to 0 to 1.
    """
    seen, state = observed_scores(fit), _state(fit, draws)
    model, rng = state.model, np.random.default_rng(seed)
    b = state.pair_benchmark
    tails = sample_tails(rng, df=model.score_df[:, None], size=state.log_size.shape)
    departure = model.ruler.deviation_sd[:, b] * tails * rng.normal(size=tails.shape)
    scores = sample_scores(
        rng,
        pair_score=model.ruler.score(state.log_size, b, departure=departure),
        tails=tails,
        n_items=model.n_items[b],
        overdispersion=model.overdispersion[:, b],
        effect=model.evaluator_effect[:, seen.evaluator, seen.benchmark],
        obs_pair=state.pair,
    )
    names = {dim: fit.posterior[dim].to_numpy() for dim in ("llm", "benchmark", "evaluator")}
    coords = {dim: ("score_obs", axis[getattr(seen, dim)]) for dim, axis in names.items()}
    return xr.DataArray(
        scores,
        dims=("draw", "score_obs"),
        coords={"score_obs": seen.labels, **coords},
        name="score",
        attrs={"units": "1", "long_name": "score drawn anew"},
    )


@dataclass(frozen=True)
class _State:
    """The pairs of an LLM and a benchmark that have scores, in every draw."""

    model: ScoreModel
    pair: np.ndarray
    pair_benchmark: np.ndarray
    log_size: np.ndarray


def _state(fit: "Fit", draws: int) -> _State:
    seen = observed_scores(fit)
    (llm, b), pair = np.unique(np.stack([seen.llm, seen.benchmark]), axis=1, return_inverse=True)
    kept = thin(fit.posterior, max_draws=draws)["log_density"]
    log_density = kept.transpose("chain", "draw", "llm").to_numpy().reshape(-1, kept.sizes["llm"])
    model = score_model(fit, max_draws=draws)
    log_n = model.covariates.log_counts(llm_columns(fit.constants))
    drift = model.covariates.drift(fit.constants["years"].to_numpy()[llm], b)
    return _State(model, pair, b, (log_n + log_density)[:, llm] + drift)


def _expected(fit: "Fit", draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and scale of each score in each draw, (draw, score_obs)."""
    seen, state = observed_scores(fit), _state(fit, draws)
    model = state.model
    mean, shared = pair_moments(model, state.log_size, state.pair_benchmark)
    effect = model.evaluator_effect[:, seen.evaluator, seen.benchmark]
    own = model.overdispersion[:, seen.benchmark] ** 2
    return shifted(mean[:, state.pair], effect), np.sqrt(own + shared[:, state.pair])


def predictive_table(fit: "Fit", *, draws: int = 400, seed: int = 0) -> pd.DataFrame:
    """Hold the measured scores against scores drawn anew, by benchmark and evaluator.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row per benchmark and evaluator with at least `MIN_GROUP` scores, and one, ``other``,
        for the rest of a benchmark: benchmark, evaluator, n_scores; for each of ``mean`` (of the
        scores), ``sd`` (of the scores less what each draw expects) and ``outside`` (share of
        scores beyond the middle 95 % of what each draw predicts) the value for the measured
        scores, the mean over draws; the ends of the equal-tailed 95 % interval of the value for
        scores drawn anew, such as ``mean_lb``; and the two-sided posterior predictive
        probability, such as ``mean_p``. ``attrs["flagged"]`` counts the probabilities below 5 %;
        ``attrs["flagged_expected"]`` and ``attrs["flagged_limit"]`` are mean and 95 % quantile of
        that count for replicates held against one another.

    Notes
    -----
    Measured scores and scores drawn anew are held against the same draw, as realised
    discrepancies (Gelman, Meng and Stern 1996): against means over draws, which have been fitted
    to the measured scores, these would always look too good.
    """
    replicates = replicate_scores(fit, draws=draws, seed=seed)
    groups = _groups(replicates)
    mean, scale = _expected(fit, draws)
    df = score_model(fit, max_draws=draws).score_df[:, None]
    reach = scale * stdtrit(df, 0.975)
    return compared(
        groups, observed_scores(fit).score, replicates.to_numpy(), mean=mean, reach=reach
    )


def compared(
    groups: pd.DataFrame,
    values: np.ndarray,
    anew: np.ndarray,
    *,
    mean: np.ndarray,
    reach: np.ndarray,
) -> pd.DataFrame:
    """Hold measured values against values drawn anew, by group.

    Parameters
    ----------
    groups : pandas.DataFrame
        A row per value: ``code`` of its group, counted from 0, and what the group is called.
    values : ndarray, shape (value,)
        The measured values.
    anew : ndarray, shape (draw, value)
        The values drawn anew.
    mean, reach : ndarray, shape (draw, value)
        What each draw expects, and half the width of the middle 95 % of what it predicts.

    Returns
    -------
    pandas.DataFrame
        One row per group, columns and attrs as those of `predictive_table`; the count of values
        is ``n_scores``.
    """
    codes = groups["code"].to_numpy()
    observed = _statistics(np.broadcast_to(values, mean.shape), mean, reach, codes)
    replicated = _statistics(anew, mean, reach, codes)
    table = groups.drop_duplicates("code").sort_values("code").drop(columns="code")
    table = table.reset_index(drop=True).assign(n_scores=np.bincount(codes))
    low, high = np.quantile(replicated, [0.025, 0.975], axis=0)
    p = _two_sided((replicated <= observed).mean(axis=0), (replicated >= observed).mean(axis=0))
    for k, name in enumerate(STATISTICS):
        table[name] = observed[..., k].mean(axis=0)
        table[f"{name}_lb"], table[f"{name}_ub"] = low[:, k], high[:, k]
        table[f"{name}_p"] = p[:, k]
    rank, back = (rankdata(x, method="max", axis=0) / len(x) for x in (replicated, -replicated))
    counts = (_two_sided(rank, back) < UNLIKELY).sum(axis=(1, 2))
    table.attrs = {
        "interval_kind": "ETI, 95 %",
        "draws": len(anew),
        "flagged": int((p < UNLIKELY).sum()),
        "flagged_expected": float(counts.mean()),
        "flagged_limit": float(np.quantile(counts, 0.95)),
    }
    return table


def _groups(replicates: xr.DataArray) -> pd.DataFrame:
    """Return benchmark, evaluator and code of the group of each score."""
    columns = ("benchmark", "evaluator")
    rows = pd.DataFrame({name: replicates[name].to_numpy().astype(object) for name in columns})
    size = rows.groupby(["benchmark", "evaluator"])["benchmark"].transform("size")
    rows["evaluator"] = rows["evaluator"].where(size >= MIN_GROUP, _POOLED)
    # benchmarks in the order of the model; of each the evaluators by name, the pooled last
    benchmark, _ = pd.factorize(rows["benchmark"])
    order = pd.DataFrame({"b": benchmark, "pooled": rows["evaluator"] == _POOLED, **rows})
    order = order.drop_duplicates().sort_values(["b", "pooled", "evaluator"])
    keys = pd.MultiIndex.from_frame(order[["benchmark", "evaluator"]])
    return rows.assign(code=keys.get_indexer(pd.MultiIndex.from_frame(rows)))


def _statistics(
    scores: np.ndarray, mean: np.ndarray, reach: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Return mean, residual sd and share outside of each group, (draw, group, statistic)."""
    member = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    member /= member.sum(axis=0)
    residual = scores - mean
    variance = residual**2 @ member - (residual @ member) ** 2
    outside = (np.abs(residual) > reach).astype(float)
    return np.stack([scores @ member, np.sqrt(np.maximum(variance, 0)), outside @ member], axis=-1)


def _two_sided(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    return np.asarray(np.minimum(1, 2 * np.minimum(below, above)))


def posterior_predictive_check(fit: "Fit", *, draws: int = 400, seed: int = 0) -> CheckResult:
    """Check whether scores drawn anew look like the measured ones.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    CheckResult
        Passed where no more of the table's probabilities lie below 5 % than in 95 % of data sets
        that the fit itself drew. The draws know the measured scores, so the check is lenient:
        what it flags is wrong, what it passes need not be right.
    """
    return verdict("posterior predictive", predictive_table(fit, draws=draws, seed=seed))


def verdict(name: str, table: pd.DataFrame) -> CheckResult:
    """Say whether values drawn anew look like the measured ones.

    Parameters
    ----------
    name : str
        Name of the check.
    table : pandas.DataFrame
        Of `compared`.

    Returns
    -------
    CheckResult
        Passed where no more probabilities lie below 5 % than in 95 % of replicates.
    """
    flagged, limit = table.attrs["flagged"], table.attrs["flagged_limit"]
    probabilities = table[[f"{statistic}_p" for statistic in STATISTICS]].to_numpy()
    row, column = np.unravel_index(probabilities.argmin(), probabilities.shape)
    least = table.iloc[int(row)]
    # of scores "lab on MMLU", of losses "MMLU"
    where = " on ".join(str(least[key]) for key in ("evaluator", "benchmark") if key in least)
    text = (
        f"{flagged} of {probabilities.size} group statistics are less probable than 5 % "
        f"({table.attrs['flagged_expected']:.1f} expected, at most {limit:.0f} allowed); least "
        f"probable: {STATISTICS[column]}{where and ' of ' + where}, p = {probabilities.min():.3f}"
    )
    return CheckResult(name=name, passed=flagged <= limit, text=text, table=table)
