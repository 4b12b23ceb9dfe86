"""Plots of a fit or a prior, one a file; each returns its figure with the numbers that it shows."""

from bayesdensing.plots.calibration import calibration
from bayesdensing.plots.comparison import comparison
from bayesdensing.plots.corollaries import corollary
from bayesdensing.plots.density_trend import density_trend
from bayesdensing.plots.doubling_time import doubling_time
from bayesdensing.plots.doubling_times import doubling_times
from bayesdensing.plots.figures import figures
from bayesdensing.plots.loo_pit import loo_pit
from bayesdensing.plots.loss_curves import loss_curves
from bayesdensing.plots.posterior_predictive import posterior_predictive
from bayesdensing.plots.prior_posterior import prior_posterior
from bayesdensing.plots.prior_predictive import prior_predictive
from bayesdensing.plots.residuals import residuals
from bayesdensing.plots.result import PlotResult
from bayesdensing.plots.score_links import score_links
from bayesdensing.plots.sensitivity import sensitivity

__all__ = [
    "PlotResult",
    "calibration",
    "comparison",
    "corollary",
    "density_trend",
    "doubling_time",
    "doubling_times",
    "figures",
    "loo_pit",
    "loss_curves",
    "posterior_predictive",
    "prior_posterior",
    "prior_predictive",
    "residuals",
    "score_links",
    "sensitivity",
]
