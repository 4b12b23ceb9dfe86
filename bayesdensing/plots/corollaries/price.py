"""Prices of one capability in time, and how fast they halve."""

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    date_axis,
    days,
    halo,
    new_figure,
    short,
    tidy,
)
from bayesdensing.plots.corollaries._intervals import INTERVALS, close, interval_rows, rows_data
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["price"]

_NAMES = ("end points", "cheapest, LS", "all, LS", "cheapest,\nas records", "density\nalone")


def price(found: "Corollary") -> PlotResult:
    """Draw the prices with what density alone would have made of the first, and halving times.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.price`.

    Returns
    -------
    PlotResult
        Data as of `rows_data`, and over ``date`` the columns of the table ``path``.
    """
    data = rows_data(found.rows[:5])
    path = found.tables["path"]
    columns = [name for name in path.columns if name != "date"]
    data = data.assign(
        {name: ("date", path[name].to_numpy(), {"units": "usd per mtok"}) for name in columns}
    ).assign_coords(date=pd.DatetimeIndex(path["date"]))
    figure = new_figure(height=4.2)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_prices(left, data, found.tables["prices"])
    middle, density = (found.row(f"{name}_halving").middle for name in ("price", "density"))
    cap = 6 * min(middle, density)
    interval_rows(right, data, names=_NAMES, label="price halves in (days)", most=cap)
    close(
        figure,
        found,
        title=f"Prices halve every {days(middle)} days; density alone would take {days(density)}",
        caption=f"{INTERVALS}; open dots: point estimates; diamonds: the article's figures.\n"
        f"Left: prices of {short(str(found.inputs['capability']), 40)}; filled, the cheapest so "
        "far. Orange: the first\nprice falling with density alone; blue: the trend behind the "
        "records, all models'; bands 89 %.",
    )
    return PlotResult(figure, data)


def _draw_prices(axes: Axes, data: xr.Dataset, prices: pd.DataFrame) -> None:
    dates = data["date"].to_numpy()
    axes.set_yscale("log")
    for name, colour in (("trend", BLUE), ("density", ORANGE)):
        axes.fill_between(
            dates, data[f"{name}_lower"], data[f"{name}_upper"], color=colour, alpha=0.18,
            linewidth=0,
        )  # fmt: skip
        axes.plot(dates, data[f"{name}_median"], color=colour, linewidth=1.6)
    best = prices["on_record"].to_numpy(dtype=bool)
    axes.plot(
        prices["date"][~best], prices["usd_per_mtok"][~best], "o", color=GREY, fillstyle="none"
    )
    axes.plot(prices["date"][best], prices["usd_per_mtok"][best], "o", color=INK, zorder=4)
    last = prices["date"].max()
    for row in prices[best].to_dict("records"):
        late = row["date"] > last - pd.Timedelta(days=200)
        axes.annotate(
            short(row["model"]), (row["date"], row["usd_per_mtok"]), xytext=(-6 if late else 6, -9),
            textcoords="offset points", fontsize=7, color=INK, path_effects=halo(),
            ha="right" if late else "left",
        )  # fmt: skip
    low, high = prices["usd_per_mtok"].min(), prices["usd_per_mtok"].max()
    axes.set_ylim(low / 4, high * 4)
    axes.set_ylabel("US dollars per million tokens")
    tidy(axes)
    date_axis(axes)
