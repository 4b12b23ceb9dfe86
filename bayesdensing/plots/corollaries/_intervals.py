"""Numbers side by side: median, intervals, and what the article printed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayesdensing.plots._panels import log_ticks
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, finish, tidy

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary, Row

__all__ = ["INTERVALS", "close", "interval_rows", "rows_data"]

#: How captions explain what `interval_rows` draws.
INTERVALS = "Dots: medians; bars: equal-tailed 50 % (thick) and 95 % intervals"
_ENDS = ("eti50", "eti95")


def rows_data(rows: Sequence["Row"]) -> xr.Dataset:
    """Return rows as arrays.

    Parameters
    ----------
    rows : sequence of Row
        Of one unit.

    Returns
    -------
    xarray.Dataset
        Over ``row``, by label: ``median``, ``eti50`` and ``eti95`` by ``end``, ``article``; NaN
        for what there is not.
    """
    nothing = (np.nan, np.nan)
    values: dict[str, list[object]] = {name: [] for name in ("median", *_ENDS, "article")}
    for row in rows:
        values["median"].append(row.middle)
        for name in _ENDS:
            values[name].append(nothing if row.estimate is None else getattr(row.estimate, name))
        values["article"].append(np.nan if row.article is None else row.article.value)
    dims = {name: ("row", "end") if name in _ENDS else ("row",) for name in values}
    return xr.Dataset(
        {
            n: (dims[n], np.array(v, dtype=float), {"units": rows[0].unit})
            for n, v in values.items()
        },
        coords={
            "row": [row.label for row in rows],
            "quantity": ("row", [row.quantity for row in rows]),
            "end": ["lower", "upper"],
        },
        attrs={"interval_kind": "ETI"},
    )


def interval_rows(
    axes: Axes,
    data: xr.Dataset,
    *,
    names: Sequence[str],
    label: str,
    digits: int = 0,
    log: bool = True,
    most: float | None = None,
) -> None:
    """Draw numbers with their intervals, one a line from the top.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to.
    data : xarray.Dataset
        Of `rows_data`.
    names : sequence of str
        Short names of the lines.
    label : str
        Of the axis.
    digits : int
        Decimals of the numbers that are written.
    log : bool
        A logarithmic axis.
    most : float, optional
        End of the axis; what lies beyond is marked with an arrow.
    """
    place = -np.arange(data.sizes["row"], dtype=float)
    known = np.concatenate([np.ravel(data[n]) for n in ("median", "eti95", "article")])
    finite = known[np.isfinite(known)]
    cap = float(finite.max()) * 1.1 if most is None else most
    low = float(finite[finite > 0].min() if log else finite.min())
    if log:
        axes.set_xscale("log")
        low, wide = low / 1.15, cap * (cap / low) ** 0.45
        axes.set_xlim(low, wide)
        log_ticks(axes.xaxis, low, cap)
    else:
        low = min(low, 0.0)
        axes.set_xlim(low, cap + 0.5 * (cap - low))
    for name, width in zip(_ENDS, (4.0, 1.4), strict=True):
        lower, upper = data[name].to_numpy().T
        axes.hlines(
            place, np.minimum(lower, cap), np.minimum(upper, cap), color=BLUE, linewidth=width
        )
    beyond = data["eti95"].to_numpy()[:, 1] > cap
    axes.plot(np.full(beyond.sum(), cap), place[beyond], ">", color=BLUE, markersize=6)
    point = np.isnan(data["eti95"].to_numpy()[:, 0])
    middle = data["median"].to_numpy()
    axes.plot(middle[~point], place[~point], "o", color=INK, markersize=5, zorder=3)
    axes.plot(middle[point], place[point], "o", color=INK, markersize=5, zorder=3, fillstyle="none")
    axes.plot(data["article"], place - 0.22, "D", color=ORANGE, markersize=5, zorder=3)
    for at, row in zip(place, range(len(place)), strict=True):
        ends = [float(end) for end in data["eti95"][row]]
        text = f"{_number(middle[row], digits)}"
        if not point[row]:
            text += f" ({_number(ends[0], digits)} to {_number(ends[1], digits)})"
        right = np.nanmax([middle[row], min(ends[1], cap) if not point[row] else middle[row]])
        axes.annotate(
            text, (float(np.clip(right, low, cap)), at), xytext=(8, 0), textcoords="offset points",
            fontsize=7.5, color=INK, va="center",
        )  # fmt: skip
    axes.set_yticks(place, names)
    axes.set_ylim(place[-1] - 0.7, 0.6)
    axes.set_xlabel(label)
    tidy(axes)
    axes.grid(axis="x", color=GREY, alpha=0.15, which="major")


def _number(value: float, digits: int) -> str:
    if np.isinf(value):
        return "∞"
    return f"{value:,.{digits}f}"


def close(figure: Figure, found: "Corollary", *, title: str, caption: str) -> None:
    """Put title and caption on a figure, and say where draws did not pass their checks.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.
    found : Corollary
        What is shown.
    title, caption : str
        Of the figure.
    """
    mark = "" if found.converged else "NOT CONVERGED: " if not found.usable else "APPROXIMATE: "
    finish(figure, None, title=f"{mark}{title}", caption=f"{caption}\nRun: {found.run}.")
