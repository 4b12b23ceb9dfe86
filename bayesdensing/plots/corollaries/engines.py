"""Doubling times of batteries, chips and models, side by side."""

from typing import TYPE_CHECKING

from bayesdensing.plots._style import days, new_figure
from bayesdensing.plots.corollaries._intervals import INTERVALS, close, interval_rows, rows_data
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["engines"]

_NAMES = ("batteries", "chips", "models", "chips × models", "all three")


def engines(found: "Corollary") -> PlotResult:
    """Draw the doubling times of the three engines and of their products.

    Parameters
    ----------
    found : Corollary
        Of `corollaries.engines`.

    Returns
    -------
    PlotResult
        Data as of `rows_data`.
    """
    data = rows_data(found.rows)
    figure = new_figure(height=3.4)
    axes = figure.add_subplot()
    interval_rows(axes, data, names=_NAMES, label="doubling time (days)")
    middle = days(found.row("compound_doubling").middle)
    close(
        figure,
        found,
        title=f"Models are the fast engine: all three together double every {middle} days",
        caption=f"{INTERVALS}. Diamonds: the article's figures. Batteries and chips as printed,\n"
        f"with an assumed log-sd of {found.inputs['spread']:g}.",
    )
    return PlotResult(figure, data)
