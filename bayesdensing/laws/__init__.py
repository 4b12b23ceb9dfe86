"""The science, one idea a file: pure functions of arrays, each with its default priors."""

from bayesdensing.laws import deviation, frontier, loss, records, score, trend
from bayesdensing.laws.priors import DISTRIBUTIONS, SCALE_SPREAD, Prior

__all__ = [
    "DISTRIBUTIONS",
    "SCALE_SPREAD",
    "Prior",
    "deviation",
    "frontier",
    "loss",
    "records",
    "score",
    "trend",
]
