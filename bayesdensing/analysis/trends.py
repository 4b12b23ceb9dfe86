"""The trend of posterior draws: the one place that evaluates it, and the rates of its pieces."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.readings import flat_draws, require
from bayesdensing.laws.spread import spread_factor
from bayesdensing.laws.trend import DAYS_PER_YEAR, Calendar, Trend

if TYPE_CHECKING:
    from bayesdensing.spec import Spec

__all__ = [
    "SegmentRate",
    "TrendDraws",
    "log_trend",
    "segment_rates",
    "spread_draws",
    "trend_curve",
]


@dataclass(frozen=True, kw_only=True)
class TrendDraws:
    """Draws of a trend, to be evaluated at any date.

    Attributes
    ----------
    shape : Trend
        The curve.
    calendar : Calendar or None
        Dates that a trend that bends refers to.
    values : mapping of str to ndarray
        Its parameters, (draw, 1); steps (draw, segment).
    """

    shape: Trend
    calendar: Calendar | None
    values: Mapping[str, np.ndarray]

    @classmethod
    def from_posterior(cls, posterior: xr.Dataset, spec: "Spec") -> Self:
        """Take the trend out of draws.

        Parameters
        ----------
        posterior : xarray.Dataset
            Dims (chain, draw, ...); of a trend that bends, with the dates of its data in attrs.
        spec : Spec
            The hypothesis.

        Returns
        -------
        TrendDraws
            Draws of all chains, one chain after the other.

        Raises
        ------
        DataNeedError
            For draws without a trend.
        """
        shape = spec.growth.shape
        require(posterior, *shape.needs, reading="trend")
        drawn = {name: flat_draws(posterior[name]) for name in shape.needs}
        values = {name: value.reshape(len(value), -1) for name, value in drawn.items()}
        return cls(
            shape=shape, calendar=_calendar(posterior, spec) if shape.bends else None, values=values
        )

    def at(self, years: float | np.ndarray) -> np.ndarray:
        """Return the trend at dates.

        Parameters
        ----------
        years : float or ndarray, shape (time,)
            Years since the reference date.

        Returns
        -------
        ndarray, shape (draw, time)
            Natural log of the quantity. After the last date of the data a random walk goes on
            with its drift: the steps that it will take are not drawn.
        """
        times = np.atleast_1d(np.asarray(years, dtype=float))
        found = self.shape.path(times, self.values, self.calendar)
        return np.broadcast_to(found, (len(self.values["level"]), len(times)))

    def ahead(self, years: float | np.ndarray, *, seed: int) -> np.ndarray:
        """Return the trend at dates, the steps that a random walk will take among it.

        Parameters
        ----------
        years : float or ndarray, shape (time,)
            Years since the reference date.
        seed : int
            Seed of the steps after the data: one seed gives one path, whichever dates are asked.

        Returns
        -------
        ndarray, shape (draw, time)
            Natural log of the quantity: `at`, and after the last date of a random walk's data the
            sum of steps ~ Normal(0, walk_sd sqrt(dt)), one a knot, straight between them.
        """
        times = np.atleast_1d(np.asarray(years, dtype=float))
        found = self.at(times)
        if self.shape.steps is None or self.calendar is None:
            return found
        knots = self.calendar.knots
        width, last = float(knots[1] - knots[0]), float(knots[-1])
        count = max(0, int(np.ceil((times.max(initial=last) - last) / width)))
        if count == 0:
            return found
        rng = np.random.default_rng(seed)
        # a row a knot, so that a later date adds rows and changes none
        steps = rng.normal(size=(count, len(found))).T
        passed = np.clip((times - last) / width - np.arange(count)[:, None], 0.0, 1.0)
        return np.asarray(found + np.sqrt(width) * self.values["walk_sd"] * (steps @ passed))

    def mean_rate(self, start: float, end: float) -> np.ndarray:
        """Return the mean growth rate between two dates.

        Parameters
        ----------
        start, end : float
            Years since the reference date.

        Returns
        -------
        ndarray, shape (draw,)
            Natural-log growth per year.
        """
        ends = self.at(np.array([start, end]))
        return np.asarray((ends[:, 1] - ends[:, 0]) / (end - start))

    def take(self, draws: slice | np.ndarray) -> Self:
        """Return the trend of some of the draws.

        Parameters
        ----------
        draws : slice or ndarray of int
            Which.

        Returns
        -------
        TrendDraws
            Its draws in the order asked for.
        """
        return replace(self, values={name: value[draws] for name, value in self.values.items()})


def _calendar(posterior: xr.Dataset, spec: "Spec") -> Calendar:
    dates = {
        name: date.fromisoformat(str(posterior.attrs[key]))
        for name, key in (
            ("reference", "reference_date"), ("start", "data_start"), ("end", "data_end"),
        )
    }  # fmt: skip
    return Calendar(**dates, change=spec.growth.change_date)


def log_trend(posterior: xr.Dataset, spec: "Spec", years: xr.DataArray) -> xr.DataArray:
    """Return the trend of draws.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims (chain, draw, ...), of a hypothesis with a trend.
    spec : Spec
        The hypothesis.
    years : xarray.DataArray
        One dim, such as (date) or (llm): years since the reference date.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw) and that of `years`: natural log of the quantity.

    Raises
    ------
    DataNeedError
        For draws without a trend.
    """
    found = TrendDraws.from_posterior(posterior, spec).at(years.to_numpy())
    (dim,) = years.dims
    sizes = posterior.sizes["chain"], posterior.sizes["draw"], years.sizes[dim]
    kept = {name: posterior[name] for name in ("chain", "draw") if name in posterior.coords}
    own = {name: value for name, value in years.coords.items() if value.dims == (dim,)}
    coords: dict[Any, Any] = {**kept, **own}
    return xr.DataArray(found.reshape(sizes), dims=("chain", "draw", dim), coords=coords)


def spread_draws(posterior: xr.Dataset, years: float | np.ndarray) -> np.ndarray:
    """Return how many times their scale at the reference date the scales about the trend are.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims (chain, draw, ...).
    years : float or ndarray, shape (time,)
        Years since the reference date.

    Returns
    -------
    ndarray, shape (draw, time)
        Factor of the dispersion and of an inefficiency's scale; 1 where they are constant.
    """
    times = np.atleast_1d(np.asarray(years, dtype=float))
    if "dispersion_growth" not in posterior:
        return np.ones((posterior.sizes["chain"] * posterior.sizes["draw"], len(times)))
    growth = flat_draws(posterior["dispersion_growth"])[:, None]
    return np.asarray(spread_factor(years=times, dispersion_growth=growth))


def trend_curve(posterior: xr.Dataset, dates: pd.DatetimeIndex, *, spec: "Spec") -> xr.DataArray:
    """Return the trend of the quantity over dates.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws of the trend; ``reference_date`` in its attrs is the date of the level.
    dates : pandas.DatetimeIndex
        Shape (date,).
    spec : Spec
        The hypothesis.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, date), in the unit of the quantity (not its log).

    Raises
    ------
    DataNeedError
        For draws without a trend.
    """
    require(posterior, *spec.growth.shape.needs, reading="trend")
    start = pd.Timestamp(str(posterior.attrs["reference_date"]))
    days = np.asarray((dates - start) / pd.Timedelta(days=1), dtype=float)
    years = xr.DataArray(days / DAYS_PER_YEAR, dims="date", coords={"date": dates})
    quantity = str(posterior.attrs.get("quantity", "capability density"))
    found = log_trend(posterior, spec, years)
    values = found.copy(data=np.exp(found.to_numpy()))
    return values.rename("trend").assign_attrs(long_name=f"trend of {quantity}")


@dataclass(frozen=True, kw_only=True)
class SegmentRate:
    """A stretch of the trend with its growth rate.

    Attributes
    ----------
    name : str
        What it is, in words.
    start, end : datetime.date
        First and last day.
    growth_rate : xarray.DataArray
        Dims (chain, draw), natural-log growth per year.
    """

    name: str
    start: date
    end: date
    growth_rate: xr.DataArray


def segment_rates(posterior: xr.Dataset, spec: "Spec") -> tuple[SegmentRate, ...]:
    """Return the rates of the stretches of a trend.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims (chain, draw, ...).
    spec : Spec
        The hypothesis.

    Returns
    -------
    tuple of SegmentRate
        Before and after a change; a year each of a trend that bends everywhere, by date; none of
        a straight trend, and none of draws without a trend. Where the date of a change is
        estimated, the stretches part at its posterior median, and each rate is that before or
        after the change of its own draw.
    """
    if not ({"growth", "published"} & set(spec.blocks)) or not spec.growth.shape.bends:
        return ()
    draws = TrendDraws.from_posterior(posterior, spec)
    calendar = draws.calendar
    assert calendar is not None  # noqa: S101 - the trend bends
    note = ""
    if "change_share" in draws.values:
        first, last = calendar.span
        at = first + float(np.median(draws.values["change_share"])) * (last - first)
        calendar = replace(calendar, change=calendar.day(at))
        note = f" (posterior median {calendar.change})"
    sizes = posterior.sizes["chain"], posterior.sizes["draw"]
    found = []
    for piece in draws.shape.pieces(calendar):
        rate = (
            draws.mean_rate(piece.start, piece.end)
            if piece.parameter is None
            else draws.values[piece.parameter]
        )
        found.append(
            SegmentRate(
                name=f"{piece.name}{note}",
                start=calendar.day(piece.start),
                end=calendar.day(piece.end),
                growth_rate=xr.DataArray(rate.reshape(sizes), dims=("chain", "draw")),
            )
        )
    return tuple(found)
