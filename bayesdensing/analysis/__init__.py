"""What is read out of a fit: growth, densities, curves, tables, the files of a run."""

from bayesdensing.analysis.fit import ConvergenceWarning, Fit
from bayesdensing.analysis.headline import Headline
from bayesdensing.analysis.intervals import Estimate

__all__ = ["ConvergenceWarning", "Estimate", "Fit", "Headline"]
