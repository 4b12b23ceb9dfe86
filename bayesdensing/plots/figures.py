"""Every figure that belongs to a run, as files."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from bayesdensing.analysis.readings import LINK, LOSS_LAW
from bayesdensing.plots.density_trend import density_trend
from bayesdensing.plots.doubling_time import doubling_time
from bayesdensing.plots.loss_curves import loss_curves
from bayesdensing.plots.prior_posterior import prior_posterior
from bayesdensing.plots.residuals import residuals
from bayesdensing.plots.result import PlotResult
from bayesdensing.plots.score_links import score_links

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["figures"]

_TREND = ("growth_rate", "level", "log_density")

# Each plot of a run, with the variables that it draws.
_FIGURES: Mapping[Callable[["Fit"], PlotResult], tuple[str, ...]] = MappingProxyType(
    {
        density_trend: _TREND,
        doubling_time: ("growth_rate",),
        loss_curves: LOSS_LAW,
        score_links: LINK,
        prior_posterior: (),
        residuals: (*_TREND, "dispersion"),
    }
)


#: Those of the headline.
_FIRST = (density_trend, doubling_time)


def figures(fit: "Fit") -> dict[str, bytes]:
    """Return the figures of a fit as PNG files.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict of str to bytes
        File name to content: each plot that the fit has the variables of; of an approximate fit,
        which is not to keep anyone waiting, only those of the headline.
    """
    return {
        f"{plot.__name__}.png": plot(fit).to_png()
        for plot, needed in _FIGURES.items()
        if all(name in fit.posterior for name in needed)
        and (plot in _FIRST or not fit.diagnostics.approximate)
    }
