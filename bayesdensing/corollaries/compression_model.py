"""Changes of log density by compression: pairs within methods, given each draw of a fit.

For each posterior draw of everything that LLMs share, and of the parent's log density x,

    x_compressed = x + change,   change ~ Normal(mean of the method, spread of the method),
    mean ~ Normal(0, 1),   spread ~ HalfNormal(0.5),

and the compressed LLM's scores have the likelihood that the fit gives them.
"""

from dataclasses import dataclass

import numpy as np

from bayesdensing.analysis.gibbs import draw_on_nodes
from bayesdensing.corollaries.compression_likelihood import Likelihood, in_chunks

__all__ = ["MEAN_SD", "SPREAD_SD", "Changes", "changes_given"]

#: Scales of the priors (natural log): a method changes density by a factor of e or so, and its
#: pairs differ by less.
MEAN_SD, SPREAD_SD = 1.0, 0.5
#: Spreads that are tried, and nodes of a change in spreads about its method's mean.
_SPREADS = np.geomspace(0.01, 3.0, 48)
_STEPS = np.linspace(-4.5, 4.5, 31)
#: Sweeps from an approximate start.
_SWEEPS = 12


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Draws of changes of log density (natural log).

    Attributes
    ----------
    change : ndarray, shape (draw, pair)
        Of each pair.
    mean : ndarray, shape (draw, method)
        Of each method.
    spread : ndarray, shape (draw, method)
        Sd of pairs about their method's mean.
    new : ndarray, shape (draw, method)
        Of a pair that has not been seen.
    """

    change: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    new: np.ndarray


def changes_given(likelihood: Likelihood, method: np.ndarray, *, seed: int) -> Changes:
    """Draw changes of pairs, means of methods and the spread within them.

    Parameters
    ----------
    likelihood : Likelihood
        Of the pairs.
    method : ndarray of int, shape (pair,)
        Method of each, numbered from 0.
    seed : int
        Seed of the draws.

    Returns
    -------
    Changes
        One state per draw.

    Notes
    -----
    Every posterior draw has a chain of its own. It starts from a draw of the same model with each
    likelihood replaced by a normal one, for which means are integrated out and the spread is
    drawn on a grid, and goes on by Gibbs sweeps with the likelihood as it is.
    """
    rng = np.random.default_rng(seed)
    n, n_methods = len(likelihood.start), int(method.max()) + 1
    change = np.empty(likelihood.start.shape)
    mean, spread = np.empty((n, n_methods)), np.empty((n, n_methods))

    def draw(part: slice, own_rng: np.random.Generator) -> None:
        for m in range(n_methods):
            own = np.flatnonzero(method == m)
            one = likelihood.take(part, own)
            change[part, own], mean[part, m], spread[part, m] = _one_method(one, own_rng)

    in_chunks(draw, draws=n, rng=rng)
    new = mean + spread * rng.normal(size=mean.shape)
    return Changes(change=change, mean=mean, spread=spread, new=new)


def _one_method(
    likelihood: Likelihood, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw changes (draw, pair), their mean and their spread (draw,)."""
    mean, spread = _normal_start(*likelihood.normal(MEAN_SD**2 + SPREAD_SD**2), rng)
    change = np.empty(likelihood.start.shape)
    for _ in range(_SWEEPS):
        nodes = mean[:, None, None] + spread[:, None, None] * _STEPS
        nodes = np.broadcast_to(nodes, (*change.shape, len(_STEPS)))
        log_p = likelihood.at(nodes) - _STEPS**2 / 2
        flat = (-1, len(_STEPS))
        change = draw_on_nodes(rng, nodes.reshape(flat), log_p.reshape(flat)).reshape(change.shape)
        mean, spread = _parameters(change, spread, rng)
    return change, mean, spread


def _normal_start(
    precision: np.ndarray, weighted: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw mean and spread given normal likelihoods of the changes, (draw,) each."""
    log_p = np.empty((len(precision), len(_SPREADS)))
    middle = weighted / precision
    for i, tried in enumerate(_SPREADS):
        own = 1 / (1 / precision + tried**2)
        total = (own * middle).sum(axis=1)
        posterior = own.sum(axis=1) + MEAN_SD**-2
        log_p[:, i] = (
            np.log(own).sum(axis=1)
            - (own * middle**2).sum(axis=1)
            + total**2 / posterior
            - np.log(posterior)
        ) / 2 + _spread_prior(tried)
    nodes = np.broadcast_to(np.log(_SPREADS), log_p.shape)
    spread = np.exp(draw_on_nodes(rng, nodes, log_p))
    own = 1 / (1 / precision + spread[:, None] ** 2)
    return _mean((own * middle).sum(axis=1), own.sum(axis=1), rng), spread


def _parameters(
    change: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the mean given the spread, and the spread given the mean, (draw,) each."""
    n = change.shape[1]
    mean = _mean(spread**-2 * change.sum(axis=1), spread**-2 * n, rng)
    square = ((change - mean[:, None]) ** 2).sum(axis=1)
    log_p = -n * np.log(_SPREADS) - square[:, None] / (2 * _SPREADS**2) + _spread_prior(_SPREADS)
    nodes = np.broadcast_to(np.log(_SPREADS), log_p.shape)
    return mean, np.exp(draw_on_nodes(rng, nodes, log_p))


def _mean(weighted: np.ndarray, total: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    precision = total + MEAN_SD**-2
    noise = rng.normal(size=weighted.shape) / np.sqrt(precision)
    return np.asarray(weighted / precision + noise)


def _spread_prior(spread: np.ndarray | float) -> np.ndarray:
    """Return the log prior density of the log of a spread, up to a constant."""
    return np.asarray(np.log(spread) - (spread / SPREAD_SD) ** 2 / 2)
