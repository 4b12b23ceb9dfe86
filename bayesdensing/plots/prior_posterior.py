"""Prior against posterior of every top-level parameter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayesdensing.analysis.prior_posterior import contraction_table, densities
from bayesdensing.plots._panels import legend_above, log_ticks, panels
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, apart, finish, percent, short
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["prior_posterior"]

_LITTLE = 0.1  # contraction below which a prior counts as hardly narrowed
_MOST_NAMES = 3
_MOST_MEMBERS = 8  # members that a legend names
_SPREADS: dict[str, Literal["--", "-"]] = {"size": "--", "tokens": "-"}


def prior_posterior(fit: "Fit", *, n_bins: int = 30) -> PlotResult:
    """Draw the prior density and the posterior of every top-level parameter.

    Parameters
    ----------
    fit : Fit
        Any fit.
    n_bins : int
        Bins of each posterior's histogram.

    Returns
    -------
    PlotResult
        Data: what `bayesdensing.analysis.prior_posterior.densities` returns, with ``prior_height``
        (prior, point) and ``posterior_height`` (parameter, bin), each curve over its own maximum,
        as they are drawn; ``contraction`` and ``overlap`` (parameter).

    Examples
    --------
    >>> prior_posterior(fit).save("prior_posterior.png")  # doctest: +SKIP
    """
    table = contraction_table(fit)
    data = _data(densities(fit, n_bins=n_bins), table)
    figure, every, room = panels(data["prior"].to_numpy().tolist(), columns=5, row_height=1.45)
    colours = _colours(data)
    for axes, prior in zip(every, data["prior"].to_numpy(), strict=True):
        _draw(axes, data.sel(prior=prior), colours)
    legend_above(room, _handles(data, colours), columns=5)
    finish(figure, fit, title=_title(table), caption=_caption(fit))
    return PlotResult(figure, data)


def _caption(fit: "Fit") -> str:
    text = (
        "Each curve is scaled to its own maximum. Number: contraction, 1 − posterior sd / prior sd"
    )
    if "benchmark" not in fit.posterior.dims:
        return f"{text};\non the log scale where the axis is one."
    return (
        f"{text}, mean over benchmarks;\non the log scale where the axis is one. A parameter "
        "pooled over benchmarks is the typical benchmark's."
    )


def _data(data: xr.Dataset, table: pd.DataFrame) -> xr.Dataset:
    rows = table.loc[data["parameter"].to_numpy()]
    return data.assign(
        prior_height=data["prior_density"] / data["prior_density"].max("point"),
        posterior_height=data["posterior_density"] / data["posterior_density"].max("bin"),
        contraction=("parameter", rows["contraction"].to_numpy()),
        overlap=("parameter", rows["overlap"].to_numpy()),
    )


def _colours(data: xr.Dataset) -> dict[str, Any]:
    """Return the colour of each member: benchmarks apart, what has no members blue."""
    names = [str(name) for name in dict.fromkeys(data["member"].to_numpy().tolist())]
    benchmarks = [name for name in names if name and name not in _SPREADS]
    colours = dict(zip(benchmarks, apart(len(benchmarks)), strict=True)) if benchmarks else {}
    return {"": INK, **dict.fromkeys(_SPREADS, INK), **colours}


def _draw(axes: Axes, data: xr.Dataset, colours: dict[str, Any]) -> None:
    axes.fill_between(data["prior_x"], data["prior_height"], color=GREY, alpha=0.25, linewidth=0)
    mine = data.sel(parameter=data["prior_of"].to_numpy() == data["prior"].item())
    for name in mine["parameter"].to_numpy():
        one = mine.sel(parameter=name)
        member = str(one["member"].item())
        axes.stairs(
            one["posterior_height"].to_numpy(), one["posterior_edge"].to_numpy(),
            color=colours[member], linewidth=1.1, linestyle=_SPREADS.get(member, "-"),
        )  # fmt: skip
    if data["scale"].item() == "log":
        axes.set_xscale("log")
        log_ticks(axes.xaxis, float(data["prior_x"].min()), float(data["prior_x"].max()))
    axes.set_ylim(0, 1.3)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7)
    contraction = float(mine["contraction"].mean())
    axes.text(
        1, 1, f"{contraction:.2f}".replace("-", "−"), transform=axes.transAxes, fontsize=8,
        ha="right", va="top", color=BLUE if contraction >= _LITTLE else ORANGE,
    )  # fmt: skip


def _handles(data: xr.Dataset, colours: dict[str, Any]) -> Sequence[Artist]:
    handles: list[Artist] = [
        Patch(color=GREY, alpha=0.25, linewidth=0, label="prior"),
        Line2D([], [], color=INK, label="posterior"),
    ]
    members = data["member"].to_numpy()
    named = [name for name in colours if name in members and name and name not in _SPREADS]
    if len(named) <= _MOST_MEMBERS:
        handles += [Line2D([], [], color=colours[name], label=short(name, 22)) for name in named]
    spreads = [name for name in _SPREADS if name in members]
    handles += [
        Line2D([], [], color=INK, linestyle=_SPREADS[name], label=f"exponent spread, {name}")
        for name in spreads
    ]
    return handles


def _title(table: pd.DataFrame) -> str:
    mean = table.groupby("prior", sort=False)["contraction"].mean().sort_values()
    little = mean[mean < _LITTLE]
    if little.empty:
        return f"The data narrowed every prior; least {mean.index[0]} (by {percent(mean.iloc[0])})"
    names = [str(name) for name in little.index[:_MOST_NAMES]]
    more = f" and {len(little) - len(names)} more" if len(little) > len(names) else ""
    return f"The data hardly narrowed the prior of {', '.join(names)}{more}"
