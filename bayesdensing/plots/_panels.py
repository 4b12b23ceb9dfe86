"""Small multiples: panels of one size in rows, with one legend above them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter

from bayesdensing.plots._style import INK, new_figure, short, tidy

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["chosen_benchmarks", "legend_above", "log_ticks", "panels", "said_of"]

# Characters for the titles of panels side by side.
_TITLES = 96
# Labels within a decade, by how many decades the axis spans at most.
_LABELS = ((0.9, (1, 1.5, 2, 3, 5)), (1.3, (1, 2, 5)), (2.0, (1, 3)), (np.inf, (1,)))


def panels(
    names: Sequence[str], *, columns: int, row_height: float
) -> tuple[Figure, list[Axes], Axes]:
    """Return a figure of one panel a name, with room for a legend above them.

    Parameters
    ----------
    names : sequence of str
        Titles of the panels, drawn as short as there is room for.
    columns : int
        Panels in a row at most.
    row_height : float
        Inches.

    Returns
    -------
    tuple of Figure, list of Axes and Axes
        The figure, its panels, and the room for the legend.
    """
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(height=1.3 + rows * row_height)
    heights = [0.18, *[row_height] * rows]
    grid = figure.add_gridspec(rows + 1, columns, height_ratios=heights)
    room = figure.add_subplot(grid[0, :])
    room.set_axis_off()
    every = []
    for place, name in enumerate(names):
        axes = figure.add_subplot(grid[1 + place // columns, place % columns])
        axes.set_title(short(name, _TITLES // columns), fontsize=9, color=INK, loc="left")
        tidy(axes)
        every.append(axes)
    return figure, every, room


def legend_above(room: Axes, handles: Sequence[Artist], *, columns: int = 4) -> None:
    """Put a legend into the room above the panels.

    Parameters
    ----------
    room : matplotlib.axes.Axes
        The room that `panels` left.
    handles : sequence of Artist
        What is explained, each with its label.
    columns : int
        Entries in a row.
    """
    room.legend(
        handles=list(handles), loc="center left", bbox_to_anchor=(-0.01, 0.5), ncols=columns,
        frameon=False, fontsize=8, borderaxespad=0, columnspacing=1.4, handlelength=1.6,
    )  # fmt: skip


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Put few labels, in plain numbers, on a logarithmic axis.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Changed in place.
    low, high : float
        What it spans, above 0.
    """
    decades = np.log10(high / low)
    within = next(labels for most, labels in _LABELS if decades <= most)
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    ticks = [label * 10.0**power for power in range(first, last + 1) for label in within]
    inside = [tick for tick in ticks if low <= tick <= high]
    axis.set_major_locator(FixedLocator(inside[:: 1 + len(inside) // 6]))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def chosen_benchmarks(fit: "Fit", benchmarks: Sequence[str] | None, *, most: int) -> list[str]:
    """Return the benchmarks to draw.

    Parameters
    ----------
    fit : Fit
        A fit with benchmarks.
    benchmarks : sequence of str or None
        Those asked for; None: the fit's first ones.
    most : int
        Panels that there is room for.

    Returns
    -------
    list of str
        Names.

    Raises
    ------
    ValueError
        Where the fit has no such benchmark, or more are asked for than there is room for.
    """
    every = [str(name) for name in np.asarray(fit.posterior["benchmark"])]
    if benchmarks is None:
        return every[:most]
    strange = [name for name in benchmarks if name not in every]
    if strange:
        raise ValueError(f"this fit has no {', '.join(strange)}; it has {', '.join(every)}")
    if not 1 <= len(benchmarks) <= most:
        raise ValueError(f"{len(benchmarks)} benchmarks asked for; there is room for 1 to {most}")
    return list(benchmarks)


def said_of(fit: "Fit", shown: Sequence[str]) -> str:
    """Return what a caption says of the benchmarks that are not shown.

    Parameters
    ----------
    fit : Fit
        A fit with benchmarks.
    shown : sequence of str
        Benchmarks that are shown.

    Returns
    -------
    str
        A sentence; nothing where all are shown.
    """
    total = fit.posterior.sizes["benchmark"]
    return "" if len(shown) == total else f" {len(shown)} of {total} benchmarks are shown."
