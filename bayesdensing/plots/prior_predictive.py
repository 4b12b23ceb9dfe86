"""What a hypothesis expects before it has seen any data: curves and growth drawn from the prior."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.plots._style import (
    BLUE,
    GREY,
    INK,
    date_axis,
    days,
    finish,
    new_figure,
    percent,
    short,
    tidy,
)
from bayesdensing.plots.result import PlotResult

__all__ = ["prior_predictive"]

#: Ends of the axis of doubling times (days): a week and ten years.
_SHORTEST, _LONGEST = 7.0, 3652.5
_BINS = 30


def prior_predictive(prior: xr.Dataset, *, max_curves: int = 60) -> PlotResult:
    """Draw loss law, scores, trend and doubling time as the prior has them.

    Parameters
    ----------
    prior : xarray.Dataset
        Of `bayesdensing.simulation.prior_readings`.
    max_curves : int
        Draws shown of each curve; the histogram holds all.

    Returns
    -------
    PlotResult
        Data: of the first benchmark ``loss_curve`` and ``score_curve`` (draw, n_params), ``trend``
        (draw, date); ``share`` of doubling times over ``bin`` with ``bin_start`` and ``bin_end``
        (days), and the shares ``shorter``, ``longer`` and ``no_growth``; those that the
        hypothesis has.

    Examples
    --------
    >>> prior_predictive(prior).save("prior_predictive.png")  # doctest: +SKIP
    """
    data = _data(prior, max_curves=max_curves)
    panels = [draw for name, draw in _PANELS.items() if name in data]
    rows = -(-len(panels) // 2)
    figure = new_figure(height=1.4 + 2.9 * rows)
    every = figure.subplots(rows, min(2, len(panels)), squeeze=False).ravel()
    for axes, draw in zip(every, panels, strict=False):
        draw(axes, data)
        tidy(axes)
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    shown = min(max_curves, prior.sizes["draw"])
    finish(
        figure,
        None,
        title=f"{short(str(prior.attrs['spec']), 48)}: what the prior alone expects",
        caption=f"{shown} of {prior.sizes['draw']:,} draws from the prior, which has seen no loss "
        "and no score.",
    )
    return PlotResult(figure, data)


def _data(prior: xr.Dataset, *, max_curves: int) -> xr.Dataset:
    curves = [name for name in ("loss_curve", "score_curve", "trend") if name in prior]
    data = prior[curves].isel(draw=slice(max_curves))
    if "benchmark" in data.dims:
        data = data.isel(benchmark=0)
    data.attrs = {
        name: prior.attrs[name] for name in ("quantity", "loss_unit") if name in prior.attrs
    }
    if "doubling_time" not in prior:
        return data
    found = prior["doubling_time"].to_numpy()
    edges = np.geomspace(_SHORTEST, _LONGEST, _BINS + 1)
    counts, _ = np.histogram(found, bins=edges)
    return data.assign(
        share=("bin", counts / found.size),
        shorter=float((found < _SHORTEST).mean()),
        longer=float(((found > _LONGEST) & np.isfinite(found)).mean()),
        no_growth=float(np.isposinf(found).mean()),
        bin_start=("bin", edges[:-1], {"units": "days"}),
        bin_end=("bin", edges[1:], {"units": "days"}),
    )


def _draw_losses(axes: Axes, data: xr.Dataset) -> None:
    _draw_curves(axes, data, "loss_curve")
    axes.set_yscale("log")
    axes.set_ylabel(f"reference loss ({short(str(data.attrs.get('loss_unit', 'its unit')), 20)})")


def _draw_scores(axes: Axes, data: xr.Dataset) -> None:
    _draw_curves(axes, data, "score_curve")
    axes.set_ylim(0, 1)
    axes.set_ylabel("score")


def _draw_curves(axes: Axes, data: xr.Dataset, name: str) -> None:
    curves = data[name].transpose("n_params", "draw")
    axes.plot(data["n_params"].to_numpy(), curves.to_numpy(), color=BLUE, alpha=0.3, linewidth=0.9)
    axes.set_xscale("log")
    axes.set_xlabel("effective parameters")
    axes.set_title(short(str(data["benchmark"].item()), 48), fontsize=9, color=INK, loc="left")


def _draw_trend(axes: Axes, data: xr.Dataset) -> None:
    curves = data["trend"].transpose("date", "draw")
    axes.plot(data["date"].to_numpy(), curves.to_numpy(), color=BLUE, alpha=0.3, linewidth=0.9)
    axes.set_yscale("log")
    axes.set_xlabel("release date")
    axes.set_ylabel(f"trend of {short(str(data.attrs['quantity']))}")
    date_axis(axes)


def _draw_doubling(axes: Axes, data: xr.Dataset) -> None:
    start, end = data["bin_start"].to_numpy(), data["bin_end"].to_numpy()
    axes.bar(start, 100 * data["share"], width=end - start, align="edge", color=BLUE, linewidth=0)
    axes.set_xscale("log")
    axes.set_xlim(_SHORTEST, _LONGEST)
    ticks = np.array([7, 30, 91, 365.25, 3652.5])
    axes.set_xticks(ticks, [days(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("doubling time (days)")
    axes.set_ylabel("share of draws (%)")
    axes.set_ylim(bottom=0)
    if not data["share"].any():
        axes.set_yticks([])
    rest = {
        f"below {days(_SHORTEST)} days": "shorter",
        f"above {days(_LONGEST)} days": "longer",
        "no growth": "no_growth",
    }
    lines = [f"{words}: {percent(float(data[name]))}" for words, name in rest.items()]
    axes.set_title("; ".join(lines), fontsize=8, color=GREY, loc="left")


_PANELS: Mapping[str, Callable[[Axes, xr.Dataset], None]] = MappingProxyType(
    {
        "loss_curve": _draw_losses,
        "score_curve": _draw_scores,
        "trend": _draw_trend,
        "share": _draw_doubling,
    }
)
