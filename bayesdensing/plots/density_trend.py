"""Density of every LLM against its release date, with the trend through them."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._labels import place_labels
from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    date_axis,
    days,
    finish,
    new_figure,
    short,
    tidy,
)
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["density_trend"]

_COLUMNS = {"median": "density_median", "lower": "density_eti89_lb", "upper": "density_eti89_ub"}


def density_trend(fit: "Fit", *, max_labels: int = 5, n_dates: int = 100) -> PlotResult:
    """Draw density against release date, with the trend.

    Parameters
    ----------
    fit : Fit
        A fit with densities and a trend.
    max_labels : int
        LLMs to name at most, spread over the dates: of those whose median density was the highest
        yet at their release.
    n_dates : int
        Dates at which the trend is computed.

    Returns
    -------
    PlotResult
        Data: ``trend_median``, ``trend_lower`` and ``trend_upper`` (by ``probability``) over
        ``date``; ``density_median``, ``density_lower`` and ``density_upper`` (89 %) over ``llm``
        with ``release_date``; names that got a label in ``attrs``.

    Examples
    --------
    >>> density_trend(fit).save("density_trend.png")  # doctest: +SKIP
    """
    table = fit.density_table()
    dates = pd.date_range(table["release_date"].min(), table["release_date"].max(), periods=n_dates)
    data = _data(table, fit.trend(dates))
    figure = new_figure()
    axes = figure.add_subplot()
    _draw_trend(axes, data)
    _draw_llms(axes, data)
    quantity = short(str(fit.posterior.attrs.get("quantity", "capability density")), 32)
    _label_axes(axes, fit, quantity)
    finish(figure, fit, title=_title(fit, quantity), caption=_caption(fit, len(table)))
    named = _points(table, _spread(table, _records(table), count=max_labels))
    data.attrs["labels"] = place_labels(axes, points=named[::-1], avoid=_drawn(table, data))
    return PlotResult(figure, data)


def _data(table: pd.DataFrame, trend: xr.DataArray) -> xr.Dataset:
    over = ("chain", "draw")
    probabilities = [0.50, 0.89]
    tails = xr.DataArray(
        [(1 - p) / 2 for p in probabilities],
        dims="probability",
        coords={"probability": probabilities},
    )
    lower = trend.quantile(tails.to_numpy(), dim=over, skipna=False).rename(quantile="probability")
    upper = trend.quantile(1 - tails.to_numpy(), dim=over, skipna=False).rename(
        quantile="probability"
    )
    llms = table.reset_index()
    return xr.Dataset(
        {
            "trend_median": trend.median(over, skipna=False),
            "trend_lower": lower.assign_coords(probability=probabilities),
            "trend_upper": upper.assign_coords(probability=probabilities),
            **{f"density_{end}": ("llm", llms[name].to_numpy()) for end, name in _COLUMNS.items()},
        },
        coords={
            "llm": llms["llm"].to_numpy(dtype=object),
            "release_date": ("llm", llms["release_date"].to_numpy()),
        },
        attrs={"interval_kind": "ETI"},
    )


def _draw_trend(axes: Axes, data: xr.Dataset) -> None:
    dates = data["date"].to_numpy()
    for probability, alpha in ((0.89, 0.18), (0.50, 0.30)):
        band = data.sel(probability=probability)
        axes.fill_between(
            dates, band["trend_lower"], band["trend_upper"], color=BLUE, alpha=alpha, linewidth=0,
            label=f"trend, {probability:.0%} ETI".replace("%", " %"), zorder=3,
        )  # fmt: skip
    axes.plot(dates, data["trend_median"], color=BLUE, linewidth=2, label="trend, median", zorder=4)


def _draw_llms(axes: Axes, data: xr.Dataset) -> None:
    many = data.sizes["llm"] > 100
    axes.vlines(
        data["release_date"].to_numpy(), data["density_lower"], data["density_upper"],
        color=GREY, alpha=0.25 if many else 0.5, linewidth=0.8, zorder=1,
    )  # fmt: skip
    axes.plot(
        data["release_date"].to_numpy(), data["density_median"], "o", color=INK,
        markersize=3 if many else 4.5, alpha=0.65, markeredgewidth=0, zorder=2,
        label="LLM, median; bar: 89 % ETI",
    )  # fmt: skip


def _label_axes(axes: Axes, fit: "Fit", quantity: str) -> None:
    axes.set_yscale("log")
    axes.set_xlabel("release date")
    units = fit.density().attrs["units"]
    meaning = "effective ÷ actual parameters" if units == "1" else "unit of the series"
    axes.set_ylabel(f"{quantity} ({meaning})")
    date_axis(axes)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, which="major", color="#E6E6E6", linewidth=0.7)
    tidy(axes)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.margins(x=0.03)


def _title(fit: "Fit", quantity: str) -> str:
    found = fit.headline().doubling_time_days
    subject = quantity.capitalize() if quantity == "capability density" else quantity
    if found is None or np.isinf(found.eti89[0]):
        return f"{subject} does not grow"
    if np.isinf(found.median):
        return f"{subject}: growth is less likely than not"
    lower, upper = (days(end) for end in found.eti89)
    late = ", over the last 24 months" if fit.spec.growth.shape.bends else ""
    return f"{subject} doubles every {days(found.median)} days{late} (89 % ETI {lower} to {upper})"


def _caption(fit: "Fit", n_llms: int) -> str:
    intervals = "ETI: equal-tailed posterior interval. "
    if "growth" not in fit.spec.blocks:
        if fit.spec.data.records == "only":
            return f"{intervals}{n_llms} records; the trend is that of all values, seen or not."
        return f"{intervals}{n_llms} published values."
    return (
        f"{intervals}{n_llms} LLMs. Density is relative to its ruler: reference models trained on "
        f"{fit.spec.reference_tokens.label}.\n"
        "Named: some of the LLMs whose median was the highest yet at their release."
    )


def _records(table: pd.DataFrame) -> list[str]:
    """Return the LLMs whose median was the highest yet, one a date, by date."""
    # of one date only the best: the others were never ahead
    medians = table["density_median"].fillna(-np.inf).sort_values(ascending=False, kind="stable")
    dates = table.loc[medians.index, "release_date"].sort_values(kind="stable")
    firsts = medians.loc[dates.drop_duplicates().index]
    best = firsts.cummax().shift(fill_value=-np.inf)
    return [str(name) for name in firsts.index[firsts > best]]


def _spread(table: pd.DataFrame, names: list[str], *, count: int) -> list[str]:
    """Return so many of the names, the first and the last included, evenly over their dates."""
    if count < 1 or len(names) <= count:
        return names if count > 0 else []
    days_of = _day(table.loc[names, "release_date"]).to_numpy()
    wanted = np.linspace(days_of[0], days_of[-1], count) if count > 1 else days_of[-1:]
    nearest = {int(np.argmin(np.abs(days_of - day))) for day in wanted}
    return [names[i] for i in sorted(nearest)]


def _day(dates: pd.Series) -> pd.Series:
    return (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)  # matplotlib's unit of dates


def _points(table: pd.DataFrame, names: list[str]) -> list[tuple[str, float, float]]:
    chosen = table.loc[names]
    x, y = _day(chosen["release_date"]).tolist(), chosen["density_median"].tolist()
    return list(zip(names, x, y, strict=True))


def _drawn(table: pd.DataFrame, data: xr.Dataset) -> list[tuple[float, float]]:
    """Return the points, the trend and its band, which no name may cover."""
    dates = _day(data["date"].to_series())
    wide = data.sel(probability=0.89)
    lines = [data["trend_median"], wide["trend_lower"], wide["trend_upper"]]
    drawn = [(dates, line.to_series()) for line in lines]
    drawn.append((_day(table["release_date"]), table["density_median"]))
    return [xy for x, y in drawn for xy in zip(x.tolist(), y.tolist(), strict=True)]
