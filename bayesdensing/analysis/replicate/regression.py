"""Equation 5 of the paper: a straight line through the log densities of record holders."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

__all__ = ["Line", "half_units", "line_through", "running_records", "shifted_lines"]


@dataclass(frozen=True)
class Line:
    """A straight line by ordinary least squares.

    Attributes
    ----------
    slope, intercept : float
        A (per day, natural log) and B (natural log at day 0).
    slope_error : float
        Standard error of the slope for independent errors of equal size; NaN for two points.
    r2 : float
        Share of the variance that the line explains.
    count : int
        Points.
    """

    slope: float
    intercept: float
    slope_error: float
    r2: float
    count: int

    @property
    def doubling_days(self) -> float:
        """Days in which the line doubles, ln 2 over the slope; infinite where it does not rise."""
        return float(np.log(2) / self.slope) if self.slope > 0 else float("inf")

    @property
    def doubling_error(self) -> float:
        """Standard error of the doubling time (days), to first order in that of the slope."""
        return self.doubling_days * self.slope_error / self.slope if self.slope > 0 else np.nan


def line_through(days: np.ndarray, values: np.ndarray) -> Line:
    """Fit log values by a straight line.

    Parameters
    ----------
    days : ndarray, shape (point,)
        Days since some date, at least two different ones.
    values : ndarray, shape (point,)
        Positive values.

    Returns
    -------
    Line
        By ordinary least squares; Xiao et al. (2025), equation 5.

    Raises
    ------
    ValueError
        For fewer than two different days.

    Examples
    --------
    >>> line = line_through(np.array([0.0, 100.0, 200.0]), np.array([1.0, 2.0, 4.0]))
    >>> round(line.doubling_days, 6), round(line.r2, 6)
    (100.0, 1.0)
    """
    if len(np.unique(days)) < 2:
        raise ValueError("a line needs two different days")
    y, x = np.log(values), days - days.mean()
    square = float((x**2).sum())
    slope = float((x * y).sum() / square)
    intercept = float(y.mean() - slope * days.mean())
    rest = float(((y - intercept - slope * days) ** 2).sum())
    total = float(((y - y.mean()) ** 2).sum())
    free = len(y) - 2
    error = float(np.sqrt(rest / free / square)) if free else float("nan")
    return Line(slope, intercept, error, 1 - rest / total if total else float("nan"), len(y))


def running_records(days: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return which values exceed all of earlier days and all others of their own day.

    Parameters
    ----------
    days : ndarray, shape (point,)
        Days, in any order.
    values : ndarray, shape (point,)
        Values; of equal ones on one day the first counts.

    Returns
    -------
    ndarray of bool, shape (point,)
        True for records.

    Examples
    --------
    >>> running_records(np.array([3, 1, 1, 2]), np.array([5.0, 1.0, 2.0, 1.5])).tolist()
    [True, False, True, False]
    """
    out = np.zeros(len(values), dtype=bool)
    best = -np.inf
    for day in np.unique(days):
        today = np.flatnonzero(days == day)
        top = today[np.argmax(values[today])]
        if values[top] > best:
            out[top], best = True, values[top]
    return out


def half_units(values: np.ndarray) -> np.ndarray:
    """Return half a unit of the last digit that each value is stated with.

    Parameters
    ----------
    values : ndarray, shape (point,)
        Values as they were printed or read off.

    Returns
    -------
    ndarray, shape (point,)
        In the unit of the values; a zero at the end of a value is not known to be a digit.

    Examples
    --------
    >>> half_units(np.array([0.0224, 3.2])).tolist()
    [5e-05, 0.05]
    """
    digits = [np.format_float_positional(value, trim="-").partition(".")[2] for value in values]
    return np.array([0.5 * 10.0 ** -len(text) for text in digits])


def shifted_lines(
    days: np.ndarray,
    values: np.ndarray,
    *,
    by_days: float = 0.0,
    by_values: np.ndarray | float = 0.0,
) -> Iterator[Line]:
    """Yield the lines with every point shifted up or down, in all combinations.

    Parameters
    ----------
    days, values : ndarray, shape (point,)
        As in `line_through`; few points, as there are two to the power of their number lines.
    by_days : float
        Shift of each date (days).
    by_values : ndarray, shape (point,), or float
        Shift of each value.

    Yields
    ------
    Line
        Of one combination of signs.
    """
    for signs in product((-1.0, 1.0), repeat=len(days)):
        yield line_through(days + np.array(signs) * by_days, values + np.array(signs) * by_values)
