"""Figures of corollaries, one a file, chosen by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from bayesdensing.plots.corollaries.acceleration import acceleration
from bayesdensing.plots.corollaries.compression import compression
from bayesdensing.plots.corollaries.edge import edge
from bayesdensing.plots.corollaries.engines import engines
from bayesdensing.plots.corollaries.payback import payback
from bayesdensing.plots.corollaries.price import price
from bayesdensing.plots.result import PlotResult

if TYPE_CHECKING:
    from bayesdensing.corollaries import Corollary

__all__ = ["corollary"]

_PLOTS: Mapping[str, Callable[["Corollary"], PlotResult]] = MappingProxyType(
    {plot.__name__: plot for plot in (price, acceleration, edge, compression, payback, engines)}
)


def corollary(found: "Corollary") -> PlotResult:
    """Draw a corollary.

    Parameters
    ----------
    found : Corollary
        Any of `bayesdensing.corollaries`.

    Returns
    -------
    PlotResult
        The figure of its kind, with the numbers that it shows.

    Examples
    --------
    >>> corollary(found).save("price.png")  # doctest: +SKIP
    """
    return _PLOTS[found.name](found)
