"""What a device of constant price can run, in time, beside what a score needs."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import BLUE, INK, ORANGE, date_axis, days, new_figure, short, tidy
from bayesdensing.plots.corollaries._intervals import INTERVALS, close, interval_rows, rows_data
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["edge"]


def edge(found: "Corollary") -> PlotResult:
    """Draw the doubling times, and the effective parameters of the device.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.edge`.

    Returns
    -------
    PlotResult
        Data as of `rows_data`, and over ``date`` ``effective_median``, ``effective_lower``,
        ``effective_upper`` (95 %, count), with ``needed`` by ``end`` (95 %, count).
    """
    data = rows_data(found.rows[:3])
    path = found.tables["path"]
    needed = found.row("needed_effective_parameters").estimate
    assert needed is not None  # noqa: S101 - a posterior
    data = data.assign(
        {
            name: ("date", path[column].to_numpy(), {"units": "parameters"})
            for name, column in (
                ("effective_median", "median"),
                ("effective_lower", "eti95_lb"),
                ("effective_upper", "eti95_ub"),
            )
        }
    ).assign_coords(date=pd.DatetimeIndex(path["date"]))
    data["needed"] = xr.DataArray(list(needed.eti95), dims="end", attrs={"units": "parameters"})
    figure = new_figure(height=4.0)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    interval_rows(left, data, names=("models", "chips", "both"), label="doubling time (days)")
    _draw_path(right, data, found)
    middle = days(found.row("combined_doubling").middle)
    close(
        figure,
        found,
        title=f"What a device of constant price can run doubles every {middle} days",
        caption=f"{INTERVALS}. Diamonds: the article's figures. Right: effective parameters of\n"
        f"the LLM on a device of {found.inputs['memory_gb']:g} GB at {found.inputs['device_date']} "
        f"(95 %); orange: what {short(found.inputs['benchmark'], 40)} "
        f"{found.inputs['score']:g} needs (95 %).",
    )
    return PlotResult(figure, data)


def _draw_path(axes: Axes, data: xr.Dataset, found: "Corollary") -> None:
    dates = data["date"].to_numpy()
    axes.set_yscale("log")
    axes.fill_between(
        dates, data["effective_lower"], data["effective_upper"], color=BLUE, alpha=0.25, linewidth=0
    )
    axes.plot(dates, data["effective_median"], color=BLUE, linewidth=1.8)
    low, high = (float(end) for end in data["needed"])
    middle = found.row("needed_effective_parameters").middle
    if np.isfinite(low):
        axes.axhspan(
            low, min(high, axes.get_ylim()[1] * 1e3), color=ORANGE, alpha=0.25, linewidth=0
        )
    if np.isfinite(middle):
        axes.axhline(middle, color=ORANGE, linewidth=1.5)
    axes.set_xlim(dates[0], dates[-1])
    axes.set_ylabel("effective parameters", color=INK)
    tidy(axes)
    date_axis(axes)
