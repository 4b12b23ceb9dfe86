"""How far a question lies from what a fit has seen: dates, sizes, scores."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.covariates import typical_sizes
from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.tables import release_dates
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["INSIDE", "Flag", "Seen", "outside", "share"]

#: What is said where there is no flag.
INSIDE = "interpolation: date, size and score lie within what the data hold"

#: What flags say, by occasion: their kind, and words with places for what was asked and seen.
_WORDS = {
    "late": ("date", "{date}: {years} years after the last LLM of the data ({last})"),
    "early": ("date", "{date}: before the first LLM of the data ({first})"),
    "large": ("size", "{n} parameters: above the largest LLM of the data ({most})"),
    "small": ("size", "{n} parameters: below the smallest LLM of the data ({least})"),
    "unseen": ("score", "score {score}: none was seen outside {low} to {high} on this benchmark"),
    "ceiling": ("above ceiling", "score {score} lies at the ceiling or above: never reached"),
    "floor": ("below chance", "score {score} lies at the floor or below: any LLM reaches it"),
    "above": ("answer", "lies above the largest LLM of the data ({most})"),
    "below": ("answer", "lies below the smallest LLM of the data ({least})"),
    "higher": ("answer", "lies above the highest score of the data on this benchmark ({high})"),
    "lower": ("answer", "lies below the lowest score of the data on this benchmark ({low})"),
    "after": ("answer", "lies after the last LLM of the data ({last}), or never comes"),
    "before": ("answer", "lies before the first LLM of the data ({first})"),
    "past runs": (
        "effective size",
        "the typical LLM's effective size lies above the largest reference run ({run})",
    ),
    "past sizes": (
        "effective size",
        "the typical LLM's effective size lies above the largest effective size of the LLMs "
        "({effective})",
    ),
}


class _Seen(dict[str, str]):
    """What was seen, in words; what is asked stays a place."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def share(probability: float) -> str:
    """Return a probability as flags show it.

    Parameters
    ----------
    probability : float
        Share of draws.

    Returns
    -------
    str
        To three decimals.

    Examples
    --------
    >>> share(0.25), share(0.0001)
    ('0.250', '<0.001')
    """
    return "<0.001" if 0 < probability < 0.0005 else f"{probability:.3f}"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One way in which a forecast goes beyond the data.

    Attributes
    ----------
    kind : str
        ``date``, ``size``, ``effective size``, ``score``, ``above ceiling``, ``below chance``,
        ``answer``.
    text : str
        What lies where, in words.
    probability : float or None
        Share of draws of which it holds; None where it holds whatever the draw.
    """

    kind: str
    text: str
    probability: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the flag as plain types."""
        return {"kind": self.kind, "text": self.text, "probability": self.probability}

    def line(self, of: str = "") -> str:
        """Return the flag as a line.

        Parameters
        ----------
        of : str
            Of which hypothesis, where there are several.

        Returns
        -------
        str
            Kind, text, and the probability where there is one.
        """
        chance = "" if self.probability is None else f" (probability {share(self.probability)})"
        return f"extrapolation, {self.kind}: {of}{self.text}{chance}"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a fit has seen of a benchmark.

    Attributes
    ----------
    dates : tuple of pandas.Timestamp
        First and last release date.
    sizes : tuple of float
        Smallest and largest LLM (parameters).
    effective : tuple of float
        Least and largest effective parameters, posterior medians of the LLMs.
    reference : tuple of float
        Smallest and largest reference run (parameters).
    scores : tuple of float
        Lowest and highest score on the benchmark.
    """

    dates: tuple[pd.Timestamp, pd.Timestamp]
    sizes: tuple[float, float]
    effective: tuple[float, float]
    reference: tuple[float, float]
    scores: tuple[float, float]

    @classmethod
    def by(cls, fit: "Fit", benchmark: int) -> "Seen":
        """Return what a fit has seen.

        Parameters
        ----------
        fit : Fit
            A fit with scores.
        benchmark : int
            Code of the benchmark whose scores are meant; the rest is of all LLMs.

        Returns
        -------
        Seen
            Ends of what was seen.
        """
        released = release_dates(fit.constants)
        sizes, runs = typical_sizes(fit), fit.data.reference_runs
        if sizes is None or runs is None:
            raise DataNeedError(f"{fit.spec.name} has no sizes to forecast from")
        seen = observed_scores(fit)
        own = seen.score[seen.benchmark == benchmark]
        log_density = fit.posterior["log_density"].median(("chain", "draw")).to_numpy()
        return cls(
            dates=(released.min(), released.max()),
            sizes=_ends(sizes),
            effective=_ends(sizes * np.exp(log_density)),
            reference=_ends(runs["n_params"].to_numpy(dtype=float)),
            scores=_ends(own) if len(own) else (np.nan, np.nan),
        )

    @property
    def words(self) -> dict[str, tuple[str, str]]:
        """What flags say, by occasion: kind, and words with places such as ``{score}``.

        The places left are of what is asked: ``date``, ``years`` after the last LLM, ``n``
        parameters, ``score``.
        """
        (first, last), (least, most), (low, high) = self.dates, self.sizes, self.scores
        known = _Seen(
            first=str(first.date()),
            last=str(last.date()),
            least=f"{least:.1e}",
            most=f"{most:.1e}",
            low=f"{low:.3f}",
            high=f"{high:.3f}",
            run=f"{self.reference[1]:.1e}",
            effective=f"{self.effective[1]:.1e}",
        )
        return {name: (kind, text.format_map(known)) for name, (kind, text) in _WORDS.items()}

    def flag(self, occasion: str, *, probability: float | None = None, **asked: str) -> Flag:
        """Return a flag.

        Parameters
        ----------
        occasion : str
            A key of `words`.
        probability : float, optional
            Share of draws of which it holds.
        **asked : str
            What its words leave open.

        Returns
        -------
        Flag
            Of that occasion.
        """
        kind, text = self.words[occasion]
        return Flag(kind=kind, text=text.format(**asked), probability=probability)


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def outside(
    seen: Seen,
    *,
    score: float | None = None,
    date: pd.Timestamp | None = None,
    n_params: float | None = None,
) -> list[Flag]:
    """Return in which ways what is asked lies outside what was seen.

    Parameters
    ----------
    seen : Seen
        What a fit has seen.
    score : float, optional
        Score asked about, 0 to 1.
    date : pandas.Timestamp, optional
        Date asked about.
    n_params : float, optional
        Parameters asked about (count).

    Returns
    -------
    list of Flag
        None where all that is asked lies inside.

    Examples
    --------
    >>> day = pd.Timestamp("2024-01-01")
    >>> seen = Seen(dates=(day, day), sizes=(1e9, 7e10), effective=(1e9, 1e11),
    ...     reference=(1e7, 1e9), scores=(0.3, 0.8))
    >>> [flag.text for flag in outside(seen, n_params=1e12)]
    ['1.0e+12 parameters: above the largest LLM of the data (7.0e+10)']
    """
    flags = []
    if date is not None:
        first, last = seen.dates
        day = str(date.date())
        if date > last:
            years = (date - last).days / DAYS_PER_YEAR
            flags.append(seen.flag("late", date=day, years=f"{years:.1f}"))
        elif date < first:
            flags.append(seen.flag("early", date=day))
    if n_params is not None:
        least, most = seen.sizes
        if not least <= n_params <= most:
            occasion = "large" if n_params > most else "small"
            flags.append(seen.flag(occasion, n=f"{n_params:.1e}"))
    if score is not None:
        low, high = seen.scores
        if not low <= score <= high:
            flags.append(seen.flag("unseen", score=f"{score:g}"))
    return flags
