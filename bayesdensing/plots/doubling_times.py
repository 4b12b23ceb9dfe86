"""The posteriors of the doubling time of several hypotheses, one below the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy.stats import gaussian_kde

from bayesdensing.analysis.readings import require
from bayesdensing.laws.trend import doubling_days
from bayesdensing.plots._style import GREY, INK, apart, days, finish, new_figure, percent, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["doubling_times"]

_POINTS, _PATIENCE = 300, 4 * 365.25


def doubling_times(fits: Sequence["Fit"], *, max_days: float | None = None) -> PlotResult:
    """Draw the posteriors of the doubling time over one another.

    Parameters
    ----------
    fits : sequence of Fit
        Fits with a trend, each of another hypothesis.
    max_days : float, optional
        End of the axis (days); the default holds the 95 % intervals, where they end.

    Returns
    -------
    PlotResult
        Data: ``density`` (hypothesis, days), posterior share per day, smoothed over the rate;
        ``median`` (days), ``eti`` (hypothesis, end), the equal-tailed 95 % interval,
        ``no_growth``, the share of draws without growth.

    Examples
    --------
    >>> doubling_times([fit, other]).save("doubling_times.png")  # doctest: +SKIP
    """
    names = [fit.spec.name for fit in fits]
    for fit in fits:
        require(fit.posterior, "growth_rate", reading="growth rate")
    found = [fit.headline().doubling_time_days for fit in fits]
    ends = np.array([estimate.eti95 for estimate in found if estimate is not None])
    finite = ends[np.isfinite(ends)]
    cap = max_days or (1.25 * float(finite.max()) if finite.size else _PATIENCE)
    grid = np.linspace(1.0, min(cap, _PATIENCE), _POINTS)
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
    data["density"].attrs["units"] = "1/day"
    figure = new_figure(height=1.6 + 0.85 * len(fits))
    axes = figure.add_subplot()
    _draw(axes, data)
    mark = next((fit for fit in fits if fit.diagnostics.mark), None)
    finish(
        figure,
        mark,
        title="Doubling time under each hypothesis",
        caption="Curves: posterior, smoothed on the growth rate. Dot: median; bar: equal-tailed "
        "95 % interval (ETI).\nHypotheses with different rulers measure different quantities.",
    )
    return PlotResult(figure, data)


def _density(rate: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the share per day: the rate's smoothed density, mapped."""
    if np.ptp(rate) == 0:
        return np.zeros_like(grid)
    at = doubling_days(1.0) / grid
    return np.asarray(gaussian_kde(rate)(at) * at / grid)


def _draw(axes: Axes, data: xr.Dataset) -> None:
    names = data["hypothesis"].to_numpy().astype(str).tolist()
    last, top = float(data["days"][-1]), float(data["density"].max()) or 1.0
    for row, (name, colour) in enumerate(zip(names, apart(len(names)), strict=True)):
        own, base = data.sel(hypothesis=name), -float(row)
        curve = base + 0.8 * own["density"] / (float(own["density"].max()) or top)
        axes.fill_between(data["days"], base, curve, color=colour, alpha=0.35, linewidth=0)
        axes.plot(data["days"], curve, color=colour, linewidth=1.2)
        low, high = (float(end) for end in own["eti"])
        if low < last:
            axes.hlines(base, low, min(high, last), colour, linewidth=4)
        if float(own["median"]) < last:
            axes.plot([float(own["median"])], [base], "o", color=INK, markersize=5)
        none = float(own["no_growth"])
        told = f"{days(float(own['median']))} days ({days(low)} to {days(high)})"
        told += f", no growth: {percent(none)}" if none else ""
        axes.annotate(
            told, (1, base), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", ha="right", va="bottom", fontsize=8, color=GREY,
        )  # fmt: skip
    axes.set_yticks([-row for row in range(len(names))], names)
    axes.set_ylim(-len(names) + 0.6, 1.0)
    axes.set_xlim(0, last)
    axes.set_xlabel("doubling time (days)")
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
