"""The measured scores of a fit, with their LLM, benchmark and evaluator."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesdensing.analysis.covariates import llm_columns
from bayesdensing.analysis.readings import require, thin
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import UnitScores
from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["ObservedScores", "observed_scores", "score_model", "units_of"]

_SEPARATOR = " | "


@dataclass(frozen=True, kw_only=True)
class ObservedScores:
    """The scores that a fit saw.

    Attributes
    ----------
    labels : ndarray of str, shape (score_obs,)
        A name per score, "llm | benchmark | evaluator".
    llm, benchmark, evaluator : ndarray of int, shape (score_obs,)
        Codes in the order of the posterior.
    score : ndarray, shape (score_obs,)
        Scores, 0 to 1.
    """

    labels: np.ndarray
    llm: np.ndarray
    benchmark: np.ndarray
    evaluator: np.ndarray
    score: np.ndarray


def observed_scores(fit: "Fit") -> ObservedScores:
    """Return the scores that a fit saw.

    Parameters
    ----------
    fit : Fit
        A fit with scores.

    Returns
    -------
    ObservedScores
        In the order of the model.

    Raises
    ------
    DataNeedError
        Where the fit has none.
    """
    require(fit.posterior, "evaluator_effect", "log_density", reading="scores")
    found = fit.idata["observed_data"] if "observed_data" in fit.idata else None
    if found is None or "score" not in found:
        raise DataNeedError("this run does not hold the scores that it was made from")
    labels = found["score_obs"].to_numpy().astype(str)
    names = [fit.posterior[dim].to_numpy().astype(str) for dim in ("llm", "benchmark", "evaluator")]
    codes = [{str(name): i for i, name in enumerate(axis)} for axis in names]
    llm, benchmark, evaluator = np.array([_codes(str(label), codes) for label in labels]).T
    return ObservedScores(
        labels=labels,
        llm=llm,
        benchmark=benchmark,
        evaluator=evaluator,
        score=found["score"].to_numpy(),
    )


def _codes(label: str, codes: Sequence[dict[str, int]]) -> tuple[int, int, int]:
    """Return what a label names; the names themselves may hold the separator."""
    llms, benchmarks, evaluators = codes
    parts = label.split(_SEPARATOR)
    for first in range(1, len(parts) - 1):
        for second in range(first + 1, len(parts)):
            llm, benchmark, evaluator = (
                _SEPARATOR.join(cut) for cut in (parts[:first], parts[first:second], parts[second:])
            )
            # a second measurement by one evaluator is numbered
            if evaluator not in evaluators:
                evaluator = re.sub(r" \(\d+\)$", "", evaluator)
            if llm in llms and benchmark in benchmarks and evaluator in evaluators:
                return llms[llm], benchmarks[benchmark], evaluators[evaluator]
    raise DataNeedError(f"the run's score {label!r} names no LLM, benchmark and evaluator of it")


def score_model(fit: "Fit", *, max_draws: int | None = None) -> ScoreModel:
    """Return the model of scores that a fit found.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    max_draws : int, optional
        Keep every k-th draw, this many in all.

    Returns
    -------
    ScoreModel
        Draws of all chains, one chain after the other.
    """
    require(fit.posterior, "evaluator_effect", "log_density", reading="scores")
    items = fit.data.benchmarks
    if items is None:
        raise DataNeedError("benchmarks.csv is missing: it has the number of items")
    names = fit.posterior["benchmark"].to_numpy().astype(str)
    n_items = items.set_index("benchmark")["n_items"].loc[list(names)].to_numpy(dtype=float)
    return ScoreModel.from_posterior(thin(fit.posterior, max_draws=max_draws), fit.spec, n_items)


def units_of(fit: "Fit", *, within_families: bool = False) -> list[UnitScores]:
    """Return the scores of a fit, one unit per LLM.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    within_families : bool
        Condition on the effect of each LLM's family, as the posterior does; else it is
        integrated out, as for an LLM of a family that no other LLM tells of.

    Returns
    -------
    list of UnitScores
        LLMs in the order of the posterior, the scores of each in the order of the model.
    """
    seen = observed_scores(fit)
    llms = llm_columns(fit.constants)
    years = fit.constants["years"].to_numpy()
    return [
        UnitScores(
            log_n=float(llms.log_n[i]),
            years=float(years[i]),
            benchmark=seen.benchmark[rows],
            evaluator=seen.evaluator[rows],
            score=seen.score[rows],
            log_active_share=float(llms.log_active_share[i]),
            family=int(llms.family[i]) if within_families else -1,
        )
        for i, rows in enumerate(np.flatnonzero(seen.llm == i) for i in range(len(years)))
    ]
