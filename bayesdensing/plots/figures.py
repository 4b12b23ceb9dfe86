"""Every figure that belongs to a run, as files."""

from typing import TYPE_CHECKING

from bayesdensing.plots.density_trend import density_trend
from bayesdensing.plots.doubling_time import doubling_time

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["figures"]


def figures(fit: "Fit") -> dict[str, bytes]:
    """Return the figures of a fit as PNG files.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict of str to bytes
        File name to content; empty for a fit without a trend.
    """
    files: dict[str, bytes] = {}
    if {"growth_rate", "level", "log_density"} <= set(fit.posterior.data_vars):
        files["density_trend.png"] = density_trend(fit).to_png()
    if "growth_rate" in fit.posterior:
        files["doubling_time.png"] = doubling_time(fit).to_png()
    return files
