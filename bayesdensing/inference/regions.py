"""Regions that chains stayed in, and how much posterior mass each holds.

A chain that starts in a region of hardly any mass may stay there for longer than anyone samples.
That is a start not yet forgotten, not a mode; only the mass tells them apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_t

from bayesdensing.inference.modes import chain_groups

__all__ = ["Region", "find_regions", "log_mass", "segmented"]

#: Stretches that a chain is cut into: it may have passed from one region to another.
_SEGMENTS = 8
#: A stretch passes between regions where it is so many times as wide as most of its chain.
_PASSING = 3.0
#: Share of a passing stretch, its first or last, that says where the chain came from or went to.
_EDGE = 0.05
#: Degrees of freedom of the proposal: tails heavier than those of a posterior nearly normal.
_DF = 7
#: Draws that a covariance asks for, per dimension.
_DRAWS_PER_VALUE = 10
_MOST_DRAWS = 8000
_STEPS, _CLOSE = 1000, 1e-8


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where some chains stayed for a while.

    Attributes
    ----------
    segments : tuple of int
        Stretches of chains in it, as `segmented` numbers them.
    chains : tuple of int
        The chains that these are of.
    values : ndarray, shape (draw, value)
        Their unconstrained values.
    log_mass : float
        Log of the integral of the unnormalised posterior density over the region; NaN where it was
        not worked out.
    log_mass_error : float
        Half the distance of two estimates from halves of the draws, one the other's check.
    """

    segments: tuple[int, ...]
    chains: tuple[int, ...]
    values: np.ndarray
    log_mass: float
    log_mass_error: float


def segmented(values: np.ndarray) -> np.ndarray:
    """Cut chains into stretches, which then stand like chains.

    Parameters
    ----------
    values : ndarray, shape (chain, draw, value)
        Draws, eight at least; the first few are left out where eight does not divide their number.

    Returns
    -------
    ndarray, shape (8 chain, draw / 8, value)
        Stretches, those of the first chain first.
    """
    chains, draws, size = values.shape
    length = draws // _SEGMENTS
    return values[:, draws - length * _SEGMENTS :].reshape(chains * _SEGMENTS, length, size)


def find_regions(
    values: np.ndarray, log_density: Callable[[np.ndarray], float], *, seed: int
) -> list[Region]:
    """Group stretches of chains by where they lie, and estimate the mass of each region.

    Parameters
    ----------
    values : ndarray, shape (chain, draw, value)
        Unconstrained values.
    log_density : callable
        Unnormalised log posterior density of unconstrained values (value,).
    seed : int
        Seed of the proposals.

    Returns
    -------
    list of Region
        In the order of their first stretches, those that pass between regions left out; one where
        all chains stayed together, whose mass is then not worked out. None where regions cannot be
        told: draws are too few, or a stretch that looks like a passage lies between no two regions
        and so may be a region that was visited once.
    """
    if values.shape[1] < _SEGMENTS:
        return []
    parts = segmented(values)
    staying = np.flatnonzero(~_passing(parts))
    groups = chain_groups(parts[staying])
    place = np.full(len(parts), -1)
    for number, group in enumerate(groups):
        place[staying[group]] = number
    if not _between(place, parts):
        return []
    found = []
    for group in groups:
        segments = staying[group]
        own = parts[segments].reshape(-1, parts.shape[-1])
        mass = (np.nan, np.nan)
        if len(groups) > 1:
            mass = log_mass(own, log_density, seed=seed)
        found.append(
            Region(
                segments=tuple(int(s) for s in segments),
                chains=tuple(int(c) for c in np.unique(segments // _SEGMENTS)),
                values=own,
                log_mass=mass[0],
                log_mass_error=mass[1],
            )
        )
    return found


def log_mass(
    values: np.ndarray, log_density: Callable[[np.ndarray], float], *, seed: int
) -> tuple[float, float]:
    """Estimate the log mass of the region that draws cover, by bridge sampling.

    Parameters
    ----------
    values : ndarray, shape (draw, value)
        Unconstrained draws in the region.
    log_density : callable
        Unnormalised log density of unconstrained values (value,).
    seed : int
        Seed of the proposals.

    Returns
    -------
    tuple of float
        The estimate and half the distance between those of two halves of the draws, the first and
        the last, so that draws which have not seen their region do not agree; NaN where there are
        too few draws for the number of values, or where they do not vary.

    Notes
    -----
    Meng and Wong (1996), with the optimal bridge and a multivariate Student t of the draws' mean
    and covariance as proposal: one half of the draws gives it, the other is compared with it.
    """
    values = values[:: max(1, len(values) // _MOST_DRAWS)]
    one, other = values[: len(values) // 2], values[len(values) // 2 :]
    if len(one) < _DRAWS_PER_VALUE * values.shape[1]:
        return np.nan, np.nan
    rng = np.random.default_rng(seed)
    try:
        both = [_bridge(a, b, log_density, rng) for a, b in ((one, other), (other, one))]
    except np.linalg.LinAlgError:  # a chain that is stuck has no covariance
        return np.nan, np.nan
    return float(np.mean(both)), float(abs(both[0] - both[1]) / 2)


def _passing(parts: np.ndarray) -> np.ndarray:
    """Return which stretches hold a passage between regions, (stretch,).

    Two in a row are no passage but a wide region.
    """
    lower, upper = np.quantile(parts, [0.025, 0.975], axis=1)
    width = (upper - lower).reshape(-1, _SEGMENTS, parts.shape[-1])
    usual = np.median(width, axis=1, keepdims=True)
    wide = np.pad((width > _PASSING * usual).any(axis=-1), ((0, 0), (1, 1)))
    return np.asarray((wide[:, 1:-1] & ~wide[:, :-2] & ~wide[:, 2:]).ravel())


def _between(place: np.ndarray, parts: np.ndarray) -> bool:
    """Tell whether each passing stretch, of place -1, leads from one region to another.

    The first stretch of a chain has to begin, and the last to end, in a region where others stayed.
    """
    rows = place.reshape(-1, _SEGMENTS)
    before, here, after = rows[:, :-2], rows[:, 1:-1], rows[:, 2:]
    if (before == after)[here < 0].any():
        return False
    few = max(1, round(_EDGE * parts.shape[1]))
    ends = parts.reshape(*rows.shape, *parts.shape[1:])
    edges = [*ends[rows[:, 0] < 0, 0, :few], *ends[rows[:, -1] < 0, -1, -few:]]
    known = [parts[place == number] for number in range(place.max() + 1)]
    boxes = [(own.min(axis=(0, 1)), own.max(axis=(0, 1))) for own in known]
    return all(
        any(((lower <= middle) & (middle <= upper)).all() for lower, upper in boxes)
        for middle in (np.median(edge, axis=0) for edge in edges)
    )


def _bridge(
    fitted: np.ndarray,
    compared: np.ndarray,
    log_density: Callable[[np.ndarray], float],
    rng: np.random.Generator,
) -> float:
    covariance = np.atleast_2d(np.cov(fitted.T)) * (_DF - 2) / _DF
    proposal = multivariate_t(fitted.mean(axis=0), covariance, df=_DF)
    proposed = proposal.rvs(len(compared), random_state=rng).reshape(compared.shape)

    def log_ratio(points: np.ndarray) -> np.ndarray:
        found = np.array([log_density(point) for point in points])
        found = np.where(np.isnan(found), -np.inf, found)
        return np.asarray(found - proposal.logpdf(points))

    ours, theirs = log_ratio(compared), log_ratio(proposed)
    mass = float(np.median(ours))
    for _ in range(_STEPS):
        above = logsumexp(theirs - np.logaddexp(theirs, mass))
        better = float(above - logsumexp(-np.logaddexp(ours, mass)))
        if abs(better - mass) < _CLOSE:
            break
        mass = better
    return mass
