"""Weights with which predictions of several hypotheses together predict best."""

import numpy as np
from scipy.optimize import minimize

from bayesdensing.analysis.intervals import PROBABILITIES, Estimate

__all__ = ["difference", "mixture_estimate", "stacking_weights", "step_estimate"]


def stacking_weights(elpd: np.ndarray) -> np.ndarray:
    """Return the weights whose mixture of predictions has the largest log density.

    Parameters
    ----------
    elpd : ndarray, shape (unit, hypothesis)
        Log predictive density of each unit, left out.

    Returns
    -------
    ndarray, shape (hypothesis,)
        Weights, 0 or more, of sum 1. They say what to mix for predictions, not how probable a
        hypothesis is: of two that predict alike one may get all.

    Notes
    -----
    Yao et al. (2018), "Using stacking to average Bayesian predictive distributions", equation 4.
    The problem is convex.

    Examples
    --------
    >>> stacking_weights(np.log([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])).round(3)
    array([0.708, 0.292])
    """
    count = elpd.shape[1]
    if count == 1:
        return np.ones(1)
    # of each unit the best is 1, so that nothing overflows
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = np.maximum(density @ weights, 1e-300)
        return -float(np.log(mixed).mean()), -(density / mixed[:, None]).mean(axis=0)

    found = minimize(
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={
            "type": "eq",
            "fun": lambda w: w.sum() - 1,
            "jac": lambda _: np.ones(count),
        },
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    weights = np.clip(found.x, 0, None)
    return np.asarray(weights / weights.sum())


def difference(elpd: np.ndarray, best: np.ndarray) -> tuple[float, float]:
    """Return how much worse than another a hypothesis predicts, and the standard error of that.

    Parameters
    ----------
    elpd, best : ndarray, shape (unit,)
        Log predictive densities of the same units.

    Returns
    -------
    tuple of float
        Sum of differences, negative where it predicts worse, and its standard error over units;
        NaN for a single unit.
    """
    apart = elpd - best
    n = len(apart)
    se = float(np.sqrt(n * apart.var(ddof=1))) if n > 1 else float("nan")
    return float(apart.sum()), se


def mixture_estimate(draws: list[np.ndarray], weights: np.ndarray) -> Estimate:
    """Summarise a mixture of posteriors of one number.

    Parameters
    ----------
    draws : list of ndarray
        Draws of each hypothesis, flat.
    weights : ndarray, shape (hypothesis,)
        Their weights.

    Returns
    -------
    Estimate
        In the unit of the draws: quantiles of the mixture.
    """
    values = np.concatenate(draws)
    share = np.concatenate(
        [np.full(len(d), w / len(d)) for d, w in zip(draws, weights, strict=True)]
    )
    order = np.argsort(values)
    values, below = values[order], np.cumsum(share[order]) - share[order] / 2

    def at(probability: float) -> float:
        return float(np.interp(probability, below, values))

    ends = {p: (at((1 - p) / 2), at((1 + p) / 2)) for p in PROBABILITIES}
    eti50, eti89, eti95 = (ends[p] for p in PROBABILITIES)
    return Estimate(median=at(0.5), eti50=eti50, eti89=eti89, eti95=eti95)


def step_estimate(draws: list[np.ndarray], weights: np.ndarray) -> Estimate:
    """Summarise a mixture of posteriors of one number, some draws of which may be infinite.

    Parameters
    ----------
    draws : list of ndarray
        Draws of each hypothesis, flat.
    weights : ndarray, shape (hypothesis,)
        Their weights, of sum 1.

    Returns
    -------
    Estimate
        In the unit of the draws: quantiles of the mixture's distribution function, each of them
        one of its draws, so that no infinite one spoils its neighbours.

    Examples
    --------
    >>> step_estimate([np.array([1.0, 2.0, 3.0, np.inf])], np.ones(1)).eti89
    (1.0, inf)
    """
    values = np.concatenate(draws)
    share = np.concatenate(
        [np.full(len(d), w / len(d)) for d, w in zip(draws, weights, strict=True)]
    )
    order = np.argsort(values, kind="stable")
    values, reached = values[order], np.cumsum(share[order])

    def at(probability: float) -> float:
        # a hair less, for sums that miss by a rounding error
        place = np.searchsorted(reached, probability * (1 - 1e-9))
        return float(values[min(int(place), len(values) - 1)])

    eti50, eti89, eti95 = ((at((1 - p) / 2), at((1 + p) / 2)) for p in PROBABILITIES)
    return Estimate(median=at(0.5), eti50=eti50, eti89=eti89, eti95=eti95)
