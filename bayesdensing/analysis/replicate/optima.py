"""Least squares from many starts: every distinct optimum, not only the best one."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

__all__ = ["Optimum", "distinct_optima"]

#: Optima whose fitted values differ by less than this share of their scale are one.
_SAME = 1e-3
#: A projected gradient below this share of the residuals' is that of an optimum.
_LEVEL = 1e-6


class Optimum(NamedTuple):
    """An optimum of a sum of squares.

    Attributes
    ----------
    values : ndarray, shape (parameter,)
        The parameters.
    rmse : float
        Root mean square of the residuals, in their unit.
    """

    values: np.ndarray
    rmse: float


def distinct_optima(
    residuals: Callable[[np.ndarray], np.ndarray],
    starts: Iterable[np.ndarray],
    *,
    bounds: tuple[np.ndarray, np.ndarray],
) -> tuple[Optimum, ...]:
    """Return the distinct local optima of a sum of squares.

    Parameters
    ----------
    residuals : callable
        Parameters, shape (parameter,), to residuals, shape (point,).
    starts : iterable of ndarray
        Where to start, each (parameter,), inside the bounds.
    bounds : tuple of ndarray
        Lowest and highest values of the parameters, each (parameter,).

    Returns
    -------
    tuple of Optimum
        The smallest error first. Where a search stops at a saddle or has not ended, it is dropped:
        the Hessian of what is returned is positive in every direction that the bounds leave free.

    Examples
    --------
    >>> found = distinct_optima(
    ...     lambda x: np.array([x[0] ** 2 - 1, 0.1 * (x[0] - 1)]),
    ...     [np.array([start]) for start in (-2.0, -0.5, 0.5, 2.0)],
    ...     bounds=(np.array([-9.0]), np.array([9.0])),
    ... )
    >>> [round(float(optimum.values[0]), 2) for optimum in found]
    [1.0, -0.99]
    """
    kept: list[tuple[Optimum, np.ndarray]] = []
    for start in starts:
        found = least_squares(
            residuals, start, bounds=bounds, x_scale="jac", xtol=1e-12, ftol=1e-12, gtol=1e-12
        )
        if not _is_minimum(residuals, found):
            continue
        fitted = np.asarray(found.fun)
        own = Optimum(np.asarray(found.x), float(np.sqrt(np.mean(fitted**2))))
        scale = max(own.rmse, 1e-12)
        # by what they predict: parameters along a flat ridge differ without meaning anything
        near = [i for i, (_, other) in enumerate(kept) if _apart(fitted, other) < _SAME * scale]
        near += [i for i, (o, _) in enumerate(kept) if np.allclose(o.values, own.values, rtol=1e-3)]
        if not near:
            kept.append((own, fitted))
        elif own.rmse < kept[near[0]][0].rmse:
            kept[near[0]] = (own, fitted)
    return tuple(sorted((o for o, _ in kept), key=lambda optimum: optimum.rmse))


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _is_minimum(residuals: Callable[[np.ndarray], np.ndarray], found: object) -> bool:
    """Tell a minimum from a saddle or an unfinished search, by steps along its axes."""
    values, free = np.asarray(found.x), np.asarray(found.active_mask) == 0  # type: ignore[attr-defined]
    jacobian = np.asarray(found.jac)[:, free]  # type: ignore[attr-defined]
    scale = np.maximum(np.linalg.norm(jacobian, axis=0), 1e-12)
    gradient = jacobian.T @ np.asarray(found.fun) / scale  # type: ignore[attr-defined]
    size = float(np.linalg.norm(found.fun))  # type: ignore[attr-defined]
    if np.abs(gradient).max(initial=0.0) > _LEVEL * max(size, 1e-9) + 1e-9:
        return False
    cost = float((residuals(values) ** 2).sum())
    vectors = np.linalg.svd(jacobian / scale)[2]
    for direction in vectors:
        step = np.zeros_like(values)
        # a step that would change the fit by a hundredth of a residual, were it straight
        step[free] = direction / scale
        for sign in (-1, 1):
            if (residuals(values + sign * 0.01 * size * step) ** 2).sum() < cost * (1 - 1e-9):
                return False
    return True
