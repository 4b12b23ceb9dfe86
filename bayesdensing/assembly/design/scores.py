"""The LLMs of a model: who measured what, in pairs of an LLM and a benchmark."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesdensing.assembly.design.admission import (
    eligible_llms,
    eligible_scores,
    refuse_few_llms,
)
from bayesdensing.assembly.design.rows import codes_of, items_of, years_of
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = ["ScoreDesign", "score_design"]


@dataclass(frozen=True)
class ScoreDesign:
    """Measured scores of LLMs, grouped in pairs of an LLM and a benchmark.

    Attributes
    ----------
    llms, evaluators : tuple of str
        Names.
    log_n : ndarray, shape (llm,)
        Natural log of the parameter count that the hypothesis uses; of the total one where it
        estimates the weight of the active one.
    log_active_share : ndarray, shape (llm,)
        Natural log of active over total parameters where that weight is estimated, else 0.
    families : tuple of str
        Families with two LLMs or more where the hypothesis has family effects, else none.
    family : ndarray of int, shape (llm,)
        Index into `families`; -1 for any other LLM.
    years : ndarray, shape (llm,)
        Years since the reference date.
    reference_date : pandas.Timestamp
        Mean release date.
    released : pandas.DatetimeIndex, shape (llm,)
        Release dates.
    pair_llm, pair_benchmark, pair_count : ndarray of int, shape (pair,)
        LLM, benchmark and number of measurements.
    n_items : ndarray, shape (pair,)
        Items of the pair's benchmark.
    score : ndarray, shape (score_obs,)
        Scores, 0 to 1.
    obs_pair, obs_benchmark, obs_evaluator : ndarray of int, shape (score_obs,)
        Pair, benchmark and evaluator of each.
    labels : tuple of str
        A name per score.
    rows : ndarray of int, shape (score_obs,)
        Where each stands in the table.
    """

    llms: tuple[str, ...]
    evaluators: tuple[str, ...]
    log_n: np.ndarray
    log_active_share: np.ndarray
    families: tuple[str, ...]
    family: np.ndarray
    years: np.ndarray
    reference_date: pd.Timestamp
    released: pd.DatetimeIndex
    pair_llm: np.ndarray
    pair_benchmark: np.ndarray
    pair_count: np.ndarray
    n_items: np.ndarray
    score: np.ndarray
    obs_pair: np.ndarray
    obs_benchmark: np.ndarray
    obs_evaluator: np.ndarray
    labels: tuple[str, ...]
    rows: np.ndarray

    @property
    def mean_log_n(self) -> float:
        """Mean of `log_n`, at which a size term is 0."""
        return float(self.log_n.mean())


def score_design(spec: Spec, bundle: DataBundle, benchmarks: tuple[str, ...]) -> ScoreDesign:
    """Return the measured scores of a hypothesis.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    ScoreDesign
        Arrays and indices; LLMs by release date.

    Raises
    ------
    DataNeedError
        Where fewer than three LLMs or a single date remain.
    """
    scores = eligible_scores(spec, bundle)
    scores = scores[scores["benchmark"].isin(benchmarks)]
    refuse_few_llms(spec, bundle, scores)
    evidence = scores.groupby("model")["benchmark"].nunique()
    enough = evidence.index[evidence >= spec.data.min_scores]
    llms = eligible_llms(spec, bundle)
    llms = llms[llms["model"].isin(enough)].sort_values(["release_date", "model"])
    names = tuple(llms["model"])
    rows = scores[scores["model"].isin(names)].copy()
    rows["llm"] = codes_of(rows["model"], names)
    rows["code"] = codes_of(rows["benchmark"], benchmarks)
    rows = rows.sort_values(["llm", "code", "evaluator", "n_shots", "source"], kind="stable")
    pair = rows.groupby(["llm", "code"], sort=True).ngroup().to_numpy()
    pairs = rows.drop_duplicates(["llm", "code"])
    evaluators = tuple(sorted(rows["evaluator"].unique()))
    column = "n_params_active" if spec.growth.parameter_count == "active" else "n_params"
    families, family = _families(spec, llms)
    released = pd.DatetimeIndex(llms["release_date"])
    years, reference = years_of(released)
    return ScoreDesign(
        llms=names,
        evaluators=evaluators,
        log_n=np.log(llms[column].to_numpy()),
        log_active_share=_log_active_share(spec, llms),
        families=families,
        family=family,
        years=years,
        reference_date=reference,
        released=released,
        pair_llm=pairs["llm"].to_numpy(),
        pair_benchmark=pairs["code"].to_numpy(),
        pair_count=np.bincount(pair),
        n_items=items_of(bundle, benchmarks)[pairs["code"].to_numpy()],
        score=rows["score"].to_numpy(),
        obs_pair=pair,
        obs_benchmark=rows["code"].to_numpy(),
        obs_evaluator=codes_of(rows["evaluator"], evaluators),
        labels=_labels(rows),
        rows=rows.index.to_numpy(),
    )


def _log_active_share(spec: Spec, llms: pd.DataFrame) -> np.ndarray:
    share = (llms["n_params_active"] / llms["n_params"]).to_numpy(dtype=float)
    return np.log(share) if spec.growth.parameter_count == "estimated" else np.zeros(len(share))


def _families(spec: Spec, llms: pd.DataFrame) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the families with several LLMs, and of each LLM where its own stands, else -1."""
    if spec.growth.family == "none":
        return (), np.full(len(llms), -1)
    count = llms["family"].value_counts()
    families = tuple(sorted(str(name) for name in count.index[count >= 2]))
    return families, pd.Index(families).get_indexer(pd.Index(llms["family"]))


def _labels(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name each score; the second of an evaluator on one pair is told from the first."""
    names = rows["model"] + " | " + rows["benchmark"] + " | " + rows["evaluator"]
    nth = names.groupby(names).cumcount() + 1
    return tuple(names.where(nth == 1, names + " (" + nth.astype(str) + ")"))
