"""Ranks of true values among draws of many fits: how far they depart from uniform."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    finish,
    new_figure,
    percent,
    short,
    tidy,
)
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis.calibration import Calibration
    from bayesdensing.analysis.coverage import Ranks

__all__ = ["calibration"]

_COLUMNS = 3
_MOST = 12


def calibration(found: "Calibration | Ranks") -> PlotResult:
    """Draw how the ranks of each variable's parameters depart from uniform.

    Parameters
    ----------
    found : Calibration or Ranks
        Of `calibrate`, or the ranks of one, as its ``ranks.csv`` holds them.

    Returns
    -------
    PlotResult
        Data: ``departure``, ``lower``, ``upper`` (parameter, place) and ``p_value`` (parameter),
        with ``variable`` (parameter), the panel that it is drawn in: the headline first, then the
        variables with the least probable departures.

    Examples
    --------
    >>> calibration(found).save("calibration.png")  # doctest: +SKIP
    """
    data = found.departures
    variable = [str(name).partition("[")[0] for name in data["parameter"].to_numpy()]
    data = data.assign_coords(variable=("parameter", variable))
    panels = _panels(data)
    rows = -(-len(panels) // _COLUMNS)
    figure = new_figure(height=1.6 + 1.9 * rows)
    columns = min(_COLUMNS, len(panels))
    every = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for i, (axes, name) in enumerate(zip(every, panels, strict=False)):
        own = data.isel(parameter=np.flatnonzero(data["variable"].to_numpy() == name))
        _draw(axes, own, name, ~found.table["uniform"].to_numpy()[_at(data, name)])
        if i % columns == 0:
            axes.set_ylabel("share below − place")
        if i >= len(panels) - columns:
            axes.set_xlabel("rank, as a share")
            axes.tick_params(labelbottom=True)
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    finish(figure, None, title=_title(found), caption=_caption(found, len(panels), data))
    return PlotResult(figure, data)


def _at(data: xr.Dataset, name: str) -> np.ndarray:
    return np.flatnonzero(data["variable"].to_numpy() == name)


def _panels(data: xr.Dataset) -> list[str]:
    """Choose variables: the headline, then those whose ranks are least like uniform ones."""
    least = {
        str(name): float(data["p_value"].to_numpy()[_at(data, str(name))].min())
        for name in dict.fromkeys(data["variable"].to_numpy().tolist())
    }
    order = sorted(least, key=lambda name: (name != "growth_rate", least[name]))
    return order[:_MOST]


def _draw(axes: Axes, data: xr.Dataset, name: str, wrong: np.ndarray) -> None:
    place = data["place"].to_numpy()
    lower, upper = data["lower"].min("parameter"), data["upper"].max("parameter")
    axes.fill_between(place, lower, upper, color=GREY, alpha=0.18, linewidth=0, step="mid")
    axes.axhline(0, color=GREY, linewidth=0.8)
    departures = data["departure"].to_numpy()
    many = len(departures) > 1
    for departure, out in zip(departures, wrong, strict=True):
        axes.plot(
            place, departure, color=ORANGE if out else BLUE, linewidth=0.9 if many else 1.6,
            alpha=0.8 if many else 1.0,
        )  # fmt: skip
    title = f"{short(name)} ({len(departures)})" if many else short(name)
    axes.set_title(title, fontsize=8.5, color=INK, loc="left")
    axes.set_xlim(0, 1)
    tidy(axes)


def _title(found: "Calibration | Ranks") -> str:
    count = found.fits.sizes["sim"]
    wrong = int((~found.table["uniform"]).sum())
    if wrong:
        return f"{wrong} of {len(found.table)} parameters do not rank as their posterior says"
    return f"True values rank as their posteriors say, in {count} fits"


def _caption(found: "Calibration | Ranks", panels: int, data: xr.Dataset) -> str:
    variables = len(set(data["variable"].to_numpy().tolist()))
    lines = [
        "Rank of the truth among independent draws, and how many ranks fall below a place, less "
        "what is expected.",
        "Band: where all parameters of all panels keep together with a probability of 99 % if "
        "posteriors are right.",
    ]
    if panels < variables:
        lines.append(f"The {panels} of {variables} variables with the least probable departures.")
    rate = found.headline
    if rate:
        parts = [
            f"{percent(c.share)} of {percent(c.probability)} "
            f"({percent(c.range99[0])} to {percent(c.range99[1])})"
            for c in rate.values()
        ]
        lines.append(f"Intervals of the growth rate that hold the truth: {', '.join(parts)};")
        lines.append("in brackets the central 99 % range, were the intervals right.")
    lines.append(f"{short(str(found.about['spec']), 40)}; truths from {found.about['truths']}.")
    return "\n".join(lines)
