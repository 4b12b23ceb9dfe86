"""The headline: how fast the quantity grows, and of what that is the rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xarray as xr

from bayesdensing.analysis.intervals import Estimate, estimate
from bayesdensing.analysis.trends import SegmentRate

__all__ = ["Headline", "Segment", "headline"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of a trend that is not straight, with its growth rate.

    Attributes
    ----------
    name : str
        What it is, in words.
    start, end : str
        First and last day, ISO dates.
    doubling_time_days : Estimate
        Doubling time (days), infinite where there is no growth.
    growth_rate_per_year : Estimate
        Natural-log growth per year, its mean where it changes within the stretch.
    prob_rate_not_positive : float
        Share of draws with a rate of 0 or less.
    """

    name: str
    start: str
    end: str
    doubling_time_days: Estimate
    growth_rate_per_year: Estimate
    prob_rate_not_positive: float

    @classmethod
    def of(cls, found: SegmentRate) -> Self:
        """Summarise the draws of a stretch's rate.

        Parameters
        ----------
        found : SegmentRate
            The draws.

        Returns
        -------
        Segment
            Intervals taken on the rate and mapped.
        """
        rate = estimate(found.growth_rate)
        return cls(
            name=found.name,
            start=found.start.isoformat(),
            end=found.end.isoformat(),
            doubling_time_days=rate.to_doubling_days(),
            growth_rate_per_year=rate,
            prob_rate_not_positive=_not_positive(found.growth_rate.to_numpy()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of ``segments`` in ``summary.json``, infinity not yet made null.

        Returns
        -------
        dict
            Name, ``from``, ``to``, and the fields of the headline.
        """
        return {
            "name": self.name,
            "from": self.start,
            "to": self.end,
            "doubling_time_days": self.doubling_time_days.to_dict(),
            "growth_rate_per_year": self.growth_rate_per_year.to_dict(),
            "prob_rate_not_positive": self.prob_rate_not_positive,
        }


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The growth rate of a fit, and the doubling time that it means.

    Attributes
    ----------
    doubling_time_days : Estimate or None
        Doubling time (days), infinite where there is no growth; None without a trend.
    growth_rate_per_year : Estimate or None
        Natural-log growth per year; None without a trend.
    prob_rate_not_positive : float or None
        Share of draws with a rate of 0 or less; None without a trend.
    label : str
        What the rate is the rate of, in words.
    segments : tuple of Segment
        Stretches of a trend that is not straight; empty for one that is.
    """

    doubling_time_days: Estimate | None
    growth_rate_per_year: Estimate | None
    prob_rate_not_positive: float | None
    label: str
    segments: tuple[Segment, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the ``headline`` object of ``summary.json``, infinity not yet made null.

        Returns
        -------
        dict
            ``segments`` is empty for a straight trend, which has one rate.
        """
        doubling, rate = self.doubling_time_days, self.growth_rate_per_year
        return {
            "doubling_time_days": None if doubling is None else doubling.to_dict(),
            "growth_rate_per_year": None if rate is None else rate.to_dict(),
            "prob_rate_not_positive": self.prob_rate_not_positive,
            "label": self.label,
            "segments": [segment.to_dict() for segment in self.segments],
        }


def headline(
    posterior: xr.Dataset, *, label: str, segments: Sequence[SegmentRate] = ()
) -> Headline:
    """Read the headline out of draws.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``growth_rate`` (chain, draw), 1/yr, where there is a trend.
    label : str
        What the rate is the rate of.
    segments : sequence of SegmentRate
        Rates of the stretches of a trend that is not straight.

    Returns
    -------
    Headline
        Intervals are taken on the rate and mapped to the doubling time; no draw is dropped.

    Examples
    --------
    >>> rate = xr.DataArray([[-1.0, 1.0, 2.0]], dims=("chain", "draw"))
    >>> found = headline(xr.Dataset({"growth_rate": rate}), label="a trend")
    >>> round(found.doubling_time_days.median, 1), found.prob_rate_not_positive
    (253.2, 0.3333333333333333)
    """
    if "growth_rate" not in posterior:
        return Headline(
            doubling_time_days=None,
            growth_rate_per_year=None,
            prob_rate_not_positive=None,
            label=label,
        )
    draws = np.asarray(posterior["growth_rate"], dtype=float)
    rate = estimate(posterior["growth_rate"])
    # A draw that is not a number is neither growth nor the lack of it.
    defined = not np.isnan(draws).any()
    return Headline(
        doubling_time_days=rate.to_doubling_days(),
        growth_rate_per_year=rate,
        prob_rate_not_positive=_not_positive(draws),
        label=label if defined else f"{label}; not defined, since some draws are not numbers",
        segments=tuple(Segment.of(segment) for segment in segments),
    )


def _not_positive(draws: np.ndarray) -> float:
    return float("nan") if np.isnan(draws).any() else float(np.mean(draws <= 0))
