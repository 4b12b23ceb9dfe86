"""The posterior of the doubling time, its share without growth shown as such."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    days,
    finish,
    halo,
    new_figure,
    short,
    tidy,
)
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Estimate, Fit

__all__ = ["doubling_time"]

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
    quantity = str(fit.posterior.attrs.get("quantity", "capability density"))
    figure = new_figure(height=4.8)
    grid = figure.add_gridspec(2, 2, height_ratios=[3.2, 1], width_ratios=[5, 1])
    main = figure.add_subplot(grid[0, 0])
    strip = figure.add_subplot(grid[1, 0], sharex=main)
    _draw_histogram(main, data)
    _draw_intervals(strip, data)
    for axes in (main, strip):
        _mark_median(axes, data, label=axes is main)
    _draw_rest(figure.add_subplot(grid[:, 1]), data)
    finish(
        figure,
        fit,
        title=_title(found, short(quantity, 40)),
        caption="Equal-tailed posterior intervals (ETI), taken on the growth rate and mapped. "
        f"All {draws.size:,} draws are shown.\n"
        f"{'Held constant' if fit.spec.assumes_no_growth else 'Rate of'}: {fit.headline_label}.",
    )
    return PlotResult(figure, data)


def _title(found: "Estimate", quantity: str) -> str:
    if np.isinf(found.eti95[0]):
        return f"No doubling of {quantity}: no growth"
    if np.isinf(found.median):
        return f"Doubling time of {quantity}: most likely none"
    lower, upper = (days(end) for end in found.eti89)
    return f"Doubling time of {quantity}: {days(found.median)} days (89 % ETI {lower} to {upper})"


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
        color=BLUE, linewidth=0,
    )  # fmt: skip
    axes.set_xlim(float(data["bin_start"][0]), data.attrs["cap_days"])
    axes.set_ylabel("posterior share (% per day)")
    tidy(axes)
    axes.tick_params(labelbottom=False)
    if not data["share_per_day"].any():
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, f"no draw below {days(data.attrs['cap_days'])} days",
            transform=axes.transAxes, ha="center", color=GREY,
        )  # fmt: skip


def _draw_intervals(axes: Axes, data: xr.Dataset) -> None:
    cap, labels = data.attrs["cap_days"], []
    for row, probability in enumerate(data["probability"].to_numpy()):
        lower, upper = (float(end) for end in data["eti"].sel(probability=probability))
        labels.append(f"{100 * probability:.0f} % ETI: {days(lower)} to {days(upper)}")
        if lower < cap:
            axes.hlines(-row, lower, min(upper, cap), BLUE, linewidth=5)
        if upper > cap:
            axes.plot([cap], [-row], marker=">", color=BLUE, markersize=8, clip_on=False)
    axes.set_yticks([-row for row in range(len(labels))], labels)
    axes.set_ylim(0.6 - len(labels), 0.6)
    axes.set_xlabel("doubling time (days)")
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _mark_median(axes: Axes, data: xr.Dataset, *, label: bool) -> None:
    median = float(data["median"])
    if not float(data["bin_start"][0]) <= median < data.attrs["cap_days"]:
        return
    axes.axvline(median, color=INK, linewidth=1.2)
    if label:
        axes.annotate(
            f"median {days(median)}", (median, 1), xycoords=("data", "axes fraction"),
            xytext=(4, -2), textcoords="offset points", va="top", fontsize=8.5, color=INK,
            path_effects=halo(),
        )  # fmt: skip


def _draw_rest(axes: Axes, data: xr.Dataset) -> None:
    shares = [float(data["beyond"]), float(data["no_growth"])]
    names = [f"≥ {days(data.attrs['cap_days'])}\ndays", "no\ngrowth"]
    axes.bar([0, 1], shares, color=[BLUE, ORANGE], width=0.6)
    for x, share in enumerate(shares):
        axes.annotate(
            _share(share, n_draws=data.attrs["n_draws"]), (x, share), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_title("beyond the axis", fontsize=8.5, color=GREY)
    axes.set_xticks([0, 1], names)
    axes.set_yticks([])
    axes.set_ylim(0, max(0.2, 1.15 * max(shares)))
    axes.set_xlim(-0.7, 1.7)
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelsize=7.5)


def _share(share: float, *, n_draws: int) -> str:
    """Return a share in words; a small one as the draws that it is."""
    if share in (0.0, 1.0):
        return "none" if share == 0 else "all"
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{round(share * n_draws)} draws"
