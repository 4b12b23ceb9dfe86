"""Distances from the trend against date, size and family."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayesdensing.analysis.residuals import residual_trends
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    date_axis,
    finish,
    new_figure,
    short,
    tidy,
)
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["residuals"]

_FEWEST = 3  # LLMs of a family that is drawn
_COLUMNS = {"mean": "residual_mean", "lower": "residual_eti89_lb", "upper": "residual_eti89_ub"}


def residuals(fit: "Fit", *, max_families: int = 20) -> PlotResult:
    """Draw each LLM's standardised distance from the trend against date, size and family.

    Parameters
    ----------
    fit : Fit
        A fit with densities, or published values, and a trend.
    max_families : int
        Families to draw at most: of those with three LLMs or more, those with the most.

    Returns
    -------
    PlotResult
        Data: ``residual_mean``, ``residual_lower``, ``residual_upper`` (89 %) over ``llm`` with
        ``release_date``, ``family`` and, where there are any, ``n_params``; ``line_date`` and
        ``line_at_date``, ``line_n_params`` and ``line_at_size`` over ``end``: the median slope
        through the middle of the points; ``family_mean`` over ``drawn_family``.

    Examples
    --------
    >>> residuals(fit).save("residuals.png")  # doctest: +SKIP
    """
    table, trends = fit.residuals(), residual_trends(fit)
    data = _points(table).assign(_lines(table, trends)).assign(_families(table, most=max_families))
    figure = new_figure(height=6.4 if data.sizes["drawn_family"] > 8 else 5.6)
    date, size, family = _axes(figure, data)
    _draw_llms(date, data, x="release_date")
    _draw_line(date, data, trends, statistic="slope_date")
    if size is not None:
        size.set_xscale("log")
        _draw_llms(size, data, x="n_params")
        _draw_line(size, data, trends, statistic="slope_log10_size")
    if family is not None:
        _draw_families(family, data)
    finish(figure, fit, title=_title(trends), caption=_caption(fit, data, trends))
    return PlotResult(figure, data)


def _points(table: pd.DataFrame) -> xr.Dataset:
    known = [name for name in ("release_date", "family", "n_params") if name in table]
    return xr.Dataset(
        {f"residual_{end}": ("llm", table[name].to_numpy()) for end, name in _COLUMNS.items()},
        coords={
            "llm": table.index.to_numpy(dtype=object),
            **{name: ("llm", table[name].to_numpy()) for name in known},
        },
        attrs={"interval_kind": "ETI", "units": "sd about the trend"},
    )


def _lines(table: pd.DataFrame, trends: pd.DataFrame) -> dict[str, Any]:
    """Return each median slope's line from the first to the last LLM, through their middle."""
    lines: dict[str, Any] = {}
    middle = float(table["residual_mean"].mean())
    if "slope_date" in trends.index:
        dates = table["release_date"]
        ends = pd.DatetimeIndex([dates.min(), dates.max()])
        start = dates.min()
        years = (pd.Series([start, dates.max()]) - start) / pd.Timedelta(days=DAYS_PER_YEAR)
        since = years - ((dates - start) / pd.Timedelta(days=DAYS_PER_YEAR)).mean()
        rise = middle + trends["median"]["slope_date"] * since.to_numpy()
        lines |= {"line_date": ("end", ends), "line_at_date": ("end", rise)}
    if "slope_log10_size" in trends.index:
        sizes = np.log10(table["n_params"])
        reach = np.array([sizes.min(), sizes.max()])
        rise = middle + trends["median"]["slope_log10_size"] * (reach - sizes.mean())
        lines |= {"line_n_params": ("end", 10**reach), "line_at_size": ("end", rise)}
    return lines


def _families(table: pd.DataFrame, *, most: int) -> xr.Dataset:
    count = table["family"].value_counts()
    kept = count[count >= _FEWEST].index[:most]
    means = table["residual_mean"].groupby(table["family"]).mean()
    chosen = means[means.index.isin(kept)].sort_values()
    return xr.Dataset(
        {"family_mean": ("drawn_family", chosen.to_numpy(dtype=float))},
        coords={"drawn_family": chosen.index.to_numpy(dtype=object)},
    )


def _axes(figure: Figure, data: xr.Dataset) -> tuple[Axes, Axes | None, Axes | None]:
    """Return a panel for dates, and for sizes and families where there are any."""
    sizes, families = "n_params" in data.coords, data.sizes["drawn_family"] > 0
    grid = figure.add_gridspec(1 + sizes, 1 + families, width_ratios=[1.25, 1][: 1 + families])
    date = figure.add_subplot(grid[0, 0])
    size = figure.add_subplot(grid[1, 0], sharey=date) if sizes else None
    family = figure.add_subplot(grid[:, 1]) if families else None
    for axes, label in ((date, "release date"), (size, "parameters")):
        if axes is not None:
            axes.set_xlabel(label)
            axes.set_ylabel("distance from trend (sd)")
    date_axis(date)
    for axes in (date, size, family):
        if axes is not None:
            tidy(axes)
    return date, size, family


def _draw_llms(axes: Axes, data: xr.Dataset, *, x: str) -> None:
    many = data.sizes["llm"] > 100
    at = data[x].to_numpy()
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    axes.vlines(
        at, data["residual_lower"], data["residual_upper"], color=GREY, linewidth=0.7,
        alpha=0.2 if many else 0.45, zorder=1,
    )  # fmt: skip
    axes.plot(
        at, data["residual_mean"], "o", color=INK, markersize=2.5 if many else 4, alpha=0.7,
        markeredgewidth=0, zorder=2,
    )  # fmt: skip


def _draw_line(axes: Axes, data: xr.Dataset, trends: pd.DataFrame, *, statistic: str) -> None:
    if statistic not in trends.index:
        return
    names, unit = {
        "slope_date": (("line_date", "line_at_date"), "per year"),
        "slope_log10_size": (("line_n_params", "line_at_size"), "per factor of ten"),
    }[statistic]
    x, y = (data[name].to_numpy() for name in names)
    axes.plot(x, y, color=BLUE, linewidth=1.8, zorder=4)
    row = {name: f"{value:+.2f}" for name, value in trends.loc[statistic].items()}
    slope = (
        f"slope {row['median']} sd {unit} (95 % ETI {row['eti95_lb']} to {row['eti95_ub']})\n"
        f"of LLMs dealt out anew {row['chance_eti95_lb']} to {row['chance_eti95_ub']}"
    )
    axes.set_title(slope.replace("-", "−"), fontsize=8.5, color=INK, loc="left")


def _draw_families(axes: Axes, data: xr.Dataset) -> None:
    names = data["drawn_family"].to_numpy()
    family, mean = data["family"].to_numpy(), data["residual_mean"].to_numpy()
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    for row, name in enumerate(names):
        own = mean[family == name]
        axes.plot(own, np.full(len(own), row), "o", color=GREY, markersize=3.5, alpha=0.6, zorder=2)
    axes.plot(data["family_mean"], np.arange(len(names)), "D", color=ORANGE, markersize=5, zorder=3)
    axes.set_yticks(np.arange(len(names)), [short(str(name)) for name in names])
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_xlabel("distance from trend (sd)")
    axes.set_title("families; diamond: their mean", fontsize=8.5, color=INK, loc="left")


def _title(trends: pd.DataFrame) -> str:
    slopes = {"date": "slope_date", "size": "slope_log10_size"}
    rows = {name: trends.loc[row] for name, row in slopes.items() if row in trends.index}
    said = [
        f"{'rise' if row['median'] > 0 else 'fall'} with {name}"
        for name, row in rows.items()
        if not row["chance_inside"]
    ]
    flat = [name for name, row in rows.items() if row["chance_inside"]]
    if flat:
        said.append(f"no slope in {' or '.join(flat)} beyond chance")
    if "family_sd" in trends.index:
        alike = trends["chance_inside"]["family_sd"]
        said.append("families within chance" if alike else "families differ")
    return f"Residuals: {'; '.join(said)}" if said else "Residuals from the trend"


def _caption(fit: "Fit", data: xr.Dataset, trends: pd.DataFrame) -> str:
    quantity = fit.posterior.attrs.get("quantity", "capability density")
    centre = "mean LLM, behind the frontier" if fit.spec.growth.frontier != "none" else "mean trend"
    text = (
        f"Distance of log {quantity} from the {centre}, in sd about it: posterior mean; bar: "
        "89 % ETI\n(equal-tailed posterior interval)."
    )
    if "family_sd" in trends.index:
        row = trends.loc["family_sd"]
        text += (
            f"\nSd between families {row['median']:.2f} (95 % ETI {row['eti95_lb']:.2f} to "
            f"{row['eti95_ub']:.2f}); of LLMs dealt out anew {row['chance_median']:.2f} "
            f"({row['chance_eti95_lb']:.2f} to {row['chance_eti95_ub']:.2f})."
        )
    if data.sizes["drawn_family"]:
        text += f"\nDrawn: the largest families, of {_FEWEST} LLMs or more."
    return text
