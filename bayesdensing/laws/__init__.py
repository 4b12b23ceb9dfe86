"""The science, one idea a file: pure functions of arrays, each with its default priors."""

from bayesdensing.laws import (
    deviation,
    drift,
    family,
    frontier,
    loss,
    records,
    score,
    size,
    spread,
    trend,
)  # fmt: skip
from bayesdensing.laws.priors import DISTRIBUTIONS, SCALE_SPREAD, Prior

__all__ = [
    "DISTRIBUTIONS",
    "SCALE_SPREAD",
    "Prior",
    "deviation",
    "drift",
    "family",
    "frontier",
    "loss",
    "records",
    "score",
    "size",
    "spread",
    "trend",
]
