"""Forecasts of scores without a model of density, to hold a forecast against; and their scoring.

All of them work on the log-odds of a benchmark's scores, with a slope in log parameters by least
squares, so that LLMs of different sizes can be told of at all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

__all__ = ["BASELINES", "Past", "baseline_draws", "crps"]

#: What the baselines are called, and how each takes time.
BASELINES = ("last value", "least squares on records", "least squares on all")

#: Scores are kept this far from 0 and 1 before their log-odds are taken.
_EDGE = 0.005
_FEWEST = 4


@dataclass(frozen=True, kw_only=True)
class Past:
    """Scores of LLMs on one benchmark, one a LLM.

    Attributes
    ----------
    years : ndarray, shape (llm,)
        Release dates (years), ascending.
    log_n : ndarray, shape (llm,)
        Natural log of parameters.
    score : ndarray, shape (llm,)
        Scores, 0 to 1.
    """

    years: np.ndarray
    log_n: np.ndarray
    score: np.ndarray


def baseline_draws(
    method: str,
    past: Past,
    *,
    years: np.ndarray,
    log_n: np.ndarray,
    rng: np.random.Generator,
    draws: int = 1000,
) -> np.ndarray:
    """Draw scores of later LLMs by a baseline.

    Parameters
    ----------
    method : str
        One of `BASELINES`.
    past : Past
        What was known.
    years, log_n : ndarray, shape (later,)
        Release date (years) and natural log of parameters of the LLMs to come.
    rng : numpy.random.Generator
        Source of randomness.
    draws : int
        Draws.

    Returns
    -------
    ndarray, shape (draw, later)
        Scores, 0 to 1; NaN where there are too few LLMs, or records, for a scatter.

    Notes
    -----
    The predictive distribution of a regression is Student-t with its residual degrees of freedom
    (Gelman et al. 2013, Bayesian Data Analysis, section 14.3). Records are the LLMs whose score,
    the slope in size taken off, was the highest yet. The last value's scatter is that of the
    differences between one LLM and the next.
    """
    n = len(past.years)
    if n < _FEWEST:
        return np.full((draws, len(years)), np.nan)
    y = logit(np.clip(past.score, _EDGE, 1 - _EDGE))
    design = np.column_stack([np.ones(n), past.years, past.log_n])
    later = np.column_stack([np.ones(len(years)), years, log_n])
    if method == "least squares on all":
        return np.asarray(expit(_predicted(design, y, later, rng, draws)))
    slope = np.linalg.lstsq(design, y, rcond=None)[0][2]
    level = y - slope * past.log_n
    if method == "last value":
        sd = np.std(np.diff(level), ddof=1)
        found = level[-1] + sd * rng.standard_t(n - 2, size=(draws, len(years)))
    else:
        records = level >= np.maximum.accumulate(level)
        if records.sum() < _FEWEST:
            return np.full((draws, len(years)), np.nan)
        found = _predicted(design[records, :2], level[records], later[:, :2], rng, draws)
    return np.asarray(expit(found + slope * log_n))


def _predicted(
    design: np.ndarray, y: np.ndarray, later: np.ndarray, rng: np.random.Generator, draws: int
) -> np.ndarray:
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    df = len(y) - design.shape[1]
    variance = float(np.sum((y - design @ beta) ** 2)) / df
    inverse = np.linalg.pinv(design.T @ design)
    reach = np.sqrt(variance * (1 + np.einsum("ij,jk,ik->i", later, inverse, later)))
    return np.asarray(later @ beta + reach * rng.standard_t(df, size=(draws, len(later))))


def crps(draws: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score of forecasts: 0 is perfect.

    Parameters
    ----------
    draws : ndarray, shape (draw, value)
        Draws of each forecast.
    value : ndarray, shape (value,)
        What came.

    Returns
    -------
    ndarray, shape (value,)
        In the unit of the values.

    Notes
    -----
    Gneiting and Raftery (2007), equation 21: E|X - y| - E|X - X'| / 2, the second part by order
    statistics.

    Examples
    --------
    >>> crps(np.array([[0.0], [1.0]]), np.array([0.5])).tolist()
    [0.25]
    """
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weight = (2 * np.arange(1, n + 1) - n - 1)[:, None] / n**2
    return np.asarray(np.abs(draws - value).mean(axis=0) - (weight * ordered).sum(axis=0))
