"""Draws moved to where the posterior without a unit lies, where weights alone do not reach it."""

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from bayesdensing.analysis._arviz import smoothed_weights

__all__ = ["moment_match"]

#: Draws per value that a covariance needs to be worth matching, and rounds of matching.
_DRAWS_PER_VALUE, _ROUNDS = 10, 30

Density = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def moment_match(values: np.ndarray, density: Density) -> tuple[float, float]:
    """Return the log predictive density of a unit left out, by draws that are moved.

    Parameters
    ----------
    values : ndarray, shape (draw, value)
        Unconstrained values of draws from the full posterior, every value of the model.
    density : callable
        Unconstrained values (draw, value) to the log density of the full posterior (draw,), up to
        a constant, and the log likelihood of the unit (draw,).

    Returns
    -------
    tuple of float
        Log predictive density, and shape k of the tail of the weights in the end.

    Notes
    -----
    Paananen et al. (2021), "Implicitly adaptive importance sampling", Statistics and Computing 31:
    draws are shifted to the weighted mean, then scaled to the weighted sd, then given the weighted
    covariance, each where it lowers k. In the end every second draw is moved and the others are
    left, with the mixture of both as proposal (section 3.4), since the unit's own likelihood,
    whose mean is wanted, is large where the full posterior lies.
    """
    start, _ = density(values)
    size, dim = values.shape
    matrix, offset = np.eye(dim), np.zeros(dim)
    moved = values
    weights, k = _weights(*density(moved), start)
    for _ in range(_ROUNDS):
        for step in _STEPS[: 3 if size >= _DRAWS_PER_VALUE * dim else 2]:
            found = step(moved, weights)
            if found is None:
                continue
            turn, shift = found
            candidate = moved @ turn.T + shift
            new_weights, new_k = _weights(*density(candidate), start)
            if new_k < k:
                matrix, offset = turn @ matrix, turn @ offset + shift
                moved, weights, k = candidate, new_weights, new_k
                break
        else:
            break
    return _split(values, density, matrix, offset)


def _weights(
    log_density: np.ndarray, log_likelihood: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return normalised weights for the posterior without the unit, and the shape of their tail."""
    ratio = log_density - log_likelihood - start
    # where the density vanishes: a weight of nothing, but a finite log for the tail's fit
    ratio = np.maximum(np.nan_to_num(ratio, nan=-np.inf), ratio[np.isfinite(ratio)].max() - 700)
    log_weights, k = smoothed_weights(-ratio[:, None])
    flat = log_weights[:, 0] - logsumexp(log_weights[:, 0])
    return np.exp(flat), float(k[0])


def _shift(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.eye(values.shape[1]), weights @ values - values.mean(axis=0)


def _scale(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    mean, target = values.mean(axis=0), weights @ values
    spread = np.sqrt(weights @ (values - target) ** 2)
    factor = spread / values.std(axis=0)
    if not (np.isfinite(factor) & (factor > 0)).all():
        return None
    return np.diag(factor), target - factor * mean


def _covariance(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    mean, target = values.mean(axis=0), weights @ values
    centred = values - target
    try:
        wanted = np.linalg.cholesky(np.atleast_2d((weights[:, None] * centred).T @ centred))
        have = np.linalg.cholesky(np.atleast_2d(np.cov(values.T)))
    except np.linalg.LinAlgError:
        return None
    turn = wanted @ np.linalg.inv(have)
    return turn, target - turn @ mean


_STEPS = (_shift, _scale, _covariance)


def _split(
    values: np.ndarray, density: Density, matrix: np.ndarray, offset: np.ndarray
) -> tuple[float, float]:
    """Move every second draw; weight all by the mixture that they come from."""
    both = values.copy()
    both[::2] = values[::2] @ matrix.T + offset
    log_density, log_likelihood = density(both)
    before = (both - offset) @ np.linalg.inv(matrix).T
    was, _ = density(before)
    _, log_det = np.linalg.slogdet(matrix)
    proposal = np.logaddexp(log_density, was - log_det)
    weights, k = _weights(log_density, log_likelihood, proposal)
    with np.errstate(divide="ignore"):
        return float(logsumexp(np.log(weights) + log_likelihood)), k
