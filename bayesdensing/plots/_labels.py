"""Labels of points that keep out of one another's way."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from bayesdensing.plots._style import INK, halo

__all__ = ["place_labels"]

# Where a label may stand, in points from its point: near places first.
_PLACES: tuple[tuple[float, float, str], ...] = (
    (6, 6, "left"),
    (-6, 6, "right"),
    (6, -12, "left"),
    (-6, -12, "right"),
    (0, 18, "center"),
    (0, -24, "center"),
    (14, 24, "left"),
    (-14, 24, "right"),
)


def place_labels(axes: Axes, *, points: Sequence[tuple[str, float, float]]) -> list[str]:
    """Label points where there is room, the first ones first.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its limits set.
    points : sequence of tuple
        Name and place in data coordinates, the most important first.

    Returns
    -------
    list of str
        Names that got a label; a point without room gets none.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes of a plot belong to a figure
    figure.draw_without_rendering()  # the layout has to be known before room can be looked for
    frame = axes.get_window_extent()
    near = [axes.transData.transform((x, y)) for _, x, y in points]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in near]
    legend = axes.get_legend()
    closed = [] if legend is None else [legend.get_window_extent()]
    placed = []
    for i, (name, x, y) in enumerate(points):
        others = [*taken[:i], *taken[i + 1 :], *closed]
        for dx, dy, side in _PLACES:
            label = _annotate(axes, name, (x, y), (dx, dy), side)
            box = label.get_window_extent().padded(2)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in others):
                taken.append(box)
                placed.append(name)
                break
            label.remove()
    return placed


def _annotate(
    axes: Axes, name: str, at: tuple[float, float], offset: tuple[float, float], side: str
) -> Annotation:
    far = abs(offset[1]) > 12
    return axes.annotate(
        name, at, xytext=offset, textcoords="offset points", ha=side, fontsize=8, color=INK,
        path_effects=halo(), zorder=6,
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.5} if far else None,
    )  # fmt: skip
