"""Ranks of true values among draws, and whether the ranks of many fits are uniform.

A rank among L independent draws of a right posterior is uniform over 0 to L (Talts, Betancourt,
Simpson, Vehtari and Gelman 2018, arXiv:1804.06788). Draws of a chain are thinned to as many as are
independent, so L differs between fits and parameters; ranks are therefore compared as
(rank + u) / (L + 1) with u uniform, which is uniform on 0 to 1 whatever L.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

from bayesdensing.analysis._arviz import STATISTICS, convergence
from bayesdensing.analysis.intervals import PROBABILITIES
from bayesdensing.analysis.tables import TOP_LEVEL_DIMS, entry_labels

__all__ = [
    "GRID",
    "Uniformity",
    "binomial_range",
    "holm",
    "null_distribution",
    "ranked",
    "shares",
    "uniformity",
]

#: Most draws that a rank is taken among, after thinning.
MOST_DRAWS = 99
#: Where the share of ranks below is compared with what is expected.
GRID = np.arange(1, 100) / 100
_CHUNK = 10_000


def ranked(posterior: xr.Dataset, truth: xr.Dataset) -> pd.DataFrame:
    """Find where the true values of the top level lie among the draws of one fit.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).
    truth : xarray.Dataset
        True values, the same dims without (chain, draw), labelled.

    Returns
    -------
    pandas.DataFrame
        One row per scalar that is no constant, the log-odds of shares left out, index
        ``parameter``, such as ``n_exponent[MMLU]``; columns truth, rank (draws below the truth),
        n_draws (independent draws that it is among), rhat, ess_bulk, ess_tail, and the ends of the
        equal-tailed intervals of all draws, ``eti50_lb`` and so on. In the parameters' natural
        units.
    """
    names = [
        str(name)
        for name, values in posterior.data_vars.items()
        if set(values.dims) <= TOP_LEVEL_DIMS and name in truth
        # log-odds of a share rank as the share does
        if str(name).removesuffix("_logit") not in set(posterior.data_vars) - {name}
    ]
    labels = {dim: truth[dim].to_numpy() for dim in truth.dims if dim in posterior.dims}
    chosen = posterior[names].assign_coords(labels)
    statistics = convergence(chosen)
    table = pd.concat([_of_variable(chosen[n], truth[n], statistics[n]) for n in names])
    table.index.name = "parameter"
    return table


def _of_variable(
    draws: xr.DataArray, truth: xr.DataArray, statistics: xr.DataArray
) -> pd.DataFrame:
    entries = [str(dim) for dim in draws.dims if dim not in ("chain", "draw")]
    flat = draws.transpose("chain", "draw", *entries).to_numpy()
    flat = flat.reshape(flat.shape[0] * flat.shape[1], -1)
    true = truth.transpose(*entries).to_numpy().ravel().astype(float)
    found = {
        name: statistics.sel(statistic=name).transpose(*entries).to_numpy().ravel()
        for name in STATISTICS
    }
    ess = np.fmin(found["ess_bulk"], found["ess_tail"])
    count = np.clip(np.floor(np.nan_to_num(ess, nan=1.0)), 1, min(MOST_DRAWS, len(flat)))
    count = count.astype(int)
    rank = [_rank(flat[:, i], true[i], count[i]) for i in range(len(true))]
    columns: dict[str, np.ndarray] = {"truth": true, "rank": np.array(rank), "n_draws": count}
    columns |= found
    for probability in PROBABILITIES:
        tail = (1 - probability) / 2
        low, high = np.quantile(flat, [tail, 1 - tail], axis=0)
        columns[f"eti{probability * 100:.0f}_lb"] = low
        columns[f"eti{probability * 100:.0f}_ub"] = high
    table = pd.DataFrame(columns, index=pd.Index(entry_labels(draws)))
    return table[np.ptp(flat, axis=0) > 0]


def _rank(draws: np.ndarray, truth: float, count: int) -> int:
    """Count the draws below the truth, of as many as are independent, evenly spaced."""
    at = ((np.arange(count) + 0.5) * len(draws) / count).astype(int)
    return int((draws[at] < truth).sum())


def shares(rank: np.ndarray, n_draws: np.ndarray, *, seed: int) -> np.ndarray:
    """Return ranks as shares that are uniform where ranks are.

    Parameters
    ----------
    rank, n_draws : ndarray of int, shape (...)
        Draws below the truth, and draws in all.
    seed : int
        Seed of where between two shares a rank lies.

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1.

    Examples
    --------
    >>> bool(0.5 <= shares(np.array([50]), np.array([99]), seed=1)[0] <= 0.51)
    True
    """
    u = np.random.default_rng(seed).random(np.shape(rank))
    return np.asarray((np.asarray(rank) + u) / (np.asarray(n_draws) + 1))


@dataclass(frozen=True)
class Uniformity:
    """Whether shares are uniform.

    Attributes
    ----------
    departure : ndarray, shape (place,)
        Share of the shares up to each place of `GRID`, less the place.
    lower, upper : ndarray, shape (place,)
        The band that it keeps to everywhere with a probability of 1 less the error.
    p_value : float
        Probability of a departure at least as improbable at its worst place.
    """

    departure: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p_value: float

    @property
    def worst(self) -> tuple[float, float]:
        """The place of the largest departure, and that departure."""
        at = int(np.abs(self.departure).argmax())
        return float(GRID[at]), float(self.departure[at])


def null_distribution(count: int, *, simulations: int = 20_000, seed: int = 0) -> np.ndarray:
    """Return what the test statistic of uniform shares looks like.

    Parameters
    ----------
    count : int
        Shares.
    simulations : int
        Sets of shares that are drawn.
    seed : int
        Seed.

    Returns
    -------
    ndarray, shape (simulation,)
        The smallest two-sided binomial tail probability over the places of `GRID`, sorted.

    Notes
    -----
    Simultaneous band of Säilynoja, Bürkner and Vehtari (2022), Statistics and Computing 32, 32,
    its level found by simulation.
    """
    tails = _tails(count)
    rng = np.random.default_rng(seed)
    cells = np.full(len(GRID) + 1, 1 / (len(GRID) + 1))
    smallest = []
    for start in range(0, simulations, _CHUNK):
        size = min(_CHUNK, simulations - start)
        below = rng.multinomial(count, cells, size=size).cumsum(axis=1)[:, :-1]
        smallest.append(tails[np.arange(len(GRID)), below].min(axis=1))
    return np.sort(np.concatenate(smallest))


def _tails(count: int) -> np.ndarray:
    """Return two-sided tail probabilities of so many or fewer, or more, shares below a place."""
    k = np.arange(count + 1)
    low = binom.cdf(k, count, GRID[:, None])
    high = binom.sf(k - 1, count, GRID[:, None])
    return np.asarray(np.minimum(1.0, 2 * np.minimum(low, high)))


def uniformity(values: np.ndarray, null: np.ndarray, *, error: float) -> Uniformity:
    """Test whether shares are uniform.

    Parameters
    ----------
    values : ndarray, shape (fit,)
        Shares, 0 to 1.
    null : ndarray, shape (simulation,)
        Of `null_distribution` for as many shares.
    error : float
        Probability with which uniform shares leave the band.

    Returns
    -------
    Uniformity
        Departure, band and p value.

    Examples
    --------
    >>> null = null_distribution(200)
    >>> even, low = np.linspace(0.002, 0.998, 200), np.linspace(0.0, 0.6, 200)
    >>> uniformity(even, null, error=0.01).p_value, uniformity(low, null, error=0.01).p_value < 0.01
    (1.0, True)
    """
    count = len(values)
    below = (np.asarray(values)[:, None] <= GRID).sum(axis=0)
    smallest = _tails(count)[np.arange(len(GRID)), below].min()
    reached = int(np.searchsorted(null, smallest * (1 + 1e-12), side="right"))
    level = float(np.quantile(null, error))
    ends = [binom.ppf(q, count, GRID) / count - GRID for q in (level / 2, 1 - level / 2)]
    return Uniformity(
        departure=below / count - GRID,
        lower=ends[0],
        upper=ends[1],
        p_value=min(1.0, (1 + reached) / (1 + len(null))),
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number.

    Parameters
    ----------
    p_values : ndarray, shape (test,)
        Of single tests, however they depend on one another.

    Returns
    -------
    ndarray, shape (test,)
        Below a level with at most that probability for any true null hypothesis (Holm 1979).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    factors = len(p_values) - np.arange(len(p_values))
    steps = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    corrected = np.empty(len(p_values))
    corrected[order] = steps
    return corrected


def binomial_range(count: int, probability: float, *, inside: float = 0.99) -> tuple[float, float]:
    """Return the central range of a share of independent events.

    Parameters
    ----------
    count : int
        Events.
    probability : float
        Of each.
    inside : float
        Probability of the range.

    Returns
    -------
    tuple of float
        Lowest and highest share.

    Examples
    --------
    >>> binomial_range(200, 0.95)
    (0.905, 0.985)
    """
    tail = (1 - inside) / 2
    low, high = binom.ppf([tail, 1 - tail], count, probability) / count
    return float(low), float(high)
