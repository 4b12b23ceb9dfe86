"""The specification curve: the headline under every choice, and which choice it is."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.analysis.dependence import CROSS
from bayesdensing.laws.trend import rate_of_doubling
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, days, finish, new_figure, short, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis.dependence import Sensitivity

__all__ = ["sensitivity"]

_TICKS = (30, 45, 60, 75, 90, 105, 120, 135, 150, 180, 210, 250, 300, 400, 600, 1000, 2000)


def sensitivity(found: "Sensitivity") -> PlotResult:
    """Draw the growth rate under every choice in order, and the axis that each belongs to.

    Parameters
    ----------
    found : Sensitivity
        Of `sensitivity`.

    Returns
    -------
    PlotResult
        Data over ``fit``, slowest growth first: ``rate``, ``rate_lower``, ``rate_upper`` (95 %
        ETI, 1/yr), ``doubling_time`` (days), ``converged``, with ``axis`` and ``choice``.

    Examples
    --------
    >>> sensitivity(found).save("sensitivity.png")  # doctest: +SKIP
    """
    data = _data(found)
    axes_names = [found.as_it_is, *map(str, found.axes.index)]
    figure = new_figure(height=4.4 + 0.2 * len(axes_names))
    grid = figure.add_gridspec(2, 1, height_ratios=[3.2, 0.2 * len(axes_names) + 0.2])
    upper = figure.add_subplot(grid[0, 0])
    lower = figure.add_subplot(grid[1, 0], sharex=upper)
    _draw_rates(upper, found, data)
    _draw_axes(lower, found, data, axes_names)
    finish(figure, None, title=_title(found), caption=_caption(found))
    return PlotResult(figure, data)


def _data(found: "Sensitivity") -> xr.Dataset:
    table = found.table[found.table["growth_rate"].notna()]
    table = table.sort_values("growth_rate", kind="stable")
    columns = {
        "rate": ("growth_rate", "1/yr"),
        "rate_lower": ("growth_rate_eti95_lb", "1/yr"),
        "rate_upper": ("growth_rate_eti95_ub", "1/yr"),
        "doubling_time": ("doubling_time_days", "days"),
    }
    return xr.Dataset(
        {
            name: ("fit", table[column].to_numpy(dtype=float), {"units": unit})
            for name, (column, unit) in columns.items()
        }
        | {"converged": ("fit", table["converged"].to_numpy(dtype=bool))},
        coords={
            "axis": ("fit", table["axis"].astype(str).tolist()),
            "choice": ("fit", table["choice"].astype(str).tolist()),
        },
        attrs={"interval_kind": "ETI", "interval_probability": 0.95},
    )


def _draw_rates(axes: Axes, found: "Sensitivity", data: xr.Dataset) -> None:
    at = np.arange(data.sizes["fit"])
    base = found.base
    ends = base["growth_rate_eti95_lb"], base["growth_rate_eti95_ub"]
    axes.axhspan(*ends, color=GREY, alpha=0.15, linewidth=0)
    axes.axhline(base["growth_rate"], color=GREY, linewidth=0.8)
    good = data["converged"].to_numpy()
    for which, colour, label in ((good, BLUE, ""), (~good, ORANGE, "not converged")):
        if not which.any():
            continue
        axes.vlines(
            at[which], data["rate_lower"].to_numpy()[which], data["rate_upper"].to_numpy()[which],
            color=colour, linewidth=0.9, alpha=0.6,
        )  # fmt: skip
        axes.plot(
            at[which], data["rate"].to_numpy()[which], "o", color=colour, markersize=3,
            label=label or None,
        )  # fmt: skip
    own = np.flatnonzero(data["axis"].to_numpy() == found.as_it_is)
    axes.plot(at[own], data["rate"].to_numpy()[own], "o", color=INK, markersize=6, label="as it is")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.set_ylabel("growth rate (1/yr)")
    axes.tick_params(labelbottom=False)
    low, high = axes.get_ylim()
    right = axes.secondary_yaxis("right")
    rates = {d: float(rate_of_doubling(float(d))) for d in _TICKS}
    shown = {d: r for d, r in rates.items() if low <= r <= high}
    right.set_yticks(list(shown.values()), [days(d) for d in shown])
    right.set_ylabel("doubling time (days)", fontsize=9.5)
    right.tick_params(labelsize=8)
    tidy(axes)


def _draw_axes(axes: Axes, found: "Sensitivity", data: xr.Dataset, names: list[str]) -> None:
    place = {name: -i for i, name in enumerate(names)}
    at, own = np.arange(data.sizes["fit"]), data["axis"].to_numpy()
    # a fit with several choices made otherwise is marked on each of their axes
    marks = [
        (i, part)
        for i, name in zip(at, own, strict=True)
        for part in str(name).split(CROSS)
        if part in place
    ]
    colours = [INK if name == found.as_it_is else BLUE for _, name in marks]
    heights = [place[name] for _, name in marks]
    axes.scatter([i for i, _ in marks], heights, marker="|", s=28, c=colours, linewidths=1.1)
    axes.set_yticks(list(place.values()), [short(name) for name in place])
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.set_xlabel("fits, slowest growth first")
    tidy(axes)
    axes.tick_params(axis="y", labelsize=7.5, length=0)


def _title(found: "Sensitivity") -> str:
    table = found.axes
    if table.empty:
        return "The headline as it is"
    far = int(table["shift_sd"].abs().to_numpy().argmax())
    row = table.iloc[far]
    choice, moved = short(str(row["furthest"]), 32), days(row["furthest_days"])
    axis = short(str(table.index[far]).replace("_", " "))
    doubt = "" if row["furthest_converged"] else " (not converged)"
    made = days(found.base["doubling_time_days"])
    return f"Furthest from {made} days: {axis} {choice}, {moved}{doubt}"


def _caption(found: "Sensitivity") -> str:
    base = found.base
    spec, data = (short(str(found.about[name]), 40) for name in ("spec", "data"))
    return (
        f"Median and equal-tailed 95 % interval under one other choice each; grey: as it is, "
        f"{days(base['doubling_time_days'])} days ({days(base['eti95_lb'])} to "
        f"{days(base['eti95_ub'])}).\nAxes below, by the variance of their medians, largest first. "
        f"{spec} on {data}; {len(found.table)} fits."
    )
