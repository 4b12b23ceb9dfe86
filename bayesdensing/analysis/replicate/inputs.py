"""The paper's inputs out of a bundle: reference runs, loss-score points, densities."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle

__all__ = ["AVERAGE", "Points", "Runs", "Series", "points_of", "runs_of", "series_of"]

#: The paper's name of what it calls its average over benchmarks.
AVERAGE = "AVERAGE"
_LOSS_MEAN = ("MMLU", "BBH", "MATH", "MBPP")
_SCORE_MEAN = {"MMLU": 1.0, "BBH": 1.0, "MATH": 1.0, "HumanEval": 0.5, "MBPP": 0.5}


@dataclass(frozen=True)
class Runs:
    """Losses of reference runs on one benchmark.

    Attributes
    ----------
    n_params, n_tokens, losses : ndarray, shape (reference_run,)
        Counts, and losses in their unit.
    """

    n_params: np.ndarray
    n_tokens: np.ndarray
    losses: np.ndarray


@dataclass(frozen=True)
class Points:
    """Losses and scores of the models that tie the one to the other, on one benchmark.

    Attributes
    ----------
    losses, scores : ndarray, shape (link_point,)
        Losses in their unit, scores in percent.
    """

    losses: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Series:
    """Published densities of one series.

    Attributes
    ----------
    names : ndarray of str, shape (llm,)
        Models.
    dates : ndarray of datetime64[D], shape (llm,)
        Release dates.
    values : ndarray, shape (llm,)
        Densities.
    n_params : ndarray, shape (llm,)
        Non-embedding parameters (count); NaN where the bundle does not say.
    """

    names: np.ndarray
    dates: np.ndarray
    values: np.ndarray
    n_params: np.ndarray

    def days_since(self, date: dt.date) -> np.ndarray:
        """Return days since a date.

        Parameters
        ----------
        date : datetime.date
            Day 0.

        Returns
        -------
        ndarray, shape (llm,)
            Days.
        """
        return (self.dates - np.datetime64(date)).astype(float)

    def only(self, chosen: np.ndarray) -> Self:
        """Return some of the models.

        Parameters
        ----------
        chosen : ndarray of bool, shape (llm,)
            Which.

        Returns
        -------
        Series
            In the same order.
        """
        parts = (self.names, self.dates, self.values, self.n_params)
        return type(self)(*(part[chosen] for part in parts))

    def with_values(self, values: np.ndarray) -> Self:
        """Return the same models with other densities.

        Parameters
        ----------
        values : ndarray, shape (llm,)
            Densities.

        Returns
        -------
        Series
            In the same order.
        """
        return type(self)(self.names, self.dates, values, self.n_params)


def runs_of(bundle: "DataBundle") -> dict[str, Runs]:
    """Return the reference runs of the only suite, by benchmark.

    Parameters
    ----------
    bundle : DataBundle
        The data.

    Returns
    -------
    dict of str to Runs
        With the paper's average where its benchmarks are there: the mean loss of MMLU, BBH, MATH
        and MBPP, which leaves HumanEval out, as its figure does.

    Raises
    ------
    DataNeedError
        Where there are no runs, or several suites of them.
    """
    table = bundle.reference_runs
    if table is None:
        raise DataNeedError("equation 2 needs reference_runs.csv, which this bundle lacks")
    if (suites := sorted(set(table["suite"].astype(str)))) and len(suites) > 1:
        raise DataNeedError(f"several suites of reference runs: {', '.join(suites)}")
    keys = ["run", "n_params", "n_tokens"]
    wide = table.pivot_table(index=keys, columns="benchmark", values="loss", sort=False)
    if set(_LOSS_MEAN) <= set(wide.columns):
        wide[AVERAGE] = wide[list(_LOSS_MEAN)].mean(axis=1, skipna=False)
    out = {}
    for benchmark in wide.columns:
        seen = wide[benchmark].dropna()
        sizes, tokens = (seen.index.get_level_values(key).to_numpy(dtype=float) for key in keys[1:])
        out[str(benchmark)] = Runs(sizes, tokens, seen.to_numpy())
    return out


def points_of(bundle: "DataBundle") -> dict[str, Points]:
    """Return the loss-score points that the paper fitted to, by benchmark.

    Parameters
    ----------
    bundle : DataBundle
        The data.

    Returns
    -------
    dict of str to Points
        With the paper's average where its benchmarks are there: that of MMLU, BBH, MATH and the
        mean of HumanEval and MBPP, for losses as for scores.

    Raises
    ------
    DataNeedError
        Where there are no points.
    """
    table = bundle.loss_scores
    if table is None or not (table["role"] == "fit").any():
        raise DataNeedError("equation 3 needs points to fit in loss_scores.csv")
    wide = table[table["role"] == "fit"].pivot_table(
        index=["suite", "point"], columns="benchmark", values=["loss", "score"], sort=False
    )
    losses, scores = wide["loss"], wide["score"] * 100
    if set(_SCORE_MEAN) <= set(losses.columns):
        weight = pd.Series(_SCORE_MEAN) / sum(_SCORE_MEAN.values())
        mean = [
            pd.DataFrame(t[list(weight.index)] * weight).sum(axis=1, skipna=False)
            for t in (losses, scores)
        ]
        losses, scores = losses.assign(**{AVERAGE: mean[0]}), scores.assign(**{AVERAGE: mean[1]})
    out = {}
    for benchmark in losses.columns:
        both = losses[benchmark].notna() & scores[benchmark].notna()
        own = (t.loc[both, benchmark].to_numpy() for t in (losses, scores))
        out[str(benchmark)] = Points(*own)
    return out


def series_of(bundle: "DataBundle", name: str) -> Series:
    """Return the published densities of a series.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    name : str
        The series.

    Returns
    -------
    Series
        In the order of the file.

    Raises
    ------
    DataNeedError
        Where the bundle does not hold the series.
    """
    table = bundle.densities
    rows = None if table is None else table[table["series"] == name]
    if rows is None or rows.empty:
        raise DataNeedError(f"densities.csv has no series {name}")
    column = "x_n_params_nonembedding"
    sizes = rows[column] if column in rows else pd.Series(np.nan, index=rows.index)
    return Series(
        names=rows["model"].to_numpy().astype(str),
        dates=rows["release_date"].to_numpy().astype("datetime64[D]"),
        values=rows["value"].to_numpy(dtype=float),
        n_params=pd.to_numeric(sizes, errors="coerce").to_numpy(dtype=float),
    )
