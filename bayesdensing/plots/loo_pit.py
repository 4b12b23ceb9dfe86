"""How far the scores of left-out LLMs fall from where they are predicted, as shares."""

from typing import TYPE_CHECKING

import xarray as xr
from matplotlib.axes import Axes

from bayesdensing.analysis.loo_pit import GOOD_K, pit_departures
from bayesdensing.analysis.loo_pit import loo_pit as pits
from bayesdensing.plots._style import BLUE, GREY, INK, ORANGE, finish, new_figure, short, tidy
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["loo_pit"]

_COLUMNS = 3
_ONE_LINE = 12  # characters of a name that its counts can follow


def loo_pit(fit: "Fit", *, max_draws: int = 400, seed: int = 0) -> PlotResult:
    """Draw how the leave-one-LLM-out PITs of scores depart from uniform.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    max_draws : int
        Draws to use.
    seed : int
        Seed of the band's simulation.

    Returns
    -------
    PlotResult
        Data: ``departure`` (of, place), ``band``, n_scores and n_llms (of), of ``all`` scores and
        of each benchmark; ``pareto_k`` (unit).

    Examples
    --------
    >>> loo_pit(fit).save("loo_pit.png")  # doctest: +SKIP
    """
    found = pits(fit, max_draws=max_draws, seed=seed)
    data = pit_departures(found, seed=seed).assign(pareto_k=found["pareto_k"])
    rows = -(-data.sizes["of"] // _COLUMNS)
    figure = new_figure(height=1.4 + 2.1 * rows)
    columns = min(_COLUMNS, data.sizes["of"])
    every = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for i, (axes, name) in enumerate(zip(every, data["of"].to_numpy(), strict=False)):
        _draw(axes, data.sel(of=name))
        if i % columns == 0:
            axes.set_ylabel("share of PITs below − PIT")
        if i >= data.sizes["of"] - columns:
            axes.set_xlabel("PIT")
            axes.tick_params(labelbottom=True)
    for axes in every[data.sizes["of"] :]:
        axes.set_axis_off()
    finish(figure, fit, title=_title(data), caption=_caption(data))
    return PlotResult(figure, data)


def _draw(axes: Axes, data: xr.Dataset) -> None:
    place, band = data["place"].to_numpy(), float(data["band"])
    departure = data["departure"].to_numpy()
    leaves = abs(departure).max() > band
    axes.fill_between([0, 1], -band, band, color=GREY, alpha=0.18, linewidth=0)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(place, departure, color=ORANGE if leaves else BLUE, linewidth=1.8)
    scores, llms = int(data["n_scores"]), int(data["n_llms"])
    name = "all scores" if str(data["of"].item()) == "all" else str(data["of"].item())
    # a long name has a line of its own
    told = f"{name}: " if len(name) <= _ONE_LINE else f"{short(name)}\n"
    counted = f"{told}n = {scores}, {llms} LLMs"
    axes.set_title(counted, fontsize=9, color=INK, loc="left")
    axes.set_xlim(0, 1)
    tidy(axes)


def _title(data: xr.Dataset) -> str:
    largest = abs(data["departure"]).max("place")
    out = [short(str(name)) for name in data["of"].to_numpy()[(largest > data["band"]).to_numpy()]]
    if not out:
        return "Scores of left-out LLMs fall where they are predicted"
    named = ", ".join(out).replace("all", "all scores", 1) if out[0] == "all" else ", ".join(out)
    return f"Scores of left-out LLMs do not fall as predicted: {named}"


def _caption(data: xr.Dataset) -> str:
    bad = int((data["pareto_k"] > GOOD_K).sum())
    return (
        "PIT: probability of a score below the measured one, predicted from the trend without the "
        "LLM. Band: where all\nlines keep together with a probability of 95 % if PITs are uniform, "
        "LLMs being independent and scores of one not.\nAn S from below to above: predictions too "
        f"wide; the reverse: too narrow. {bad} of {data.sizes['unit']} LLMs have k > {GOOD_K}."
    )
