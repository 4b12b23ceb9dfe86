"""Records: what is seen of values of which only those beyond all earlier ones are told.

LLMs arrive as a Poisson process; each has a log value, normal about the trend; what exceeds all
before is a record. Given the standing record m, new ones are a Poisson process of values y > m of
intensity rate x f(y; t) (Resnick 1987, chapter 4), so that none comes where F(m; t) is near 1. A
line through records knows nothing of that: it rises where nothing grows.
"""

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy.special import ndtri_exp

from bayesdensing.laws._array import Array, log, ndtr
from bayesdensing.laws.priors import Prior

__all__ = ["PRIORS", "REASONS", "log_likelihood", "sample", "time_nodes"]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {"arrival_rate": Prior("LogNormal", {"median": 30.0, "sigma": 1.5})}
)

REASONS: Mapping[str, str] = MappingProxyType(
    {"arrival_rate": "order of magnitude: from a few LLMs a year to several a day"}
)

#: Longest step of the quadrature over time (years), and nodes in each.
LONGEST_STEP, NODES = 0.1, 3


def time_nodes(years: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where and with which weight to evaluate an integral over the time of observation.

    Parameters
    ----------
    years : ndarray, shape (release,)
        Dates, ascending, from the first record to the end of observation (years).

    Returns
    -------
    tuple of ndarray
        Dates of the nodes (years), their weights (years) and the index of the last date before
        each, all (node,).

    Notes
    -----
    Gauss-Legendre with `NODES` nodes in steps of at most `LONGEST_STEP` between dates.

    Examples
    --------
    >>> at, weight, before = time_nodes(np.array([0.0, 0.1, 0.3]))
    >>> round(float(weight.sum()), 6), before.tolist()
    (0.3, [0, 0, 0, 1, 1, 1, 1, 1, 1])
    """
    point, share = np.polynomial.legendre.leggauss(NODES)
    at, weight, before = [], [], []
    for i, (start, end) in enumerate(itertools.pairwise(years)):
        # less a little, so that a step of rounded length is not cut in two
        steps = int(np.ceil((end - start) / LONGEST_STEP - 1e-9))
        edges = np.linspace(start, end, steps + 1)
        half = np.diff(edges)[:, None] / 2
        at.append(((edges[:-1, None] + half) + half * point).ravel())
        weight.append((half * share).ravel())
        before.append(np.full(steps * NODES, i))
    empty = [np.empty(0)]
    places = np.concatenate([*before, np.empty(0, dtype=int)])
    return np.concatenate(at + empty), np.concatenate(weight + empty), places


def log_likelihood(
    standing: Array,
    *,
    mean: Array,
    sd: Array,
    node_mean: Array,
    node_sd: Array,
    node_weight: np.ndarray,
    node_before: np.ndarray,
    arrival_rate: Array,
) -> Array:
    """Return the log likelihood of the records of a time of observation.

    Parameters
    ----------
    standing : array, shape (release,)
        Log of the standing record at ascending dates: the first is the first record, a rise is a
        new one, and a date at which it stays is one of the grid and tells nothing by itself. The
        last date is the end of observation.
    mean, sd : array, shape (release,)
        Trend at these dates, and sd of values about it with that of their errors.
    node_mean : array, shape (node,)
        Trend at the dates of `time_nodes`.
    node_sd : array
        Sd of values about the trend there.
    node_weight, node_before : ndarray, shape (node,)
        Weight of each (years), and the index of the last date before it.
    arrival_rate : array
        LLMs per year.

    Returns
    -------
    array
        Log likelihood, a number.

    Notes
    -----
    log f(first) + sum over later records of (log rate + log f) - rate x the integral of
    1 - F(standing record). The first record is an ordinary draw: whatever comes first is a record,
    and observation starts with it, so that its date tells nothing.

    Examples
    --------
    >>> at, weight, before = time_nodes(np.array([0.0, 1.0]))
    >>> float(
    ...     log_likelihood(
    ...         np.array([50.0, 50.0]), mean=np.full(2, 50.0), sd=np.ones(2), arrival_rate=2.0,
    ...         node_mean=np.full(len(at), 50.0), node_sd=1.0, node_weight=weight,
    ...         node_before=before,
    ...     )
    ... ).__round__(4)
    -1.9189
    """
    z = (standing - mean) / sd
    density = -(z**2) / 2 - log(sd) - np.log(2 * np.pi) / 2
    rises = standing[1:] > standing[:-1]
    later = (rises * (log(arrival_rate) + density[1:])).sum()
    beyond = ndtr((node_mean - standing[node_before]) / node_sd)
    return density[0] + later - arrival_rate * (node_weight * beyond).sum()


def sample(
    rng: np.random.Generator,
    *,
    mean: np.ndarray,
    sd: np.ndarray,
    node_mean: np.ndarray,
    node_sd: np.ndarray,
    node_weight: np.ndarray,
    node_before: np.ndarray,
    arrival_rate: np.ndarray,
) -> np.ndarray:
    """Draw standing records: LLMs arrive, and the best so far stands.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    mean, sd : ndarray, shape (..., release)
        As for `log_likelihood`; of the first date alone.
    node_mean : ndarray, shape (..., node)
        Trend at the dates of `time_nodes`.
    node_sd : ndarray, shape (..., 1)
        Sd about the trend.
    node_weight, node_before : ndarray, shape (node,)
        As for `log_likelihood`.
    arrival_rate : ndarray, shape (..., 1)
        LLMs per year.

    Returns
    -------
    ndarray, shape (..., release)
        Log of the standing record at each date. Arrivals are put at the nodes, a step of days.
    """
    shape = np.broadcast_shapes(mean.shape[:-1], node_mean.shape[:-1], arrival_rate.shape[:-1])
    n_release, n_node = mean.shape[-1], node_mean.shape[-1]
    first = mean[..., 0] + np.asarray(sd)[..., 0] * rng.normal(size=shape)
    # Poisson draws beyond this are out of range; a rate so large is as good as this one
    expected = np.minimum(np.broadcast_to(arrival_rate * node_weight, (*shape, n_node)), 1e15)
    arrived = rng.poisson(expected)
    # the largest of n normals: its distribution function is the n-th power
    log_p = np.log(rng.uniform(size=arrived.shape)) / np.maximum(arrived, 1)
    best = np.where(arrived > 0, node_mean + node_sd * ndtri_exp(log_p), -np.inf)
    standing = np.full((*shape, n_release), -np.inf)
    standing[..., 0] = first
    for i in range(n_release - 1):
        between = best[..., node_before == i]
        standing[..., i + 1] = between.max(axis=-1, initial=-np.inf)
    return np.asarray(np.maximum.accumulate(standing, axis=-1))
