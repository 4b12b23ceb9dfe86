"""Score against loss: the link, the points that it is tied to, and the LLMs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayesdensing.analysis import evidence, readings
from bayesdensing.analysis.intervals import quantiles
from bayesdensing.plots._panels import chosen_benchmarks, legend_above, log_ticks, panels, said_of
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, finish
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["score_links"]

_MOST_PANELS = 6
_REACH = 2.0  # how far the loss axis goes beyond the points' highest loss
_OVER = ("chain", "draw")


def score_links(
    fit: "Fit",
    *,
    benchmarks: Sequence[str] | None = None,
    n_losses: int = 100,
    max_draws: int = 1000,
) -> PlotResult:
    """Draw each benchmark's score against its loss, with the score link.

    Parameters
    ----------
    fit : Fit
        A fit with a score link.
    benchmarks : sequence of str, optional
        One panel each, six at most; the default is the fit's first six.
    n_losses : int
        Losses at which the link is computed.
    max_draws : int
        Draws that bands are made of, every k-th.

    Returns
    -------
    PlotResult
        Data: ``link_median``, ``link_lower``, ``link_upper`` (89 %) over (benchmark, step) with
        ``link_loss``; ``floor_median`` and ``ceiling_median`` (benchmark); ``point_score`` over
        ``point_row`` with ``point_loss``, ``point_benchmark`` and ``point_role``; where the fit
        has LLMs ``llm_score`` over ``llm_row`` with ``llm_loss`` (no more than twice the points'
        highest), ``llm_benchmark`` and ``llm``.

    Examples
    --------
    >>> score_links(fit).save("score_links.png")  # doctest: +SKIP
    """
    shown = chosen_benchmarks(fit, benchmarks, most=_MOST_PANELS)
    points = evidence.loss_score_points(fit, max_draws=max_draws)
    points = points[points["benchmark"].isin(shown)]
    parts = [_rows(points, "point", loss="loss", extra="role")]
    if "growth" in fit.spec.blocks:
        llms = evidence.llm_scores(fit)
        llms = llms[llms["benchmark"].isin(shown)]
        llms = llms.assign(x=_within(llms, points))
        parts.append(_rows(llms, "llm", loss="x", extra="llm"))
    draws = readings.thin(fit.posterior.sel(benchmark=shown), max_draws=max_draws)
    parts.append(_link(draws, xr.merge(parts), n_losses=n_losses))
    data = xr.merge(parts)
    figure, every, room = panels(shown, columns=3, row_height=2.3)
    for axes, benchmark in zip(every, shown, strict=True):
        _draw(axes, data.sel(benchmark=benchmark))
    _label(every, units=str(fit.posterior.attrs.get("loss_unit", "as the points' losses")))
    legend_above(room, _handles(data), columns=3)
    finish(figure, fit, title=_title(points), caption=_caption(data) + said_of(fit, shown))
    return PlotResult(figure, data)


def _rows(table: pd.DataFrame, name: str, *, loss: str, extra: str) -> xr.Dataset:
    row = f"{name}_row"
    label = extra if extra == name else f"{name}_{extra}"
    return xr.Dataset(
        {f"{name}_score": (row, table["score"].to_numpy(), {"units": "1"})},
        coords={
            f"{name}_loss": (row, table[loss].to_numpy()),
            f"{name}_benchmark": (row, table["benchmark"].to_numpy(dtype=object)),
            label: (row, table[extra].to_numpy(dtype=object)),
        },
    )


def _within(llms: pd.DataFrame, points: pd.DataFrame) -> pd.Series:
    """Return where LLMs are drawn: losses far above the points' would leave these no room."""
    most = _REACH * points.groupby("benchmark")["loss"].max()
    return llms["loss_median"].clip(upper=llms["benchmark"].map(most))


def _link(draws: xr.Dataset, rows: xr.Dataset, *, n_losses: int) -> xr.Dataset:
    """Return the link of each benchmark over the losses that its points and LLMs have."""
    losses = [_span(rows, str(name), n_losses) for name in draws["benchmark"].to_numpy()]
    at = xr.DataArray(
        np.array(losses), dims=("benchmark", "step"), coords={"benchmark": draws["benchmark"]}
    )
    curve = readings.link_curve(draws, loss=at)
    lower, upper = quantiles(curve, probability=0.89)
    return xr.Dataset(
        {
            "link_loss": at,
            "link_median": curve.median(_OVER, skipna=False).assign_attrs(curve.attrs),
            "link_lower": lower,
            "link_upper": upper,
            "floor_median": draws["floor"].median(_OVER, skipna=False),
            "ceiling_median": draws["ceiling"].median(_OVER, skipna=False),
        }
    )


def _span(rows: xr.Dataset, benchmark: str, count: int) -> np.ndarray:
    kinds = [kind for kind in ("point", "llm") if f"{kind}_loss" in rows]
    losses = [_of(rows, kind, benchmark)[0] for kind in kinds]
    every = np.concatenate(losses)
    return np.geomspace(every.min() / 1.05, every.max() * 1.05, count)


def _of(data: xr.Dataset, kind: str, benchmark: str) -> tuple[np.ndarray, np.ndarray]:
    """Return losses and scores of a benchmark's points or LLMs."""
    mine = data[f"{kind}_benchmark"].to_numpy() == benchmark
    return data[f"{kind}_loss"].to_numpy()[mine], data[f"{kind}_score"].to_numpy()[mine]


def _draw(axes: Axes, data: xr.Dataset) -> None:
    benchmark = str(data["benchmark"].item())
    for name in ("floor_median", "ceiling_median"):
        axes.axhline(float(data[name]), color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    if "llm_score" in data:
        losses, scores = _of(data, "llm", benchmark)
        axes.plot(losses, scores, ".", color=GREY, markersize=3.5, alpha=0.35, zorder=2)
    x = data["link_loss"]
    axes.fill_between(
        x, data["link_lower"], data["link_upper"], color=BLUE, alpha=0.25, linewidth=0, zorder=3
    )
    axes.set_xscale("log")
    log_ticks(axes.xaxis, float(x.min()), float(x.max()))
    axes.set_xlim(float(x.max()), float(x.min()))
    axes.plot(x, data["link_median"], color=BLUE, linewidth=1.6, zorder=4)
    roles = data["point_role"].to_numpy()[data["point_benchmark"].to_numpy() == benchmark]
    losses, scores = _of(data, "point", benchmark)
    for role, face, edge in (("fit", INK, INK), ("held_out", "white", ORANGE)):
        axes.plot(
            losses[roles == role], scores[roles == role], "o", markersize=4.5,
            markerfacecolor=face, markeredgecolor=edge, markeredgewidth=1.1, zorder=5,
        )  # fmt: skip


def _label(every: Sequence[Axes], *, units: str) -> None:
    for axes in every:
        axes.set_ylim(-0.03, 1.03)
        place = axes.get_subplotspec()
        assert place is not None  # noqa: S101 - panels stand in a grid
        if place.is_first_col():
            axes.set_ylabel("score", fontsize=8.5)
        axes.set_xlabel(f"loss ({units})" if len(units) < 20 else "loss", fontsize=8.5)


def _handles(data: xr.Dataset) -> list[Artist]:
    handles: list[Artist] = [
        Line2D([], [], color=BLUE, label="link, median"),
        Patch(color=BLUE, alpha=0.25, linewidth=0, label="link, 89 % ETI"),
        Line2D([], [], color=GREY, linestyle=":", label="floor and ceiling, median"),
        _dot("point, fitted", marker="o", size=4.5, face=INK, edge=INK),
    ]
    if (data["point_role"] == "held_out").any():
        handles.append(_dot("point, held out", marker="o", size=4.5, face="white", edge=ORANGE))
    if "llm_score" in data:
        handles.append(_dot("LLM", marker=".", size=6, face=GREY, edge=GREY))
    return handles


def _dot(label: str, *, marker: str, size: float, face: str, edge: str) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=size, markerfacecolor=face,
        markeredgecolor=edge, label=label,
    )  # fmt: skip


def _title(points: pd.DataFrame) -> str:
    distance = (points["score"] - points["score_median"]).abs().groupby(points["role"]).median()
    said = f"Scores lie a median {100 * distance['fit']:.1f} points from their link"
    if "held_out" not in distance:
        return said
    return f"{said}, {100 * distance['held_out']:.1f} where held out"


def _caption(data: xr.Dataset) -> str:
    text = "ETI: equal-tailed posterior interval. Loss falls to the right."
    if "llm_score" not in data:
        return text
    return (
        f"{text} LLM: mean of its scores, at the posterior median loss\nof the reference model "
        "that it equals over all benchmarks; at the left edge also those with more loss."
    )
