"""How long a model stays unmatched, and which LLMs of the data matched it first."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import BLUE, days, new_figure, short, tidy
from bayesdensing.plots.corollaries._intervals import INTERVALS, close, interval_rows, rows_data
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["payback"]

_NAMES = {
    "window": "equal standing",
    "own_window": "trend's LLM\nmatches",
    "seen_window": "one in the data\nmatched",
}
_MOST = 8


def payback(found: "Corollary") -> PlotResult:
    """Draw the windows, and for an LLM of the fit which others matched it first.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.payback`.

    Returns
    -------
    PlotResult
        Data as of `rows_data`, and ``prob_first`` over ``llm``.
    """
    rows = [row for row in found.rows if row.quantity in _NAMES]
    data = rows_data(rows)
    names = [_NAMES[row.quantity] for row in rows]
    matched = found.tables.get("matched")
    figure = new_figure(height=3.6)
    if matched is None or matched.empty:
        left = figure.add_subplot()
    else:
        left, right = figure.subplots(1, 2, width_ratios=[1.1, 1])
        first = matched.sort_values("prob_first", ascending=False, kind="stable").head(_MOST)
        first = first[first["prob_first"] >= 0.01]
        data["prob_first"] = xr.DataArray(
            first["prob_first"].to_numpy(), dims="llm", coords={"llm": first["llm"].to_numpy()}
        )
        _draw_first(right, data)
    finite = data["median"].to_numpy()[np.isfinite(data["median"])]
    most = 4 * float(finite.max()) if len(finite) else None
    interval_rows(left, data, names=names, label="days", most=most)
    share, window = found.inputs["fraction"], days(found.row("window").middle)
    part = "Half" if share == 0.5 else f"{share:g} of"
    close(
        figure,
        found,
        title=f"{part} the parameters do as well after {window} days, at equal standing",
        caption=f"{INTERVALS}. Diamonds: the article's figure.\nRight: in which share of the draws "
        f"an LLM was the first to match {short(found.inputs['llm'] or 'it', 40)}.",
    )
    return PlotResult(figure, data)


def _draw_first(axes: Axes, data: xr.Dataset) -> None:
    place = -np.arange(data.sizes["llm"], dtype=float)
    axes.barh(place, 100 * data["prob_first"], color=BLUE, height=0.6)
    axes.set_yticks(place, [short(str(name)) for name in data["llm"].to_numpy()])
    axes.set_xlabel("first to match (% of draws)")
    tidy(axes)
