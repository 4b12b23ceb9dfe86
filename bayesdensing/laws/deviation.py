"""What parts a measured score from its LLM's own score: benchmark, evaluator, chance.

An LLM departs from its size's score on each benchmark, either on the score's log-odds
(``score``) or on its effective size (``size``); evaluators differ; items are few; the rest is
over-dispersion. The departure and the items are shared by all measurements of one LLM on one
benchmark, since these share the LLM and the items; the over-dispersion is each measurement's own.
A score can't pass 0 or 1: one that is there says that it would have been there or beyond.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy.special import gammaln

from bayesdensing.laws._array import Array, log, log1p, log_ndtr, sqrt
from bayesdensing.laws.priors import Prior
from bayesdensing.laws.score import binomial_variance, shifted

__all__ = [
    "PRIORS",
    "REASONS",
    "SCALES",
    "ends_met",
    "log_constant",
    "log_probability_beyond",
    "sample_scores",
    "sample_tails",
    "shared_student_t",
]

#: Scales on which an LLM can depart from its size's score.
SCALES: tuple[str, ...] = ("score", "size")

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "deviation_sd": Prior("LogNormal", {"median": 0.4, "sigma": 0.5}),
        "overdispersion": Prior("LogNormal", {"median": 0.02, "sigma": 0.5}),
        "evaluator_sd": Prior("LogNormal", {"median": 0.15, "sigma": 0.5}),
        "score_df": Prior("Gamma", {"alpha": 2.0, "beta": 0.1}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "deviation_sd": "order of magnitude: an LLM's benchmarks disagree by tenths of a logit",
        "overdispersion": "order of magnitude: prompts and parsing move a score by points",
        "evaluator_sd": "order of magnitude: harnesses differ by a few points at mid-score",
        "score_df": "weak: Juarez and Steel (2010), from heavy tails to nearly normal",
    }
)


def shared_student_t(
    *,
    total: Array,
    total_square: Array,
    count: Array,
    own_variance: Array,
    shared_variance: Array,
    df: Array,
    log_constant: Array,
    log_own_variance: Array | None = None,
) -> Array:
    """Return the log density of residuals with one shared part, multivariate Student-t.

    The scale matrix is own_variance I + shared_variance 11', whose inverse and determinant are
    closed forms; heavy tails belong to the group, so a group whose members disagree weighs less
    as a whole.

    Parameters
    ----------
    total, total_square : array, shape (group,)
        Sum and sum of squares of the group's residuals.
    count : array, shape (group,)
        Residuals in the group; may be 0.
    own_variance, shared_variance : array, shape (group,)
        Squared scale of each residual's own and of the shared part.
    df : array
        Degrees of freedom.
    log_constant : array, shape (group,)
        `log_constant` of the group.
    log_own_variance : array, shape (group,), optional
        Log of `own_variance`, where it is known from fewer evaluations than there are groups.

    Returns
    -------
    array, shape (group,)
        Log density of each group's residuals.

    Notes
    -----
    Kotz and Nadarajah (2004), equation 1.1, with the Sherman-Morrison inverse.
    """
    if log_own_variance is None:
        log_own_variance = log(own_variance)
    joint, distance = _joint(total, total_square, count, own_variance, shared_variance)
    log_det = (count - 1) * log_own_variance + log(joint)
    return log_constant - log_det / 2 - (df + count) / 2 * log(1 + distance / df)


def _joint(
    total: Array, total_square: Array, count: Array, own_variance: Array, shared_variance: Array
) -> tuple[Array, Array]:
    """Return the squared scale of a group's sum over its count, and its squared distance."""
    joint = own_variance + count * shared_variance
    return joint, (total_square - shared_variance / joint * total**2) / own_variance


def log_probability_beyond(
    gap: Array,
    *,
    side: Array,
    total: Array,
    total_square: Array,
    count: Array,
    own_variance: Array,
    shared_variance: Array,
    df: Array,
) -> Array:
    """Return the log probability that one more of a group lies beyond an end, given the others.

    Parameters
    ----------
    gap : array
        The end less the expected value.
    side : array
        1 where what is asked for lies below the end, -1 where above.
    total, total_square, count, own_variance, shared_variance, df : array
        The group without the one in question, as `shared_student_t` takes them; `count` may be 0.

    Returns
    -------
    array
        Log probability, broadcast over all of them.

    Notes
    -----
    What is left of a compound-symmetric Student-t once `count` of a group are known is a Student-t
    with df + count degrees of freedom (Ding 2016, "On the conditional distribution of the
    multivariate t distribution"). Its distribution function is Wallace's (1959) normal one with his
    second correction: for df >= 3 within 3 % of the probability at three scales below the middle,
    8 % at five.
    """
    joint, distance = _joint(total, total_square, count, own_variance, shared_variance)
    centre = shared_variance / joint * total
    left = own_variance * (1 + shared_variance / joint)
    freedom = df + count
    t = side * (gap - centre) / sqrt(left * (df + distance) / freedom)
    # away from 0 by less than matters: the root has no slope there
    square = t**2 / freedom + 1e-10
    shrink = (8 * freedom + 1) / (8 * freedom + 3)
    return log_ndtr(shrink * t * sqrt(log1p(square) / square))


def ends_met(score: np.ndarray) -> np.ndarray:
    """Return which scores lie at an end of their scale.

    Parameters
    ----------
    score : ndarray, shape (score_obs,)
        Scores, 0 to 1.

    Returns
    -------
    ndarray of int, shape (met,)
        Indices of those that are 0 or 1.
    """
    return np.flatnonzero((score <= 0) | (score >= 1))


def log_constant(*, count: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return what the log density of `shared_student_t` has besides residuals and scales.

    Parameters
    ----------
    count : ndarray, shape (group,)
        Residuals in the group.
    df : ndarray
        Degrees of freedom, broadcast against `count`.

    Returns
    -------
    ndarray
        Of each group, log Gamma((df + count) / 2) - log Gamma(df / 2) - count / 2 log(df pi).
    """
    ends = gammaln((df + count) / 2) - gammaln(df / 2)
    return np.asarray(ends - count / 2 * np.log(df * np.pi))


def sample_tails(rng: np.random.Generator, *, df: Array, size: tuple[int, ...]) -> np.ndarray:
    """Draw what stretches all deviations of an LLM on a benchmark: what makes a normal a Student-t.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    df : array
        Degrees of freedom, broadcast against `size`.
    size : tuple of int
        Shape of the draws, the last axis the pair.

    Returns
    -------
    ndarray
        Factors above 0, shape `size`.
    """
    spread = np.broadcast_to(np.asarray(df, dtype=float), size)
    return np.asarray(np.sqrt(spread / rng.chisquare(spread)))


def sample_scores(
    rng: np.random.Generator,
    *,
    pair_score: np.ndarray,
    tails: np.ndarray,
    n_items: np.ndarray,
    overdispersion: np.ndarray,
    effect: np.ndarray,
    obs_pair: np.ndarray,
) -> np.ndarray:
    """Draw measured scores, given each LLM's own score on each benchmark.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    pair_score : ndarray, shape (..., pair)
        Score after the LLM's departure on the benchmark, 0 to 1.
    tails : ndarray, shape (..., pair)
        `sample_tails`, those of the departure too.
    n_items : ndarray, shape (pair,)
        Items of the benchmark (count); their noise is shared by all who measure the pair.
    overdispersion : ndarray, shape (..., pair)
        Scale of each measurement's own scatter (score).
    effect : ndarray, shape (..., score_obs)
        Evaluator's effect (logits).
    obs_pair : ndarray of int, shape (score_obs,)
        Pair of each measurement.

    Returns
    -------
    ndarray, shape (..., score_obs)
        Scores, kept to 0 to 1.
    """
    items = np.sqrt(binomial_variance(pair_score, n_items)) * tails
    shared = items * rng.normal(size=pair_score.shape)
    own = (overdispersion * tails)[..., obs_pair] * rng.normal(size=effect.shape)
    seen = shifted(pair_score[..., obs_pair], effect) + shared[..., obs_pair] + own
    return np.asarray(np.clip(seen, 0.0, 1.0))
