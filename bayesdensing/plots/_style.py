"""The house look: size, colours that colour-blind readers tell apart, and shared words."""

from typing import TYPE_CHECKING, Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib import colormaps, patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = [
    "BLUE",
    "GREY",
    "INK",
    "ORANGE",
    "along",
    "apart",
    "date_axis",
    "days",
    "finish",
    "halo",
    "new_figure",
    "percent",
    "short",
    "tidy",
]

# Okabe and Ito (2008)
BLUE = "#0072B2"
ORANGE = "#D55E00"
INK = "#222222"
GREY = "#6E6E6E"
_PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

_WIDTH, _DPI = 8.0, 150.0
_TITLE, _TEXT, _SMALL = 12.0, 9.5, 8.0


def new_figure(*, height: float = 5.2) -> Figure:
    """Return an empty figure 1200 pixels wide.

    Parameters
    ----------
    height : float
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
        Without a window and outside pyplot's list of figures.
    """
    return Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white", layout="constrained")


def tidy(axes: Axes) -> None:
    """Take away the frame and set text sizes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.
    """
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=_SMALL, which="both")
    axes.xaxis.label.set_fontsize(_TEXT)
    axes.yaxis.label.set_fontsize(_TEXT)
    axes.set_axisbelow(True)


def date_axis(axes: Axes) -> None:
    """Label dates along x as briefly as they can be.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.
    """
    locator: Any = mdates.AutoDateLocator  # matplotlib leaves these two without types
    formatter: Any = mdates.ConciseDateFormatter
    place = locator()
    axes.xaxis.set_major_locator(place)
    axes.xaxis.set_major_formatter(formatter(place))


def finish(figure: Figure, fit: "Fit | None", *, title: str, caption: str) -> None:
    """Put title, caption and, where it is due, the mark NOT CONVERGED or APPROXIMATE on a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.
    fit : Fit or None
        The fit that is shown; None where what is shown is no fit.
    title : str
        What the figure says.
    caption : str
        How to read it: interval kinds, definitions; lines parted by line breaks. Lines of either
        that are too long for the figure are broken.
    """
    figure.suptitle(
        title, x=0.01, ha="left", fontsize=_TITLE, fontweight="bold", color=INK, wrap=True
    )
    figure.supxlabel(caption, x=0.01, ha="left", fontsize=_SMALL, color=GREY, wrap=True)
    if fit is not None and fit.diagnostics.mark:
        mark = fit.diagnostics.mark.replace(" AND ", "\nAND ")
        mark += "\nMULTIMODAL" if fit.diagnostics.modes else ""
        figure.text(
            0.5, 0.5, mark, fontsize=46, color=ORANGE, alpha=0.28, rotation=24, zorder=10,
            ha="center", va="center", fontweight="bold",
        )  # fmt: skip


def short(name: str, most: int = 28) -> str:
    """Return a name that has room where it is drawn, the middle of a long one left out.

    Parameters
    ----------
    name : str
        Of an LLM, a benchmark, a hypothesis or the like.
    most : int
        Characters that there is room for.

    Returns
    -------
    str
        The name, or its beginning and its end, which tell versions and sizes apart; a dollar sign
        starts no formula.

    Examples
    --------
    >>> short("Llama-3-8B"), short("a-model-with-a-very-long-name-7B", 20)
    ('Llama-3-8B', 'a-model-wi…g-name-7B')
    """
    if len(name) > most:
        tail = (most - 1) // 2
        name = f"{name[: most - 1 - tail]}…{name[len(name) - tail :]}"
    return name.replace("$", r"\$")


def halo() -> list[patheffects.AbstractPathEffect]:
    """Return a white outline that keeps a label readable on top of points."""
    return [patheffects.withStroke(linewidth=2.5, foreground="white")]


def apart(count: int) -> list[Any]:
    """Return colours of things without an order.

    Parameters
    ----------
    count : int
        Things.

    Returns
    -------
    list
        One colour each; of more than six along a scale, where neighbours look alike.
    """
    return list(_PALETTE[:count]) if count <= len(_PALETTE) else along(np.arange(float(count)))


def along(values: np.ndarray) -> list[Any]:
    """Return colours of numbers, dark for the least.

    Parameters
    ----------
    values : ndarray, shape (value,)
        Numbers, on the scale on which they are to differ.

    Returns
    -------
    list
        One colour each.
    """
    spread = float(np.ptp(values))
    at = (values - values.min()) / spread if spread > 0 else np.full(len(values), 0.5)
    return list(colormaps["viridis"](0.85 * at))  # the light end is lost on white


def percent(share: float) -> str:
    """Return a share in percent.

    Parameters
    ----------
    share : float
        0 to 1.

    Returns
    -------
    str
        With two digits.

    Examples
    --------
    >>> percent(0.0123), percent(0.5), percent(1.0)
    ('1.2 %', '50 %', '100 %')
    """
    # two digits of 100 would be 1e+02
    return "100 %" if share >= 0.995 else f"{100 * share:.2g} %"


def days(value: float) -> str:
    """Return a number of days in words.

    Parameters
    ----------
    value : float
        Days, possibly infinite.

    Returns
    -------
    str
        Rounded to the day; ∞ for what never comes.

    Examples
    --------
    >>> days(148.7), days(float("inf"))
    ('149', '∞')
    """
    if np.isnan(value):
        return "undefined"
    return "∞" if np.isinf(value) else f"{value:,.0f}"
