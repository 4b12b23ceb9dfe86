"""The science, one idea a file: pure functions of arrays, each with its default priors."""

from bayesdensing.laws import deviation, loss, score, trend
from bayesdensing.laws.priors import DISTRIBUTIONS, Prior

__all__ = ["DISTRIBUTIONS", "Prior", "deviation", "loss", "score", "trend"]
