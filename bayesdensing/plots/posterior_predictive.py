"""Measured scores beside scores drawn anew, by benchmark and evaluator."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.analysis.predictive import STATISTICS, UNLIKELY, predictive_table
from bayesdensing.plots._style import GREY, INK, ORANGE, finish, new_figure, short, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["posterior_predictive"]

_LABELS = {
    "mean": "mean score",
    "sd": "sd of score − expected",
    "outside": "share beyond 95 %",
}


def posterior_predictive(fit: "Fit", *, draws: int = 400, seed: int = 0) -> PlotResult:
    """Draw mean, scatter and outliers of measured scores against those of scores drawn anew.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    PlotResult
        Data: dims (group, statistic): ``observed``, ``lower`` and ``upper`` (95 %) and ``p``,
        with coords benchmark, evaluator and n_scores of each group.

    Examples
    --------
    >>> posterior_predictive(fit).save("posterior_predictive.png")  # doctest: +SKIP
    """
    table = predictive_table(fit, draws=draws, seed=seed)
    data = _data(table)
    figure = new_figure(height=2.0 + 0.15 * len(table))
    every = figure.subplots(1, len(STATISTICS), sharey=True)
    for axes, name in zip(every, STATISTICS, strict=True):
        _draw(axes, data.sel(statistic=name))
        axes.set_xlabel(_LABELS[name])
    _label_groups(every[0], table)
    flagged, total = table.attrs["flagged"], len(STATISTICS) * len(table)
    title = f"{flagged} of {total} group statistics are less probable than {UNLIKELY:.0%}"
    finish(figure, fit, title=title.replace("%", " %"), caption=_caption(table))
    return PlotResult(figure, data)


def _data(table: pd.DataFrame) -> xr.Dataset:
    def stacked(ending: str) -> tuple[tuple[str, str], np.ndarray]:
        columns = [f"{name}{ending}" for name in STATISTICS]
        return ("group", "statistic"), table[columns].to_numpy()

    return xr.Dataset(
        {
            "observed": stacked(""),
            "lower": stacked("_lb"),
            "upper": stacked("_ub"),
            "p": stacked("_p"),
        },
        coords={
            "statistic": list(STATISTICS),
            **{
                name: ("group", table[name].to_numpy())
                for name in ("benchmark", "evaluator", "n_scores")
            },
        },
        attrs={"interval_kind": table.attrs["interval_kind"]},
    )


def _draw(axes: Axes, data: xr.Dataset) -> None:
    y = np.arange(data.sizes["group"])
    axes.hlines(y, data["lower"], data["upper"], color=GREY, alpha=0.45, linewidth=3.5)
    unlikely = data["p"].to_numpy() < UNLIKELY
    for of, colour in ((~unlikely, INK), (unlikely, ORANGE)):
        axes.plot(data["observed"].to_numpy()[of], y[of], "o", color=colour, markersize=3.5)
    breaks = np.flatnonzero(data["benchmark"].to_numpy()[1:] != data["benchmark"].to_numpy()[:-1])
    for place in breaks:
        axes.axhline(place + 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
    axes.set_ylim(len(y) - 0.4, -0.6)
    axes.margins(x=0.04)
    tidy(axes)
    axes.tick_params(axis="y", labelsize=6.5, length=0)


def _label_groups(axes: Axes, table: pd.DataFrame) -> None:
    named = [
        f"{short(row['benchmark'], 22)} · {short(row['evaluator'], 22)} ({row['n_scores']})"
        for row in table.to_dict("records")
    ]
    axes.set_yticks(np.arange(len(named)), named)


def _caption(table: pd.DataFrame) -> str:
    expected, limit = table.attrs["flagged_expected"], table.attrs["flagged_limit"]
    return (
        "Bar: middle 95 % of scores drawn anew given each LLM's density; point: measured, mean of "
        "draws; orange\nwhere, draw by draw, less probable than 5 % (two-sided). "
        f"{expected:.0f} such are expected of the fit's own data,\nat most {limit:.0f} in 95 % of "
        "them. In brackets: scores."
    )
