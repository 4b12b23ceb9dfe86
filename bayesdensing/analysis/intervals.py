"""Medians and equal-tailed intervals, and how a growth rate's become a doubling time's."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayesdensing.laws.trend import doubling_days

__all__ = ["INTERVAL_KIND", "PROBABILITIES", "Estimate", "estimate", "quantiles"]

#: Equal-tailed: such an interval keeps its ends under a monotone map, an HDI does not.
INTERVAL_KIND = "ETI"

#: Probabilities of the intervals that are reported.
PROBABILITIES: tuple[float, ...] = (0.50, 0.89, 0.95)

Ends = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A posterior in short: its median and three equal-tailed intervals.

    Attributes
    ----------
    median : float
        In the unit of the quantity; so are the intervals.
    eti50, eti89, eti95 : tuple of float
        Lower and upper end.
    """

    median: float
    eti50: Ends
    eti89: Ends
    eti95: Ends

    def to_doubling_days(self) -> "Estimate":
        """Read this growth rate (1/yr) as a doubling time (days).

        A doubling time falls as the rate rises, so the ends change places. Where an end of the
        rate is 0 or less, the end it becomes is infinite.

        Returns
        -------
        Estimate
            In days.

        Examples
        --------
        >>> rate = Estimate(median=0.0, eti50=(-1.0, 1.0), eti89=(-2.0, 2.0), eti95=(-3.0, 3.0))
        >>> [round(end) if end < np.inf else end for end in rate.to_doubling_days().eti50]
        [253, inf]
        """

        def ends(rate: Ends) -> Ends:
            fast, slow = doubling_days(rate[::-1])
            return float(fast), float(slow)

        return Estimate(
            median=float(doubling_days(self.median)),
            eti50=ends(self.eti50),
            eti89=ends(self.eti89),
            eti95=ends(self.eti95),
        )

    def to_dict(self) -> dict[str, float | list[float]]:
        """Return the estimate as plain types, numbers as they are."""
        return {
            "median": self.median,
            "eti50": list(self.eti50),
            "eti89": list(self.eti89),
            "eti95": list(self.eti95),
        }


def estimate(draws: xr.DataArray) -> Estimate:
    """Summarise the draws of one number.

    Parameters
    ----------
    draws : xarray.DataArray
        Dims (chain, draw).

    Returns
    -------
    Estimate
        In the unit of the draws; NaN throughout where a draw is NaN.

    Examples
    --------
    >>> estimate(xr.DataArray([[0.0, 1.0, 2.0]], dims=("chain", "draw"))).eti50
    (0.5, 1.5)
    """
    values = np.asarray(draws, dtype=float)
    tails = [(1 - p) / 2 for p in PROBABILITIES]
    wanted = [0.5, *tails, *(1 - tail for tail in tails)]
    median, *ends = (float(q) for q in np.quantile(values, wanted))
    lower, upper = ends[: len(tails)], ends[len(tails) :]
    eti50, eti89, eti95 = zip(lower, upper, strict=True)
    return Estimate(median=median, eti50=eti50, eti89=eti89, eti95=eti95)


def quantiles(draws: xr.DataArray, *, probability: float) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the ends of an equal-tailed interval, entry by entry.

    Parameters
    ----------
    draws : xarray.DataArray
        Dims (chain, draw, ...).
    probability : float
        Of the interval, 0 to 1.

    Returns
    -------
    tuple of xarray.DataArray
        Lower and upper end, in the unit of the draws, dims as those of `draws` without
        (chain, draw); NaN where a draw is NaN.
    """
    tail = (1 - probability) / 2
    ends = draws.quantile([tail, 1 - tail], dim=("chain", "draw"), skipna=False)
    lower, upper = (ends.isel(quantile=i, drop=True) for i in (0, 1))
    attrs = draws.attrs | {"interval_kind": INTERVAL_KIND, "interval_probability": probability}
    return lower.assign_attrs(attrs), upper.assign_attrs(attrs)
