"""Names of points, each with a ring about its point and a thin line to it."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from bayesdensing.plots._style import INK, halo, short

__all__ = ["place_labels"]

# Where a label may stand, in points from its point: near places first, above before below.
_DISTANCES = (12, 20, 30, 42, 56, 72, 90, 110)
_DIRECTIONS = (135, 90, 45, 110, 160, 315, 270, 225, 20, 340, 180, 0)


def place_labels(
    axes: Axes,
    *,
    points: Sequence[tuple[str, float, float]],
    avoid: Iterable[tuple[float, float]] = (),
) -> list[str]:
    """Label points where there is room, the first ones first; long names without their middle.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its limits set.
    points : sequence of tuple
        Name and place in data coordinates, the most important first.
    avoid : iterable of tuple
        Places in data coordinates that no label may cover.

    Returns
    -------
    list of str
        Names that got a label; a point without room gets none.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes of a plot belong to a figure
    figure.draw_without_rendering()  # the layout has to be known before room can be looked for
    frame = axes.get_window_extent()
    every = np.array([*((x, y) for _, x, y in points), *avoid], dtype=float).reshape(-1, 2)
    dots = axes.transData.transform(every)
    legend = axes.get_legend()
    closed = [] if legend is None else [legend.get_window_extent()]
    lines: list[Path] = []
    placed = []
    for (name, x, y), at in zip(points, dots, strict=False):
        for distance, direction in itertools.product(_DISTANCES, _DIRECTIONS):
            label = _annotate(axes, name, (x, y), distance, np.deg2rad(direction))
            box = _extent(label).padded(3)
            line = Path([at, _nearest(box, at)])
            if _free(box, line, frame=frame, dots=dots, closed=closed, lines=lines):
                closed.append(box)
                lines.append(line)
                placed.append(name)
                axes.plot(
                    x, y, "o", markersize=7, markerfacecolor="none", markeredgecolor=INK,
                    markeredgewidth=0.9, zorder=5,
                )  # fmt: skip
                break
            label.remove()
    return placed


def _annotate(
    axes: Axes, name: str, at: tuple[float, float], distance: float, direction: float
) -> Annotation:
    across, up = np.cos(direction), np.sin(direction)
    side = "left" if across > 0.3 else "right" if across < -0.3 else "center"
    level = "bottom" if up > 0.3 else "top" if up < -0.3 else "center"
    # the line leaves from the label's side or corner that is nearest to the point
    start = ({"left": 0, "right": 1, "center": 0.5}[side], {"bottom": 0, "top": 1}.get(level, 0.5))
    return axes.annotate(
        short(name), at, xytext=(distance * across, distance * up), textcoords="offset points",
        ha=side, va=level, fontsize=8, color=INK, path_effects=halo(), zorder=6,
        arrowprops={
            "arrowstyle": "-", "color": INK, "lw": 0.7, "relpos": start, "shrinkA": 0,
            "shrinkB": 4,
        },
    )  # fmt: skip


def _extent(label: Annotation) -> Bbox:
    """Return where the text alone stands."""
    label.get_window_extent()  # puts the text in its place; what it returns holds the line too
    return Text.get_window_extent(label)


def _nearest(box: Bbox, at: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(at, *box.get_points()))


def _free(
    box: Bbox,
    line: Path,
    *,
    frame: Bbox,
    dots: np.ndarray,
    closed: Sequence[Bbox],
    lines: Sequence[Path],
) -> bool:
    """Tell whether a label covers nothing, and its line crosses no other label or line."""
    low, high = box.get_points()
    corners = frame.get_points()
    inside = (corners[0] <= low).all() and (high <= corners[1]).all()
    covered = ((low - 3 < dots) & (dots < high + 3)).all(axis=1).any()
    if not inside or covered or any(box.overlaps(other) for other in closed):
        return False
    if any(line.intersects_bbox(other, filled=True) for other in closed):
        return False
    return not any(
        other.intersects_bbox(box, filled=True) or other.intersects_path(line, filled=False)
        for other in lines
    )
