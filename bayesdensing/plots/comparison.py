"""How hypotheses predict what they have not seen, and their doubling times beside that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, days, finish, new_figure, short, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis.comparison import Comparison

__all__ = ["comparison"]

_MIXTURE = "mixture"
#: Variables of the figure's data, and the table's columns that they are.
_COLUMNS = {
    "elpd_diff": "elpd_diff",
    "diff_se": "diff_se",
    "rate": "growth_rate",
    "rate_lower": "growth_rate_eti95_lb",
    "rate_upper": "growth_rate_eti95_ub",
    "doubling_time": "doubling_time_days",
    "doubling_lower": "eti95_lb",
    "doubling_upper": "eti95_ub",
}


def comparison(found: "Comparison", *, left_out: str = "LLM") -> PlotResult:
    """Draw differences of log predictive density, and growth rates with their doubling times.

    Parameters
    ----------
    found : Comparison
        Of `compare`.
    left_out : str
        Which predictions: ``LLM``, ``family`` or ``future``.

    Returns
    -------
    PlotResult
        Data over ``row``, the best of each group first: ``elpd_diff`` and ``diff_se`` (nats),
        ``rate``, ``rate_lower``, ``rate_upper`` (95 % ETI, 1/yr), ``doubling_time``,
        ``doubling_lower``, ``doubling_upper`` (days), with ``hypothesis`` and ``group``; a
        group's mixture has no difference.

    Raises
    ------
    ValueError
        Where nothing of this kind was left out.

    Examples
    --------
    >>> comparison(found).save("comparison.png")  # doctest: +SKIP
    """
    table = found.table[found.table["left_out"] == left_out]
    if table.empty:
        raise ValueError(f"no {left_out} was left out in this comparison")
    data, names = _data(found, table)
    figure = new_figure(height=2.3 + 0.42 * data.sizes["row"])
    grid = figure.add_gridspec(1, 2, width_ratios=[1.15, 1])
    left = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[0, 1], sharey=left)
    _draw_differences(left, data, names)
    _draw_rates(right, data)
    finish(figure, None, title=_title(table), caption=_caption(found, data, left_out))
    return PlotResult(figure, data)


def _data(found: "Comparison", table: pd.DataFrame) -> tuple[xr.Dataset, list[str]]:
    """Return the numbers, and what each row is called where it is drawn."""
    rows: list[tuple[Any, ...]] = []
    drawn = []
    for group, members in table.groupby("group", sort=False):
        for row in members.to_dict("records"):
            mark = "" if row["converged"] else " (not converged)"
            mark += "" if row["reliable"] else " (unreliable)"
            values = [row[column] for column in _COLUMNS.values()]
            rows.append((group, row["hypothesis"] + mark, *values))
            drawn.append(short(row["hypothesis"]) + mark.replace(" (", "\n("))
        mixed = found.stacked.get(str(group))
        if mixed and mixed.doubling_time_days and mixed.growth_rate_per_year:
            rate, doubling = mixed.growth_rate_per_year, mixed.doubling_time_days
            ends = (rate.median, *rate.eti95, doubling.median, *doubling.eti95)
            rows.append((group, _MIXTURE, np.nan, np.nan, *ends))
            drawn.append(_MIXTURE)
    groups, names, *columns = zip(*rows, strict=True)
    data = xr.Dataset(
        {
            name: ("row", np.array(column, dtype=float), _units(name))
            for name, column in zip(_COLUMNS, columns, strict=True)
        },
        coords={"hypothesis": ("row", list(names)), "group": ("row", list(groups))},
        attrs={"interval_kind": "ETI", "interval_probability": 0.95},
    )
    return data, drawn


def _units(name: str) -> dict[str, str]:
    kind = name.split("_")[0]
    return {"units": {"rate": "1/yr", "doubling": "days"}.get(kind, "nats")}


def _draw_differences(axes: Axes, data: xr.Dataset, drawn: Sequence[str]) -> None:
    place = -np.arange(data.sizes["row"], dtype=float)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    apart, se = data["elpd_diff"].to_numpy(), data["diff_se"].to_numpy()
    axes.hlines(place, apart - 2 * se, apart + 2 * se, color=BLUE, linewidth=1.0, zorder=2)
    axes.hlines(place, apart - se, apart + se, color=BLUE, linewidth=3.0, zorder=2)
    axes.plot(apart, place, "o", color=INK, markersize=5, zorder=3)
    many = len(set(data["group"].to_numpy())) > 1
    names = [
        f"{group}: {name}" if many else name
        for group, name in zip(data["group"].values, drawn, strict=True)
    ]
    axes.set_yticks(place, names)
    axes.set_ylim(place[-1] - 0.7, 0.7)
    axes.set_xlabel("log predictive density, less that of the best (nats)")
    tidy(axes)


def _draw_rates(axes: Axes, data: xr.Dataset) -> None:
    place = -np.arange(data.sizes["row"], dtype=float)
    mixed = np.asarray(data["hypothesis"] == _MIXTURE)
    for own, colour in ((~mixed, BLUE), (mixed, ORANGE)):
        low, high = data["rate_lower"].to_numpy()[own], data["rate_upper"].to_numpy()[own]
        axes.hlines(place[own], low, high, color=colour, linewidth=2.0, zorder=2)
        middle = data["rate"].to_numpy()[own]
        axes.plot(middle, place[own], "o", color=colour, markersize=5, zorder=3)
    for row, at in enumerate(place):
        ends = [float(data[f"doubling_{end}"][row]) for end in ("lower", "upper")]
        middle = float(data["doubling_time"][row])
        text = "no growth" if np.isinf(ends[0]) else f"{days(middle)} d"
        if np.isfinite(ends[0]):
            text += f" ({days(ends[0])} to {days(ends[1])})"
        x = float(data["rate_upper"][row])
        axes.annotate(
            text, (x, at), xytext=(5, 0), textcoords="offset points", fontsize=7.5, color=INK,
            va="center",
        )  # fmt: skip
    top = float(np.nanmax(data["rate_upper"].to_numpy()))
    axes.set_xlim(
        min(0.0, float(np.nanmin(data["rate_lower"].to_numpy()))) - 0.05, 1.75 * top + 0.1
    )
    axes.set_xlabel("growth rate (1/yr)")
    axes.tick_params(labelleft=False)
    tidy(axes)


def _title(table: pd.DataFrame) -> str:
    first = table[table["group"] == table["group"].iloc[0]]
    alike = first["verdict"].str.startswith(("best", "cannot")).sum()
    if len(first) < len(table):
        return "Hypotheses side by side, in groups that share data and ruler"
    if alike == 1:
        return f"{short(first['hypothesis'].iloc[0], 48)} predicts best"
    return f"{alike} of {len(first)} hypotheses cannot be told apart by their predictions"


def _caption(found: "Comparison", data: xr.Dataset, left_out: str) -> str:
    bars = "bars: 1 and 2 standard errors of the difference"
    text = (
        f"Left: predictions of each {left_out} left out; {bars}. Right: median and equal-tailed\n"
        "95 % interval of the rate; in words the doubling time. mixture: draws mixed by stacking\n"
        "weight, which says what to mix for predictions and is no probability."
    )
    if left_out == "future":
        text = text.replace("each future left out", "LLMs released after the data fitted")
    if len(found.groups) > 1:
        text += "\n" + "\n".join(f"{name}: {ruler}." for name, ruler in found.groups.items())
    return text
