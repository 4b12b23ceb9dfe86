"""The posterior of the doubling time, its share without growth shown as such."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, days, finish, new_figure, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Estimate, Fit

__all__ = ["doubling_time"]

_LINE_WIDTHS = {"eti95": 1.5, "eti89": 4.0, "eti50": 9.0}
_PATIENCE = 4 * 365.25  # days on the axis where even the median is infinite


def doubling_time(fit: "Fit", *, max_days: float | None = None, bins: int = 60) -> PlotResult:
    """Draw the posterior of the doubling time.

    Parameters
    ----------
    fit : Fit
        A fit with a trend.
    max_days : float, optional
        End of the axis (days); draws beyond it are shown as a share. The default holds nearly all
        draws, but no more than four times the median.
    bins : int
        Bars of the histogram.

    Returns
    -------
    PlotResult
        Data: ``share_per_day`` over ``bin`` with ``bin_start`` and ``bin_end`` (days), ``beyond``
        and ``no_growth`` (shares of all draws), ``median`` and ``eti`` (days) by ``probability``.

    Examples
    --------
    >>> doubling_time(fit).save("doubling_time.png")  # doctest: +SKIP
    """
    draws = np.ravel(fit.doubling_time().to_numpy())
    found = fit.headline().doubling_time_days
    assert found is not None  # noqa: S101 - doubling_time() has refused fits without a rate
    cap = _axis_end(draws, found.median) if max_days is None else float(max_days)
    data = _histogram(draws, cap=cap, bins=bins, found=found)
    figure = new_figure(height=4.8)
    grid = figure.add_gridspec(2, 2, height_ratios=[3.2, 1], width_ratios=[6, 1])
    main = figure.add_subplot(grid[0, 0])
    strip = figure.add_subplot(grid[1, 0], sharex=main)
    rest = figure.add_subplot(grid[:, 1])
    _draw_histogram(main, data)
    _draw_intervals(strip, found, cap=cap, start=float(data["bin_start"][0]))
    _draw_rest(rest, data, cap=cap)
    quantity = fit.posterior.attrs.get("quantity", "capability density")
    finish(
        figure,
        fit,
        title=f"Doubling time of {quantity}: {days(found.median)} days, "
        f"89 % ETI {days(found.eti89[0])} to {days(found.eti89[1])}",
        caption="Equal-tailed posterior intervals (ETI), taken on the growth rate and mapped. "
        f"All {draws.size:,} draws are shown.\nRate of: {_wrap(fit.headline_label)}.",
    )
    return PlotResult(figure, data)


def _wrap(text: str, *, width: int = 118) -> str:
    lines, line = [], "Rate of: "
    for word in text.split():
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line += f"{word} "
    return "\n".join([*lines, line]).removeprefix("Rate of: ").rstrip()


def _axis_end(draws: np.ndarray, median: float) -> float:
    finite = draws[np.isfinite(draws)]
    if not finite.size:
        return _PATIENCE
    most = float(np.quantile(finite, 0.995)) * 1.05
    limit = 4 * median if np.isfinite(median) else _PATIENCE
    return float(np.ceil(max(min(most, limit), float(finite.min()) * 1.05) / 10) * 10)


def _histogram(draws: np.ndarray, *, cap: float, bins: int, found: "Estimate") -> xr.Dataset:
    shown = draws[draws < cap]
    start = float(np.floor(shown.min() / 10) * 10) if shown.size else 0.0
    counts, edges = np.histogram(shown, bins=np.linspace(start, cap, bins + 1))
    probabilities = [0.50, 0.89, 0.95]
    ends = [found.eti50, found.eti89, found.eti95]
    return xr.Dataset(
        {
            "share_per_day": ("bin", counts / draws.size / np.diff(edges), {"units": "1/day"}),
            "beyond": ((), np.mean((draws >= cap) & np.isfinite(draws)), {"units": "1"}),
            "no_growth": ((), np.mean(np.isposinf(draws)), {"units": "1"}),
            "median": ((), found.median, {"units": "days"}),
            "eti": (("probability", "end"), ends, {"units": "days", "interval_kind": "ETI"}),
            "bin_start": ("bin", edges[:-1], {"units": "days"}),
            "bin_end": ("bin", edges[1:], {"units": "days"}),
        },
        coords={"probability": probabilities, "end": ["lower", "upper"]},
        attrs={"cap_days": cap, "n_draws": draws.size},
    )


def _draw_histogram(axes: Axes, data: xr.Dataset) -> None:
    width = data["bin_end"] - data["bin_start"]
    axes.bar(
        data["bin_start"], data["share_per_day"] * 100, width=width, align="edge",
        color=BLUE, alpha=0.85, linewidth=0,
    )  # fmt: skip
    if np.isfinite(data["median"]):
        axes.axvline(float(data["median"]), color=INK, linewidth=1.2)
    axes.set_xlim(float(data["bin_start"][0]), data.attrs["cap_days"])
    axes.set_ylabel("posterior share (% per day)")
    axes.tick_params(labelbottom=False)
    tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_intervals(axes: Axes, found: "Estimate", *, cap: float, start: float) -> None:
    rows = {"eti50": "50 %", "eti89": "89 %", "eti95": "95 %"}
    for row, (name, label) in enumerate(rows.items()):
        lower, upper = getattr(found, name)
        y = -row
        if lower < cap:
            axes.hlines(y, max(lower, start), min(upper, cap), BLUE, linewidth=5, alpha=0.85)
        text = f"{days(lower)} to {days(upper)}"
        left = (max(lower, start) + min(upper, cap)) / 2 > (start + cap) / 2
        at = (max(min(lower, cap), start), "right") if left else (min(upper, cap), "left")
        axes.annotate(
            text, (at[0], y), xytext=(-6 if left else 6, 0), textcoords="offset points",
            ha=at[1], va="center", fontsize=8.5, color=INK, annotation_clip=False,
        )  # fmt: skip
        if upper > cap:
            axes.plot([cap], [y], marker=">", color=BLUE, markersize=8, clip_on=False)
    if np.isfinite(found.median) and found.median < cap:
        axes.axvline(found.median, color=INK, linewidth=1.2)
    axes.set_yticks([0, -1, -2], [f"{label} ETI" for label in rows.values()])
    axes.set_ylim(-2.6, 0.6)
    axes.set_xlabel("doubling time (days)")
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_rest(axes: Axes, data: xr.Dataset, *, cap: float) -> None:
    shares = [float(data["beyond"]), float(data["no_growth"])]
    names = [f"{days(cap)} days\nor more", "no growth\n(rate ≤ 0)"]
    axes.bar([0, 1], [100 * share for share in shares], color=[BLUE, ORANGE], width=0.7)
    for x, share in enumerate(shares):
        n = round(share * data.attrs["n_draws"])
        text = f"{share:.1%}" if n == 0 or share >= 0.0005 else f"{n} draws"
        axes.annotate(
            text, (x, 100 * share), xytext=(0, 3), textcoords="offset points",
            ha="center", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_xticks([0, 1], names)
    axes.set_ylim(0, max(5.0, 115 * max(shares)))
    axes.set_xlim(-0.6, 1.6)
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_ylabel("share of all draws (%)")
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.spines["right"].set_visible(True)
    axes.spines["right"].set_color(GREY)
    axes.tick_params(axis="x", length=0, labelsize=7)
