"""How far a question lies from what a fit has seen: dates, sizes, scores."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.covariates import typical_sizes
from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.tables import release_dates
from bayesdensing.errors import DataNeedError

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["Flag", "Seen", "outside"]


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
        if date > last:
            years = (date - last).days / 365.25
            flags.append(
                Flag(kind="date", text=f"{date.date()}: {years:.1f} years after the last LLM of "
                     f"the data ({last.date()})")
            )  # fmt: skip
        elif date < first:
            flags.append(
                Flag(kind="date", text=f"{date.date()}: before the first LLM of the data "
                     f"({first.date()})")
            )  # fmt: skip
    if n_params is not None:
        least, most = seen.sizes
        beyond = f"above the largest LLM of the data ({most:.1e})" if n_params > most else ""
        beyond = f"below the smallest LLM of the data ({least:.1e})" if n_params < least else beyond
        if beyond:
            flags.append(Flag(kind="size", text=f"{n_params:.1e} parameters: {beyond}"))
    if score is not None:
        low, high = seen.scores
        if not low <= score <= high:
            where = f"none was seen outside {low:.3f} to {high:.3f} on this benchmark"
            flags.append(Flag(kind="score", text=f"score {score:g}: {where}"))
    return flags
