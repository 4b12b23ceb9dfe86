"""What a fit answers to a question of score, date and size, by its draws."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.analysis.extrapolation import Flag, Seen, outside
from bayesdensing.analysis.forecast import HEADLINE, KINDS, Answer, Question
from bayesdensing.analysis.population import Llms, Population
from bayesdensing.errors import DataNeedError, nearest
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["answer"]

#: New LLMs drawn in all, so that the ends of intervals do not shake.
_NEW_LLMS = 20_000


def answer(
    fit: "Fit",
    question: Question,
    *,
    weight: float | None = None,
    max_draws: int | None = None,
    seed: int = 0,
) -> Answer:
    """Answer a question by the draws of a fit.

    Parameters
    ----------
    fit : Fit
        A fit with scores and a trend.
    question : Question
        What is asked.
    weight : float, optional
        Of the fit in a mixture.
    max_draws : int, optional
        Keep every k-th draw, this many in all; None: all.
    seed : int
        Seed of new LLMs, which are spread evenly instead of at random (`Even`).

    Returns
    -------
    Answer
        Draws for a new LLM and for the typical one.

    Raises
    ------
    DataNeedError
        For a fit without scores, and for a benchmark that it does not have.
    """
    population = Population.of(fit, max_draws=max_draws, seed=seed)
    names = population.model.ruler.benchmarks
    if question.benchmark not in names:
        near = nearest(question.benchmark, names)
        raise DataNeedError(
            f"{fit.spec.name} has no benchmark {question.benchmark!r}; "
            + (f"did you mean {near}? It" if near else "it")
            + f" has {', '.join(names)}"
        )
    benchmark = names.index(question.benchmark)
    per_draw = -(-_NEW_LLMS // population.model.n_draws)
    llms = {
        "new": population.new(benchmark, per_draw=per_draw, evenly=True),
        "typical": population.typical(),
    }
    draws = {kind: _draws(population, llms[kind], question, benchmark) for kind in KINDS}
    seen = Seen.by(fit, benchmark)
    flags = outside(
        seen, score=question.score, date=question.date, n_params=question.n_params
    ) + _found_outside(population, seen, question, benchmark, draws)
    spec = fit.spec
    return Answer(
        hypothesis=spec.name,
        draws=draws,
        flags=tuple(flags),
        ruler=f"{spec.loss.law} loss law, {spec.reference_tokens.label}",
        data_sha256=fit.data.sha256,
        weight=weight,
        mark="" if fit.diagnostics.usable else fit.diagnostics.mark or "NOT CONVERGED",
    )


def _draws(population: Population, llms: Llms, question: Question, benchmark: int) -> np.ndarray:
    score, date, n_params = question.score, question.date, question.n_params
    if date is None:
        assert score is not None  # noqa: S101 - two are given
        assert n_params is not None  # noqa: S101
        log_n = float(np.log(n_params))
        years = population.when(llms, score=score, log_n=log_n, benchmark=benchmark)
        start = (population.reference - pd.Timestamp("1970-01-01")).days
        return start + years * DAYS_PER_YEAR
    released = population.years(date)
    if score is None:
        assert n_params is not None  # noqa: S101 - two are given
        log_n = float(np.log(n_params))
        return population.score(llms, log_n=log_n, years=released, benchmark=benchmark)
    return np.exp(population.log_params(llms, score=score, years=released, benchmark=benchmark))


def _found_outside(
    population: Population,
    seen: Seen,
    question: Question,
    benchmark: int,
    draws: Mapping[str, np.ndarray],
) -> list[Flag]:
    """Return what of the answer lies outside of what was seen, with its probability."""
    ruler, found = population.model.ruler, draws[HEADLINE]
    size = _effective(population, question, benchmark)
    (low, under), (high, over) = _ends_of(seen, question.wanted)
    holds = {
        over: found > high,
        under: found < low,
        "past runs": size > np.log(seen.reference[1]),
        "past sizes": size > np.log(seen.effective[1]),
    }
    asked = {}
    if question.score is not None:
        asked = {"score": f"{question.score:g}"}
        holds = {
            "ceiling": ruler.ceiling[:, benchmark] <= question.score,
            "floor": ruler.floor[:, benchmark] >= question.score,
        } | holds
    return [
        seen.flag(occasion, probability=float(hits.mean()), **asked)
        for occasion, hits in holds.items()
        if hits.any()
    ]


def _ends_of(seen: Seen, wanted: str) -> tuple[tuple[float, str], tuple[float, str]]:
    """Return between what of the wanted lies what was seen, with what is flagged outside."""
    if wanted == "parameters":
        least, most = seen.sizes
        return (least, "below"), (most, "above")
    if wanted == "score":
        low, high = seen.scores
        return (low, "lower"), (high, "higher")
    start, end = ((day - pd.Timestamp("1970-01-01")).days for day in seen.dates)
    return (start, "before"), (end, "after")


def _effective(population: Population, question: Question, benchmark: int) -> np.ndarray:
    """Return the log effective size of the typical LLM that is asked about, (draw, 1)."""
    llms = population.typical()
    if question.score is not None:
        return population.model.ruler.log_size_for(question.score, benchmark)
    assert question.date is not None  # noqa: S101 - two are given
    assert question.n_params is not None  # noqa: S101
    years, log_n = population.years(question.date), float(np.log(question.n_params))
    return population.log_size(llms, log_n=log_n, years=years, benchmark=benchmark)
