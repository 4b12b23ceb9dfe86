"""Doubling times before and after a change, and the ratio of the two rates."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._panels import log_ticks
from bayesdensing.plots._style import BLUE, INK, ORANGE, new_figure, percent, tidy
from bayesdensing.plots.corollaries._intervals import INTERVALS, close, interval_rows, rows_data
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["acceleration"]

#: Ends of the axis of the ratio, beyond which draws are told as shares.
_RATIOS = (0.2, 5.0)


def acceleration(found: "Corollary") -> PlotResult:
    """Draw doubling times before and after the change, and the posterior of the ratio of rates.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.acceleration`.

    Returns
    -------
    PlotResult
        Data as of `rows_data`, and ``share`` over ``bin`` with ``ratio_start`` and ``ratio_end``;
        ``beyond``: the share of draws off the axis.
    """
    data = rows_data(found.rows[:2])
    ratio = np.ravel(found.draws["rate_ratio"])
    edges = np.geomspace(*_RATIOS, 49)
    counts, _ = np.histogram(ratio, bins=edges)
    data["share"] = xr.DataArray(counts / ratio.size, dims="bin", attrs={"units": "1"})
    data = data.assign_coords(ratio_start=("bin", edges[:-1]), ratio_end=("bin", edges[1:]))
    data["beyond"] = 1 - counts.sum() / ratio.size
    figure = new_figure(height=3.6)
    left, right = figure.subplots(1, 2)
    interval_rows(left, data, names=("before", "after"), label="doubling time (days)")
    _draw_ratio(right, data, found)
    sure = found.row("prob_acceleration").middle
    close(
        figure,
        found,
        title=f"Did density growth speed up? Probability {percent(sure)}",
        caption=f"{INTERVALS}. Diamonds: the article's figures.\nRight: the ratio of the two "
        f"rates; orange line: the paper's; {percent(float(data['beyond']))} of the draws lie "
        f"beyond the axis.\n{found.notes[0]}.",
    )
    return PlotResult(figure, data)


def _draw_ratio(axes: Axes, data: xr.Dataset, found: "Corollary") -> None:
    start, end = data["ratio_start"].to_numpy(), data["ratio_end"].to_numpy()
    axes.bar(start, 100 * data["share"], width=end - start, align="edge", color=BLUE)
    axes.set_xscale("log")
    axes.set_xlim(*_RATIOS)
    log_ticks(axes.xaxis, *_RATIOS)
    axes.axvline(1, color=INK, linewidth=1)
    article = found.row("rate_ratio").article
    if article is not None:
        axes.axvline(article.value, color=ORANGE, linewidth=1.5)
    axes.set_xlabel("rate after / rate before")
    axes.set_ylabel("draws (%)")
    tidy(axes)
