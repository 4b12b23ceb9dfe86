"""What a pilot run teaches of a walk: pseudo-observations, bends, matrices, each by the last."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bayesdensing.inference.bend import Bend
from bayesdensing.inference.precondition import curvature_of, from_covariance, from_curvature
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations
from bayesdensing.inference.walk import Walk

__all__ = ["Gradient", "curved", "improved"]

_POINTS = 4  # per chain, at which curvature is measured

#: Matrices to the gradient of the log density in their coordinates, (value,) to (value,).
Gradient = Callable[[Preconditioner], Callable[[np.ndarray], np.ndarray]]


def improved(
    walk: Walk,
    gradient: Gradient,
    values: np.ndarray,
    *,
    points: int = _POINTS,
    bend: bool = False,
    covariance: bool = False,
    cores: int = 1,
) -> Preconditioner:
    """Return the coordinates that draws of a pilot suggest.

    Parameters
    ----------
    walk : Walk
        What was walked.
    gradient : callable
        Gradients of its log density.
    values : ndarray, shape (chain, draw, value)
        The pilot's draws.
    points : int
        Draws of each chain at which curvature is measured.
    bend, covariance : bool
        Whether there are draws enough to learn skewness and the covariance of dense values from.
    cores : int
        Points at a time.

    Returns
    -------
    Preconditioner
        Better coordinates.
    """
    flat = values.reshape(-1, walk.size)
    step = max(1, values.shape[1] // points)
    chosen = values[:, step - 1 :: step].reshape(-1, walk.size)
    pseudo = _told(walk, gradient, chosen, flat)
    moved = walk.populations.placed(flat, walk.pseudo, pseudo)
    start = replace(walk.identity(), pseudo=pseudo)
    if bend:
        start = replace(start, bend=Bend.of_draws(moved))
    better = curved(walk, gradient, chosen, start, cores=cores)
    if covariance and len(flat) > 2 * walk.n_dense:
        better = from_covariance(better, better.to_walk(moved)[:, : walk.n_dense])
    return better


def curved(
    walk: Walk, gradient: Gradient, points: np.ndarray, start: Preconditioner, *, cores: int = 1
) -> Preconditioner:
    """Return coordinates by the mean curvature at some points.

    Parameters
    ----------
    walk : Walk
        What is walked.
    gradient : callable
        Gradients of its log density.
    points : ndarray, shape (point, value)
        Values.
    start : Preconditioner
        Unit matrices, a bend and pseudo-observations.
    cores : int
        Points at a time.

    Returns
    -------
    Preconditioner
        Matrices with those.
    """
    return from_curvature(
        gradient(start),
        walk.to_walk(start, points),
        start=start,
        single_groups=walk.single_groups,
        cores=cores,
    )


def _told(
    walk: Walk, gradient: Gradient, points: np.ndarray, draws: np.ndarray
) -> PseudoObservations:
    """Return what data tell of latents: by curvature at points and by draws, (..., value)."""
    populations, plain = walk.populations, walk.pseudo
    if not populations.populated.any():
        return plain
    latents = populations.latents
    groups = [
        slice(walk.n_dense + group.start, walk.n_dense + group.stop)
        for group in walk.single_groups
        if group.stop <= walk.n_latent
    ]
    slopes = curvature_of(gradient(walk.identity()), points, groups)[:, latents]
    moments = populations.at(points)
    _, spread = plain.given(*moments)
    mean, sd = populations.at(draws)
    middle, by = plain.given(mean, sd)
    found = PseudoObservations.of_draws(
        middle + by * draws[:, latents],
        # what is left of the curvature by the latents themselves is the likelihood's
        (slopes / spread**2 - moments[1] ** -2.0).mean(axis=0),
        mean=mean,
        sd=sd,
    )
    return found.where_finite(plain).only(populations.populated)
