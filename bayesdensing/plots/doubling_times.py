"""The posteriors of the doubling time of several hypotheses, one below the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullLocator
from scipy.stats import gaussian_kde

from bayesdensing.analysis.naming import names_of
from bayesdensing.analysis.readings import require
from bayesdensing.laws.trend import doubling_days
from bayesdensing.plots._style import INK, apart, days, finish, new_figure, percent, short, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["doubling_times"]

_POINTS, _PATIENCE = 400, 10 * 365.25


def doubling_times(
    fits: Sequence["Fit"],
    *,
    names: Sequence[str] | None = None,
    max_days: float | None = None,
) -> PlotResult:
    """Draw the posteriors of the doubling time over one another.

    Parameters
    ----------
    fits : sequence of Fit
        Fits with a trend.
    names : sequence of str, optional
        What they are called, in their order; the default is the names of their hypotheses, with
        their seeds where two are of one.
    max_days : float, optional
        End of the axis (days); the default holds the 95 % intervals, where they end.

    Returns
    -------
    PlotResult
        Data: ``density`` (hypothesis, days), posterior share per factor e of days, smoothed over
        the rate; ``median`` (days), ``eti`` (hypothesis, end), the equal-tailed 95 % interval,
        ``no_growth``, the share of draws without growth.

    Examples
    --------
    >>> doubling_times([fit, other]).save("doubling_times.png")  # doctest: +SKIP
    """
    names = list(names) if names is not None else names_of(fits)
    for fit in fits:
        require(fit.posterior, "growth_rate", reading="growth rate")
    found = [fit.headline().doubling_time_days for fit in fits]
    ends = np.array([estimate.eti95 for estimate in found if estimate is not None])
    finite = ends[np.isfinite(ends)]
    first = 0.8 * float(finite.min()) if finite.size else 30.0
    last = max_days or (1.2 * float(finite.max()) if finite.size else _PATIENCE)
    grid = np.geomspace(first, max(2 * first, min(last, _PATIENCE)), _POINTS)
    rates = [fit.growth_rate().to_numpy().ravel() for fit in fits]
    data = xr.Dataset(
        {
            "density": (("hypothesis", "days"), [_density(rate, grid) for rate in rates]),
            "median": ("hypothesis", [e.median for e in found if e is not None]),
            "eti": (("hypothesis", "end"), ends),
            "no_growth": ("hypothesis", [float(np.mean(rate <= 0)) for rate in rates]),
        },
        coords={"hypothesis": names, "days": grid, "end": ["lower", "upper"]},
        attrs={"interval_kind": "ETI", "interval_probability": 0.95},
    )
    data["density"].attrs["units"] = "1 per factor e"
    figure = new_figure(height=1.8 + 0.8 * len(fits))
    _draw(figure.add_subplot(), data, marks=[_mark(fit) for fit in fits])
    finish(
        figure,
        None,
        title="Doubling time under each hypothesis",
        caption="Curves: posterior, smoothed on the growth rate, each to its own maximum. Dot: "
        "median; bar: equal-tailed 95 % interval (ETI).\nHypotheses with different rulers measure "
        "different quantities.",
    )
    return PlotResult(figure, data)


def _mark(fit: "Fit") -> str:
    """Return what has to stand beside a rate: that it is not that of all dates, or not to trust."""
    when = "over the last 24 months" if fit.spec.growth.shape.bends else ""
    if fit.spec.assumes_no_growth:
        when = "by assumption"
    return "\n".join(filter(None, (when, fit.diagnostics.mark)))


def _density(rate: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the share per factor e of days: the rate's smoothed density, mapped."""
    if np.ptp(rate) == 0:
        return np.zeros_like(grid)
    at = doubling_days(1.0) / grid
    return np.asarray(gaussian_kde(rate)(at) * at)


def _ticks(first: float, last: float) -> Locator:
    """Return where days are told: in even steps along an axis that spans no decade."""
    if last < 10 * first:
        return MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10])
    return LogLocator(subs=(1, 2, 5))


def _draw(axes: Axes, data: xr.Dataset, *, marks: Sequence[str]) -> None:
    names = data["hypothesis"].to_numpy().astype(str).tolist()
    first, last = (float(data["days"][end]) for end in (0, -1))
    labels = []
    for row, (name, colour) in enumerate(zip(names, apart(len(names)), strict=True)):
        own, base = data.isel(hypothesis=row), -float(row)
        curve = base + 0.8 * own["density"] / (float(own["density"].max()) or 1.0)
        axes.fill_between(data["days"], base, curve, color=colour, alpha=0.35, linewidth=0)
        axes.plot(data["days"], curve, color=colour, linewidth=1.2)
        low, high = (float(end) for end in own["eti"])
        if low < last:
            axes.hlines(base, low, min(high, last), colour, linewidth=4)
        if high > last:
            axes.plot([last], [base], marker=">", color=colour, markersize=8, clip_on=False)
        if float(own["median"]) < last:
            axes.plot([float(own["median"])], [base], "o", color=INK, markersize=5)
        none = float(own["no_growth"])
        told = f"{short(name)}\n{days(float(own['median']))} days ({days(low)} to {days(high)})"
        told += f"\nno growth: {percent(none)}" if none else ""
        if none == 1:  # an interval from never to never is none
            told = f"{short(name)}\nno growth"
        labels.append(told + (f"\n{marks[row]}" if marks[row] else ""))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(_ticks(first, last))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([-row for row in range(len(names))], labels)
    axes.set_ylim(-len(names) + 0.6, 1.0)
    axes.set_xlim(first, last)
    axes.set_xlabel("doubling time (days)")
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
