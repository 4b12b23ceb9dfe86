"""Forecasts: parameters needed for a score, the date at which a size is enough, a size's score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.extrapolation import Flag
from bayesdensing.analysis.intervals import INTERVAL_KIND, PROBABILITIES, Estimate
from bayesdensing.analysis.population import EARLIEST, LATEST
from bayesdensing.analysis.stacking import step_estimate
from bayesdensing.analysis.summary import plain
from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    pass

__all__ = ["HEADLINE", "KINDS", "STACKED", "Answer", "Forecast", "Question", "joined"]

#: A new LLM drawn from the population, and the typical LLM on the trend.
KINDS = ("new", "typical")
#: The one that answers a question about an LLM that somebody will meet.
HEADLINE = "new"
#: Name of the row that mixes runs.
STACKED = "stacked"


_UNITS = {"parameters": "parameters", "date": "date", "score": "score, 0 to 1"}
_WORDS = {
    "new": "a new LLM, drawn from the population: its own distance from the trend is not known",
    "typical": "the typical LLM: no distance from the trend, no departure on the benchmark",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: of score, date and parameters two are given and the third is wanted.

    Attributes
    ----------
    benchmark : str
        Name of the benchmark.
    score : float or None
        Score, 0 to 1, as the benchmark would show it without evaluators and noise.
    date : pandas.Timestamp or None
        Release date.
    n_params : float or None
        Parameters (count), as the hypothesis counts them; of a dense LLM.

    Examples
    --------
    >>> Question(benchmark="MMLU", score=0.8, n_params=8e9).wanted
    'date'
    """

    benchmark: str
    score: float | None = None
    date: pd.Timestamp | None = None
    n_params: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        given = [self.score is not None, self.date is not None, self.n_params is not None]
        if sum(given) != 2:
            raise DataNeedError("give two of score, date and parameters: the third is forecast")
        if self.score is not None and not 0 < self.score < 1:
            hint = f": is {self.score / 100:g} meant?" if 1 < self.score < 100 else ""
            raise DataNeedError(f"score {self.score:g} is not between 0 and 1{hint}")
        if self.n_params is not None and not 1e5 <= self.n_params <= 1e16:
            raise DataNeedError(f"{self.n_params:g} parameters are not between 1e5 and 1e16")
        if self.date is not None and not EARLIEST <= self.date <= LATEST:
            raise DataNeedError(
                f"date {self.date.date()} is not between {EARLIEST.date()} and {LATEST.date()}"
            )

    @property
    def wanted(self) -> str:
        """What is forecast: ``parameters``, ``date`` or ``score``."""
        if self.n_params is None:
            return "parameters"
        return "date" if self.date is None else "score"

    @property
    def text(self) -> str:
        """The question in words."""
        if self.wanted == "parameters":
            assert self.date is not None  # noqa: S101 - two are given
            day = self.date.date()
            return f"parameters needed for {self.score:g} on {self.benchmark}, released {day}"
        if self.wanted == "date":
            return f"date at which {self.n_params:.3g} parameters reach {self.score:g} on {self.benchmark}"  # noqa: E501
        assert self.date is not None  # noqa: S101
        return f"score of {self.n_params:.3g} parameters on {self.benchmark}, released {self.date.date()}"  # noqa: E501


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """What one fit says.

    Attributes
    ----------
    hypothesis : str
        Name of the fit's hypothesis.
    draws : mapping of str to ndarray
        By `KINDS`, shape (draw, llm): parameters (count), days since 1970-01-01, or score;
        infinite where it never comes, 0 parameters or minus infinite days where anything is
        enough.
    flags : tuple of Flag
        In which ways it goes beyond the data.
    ruler : str
        What the hypothesis measures density with, in words.
    data_sha256 : str
        Hash of the data.
    weight : float or None
        In a mixture of runs.
    mark : str
        Why the draws should not be trusted; empty where they may be.
    """

    hypothesis: str
    draws: Mapping[str, np.ndarray] = field(repr=False)
    flags: tuple[Flag, ...]
    ruler: str
    data_sha256: str
    weight: float | None = None
    mark: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Forecast:
    """A forecast by one fit or several.

    Attributes
    ----------
    question : Question
        What was asked.
    answers : tuple of Answer
        One per fit; their draws are mixed where they have weights.
    notes : tuple of str
        What a reader needs to know.
    """

    question: Question
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the draws of every fit may be used."""
        return not any(one.mark for one in self.answers)

    @property
    def stacked(self) -> bool:
        """Whether the fits are mixed by weight."""
        return len(self.answers) > 1 and all(one.weight is not None for one in self.answers)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per hypothesis and kind of LLM.

        Columns ``hypothesis`` (``stacked``: mixed by weight), ``weight``, ``llm`` (``new`` or
        ``typical``), ``headline``, ``median``, ends of the equal-tailed 50, 89 and 95 % intervals
        such as ``eti89_lb``, ``prob_never`` and ``prob_any``: the probabilities that nothing is
        enough, and that anything is. In ``attrs`` the unit: parameters, days since 1970-01-01 or
        score.
        """
        rows = []
        for name, weight, members in self._groups():
            share = np.array([1.0 if len(members) == 1 else one.weight for one in members])
            for kind in KINDS:
                flat = [one.draws[kind].ravel() for one in members]
                rows.append(
                    {
                        "hypothesis": name,
                        "weight": weight,
                        "llm": kind,
                        "headline": kind == HEADLINE and (name == STACKED or not self.stacked),
                        **_columns(step_estimate(flat, share)),
                        "prob_never": _mixed(share, [np.isposinf(d) for d in flat]),
                        "prob_any": _mixed(share, [self._any(d) for d in flat]),
                    }
                )
        table = pd.DataFrame(rows)
        unit = {"date": "days since 1970-01-01"}.get(self.question.wanted)
        table.attrs = {
            "unit": unit or _UNITS[self.question.wanted],
            "interval_kind": INTERVAL_KIND,
        }
        return table

    def _groups(self) -> list[tuple[str, float, Sequence[Answer]]]:
        own: list[tuple[str, float, Sequence[Answer]]] = [
            (one.hypothesis, np.nan if one.weight is None else one.weight, [one])
            for one in self.answers
        ]
        return [(STACKED, 1.0, self.answers), *own] if self.stacked else own

    def _any(self, draws: np.ndarray) -> np.ndarray:
        least = 0.0 if self.question.wanted == "parameters" else -np.inf
        return np.asarray(draws <= least)

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as plain JSON types.

        Returns
        -------
        dict
            Dates as ISO text; a median or an end is ``"never"`` where nothing is enough, ``"any"``
            where anything is: any size, or any date that a trend reaches back to.
        """
        rows = self.table.to_dict("records")
        for row in rows:
            row["interval_kind"] = INTERVAL_KIND
            row["median"] = self._plain(row["median"])
            for p in PROBABILITIES:
                ends = [row.pop(f"eti{p * 100:.0f}_{end}") for end in ("lb", "ub")]
                row[f"eti{p * 100:.0f}"] = [self._plain(end) for end in ends]
        asked = {
            "benchmark": self.question.benchmark,
            "score": self.question.score,
            "date": None if self.question.date is None else str(self.question.date.date()),
            "n_params": self.question.n_params,
        }
        found: dict[str, Any] = plain(
            {
                "schema_version": 1,
                "question": self.question.text,
                "wanted": self.question.wanted,
                "unit": _UNITS[self.question.wanted],
                "asked": asked,
                "llm": dict(_WORDS),
                "headline": HEADLINE,
                "converged": self.converged,
                "answers": rows,
                "extrapolates": any(one.flags for one in self.answers),
                "extrapolation": [
                    {"hypothesis": one.hypothesis} | flag.to_dict()
                    for one in self.answers
                    for flag in one.flags
                ],
                "notes": list(self.notes),
            }
        )
        return found

    def _plain(self, value: float) -> float | str | None:
        if np.isposinf(value):
            return "never"
        if self._any(np.asarray(value)):
            return "any"
        return str(day_of(value).date()) if self.question.wanted == "date" else value


def day_of(days: float) -> pd.Timestamp:
    """Return a day.

    Parameters
    ----------
    days : float
        Days since 1970-01-01, finite.

    Returns
    -------
    pandas.Timestamp
        To the nearest day.

    Examples
    --------
    >>> day_of(19723.2).isoformat()
    '2024-01-01T00:00:00'
    """
    return pd.Timestamp("1970-01-01") + pd.Timedelta(days=round(days))


def _mixed(share: np.ndarray, hits: Sequence[np.ndarray]) -> float:
    return float(sum(w * hit.mean() for w, hit in zip(share, hits, strict=True)))


def _columns(found: Estimate) -> dict[str, float]:
    ends = {"50": found.eti50, "89": found.eti89, "95": found.eti95}
    columns = {"median": found.median}
    for name, (low, high) in ends.items():
        columns |= {f"eti{name}_lb": low, f"eti{name}_ub": high}
    return columns


def joined(question: Question, answers: Sequence[Answer]) -> Forecast:
    """Lay answers side by side, or mix them by their weights.

    Parameters
    ----------
    question : Question
        What was asked.
    answers : sequence of Answer
        One per fit; all with weights, which sum to 1, or none.

    Returns
    -------
    Forecast
        With notes on what may be mixed.

    Raises
    ------
    DataNeedError
        For weights of fits to different data.
    """
    notes = []
    if len({one.hypothesis for one in answers}) < len(answers):
        raise DataNeedError("two runs are of one hypothesis: give each once")
    mixed = any(one.weight is not None for one in answers)
    if mixed and len({one.data_sha256 for one in answers}) > 1:
        raise DataNeedError("runs of different data have no weights beside one another")
    if mixed and len({one.ruler for one in answers}) > 1:
        notes.append(
            "the runs differ in their ruler: scores, dates and parameters are the same things "
            "under all of them, but weights by `compare` reach across no rulers"
        )
    return Forecast(question=question, answers=tuple(answers), notes=tuple(notes))
