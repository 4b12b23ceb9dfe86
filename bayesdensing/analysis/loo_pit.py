"""Where each LLM's scores lie in what the fit without that LLM predicts for them."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import logsumexp, stdtr

from bayesdensing.analysis._arviz import smoothed_weights
from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.observed import observed_scores, score_model, units_of
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import (
    UnitScores,
    density_nodes,
    effect_of,
    log_sizes,
    pair_log_density,
    pair_moments,
)
from bayesdensing.laws.score import shifted

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = [
    "GOOD_K",
    "band_table",
    "deviation_band",
    "loo_pit",
    "loo_pit_check",
    "pit_departures",
]

#: Shape of the weights' tail up to which they can be relied on (Vehtari et al. 2024).
GOOD_K = 0.7
_ERROR = 0.05
_GRID = np.linspace(0.005, 0.995, 199)


def loo_pit(fit: "Fit", *, max_draws: int = 400, seed: int = 0) -> xr.Dataset:
    """Return the leave-one-LLM-out probability integral transform of every score.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    max_draws : int
        Keep every k-th draw, this many in all.
    seed : int
        Seed, for scores of exactly 0 or 1 alone.

    Returns
    -------
    xarray.Dataset
        ``pit`` (score_obs), 0 to 1, with coords llm, benchmark and evaluator; ``pareto_k``
        (unit), by LLM: above `GOOD_K` the answer for that LLM is not to be relied on.

    Notes
    -----
    An LLM is left out by weighting draws with 1 / p(its scores | draw), its density integrated
    out, Pareto-smoothed (Vehtari et al. 2024). Each of its scores is then held against its
    predictive distribution under those draws, the density drawn anew from the trend. The scores
    of one LLM share that density, so their PITs depend on one another; those of different LLMs
    hardly do. Scores that lie at 0 or 1, where the model's tails are cut, get a random place
    within the mass that is cut there. The effect of the LLM's family is integrated out of what is
    predicted, not of the weights.
    """
    seen, model, units = (
        observed_scores(fit),
        score_model(fit, max_draws=max_draws),
        units_of(fit, within_families=True),
    )
    marginal = np.empty((model.n_draws, len(units)))
    predicted = np.empty((model.n_draws, len(seen.score)))
    for i, unit in enumerate(units):
        marginal[:, i], predicted[:, seen.llm == i] = _held(model, unit)
    log_weights, k = smoothed_weights(marginal)
    weights = np.exp(log_weights - logsumexp(log_weights, axis=0))
    pit = np.clip((weights[:, seen.llm] * predicted).sum(axis=0), 0, 1)
    place = np.random.default_rng(seed).random(len(pit))
    pit = np.where(seen.score <= 0, place * pit, pit)
    pit = np.where(seen.score >= 1, pit + place * (1 - pit), pit)
    names = {dim: fit.posterior[dim].to_numpy() for dim in ("llm", "benchmark", "evaluator")}
    coords = {dim: ("score_obs", axis[getattr(seen, dim)]) for dim, axis in names.items()}
    return xr.Dataset(
        {"pit": ("score_obs", pit), "pareto_k": ("unit", k)},
        coords={"score_obs": seen.labels, "unit": names["llm"], **coords},
        attrs={"units": "1", "draws": model.n_draws},
    )


def _held(model: ScoreModel, unit: UnitScores) -> tuple[np.ndarray, np.ndarray]:
    """Return log p(scores | draw) and, for each score, P(one at most as high | draw).

    Shapes (draw,) and (draw, score); the density is integrated over its prior, for the second,
    which is smoother, on half of the nodes. What is taken out of the posterior knows the effect of
    the LLM's family; what is predicted does not.
    """
    nodes, log_weight = density_nodes(model, unit)
    mean, shared = pair_moments(model, log_sizes(model, unit, nodes), unit.benchmarks)
    effect = effect_of(model, unit)[:, None]
    terms = pair_log_density(
        model,
        benchmarks=unit.benchmarks,
        mean=mean,
        shared=shared,
        effect=effect,
        pair=unit.pair,
        score=unit.score,
    )
    marginal = logsumexp(terms.sum(axis=-1) + log_weight, axis=1)
    if unit.family >= 0:
        alone = replace(unit, family=-1)
        nodes, log_weight = density_nodes(model, alone)
        mean, shared = pair_moments(model, log_sizes(model, alone, nodes), alone.benchmarks)
    mean, shared, weight = mean[:, ::2], shared[:, ::2], 2 * np.exp(log_weight[:, ::2])
    own = model.overdispersion[:, None, unit.benchmark] ** 2
    scale = np.sqrt(own + shared[..., unit.pair])
    distance = (unit.score - shifted(mean[..., unit.pair], effect)) / scale
    below = stdtr(model.score_df[:, None, None], distance)
    return marginal, np.asarray((weight[..., None] * below).sum(axis=1))


def deviation_band(
    pit: np.ndarray, unit: np.ndarray, *, error: float, simulations: int = 2000, seed: int = 0
) -> tuple[np.ndarray, float]:
    """Return how far shares of PITs depart from uniform, and how far they may by chance.

    Parameters
    ----------
    pit : ndarray, shape (score,)
        PITs, 0 to 1.
    unit : ndarray, shape (score,)
        LLM of each; LLMs are independent, the scores of one need not be.
    error : float
        Probability that PITs that are uniform leave the band anywhere.
    simulations : int
        Simulated departures.
    seed : int
        Seed of the simulation.

    Returns
    -------
    tuple of ndarray and float
        Share of PITs up to each of 199 evenly spaced places, less the place; half-width of the
        band, the same everywhere.

    Notes
    -----
    Multiplier bootstrap with the LLM as the cluster: what each LLM adds to the departure, less
    its share of the mean, is multiplied by a standard normal, and the largest departure of such
    sums is noted (van der Vaart and Wellner 1996, section 2.9).
    """
    below = (pit[:, None] <= _GRID) - _GRID
    _, code = np.unique(unit, return_inverse=True)
    parts = np.zeros((code.max() + 1, len(_GRID)))
    np.add.at(parts, code, below / len(pit))
    departure = parts.sum(axis=0)
    centred = parts - np.bincount(code)[:, None] / len(pit) * departure
    multipliers = np.random.default_rng(seed).normal(size=(simulations, len(parts)))
    largest = np.abs(multipliers @ centred).max(axis=1)
    return departure, float(np.quantile(largest, 1 - error))


def loo_pit_check(fit: "Fit", *, max_draws: int = 400, seed: int = 0) -> CheckResult:
    """Check whether the scores of LLMs that are left out fall where they are predicted.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    max_draws : int
        Draws to use.
    seed : int
        Seed of the band's simulation.

    Returns
    -------
    CheckResult
        Passed where neither the PITs of all scores nor those of any benchmark leave the band
        that all of them together keep to with a probability of 95 % where they are uniform
        (`deviation_band`, the error divided among them). Its table has a row for each, with the
        departure that is largest and where it lies. LLMs whose tail shape exceeds `GOOD_K` are
        counted in the text and kept.
    """
    found = loo_pit(fit, max_draws=max_draws, seed=seed)
    table = band_table(pit_departures(found, seed=seed))
    bad = int((found["pareto_k"] > GOOD_K).sum())
    worst = table.iloc[int((table["largest"].abs() / table["band"]).to_numpy().argmax())]
    text = (
        f"{(~table['within']).sum()} of {len(table)} sets of PITs leave their 95 % band; "
        f"{worst['of']}: {worst['largest']:+.3f} at {worst['at']:.2f}, band ±{worst['band']:.3f}; "
        f"{bad} of {found.sizes['unit']} LLMs have k > {GOOD_K}"
    )
    return CheckResult(
        name="leave-one-LLM-out PIT", passed=bool(table["within"].all()), text=text, table=table
    )


def pit_departures(found: xr.Dataset, *, seed: int = 0) -> xr.Dataset:
    """Return how far the PITs of all scores and of each benchmark depart from uniform.

    Parameters
    ----------
    found : xarray.Dataset
        Of `loo_pit`.
    seed : int
        Seed of the band's simulation.

    Returns
    -------
    xarray.Dataset
        Dims of (``all`` and the benchmarks) and place (0 to 1): ``departure`` (of, place), the
        share of PITs up to the place less the place; by of ``band``, the half-width of the band,
        n_scores and n_llms.
    """
    benchmark, llm = found["benchmark"].to_numpy(), found["llm"].to_numpy()
    names = [str(name) for name in dict.fromkeys(benchmark.tolist())]
    sets = {"all": np.ones(len(benchmark), dtype=bool)} | {n: benchmark == n for n in names}
    error = _ERROR / len(sets)
    pit = found["pit"].to_numpy()
    each = [deviation_band(pit[of], llm[of], error=error, seed=seed) for of in sets.values()]
    return xr.Dataset(
        {
            "departure": (("of", "place"), np.array([departure for departure, _ in each])),
            "band": ("of", np.array([band for _, band in each])),
            "n_scores": ("of", [int(of.sum()) for of in sets.values()]),
            "n_llms": ("of", [len(np.unique(llm[of])) for of in sets.values()]),
        },
        coords={"of": list(sets), "place": _GRID},
        attrs={"units": "1"},
    )


def band_table(departures: xr.Dataset) -> pd.DataFrame:
    """Return where the PITs of each set depart most from uniform.

    Parameters
    ----------
    departures : xarray.Dataset
        Of `pit_departures`.

    Returns
    -------
    pandas.DataFrame
        Columns of (``all`` or a benchmark), n_scores, n_llms, largest (departure of the shares
        from uniform, signed), at (the place), band (half-width), within.
    """
    values, band = departures["departure"].to_numpy(), departures["band"].to_numpy()
    at = np.abs(values).argmax(axis=1)
    largest = values[np.arange(len(at)), at]
    return pd.DataFrame(
        {
            **{name: departures[name].to_numpy() for name in ("of", "n_scores", "n_llms")},
            "largest": largest,
            "at": _GRID[at],
            "band": band,
            "within": np.abs(largest) <= band,
        }
    )
