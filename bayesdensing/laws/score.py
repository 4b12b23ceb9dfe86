"""The score link: how a benchmark's score falls with the loss, and what blurs it.

S(L) = floor + (ceiling - floor) sigmoid(-slope (L - midpoint)), equation 3 of the Densing Law
paper with an uncertain floor near chance and an uncertain ceiling below one.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from bayesdensing.laws._array import Array, exp, log, sigmoid
from bayesdensing.laws.priors import Prior

__all__ = [
    "PRIORS",
    "REASONS",
    "floor_prior",
    "link",
    "logit",
    "logit_strength",
    "prior_curve",
    "score",
    "smeared_moments",
]

PRIORS: Mapping[str, Prior] = MappingProxyType(
    {
        "ceiling": Prior("Beta", {"alpha": 97.0, "beta": 3.0}),
        "midpoint_ratio": Prior("LogNormal", {"median": 0.37, "sigma": 1.0}),
        "steepness": Prior("LogNormal", {"median": 4.0, "sigma": 0.7}),
        "link_sd": Prior("LogNormal", {"median": 0.2, "sigma": 0.7}),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "ceiling": "external: a few percent of benchmark answers are wrong (MMLU-Redux, 2024)",
        "midpoint_ratio": "order of magnitude: half-way score at a loss below the runs' pivot",
        "steepness": "order of magnitude: halving the loss moves the log-odds by one to five",
        "link_sd": "order of magnitude: scatter of the points about their sigmoid, in logits",
    }
)

#: Weight of chance in the floor's prior, in pseudo-items.
FLOOR_WEIGHT = 100.0


def floor_prior(chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Beta prior of the floor: its mode at chance, its weight `FLOOR_WEIGHT` items.

    Parameters
    ----------
    chance : ndarray, shape (benchmark,)
        Score of guessing, 0 to 1.

    Returns
    -------
    tuple of ndarray
        The two shape parameters, each (benchmark,).

    Examples
    --------
    >>> floor_prior(np.array([0.25]))
    (array([26.]), array([76.]))
    """
    return 1 + FLOOR_WEIGHT * chance, 1 + FLOOR_WEIGHT * (1 - chance)


def logit_strength(*, loss: Array, midpoint_loss: Array, slope: Array) -> Array:
    """Return the link's argument, w = -slope (L - midpoint), in logits.

    Parameters
    ----------
    loss : array
        Loss, in its unit.
    midpoint_loss : array
        Loss at which the score lies half-way between floor and ceiling.
    slope : array
        Logits per unit of loss, above 0.

    Returns
    -------
    array
        Logits; higher is better.
    """
    return -slope * (loss - midpoint_loss)


def link(w: Array, *, floor: Array, ceiling: Array) -> Array:
    """Return the score at w logits: floor + (ceiling - floor) sigmoid(w).

    Parameters
    ----------
    w : array
        Logits, `logit_strength`.
    floor, ceiling : array
        Lower and upper limit of the score, 0 to 1.

    Returns
    -------
    array
        Score, 0 to 1.
    """
    return floor + (ceiling - floor) * sigmoid(w)


def score(
    *, loss: Array, floor: Array, ceiling: Array, midpoint_loss: Array, slope: Array
) -> Array:
    """Return the score that goes with a loss.

    Parameters
    ----------
    loss : array
        Loss, in its unit.
    floor, ceiling : array
        Lower and upper limit of the score, 0 to 1.
    midpoint_loss : array
        Loss at the middle between the two.
    slope : array
        Logits per unit of loss, above 0.

    Returns
    -------
    array
        Score, 0 to 1.

    Notes
    -----
    Xiao et al. (2025), equation 3, with floor d and ceiling c + d.

    Examples
    --------
    >>> float(score(loss=0.2, floor=0.25, ceiling=0.95, midpoint_loss=0.2, slope=25.0))
    0.6
    """
    w = logit_strength(loss=loss, midpoint_loss=midpoint_loss, slope=slope)
    return link(w, floor=floor, ceiling=ceiling)


def logit(p: Array) -> Array:
    """Return the log-odds of a probability.

    Parameters
    ----------
    p : array
        Probability, between 0 and 1.

    Returns
    -------
    array
        Log-odds, log p / (1 - p).
    """
    return log(p) - log(1 - p)


def smeared_moments(low: Array, middle: Array, high: Array) -> tuple[Array, Array]:
    """Return mean and variance of a smooth function of a normal deviate.

    Three-point Gauss-Hermite rule (Abramowitz and Stegun, 25.4.46), exact for polynomials up to
    the fifth degree.

    Parameters
    ----------
    low, middle, high : array
        The function at -sqrt(3), 0 and sqrt(3) standard deviations.

    Returns
    -------
    tuple of array
        Mean and variance.

    Examples
    --------
    >>> x = np.sqrt(3.0)
    >>> mean, variance = smeared_moments(-x, 0.0, x)
    >>> float(mean), round(float(variance), 12)
    (0.0, 1.0)
    """
    mean = (low + 4 * middle + high) / 6
    return mean, ((low - mean) ** 2 + 4 * (middle - mean) ** 2 + (high - mean) ** 2) / 6


def prior_curve(
    loss: np.ndarray,
    *,
    chance: float = 0.0,
    pivot_loss: float = 1.0,
    priors: Mapping[str, Prior] = PRIORS,
    draws: int = 200,
    seed: int = 0,
) -> np.ndarray:
    """Draw score curves from the prior alone.

    Parameters
    ----------
    loss : ndarray, shape (point,)
        Losses, in their unit.
    chance : float
        Score of guessing, 0 to 1.
    pivot_loss : float
        Loss of the runs' pivot, to which the midpoint is relative.
    priors : mapping of str to Prior
        Priors, `PRIORS` where not changed.
    draws : int
        Number of curves.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray, shape (draws, point)
        Scores, 0 to 1.

    Examples
    --------
    >>> prior_curve(np.linspace(0.1, 1.0, 5), draws=2).shape
    (2, 5)
    """
    rng = np.random.default_rng(seed)
    shape = floor_prior(np.array([chance]))
    midpoint = pivot_loss * priors["midpoint_ratio"].sample(rng, (draws, 1))
    return np.asarray(
        score(
            loss=loss,
            floor=rng.beta(*shape, size=(draws, 1)),
            ceiling=priors["ceiling"].sample(rng, (draws, 1)),
            midpoint_loss=midpoint,
            slope=priors["steepness"].sample(rng, (draws, 1)) / midpoint,
        )
    )


def binomial_variance(p: Array, n_items: Array) -> Array:
    """Return the variance of a score of `n_items` independent items.

    Parameters
    ----------
    p : array
        Expected score, 0 to 1.
    n_items : array
        Items of the benchmark (count).

    Returns
    -------
    array
        Variance of the score.
    """
    return p * (1 - p) / n_items


def shifted(p: Array, effect: Array) -> Array:
    """Return a score moved by an evaluator's effect on its log-odds.

    Parameters
    ----------
    p : array
        Expected score, between 0 and 1.
    effect : array
        Evaluator's effect, in logits.

    Returns
    -------
    array
        Score, between 0 and 1: p e^u / (1 - p + p e^u).
    """
    return multiplied_odds(p, exp(effect))


def multiplied_odds(p: Array, ratio: Array) -> Array:
    """Return a probability whose odds are multiplied.

    Parameters
    ----------
    p : array
        Probability, between 0 and 1.
    ratio : array
        Odds ratio, above 0; exp(u) moves the log-odds by u.

    Returns
    -------
    array
        Probability, between 0 and 1: p r / (1 - p + p r).
    """
    odds = p * ratio
    return odds / (1 - p + odds)
