"""Loss of the reference runs, the law through them, and where the LLMs' sizes take it."""

from collections.abc import Sequence
from functools import partial
from operator import mul
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesdensing.analysis import evidence, readings
from bayesdensing.analysis.intervals import quantiles
from bayesdensing.plots._panels import chosen_benchmarks, legend_above, log_ticks, panels, said_of
from bayesdensing.plots._style import ORANGE, along, finish, percent
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["loss_curves"]

_MOST_PANELS = 6
_OVER = ("chain", "draw")


def loss_curves(
    fit: "Fit",
    *,
    benchmarks: Sequence[str] | None = None,
    n_ratios: int = 3,
    n_sizes: int = 60,
    max_draws: int = 1000,
) -> PlotResult:
    """Draw the reference runs' losses against their size, with the loss law.

    Parameters
    ----------
    fit : Fit
        A fit with a loss law.
    benchmarks : sequence of str, optional
        One panel each, six at most; the default is the fit's first six.
    n_ratios : int
        Curves through the runs at most, each at tokens per parameter that runs have.
    n_sizes : int
        Sizes at which curves are computed.
    max_draws : int
        Draws that bands are made of, every k-th.

    Returns
    -------
    PlotResult
        Data: ``run_loss`` over ``run_row`` with ``run_benchmark``, ``run_n_params`` and
        ``run_ratio`` (tokens per parameter); ``curve_median``, ``curve_lower``, ``curve_upper``
        (89 %) over (benchmark, ratio, n_params); where the fit has LLMs ``reference_median``,
        ``reference_lower``, ``reference_upper`` over (benchmark, reference_n_params), by the
        hypothesis's reference tokens, and ``extrapolated``: whether that goes beyond the runs.

    Examples
    --------
    >>> loss_curves(fit, benchmarks=["MMLU"]).save("loss_curves.png")  # doctest: +SKIP
    """
    shown = chosen_benchmarks(fit, benchmarks, most=_MOST_PANELS)
    runs = evidence.reference_runs(fit, max_draws=max_draws)
    runs = runs[runs["benchmark"].isin(shown)]
    draws = readings.thin(fit.posterior.sel(benchmark=shown), max_draws=max_draws)
    parts = [_runs(runs), _curves(draws, runs, n_ratios=n_ratios, n_sizes=n_sizes)]
    if "growth" in fit.spec.blocks:
        parts.append(_reference_curve(fit, draws, runs, n_sizes=n_sizes))
    data = xr.merge(parts, combine_attrs="override")
    figure, every, room = panels(shown, columns=3, row_height=2.3)
    for axes, benchmark in zip(every, shown, strict=True):
        _draw(axes, data.sel(benchmark=benchmark), runs[runs["benchmark"] == benchmark])
    _label(every, units=str(fit.posterior.attrs.get("loss_unit", "as the reference losses")))
    legend_above(room, _handles(data, fit), columns=3)
    finish(figure, fit, title=_title(fit, runs), caption=_caption(data) + said_of(fit, shown))
    return PlotResult(figure, data)


def _runs(runs: pd.DataFrame) -> xr.Dataset:
    columns = {"n_params": "n_params", "ratio": "tokens_per_parameter", "benchmark": "benchmark"}
    return xr.Dataset(
        {"run_loss": ("run_row", runs["loss"].to_numpy())},
        coords={f"run_{k}": ("run_row", runs[column].to_numpy()) for k, column in columns.items()},
    )


def _curves(draws: xr.Dataset, runs: pd.DataFrame, *, n_ratios: int, n_sizes: int) -> xr.Dataset:
    sizes = np.geomspace(runs["n_params"].min(), runs["n_params"].max(), n_sizes)
    ratios = _spread(runs["tokens_per_parameter"].to_numpy(), count=n_ratios)
    each = [
        _band(readings.loss_curve(draws, n_params=sizes, tokens=partial(mul, ratio)), "curve")
        for ratio in ratios
    ]
    return xr.concat(each, pd.Index(ratios, name="ratio")).transpose("benchmark", "ratio", ...)


def _spread(ratios: np.ndarray, *, count: int) -> list[float]:
    """Return some of the ratios that occur, the least and the most included, evenly on the log."""
    distinct = np.unique([float(f"{ratio:.2g}") for ratio in ratios])
    if len(distinct) <= count:
        return [float(ratio) for ratio in distinct]
    wanted = np.geomspace(distinct[0], distinct[-1], count)
    return sorted({float(distinct[np.abs(np.log(distinct / ratio)).argmin()]) for ratio in wanted})


def _reference_curve(
    fit: "Fit", draws: xr.Dataset, runs: pd.DataFrame, *, n_sizes: int
) -> xr.Dataset:
    largest = max(runs["n_params"].max(), _largest_llm(fit))
    sizes = np.geomspace(runs["n_params"].min(), largest, n_sizes)
    curve = readings.loss_curve(draws, n_params=sizes, tokens=fit.reference_tokens)
    band = _band(curve, "reference").rename(n_params="reference_n_params")
    tokens = np.broadcast_to(fit.reference_tokens(sizes), sizes.shape)
    beyond = np.zeros(len(sizes), dtype=bool)
    for value, column in ((sizes, "n_params"), (tokens, "n_tokens")):
        beyond |= value > runs[column].max() * (1 + 1e-9)
    return band.assign(extrapolated=("reference_n_params", beyond))


def _largest_llm(fit: "Fit") -> float:
    return float(fit.density_table()["effective_parameters_median"].max())


def _band(curve: xr.DataArray, name: str) -> xr.Dataset:
    lower, upper = quantiles(curve, probability=0.89)
    attrs = curve.attrs
    return xr.Dataset(
        {
            f"{name}_median": curve.median(_OVER, skipna=False).assign_attrs(attrs),
            f"{name}_lower": lower,
            f"{name}_upper": upper,
        }
    )


def _draw(axes: Axes, data: xr.Dataset, runs: pd.DataFrame) -> None:
    ratios = data["ratio"].to_numpy()
    every = np.log(np.concatenate([ratios, data["run_ratio"].to_numpy()]))
    colours = along(every)
    for ratio, colour in zip(ratios, colours, strict=False):
        curve = data.sel(ratio=ratio)
        x = data["n_params"].to_numpy()
        axes.fill_between(
            x, curve["curve_lower"], curve["curve_upper"], color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(x, curve["curve_median"], color=colour, linewidth=1.2)
    own = data["run_benchmark"].to_numpy() == data["benchmark"].item()
    dots = [colour for colour, mine in zip(colours[len(ratios) :], own, strict=True) if mine]
    axes.scatter(runs["n_params"], runs["loss"], c=dots, s=9, linewidth=0, zorder=4)
    if "reference_median" in data:
        _draw_reference(axes, data)


def _draw_reference(axes: Axes, data: xr.Dataset) -> None:
    x = data["reference_n_params"].to_numpy()
    axes.fill_between(
        x, data["reference_lower"], data["reference_upper"], color=ORANGE, alpha=0.16, linewidth=0
    )
    median, beyond = data["reference_median"].to_numpy(), data["extrapolated"].to_numpy()
    axes.plot(x, median, color=ORANGE, linewidth=1.4, linestyle=(0, (3, 1.5)))
    axes.plot(x, np.where(beyond, np.nan, median), color=ORANGE, linewidth=1.8)


def _label(every: Sequence[Axes], *, units: str) -> None:
    figure = every[0].get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes of a plot belong to a figure
    for axes in every:
        axes.set_xscale("log")
        axes.set_yscale("log")
        log_ticks(axes.yaxis, *axes.get_ylim())
        axes.grid(visible=True, which="major", color="#E6E6E6", linewidth=0.6)
        place = axes.get_subplotspec()
        assert place is not None  # noqa: S101 - panels stand in a grid
        if place.is_first_col():
            axes.set_ylabel(f"loss ({units})" if len(units) < 20 else "loss", fontsize=8.5)
        axes.set_xlabel("parameters", fontsize=8.5)


def _handles(data: xr.Dataset, fit: "Fit") -> list[Artist]:
    ratios = data["ratio"].to_numpy()
    colours = along(np.log(np.concatenate([ratios, data["run_ratio"].to_numpy()])))
    handles: list[Artist] = [
        Line2D(
            [], [], color=colour, marker="o", markersize=3.5, label=f"{ratio:g} tokens/parameter"
        )
        for ratio, colour in zip(ratios, colours, strict=False)
    ]
    if "reference_median" in data:
        label = f"reference tokens: {fit.spec.reference_tokens.label}"
        handles.append(Line2D([], [], color=ORANGE, linestyle=(0, (3, 1.5)), label=label))
    return handles


def _title(fit: "Fit", runs: pd.DataFrame) -> str:
    distance = percent(float((runs["loss"] / runs["loss_median"] - 1).abs().median()))
    if "growth" not in fit.spec.blocks:
        return f"Runs lie a median {distance} from the loss law"
    most = float(f"{_largest_llm(fit) / runs['n_params'].max():.2g}")
    return (
        f"Runs lie a median {distance} from the loss law; LLMs reach {most:,.0f} times their size"
    )


def _caption(data: xr.Dataset) -> str:
    text = (
        "Points: runs, coloured by tokens per parameter. Lines: posterior median; "
        "bands: 89 % ETI (equal-tailed posterior interval) of the law."
    )
    if "extrapolated" not in data:
        return text
    return (
        f"{text}\nDashed: extrapolation beyond the runs' sizes or tokens, up to the largest median "
        "effective parameters of an LLM."
    )
