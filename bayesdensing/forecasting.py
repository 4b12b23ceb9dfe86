"""`forecast`: what size, which date or what score to expect, by one run or several."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.analysis import Fit
from bayesdensing.analysis.answering import answer
from bayesdensing.analysis.forecast import Forecast, Question, joined
from bayesdensing.errors import DataNeedError
from bayesdensing.fitting import load_fit

__all__ = ["forecast", "weights_of"]

Item = str | Path | Fit


def forecast(
    runs: Item | Sequence[Item],
    *,
    benchmark: str,
    score: float | None = None,
    date: str | pd.Timestamp | None = None,
    n_params: float | None = None,
    weights: Sequence[float] | str | Path | None = None,
    max_draws: int | None = None,
    seed: int = 0,
) -> Forecast:
    """Forecast parameters, a date or a score: the one of the three that is not given.

    Parameters
    ----------
    runs : str, Path, Fit or a sequence of them
        Folders that `fit` wrote, or fits, with scores and a trend.
    benchmark : str
        Name of a benchmark of the runs.
    score : float, optional
        Score, 0 to 1, before evaluators and the noise of a measurement.
    date : str or pandas.Timestamp, optional
        Release date, such as ``2027-06-30``.
    n_params : float, optional
        Parameters (count) of a dense LLM.
    weights : sequence of float, str or Path, optional
        Of the runs, to mix their forecasts: numbers in their order, or the ``comparison.json`` that
        `compare` wrote. None: side by side.
    max_draws : int, optional
        Keep every k-th draw of each run, this many in all; None: all.
    seed : int
        Seed of the LLMs that are drawn from the population.

    Returns
    -------
    Forecast
        For a new LLM drawn from the population, which is the headline, and for the typical LLM on
        the trend: medians, equal-tailed intervals, probabilities of never and of anything.

    Raises
    ------
    DataNeedError
        For what cannot be asked, and runs that do not serve.
    RunError
        For a folder that cannot be read.

    Examples
    --------
    >>> import bayesdensing as bd
    >>> found = bd.forecast("runs/joint", benchmark="MMLU", score=0.8, date="2027-01-01",
    ... )  # doctest: +SKIP
    >>> found.table  # doctest: +SKIP
    """
    items = [runs] if isinstance(runs, str | Path | Fit) else list(runs)
    if not items:
        raise DataNeedError("a forecast needs a run")
    question = Question(
        benchmark=benchmark,
        score=None if score is None else float(score),
        date=None if date is None else _day(date),
        n_params=None if n_params is None else float(n_params),
    )
    fits = [item if isinstance(item, Fit) else load_fit(item) for item in items]
    shares, notes = weights_of(weights, [fit.spec.name for fit in fits])
    answers = [
        answer(fit, question, weight=share, max_draws=max_draws, seed=seed)
        for fit, share in zip(fits, shares, strict=True)
    ]
    found = joined(question, answers)
    return replace(found, notes=(*found.notes, *notes))


def _day(date: str | pd.Timestamp) -> pd.Timestamp:
    if not isinstance(date, str):
        return pd.Timestamp(date)
    try:
        return pd.to_datetime(date, format="%Y-%m-%d")
    except ValueError:
        raise DataNeedError(f"date {date!r} is not a day such as 2027-06-30") from None


def weights_of(
    weights: Sequence[float] | str | Path | None, names: Sequence[str]
) -> tuple[list[float | None], list[str]]:
    """Return a weight per run, of sum 1, and what is to be said of them.

    Parameters
    ----------
    weights : sequence of float, str, Path or None
        As `forecast` takes them.
    names : sequence of str
        Hypotheses of the runs.

    Returns
    -------
    tuple of list
        Weights, None for each run where there are none, and notes.

    Raises
    ------
    DataNeedError
        For weights that are none, a file that is no comparison, and runs that it does not weigh
        against one another.

    Examples
    --------
    >>> weights_of([1, 3], ["a", "b"])[0]
    [0.25, 0.75]
    """
    if weights is None:
        return [None] * len(names), []
    notes: list[str] = []
    if isinstance(weights, str | Path):
        chosen, notes = _from_comparison(Path(weights), names)
    else:
        chosen = [float(w) for w in weights]
    if len(chosen) != len(names):
        raise DataNeedError(f"{len(chosen)} weights for {len(names)} runs")
    total = float(np.sum(chosen))
    if not all(np.isfinite(w) and w >= 0 for w in chosen) or total <= 0:
        raise DataNeedError("weights are numbers of 0 or more, not all of them 0")
    return [w / total for w in chosen], notes


def _from_comparison(path: Path, names: Sequence[str]) -> tuple[list[float], list[str]]:
    file = path / "comparison.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        rows: list[Mapping[str, Any]] = [
            row for row in content["hypotheses"] if row["left_out"] == "LLM"
        ]
        found = {str(row["hypothesis"]): (row["group"], row["weight"]) for row in rows}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataNeedError(f"{file} is no comparison.json that `compare` wrote") from None
    for name in names:
        if name not in found or not isinstance(found[name][1], int | float):
            raise DataNeedError(f"{file} has no weight of {name}")
    groups = {str(found[name][0]) for name in names}
    if len(groups) > 1:
        raise DataNeedError(
            f"{file} has {', '.join(names)} in groups {', '.join(sorted(groups))}: no weight "
            "reaches across groups"
        )
    total = sum(float(found[name][1]) for name in names)
    notes = ["weights are for mixing predictions, not probabilities of hypotheses"]
    if total < 1 - 1e-6:
        notes.append(f"the runs hold {total:.3f} of their group's weight, which is made 1")
    return [float(found[name][1]) for name in names], notes
