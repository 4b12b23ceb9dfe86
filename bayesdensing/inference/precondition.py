"""Matrices for a walk: from curvature at some points, then from the covariance of draws.

Both only choose coordinates; a poor choice costs steps, never correctness.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce

import numpy as np

from bayesdensing.inference.preconditioner import Preconditioner

__all__ = ["curvature_of", "from_covariance", "from_curvature"]

#: Step of the central differences, on scales where a posterior is of order one or narrower.
_STEP = 1e-4
#: Curvatures below this are taken as no information; priors alone give about this much.
_FLAT = 0.05
#: Share of the latents that may lie where the density is not log-concave at every point.
_FEW = 0.05


def from_curvature(
    gradient: Callable[[np.ndarray], np.ndarray],
    points: np.ndarray,
    *,
    start: Preconditioner,
    single_groups: Sequence[slice],
    cores: int = 1,
) -> Preconditioner:
    """Precondition by the mean curvature of the log density over some points.

    Latents are taken as independent given the dense values, which get the Schur complement, that
    is the curvature with latents profiled out; loose values as independent of all.

    Parameters
    ----------
    gradient : callable
        Gradient of the log density in the coordinates of `start`, (values,) to (values,); called
        by `cores` threads at a time.
    points : ndarray, shape (point, values)
        Points in the same coordinates, draws of a pilot run.
    start : Preconditioner
        Unit matrices, a bend and pseudo-observations.
    single_groups : sequence of slice
        Where, counted after the dense values, groups of mutually independent values lie.
    cores : int
        Points at a time; the result does not depend on it.

    Returns
    -------
    Preconditioner
        Centred on the mean of the points, with bend and pseudo-observations of `start`.
    """
    n_latent, n_dense = start.coupling.shape

    def by_dense(point: np.ndarray) -> np.ndarray:
        rows = np.zeros((n_dense, len(point)))
        for i in range(n_dense):
            rows[i] = _difference(gradient, point, np.array([i]))
        return rows[:, : n_dense + n_latent]

    with ThreadPoolExecutor(cores) as pool:  # compiled code holds no lock
        whole = reduce(np.add, pool.map(by_dense, points)) / len(points)
    dense, cross = whole[:, :n_dense], whole[:, n_dense:]
    shifted = [slice(n_dense + g.start, n_dense + g.stop) for g in single_groups]
    each = curvature_of(gradient, points, shifted)[:, n_dense:]
    own, lowest = each.mean(axis=0), each.min(axis=0)
    own = np.maximum(own, np.where(lowest > _FLAT, _FLAT, _doubtful(own[:n_latent])))
    per_dense = cross / own[:n_latent]
    schur = dense - per_dense @ cross.T
    eigenvalue, vector = np.linalg.eigh((schur + schur.T) / 2)
    # where curvature changes its sign, its size still says how far it is to somewhere else
    factor = vector / np.sqrt(np.maximum(np.abs(eigenvalue), _FLAT))
    mean = points.mean(axis=0)
    return Preconditioner(
        dense_mean=mean[:n_dense],
        factor=factor,
        other_mean=mean[n_dense:],
        coupling=-per_dense.T @ factor,
        scale=1 / np.sqrt(own),
        bend=start.bend,
        pseudo=start.pseudo,
    )


def curvature_of(
    gradient: Callable[[np.ndarray], np.ndarray], points: np.ndarray, groups: Sequence[slice]
) -> np.ndarray:
    """Return the negative second derivatives of the log density, group by group.

    Parameters
    ----------
    gradient : callable
        Gradient of the log density, (values,) to (values,).
    points : ndarray, shape (point, values)
        Where.
    groups : sequence of slice
        Values that are mutually independent given all others, and so can be moved together.

    Returns
    -------
    ndarray, shape (point, values)
        By each value of a group; 0 for others.
    """
    found = np.zeros_like(points)
    for row, point in zip(found, points, strict=True):
        for group in groups:
            where = np.arange(group.start, group.stop)
            row[where] = _difference(gradient, point, where)[where]
    return found


def _doubtful(latents: np.ndarray) -> float:
    """Return what a latent's curvature is at least taken for, where it is none at some point.

    One LLM whose measurements contradict each other has a negative one between its two peaks. As a
    divisor a mean near zero would outweigh all others.
    """
    told = latents[latents > _FLAT]
    return max(_FLAT, float(np.quantile(told, _FEW)) / 2) if len(told) else _FLAT


def _difference(
    gradient: Callable[[np.ndarray], np.ndarray], point: np.ndarray, where: np.ndarray
) -> np.ndarray:
    step = np.zeros_like(point)
    step[where] = _STEP
    change = (gradient(point - step) - gradient(point + step)) / (2 * _STEP)
    return np.asarray(np.nan_to_num(change, posinf=0.0, neginf=0.0))


def from_covariance(current: Preconditioner, draws: np.ndarray) -> Preconditioner:
    """Improve a preconditioner by the covariance of draws made in its coordinates.

    The covariance is shrunk towards a multiple of the identity by Ledoit and Wolf (2004), since a
    pilot has few effective draws per direction.

    Parameters
    ----------
    current : Preconditioner
        Preconditioner of the pilot.
    draws : ndarray, shape (draw, dense)
        Dense walk coordinates of the pilot's draws.

    Returns
    -------
    Preconditioner
        In whose coordinates these draws have about unit covariance.
    """
    mean = draws.mean(axis=0)
    if not np.ptp(draws, axis=0).any():
        return current  # chains that stood still have no covariance to learn from
    shape = np.linalg.cholesky(_ledoit_wolf(draws - mean))
    other_mean = current.other_mean.copy()
    other_mean[: len(current.coupling)] += current.coupling @ mean
    return replace(
        current,
        dense_mean=current.dense_mean + current.factor @ mean,
        factor=current.factor @ shape,
        other_mean=other_mean,
        coupling=current.coupling @ shape,
    )


def _ledoit_wolf(centred: np.ndarray) -> np.ndarray:
    count, size = centred.shape
    covariance = centred.T @ centred / count
    target = np.eye(size) * np.trace(covariance) / size
    spread = ((covariance - target) ** 2).sum()
    noise = ((centred**2).sum(axis=1) ** 2).sum() / count**2 - (covariance**2).sum() / count
    weight = min(1.0, max(0.0, noise / spread)) if spread > 0 else 1.0
    return np.asarray((1 - weight) * covariance + weight * target)
