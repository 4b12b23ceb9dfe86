"""Density of compressed LLMs over that of their parents, pair by pair."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesdensing.plots._panels import log_ticks
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, new_figure, short, tidy
from bayesdensing.plots.corollaries._intervals import close
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["compression"]

_AXIS = (0.03, 6.0)


def compression(found: "Corollary") -> PlotResult:
    """Draw the change of density of every pair and of every method.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.compression`.

    Returns
    -------
    PlotResult
        Data over ``line``: ``median``, ``lower``, ``upper`` (89 %, ratio), ``published``, with
        ``name``, ``method`` and ``kind`` (``pair``, ``mean`` or ``new``).
    """
    table = found.tables["pairs"]
    data = _data(found, table)
    shrunk = ~pd.Series(data["method"].to_numpy()).str.startswith("quantized").to_numpy()
    sides = [side for side in (shrunk, ~shrunk) if side.any()]
    longest = max(int(side.sum()) for side in sides)
    figure = new_figure(height=1.6 + 0.135 * longest)
    every = np.atleast_1d(figure.subplots(1, len(sides)))
    for axes, side in zip(every, sides, strict=True):
        _draw(axes, data.isel(line=np.flatnonzero(side)))
    handles = [
        Line2D([], [], color=BLUE, marker="o", label="pair"),
        Line2D([], [], color=INK, marker="s", label="mean of a method"),
        Line2D([], [], color=GREY, marker="s", label="a new pair"),
        Line2D([], [], color=ORANGE, marker="D", linestyle="", label="paper"),
    ]
    every[-1].legend(handles=handles, loc="center left", fontsize=7, frameon=False)
    lower = int((table["ratio_median"] < 1).sum())
    close(
        figure,
        found,
        title=f"{lower} of {len(table)} compressed LLMs are less dense than their parents",
        caption="Density of the compressed LLM over its parent's, per parameter: medians and "
        "equal-tailed 89 % intervals.\nOpen dots: scores at a benchmark's floor or ceiling, so "
        "that one end rests on the prior.",
    )
    return PlotResult(figure, data)


def _data(found: "Corollary", table: pd.DataFrame) -> xr.Dataset:
    lines: list[tuple[object, ...]] = []
    for method, part in table.groupby("method", sort=True):
        for row in part.to_dict("records"):
            ends = (row["ratio_median"], row["ratio_eti89_lb"], row["ratio_eti89_ub"])
            lines.append((row["llm"], method, "pair", *ends, row["published_ratio"], row["bound"]))
        for kind, name in (("mean", "ratio"), ("new", "new_pair")):
            found_row = found.row(f"{name}[{method}]")
            assert found_row.estimate is not None  # noqa: S101 - a posterior
            what = f"{method}: {'mean' if kind == 'mean' else 'a new pair'}"
            ends = (found_row.middle, *found_row.estimate.eti89)
            lines.append((what, method, kind, *ends, np.nan, ""))
    names, methods, kinds, median, lower, upper, published, bound = zip(*lines, strict=True)
    values = {"median": median, "lower": lower, "upper": upper, "published": published}
    return xr.Dataset(
        {n: ("line", np.array(v, dtype=float), {"units": "ratio"}) for n, v in values.items()},
        coords={
            "name": ("line", list(names)),
            "method": ("line", list(methods)),
            "kind": ("line", list(kinds)),
            "bound": ("line", list(bound)),
        },
        attrs={"interval_kind": "ETI", "interval_probability": 0.89},
    )


def _draw(axes: Axes, data: xr.Dataset) -> None:
    place = -np.arange(data.sizes["line"], dtype=float)
    kinds, bound = data["kind"].to_numpy(), data["bound"].to_numpy()
    axes.set_xscale("log")
    axes.set_xlim(*_AXIS)
    log_ticks(axes.xaxis, *_AXIS)
    axes.axvline(1, color=GREY, linewidth=0.8)
    for kind, colour, sign in (("pair", BLUE, "o"), ("mean", INK, "s"), ("new", GREY, "s")):
        own = kinds == kind
        low, high = data["lower"].to_numpy()[own], data["upper"].to_numpy()[own]
        axes.hlines(place[own], low, high, color=colour, linewidth=1.2)
        for open_ in (False, True):
            chosen = own & ((bound != "") == open_)
            axes.plot(
                data["median"].to_numpy()[chosen], place[chosen], sign, color=colour,
                markersize=3.5, fillstyle="none" if open_ else "full",
            )  # fmt: skip
    axes.plot(data["published"], place, "D", color=ORANGE, markersize=3.5)
    axes.set_yticks(place, [short(str(name), 40) for name in data["name"].to_numpy()])
    axes.set_ylim(place[-1] - 0.8, 0.8)
    axes.set_xlabel("density over the parent's")
    tidy(axes)
    axes.tick_params(axis="y", labelsize=5.5, length=0)
