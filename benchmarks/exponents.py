"""How a time grows with size: the exponent of a power law, by least squares on the logs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Exponent", "exponent"]


@dataclass(frozen=True)
class Exponent:
    """A fitted power law.

    Attributes
    ----------
    value : float
        Exponent: doubling the size multiplies by two to that power.
    standard_error : float
        Its standard error from the scatter about the line; NaN where two points leave none.
    points : int
        Sizes fitted.
    """

    value: float
    standard_error: float
    points: int


def exponent(size: Sequence[float], measured: Sequence[float]) -> Exponent | None:
    """Fit a power law.

    Parameters
    ----------
    size, measured : sequence of float
        Sizes and what was measured at each, both above 0.

    Returns
    -------
    Exponent or None
        None for fewer than two different sizes.

    Examples
    --------
    >>> found = exponent([1, 10, 100], [2, 20, 200])
    >>> round(found.value, 6), round(found.standard_error, 6)
    (1.0, 0.0)
    """
    x, y = np.log(np.asarray(size, dtype=float)), np.log(np.asarray(measured, dtype=float))
    if len(np.unique(x)) < 2:
        return None
    centred = x - x.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread
    rest = y - y.mean() - slope * centred
    left = len(x) - 2
    error = float(np.sqrt(rest @ rest / left / spread)) if left > 0 else float("nan")
    return Exponent(slope, error, len(x))
