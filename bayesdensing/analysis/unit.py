"""The likelihood of one LLM's scores, the exchangeable unit, with its density integrated out.

Given a draw of everything that LLMs share, the scores of an LLM depend on one unknown of its own,
its log density. This module has their log density as a function of it, and its integral over it,
for many draws at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logsumexp

from bayesdensing.analysis.covariates import LlmColumns
from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.laws import deviation
from bayesdensing.laws.score import binomial_variance, shifted
from bayesdensing.laws.spread import spread_factor

__all__ = [
    "UnitScores",
    "density_nodes",
    "effect_of",
    "log_likelihood",
    "log_sizes",
    "marginal_log_likelihood",
    "pair_log_density",
    "pair_moments",
]

#: Nodes of the quadrature over log density, and how far they reach, in prior sd either way.
NODES, REACH = 121, 6.0


@dataclass(frozen=True, kw_only=True)
class UnitScores:
    """The measured scores of one LLM.

    Attributes
    ----------
    log_n : float
        Natural log of the parameter count that the hypothesis uses; of the total one where the
        weight of active parameters is estimated.
    years : float
        Release date in years since the reference date of the trend.
    benchmark, evaluator : ndarray of int, shape (score,)
        Codes in the order of the `ScoreModel`; an evaluator that it does not know is -1.
    score : ndarray, shape (score,)
        Scores, 0 to 1.
    log_active_share : float
        Natural log of active over total parameters where the weight is estimated, else 0.
    family : int
        Family in the order of the draws, whose effect is conditioned on; -1: integrated out.
    """

    log_n: float
    years: float
    benchmark: np.ndarray
    evaluator: np.ndarray
    score: np.ndarray
    log_active_share: float = 0.0
    family: int = -1

    @property
    def columns(self) -> LlmColumns:
        """Size and family, for `Covariates`."""
        return LlmColumns(
            log_n=np.array([self.log_n]),
            log_active_share=np.array([self.log_active_share]),
            family=np.array([self.family]),
        )

    @cached_property
    def benchmarks(self) -> np.ndarray:
        """Benchmarks with scores, ascending, shape (pair,)."""
        return np.unique(self.benchmark)

    @cached_property
    def pair(self) -> np.ndarray:
        """Index into `benchmarks` of each score, shape (score,)."""
        return np.searchsorted(self.benchmarks, self.benchmark)


def density_nodes(
    model: ScoreModel, unit: UnitScores, *, nodes: int = NODES
) -> tuple[np.ndarray, np.ndarray]:
    """Return log densities at which to evaluate, and the log of what each stands for a priori.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    unit : UnitScores
        The LLM, of which date, size and family are used.
    nodes : int
        How many, evenly spaced over `REACH` prior sd on either side of the prior mean; more where
        an inefficiency reaches further.

    Returns
    -------
    tuple of ndarray
        Log density (natural log) and log of prior density times spacing, each (draw, node). The
        trapezoidal rule: sums of exp(log weight) f are the integral of f over the prior.

    Notes
    -----
    For smooth integrands that vanish at both ends the rule's relative error falls as
    2 exp(-2 pi^2 s^2 / h^2), s the width (sd) of prior times likelihood and h the spacing
    (Trefethen and Weideman 2014): below 1e-8 for widths of one spacing, a tenth of the prior sd
    with the default, and 1e-2 for half of that. What lies beyond `REACH` has a prior probability
    of 2e-9.
    """
    centre = model.trend.at(unit.years) + model.covariates.shift(unit.columns)
    kind = model.frontier
    spread = spread_factor(years=unit.years, dispersion_growth=model.dispersion_growth)
    dispersion = model.covariates.scatter(unit.columns, (spread * model.dispersion)[:, None])
    behind = spread * model.inefficiency_sd
    scale = np.sqrt(dispersion[:, 0] ** 2 + behind**2)
    # a tail that is longer on one side takes more nodes, not wider spacing
    reach = max(REACH, kind.reach)
    steps = np.linspace(-reach, REACH, 1 + round((nodes - 1) * (reach + REACH) / (2 * REACH)))
    residual = scale[:, None] * steps - kind.mean_inefficiency(behind)[:, None]
    prior = kind.log_density(residual, dispersion=dispersion, inefficiency_sd=behind[:, None])
    spacing = scale[:, None] * (steps[1] - steps[0])
    return centre + residual, prior + np.log(spacing)


def pair_moments(
    model: ScoreModel, log_size: np.ndarray, benchmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what pairs of an LLM and a benchmark should score, and what measurements share.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    log_size : ndarray, shape (draw, node, pair)
        Natural log of effective parameters.
    benchmarks : ndarray of int, shape (pair,)
        Benchmark of each pair.

    Returns
    -------
    tuple of ndarray
        Mean and variance (departure and items) before evaluators, each (draw, node, pair).
    """
    mean, variance = model.ruler.moments(log_size, benchmarks)
    return mean, variance + binomial_variance(mean, model.n_items[benchmarks])


def pair_log_density(
    model: ScoreModel,
    *,
    benchmarks: np.ndarray,
    mean: np.ndarray,
    shared: np.ndarray,
    effect: np.ndarray,
    pair: np.ndarray,
    score: np.ndarray,
) -> np.ndarray:
    """Return the log density of the measured scores of pairs of an LLM and a benchmark.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    benchmarks : ndarray of int, shape (pair,)
        Benchmark of each pair.
    mean, shared : ndarray, shape (draw, node or 1, pair)
        `pair_moments`.
    effect : ndarray, shape (draw, node or 1, score)
        Evaluators' effects (logits).
    pair : ndarray of int, shape (score,)
        Pair of each score; every pair has at least one.
    score : ndarray, shape (score,)
        Scores, 0 to 1.

    Returns
    -------
    ndarray, shape (draw, node, pair)
        Log probability densities of each pair's scores together, `laws.deviation`.
    """
    met = deviation.ends_met(score)
    every = np.arange(len(benchmarks))
    member = (pair[:, None] == every).astype(float)
    member[met] = 0.0
    count = member.sum(axis=0)
    expected = shifted(mean[..., pair], effect)
    residual = score - expected
    df = model.score_df[:, None]
    pairs = {
        "total": residual @ member,
        "total_square": residual**2 @ member,
        "count": count,
        "own_variance": model.overdispersion[:, None, benchmarks] ** 2,
        "shared_variance": shared,
    }
    density = deviation.shared_student_t(
        **pairs, df=df[..., None], log_constant=deviation.log_constant(count=count, df=df)[:, None]
    )
    if not len(met):
        return np.asarray(density)
    beyond = deviation.log_probability_beyond(
        score[met] - expected[..., met],
        side=1 - 2 * score[met],
        **{name: part[..., pair[met]] for name, part in pairs.items()},
        df=df[..., None],
    )
    return np.asarray(density + beyond @ (pair[met][:, None] == every))


def log_likelihood(
    model: ScoreModel,
    unit: UnitScores,
    log_density: np.ndarray,
    *,
    effect: np.ndarray | None = None,
) -> np.ndarray:
    """Return the log likelihood of an LLM's scores as a function of its log density.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    unit : UnitScores
        The LLM.
    log_density : ndarray, shape (draw, node)
        Natural log of its density.
    effect : ndarray, shape (draw, score), optional
        Evaluators' effects (logits), where not those of the draws.

    Returns
    -------
    ndarray, shape (draw, node)
        Log probability density of the scores, given draw and log density.

    Raises
    ------
    ValueError
        Where an evaluator is unknown and no effects are given.
    """
    mean, shared = pair_moments(model, log_sizes(model, unit, log_density), unit.benchmarks)
    terms = pair_log_density(
        model,
        benchmarks=unit.benchmarks,
        mean=mean,
        shared=shared,
        effect=(effect_of(model, unit) if effect is None else effect)[:, None],
        pair=unit.pair,
        score=unit.score,
    )
    return np.asarray(terms.sum(axis=-1))


def log_sizes(model: ScoreModel, unit: UnitScores, log_density: np.ndarray) -> np.ndarray:
    """Return the effective size of an LLM, once for each of its benchmarks.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    unit : UnitScores
        The LLM.
    log_density : ndarray, shape (draw, node)
        Natural log of its density.

    Returns
    -------
    ndarray, shape (draw, node, pair)
        Natural log of effective parameters.
    """
    log_n = model.covariates.log_counts(unit.columns)
    drift = model.covariates.drift(unit.years, unit.benchmarks)
    return np.asarray((log_n + log_density)[..., None] + drift[:, None])


def effect_of(model: ScoreModel, unit: UnitScores) -> np.ndarray:
    """Return the effects of those who measured an LLM.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    unit : UnitScores
        The LLM.

    Returns
    -------
    ndarray, shape (draw, score)
        Logits.

    Raises
    ------
    ValueError
        Where an evaluator is unknown.
    """
    if (unit.evaluator < 0).any():
        raise ValueError("an evaluator that the draws do not know has no effect")
    return np.asarray(model.evaluator_effect[:, unit.evaluator, unit.benchmark])


def marginal_log_likelihood(
    model: ScoreModel,
    units: Sequence[UnitScores],
    *,
    nodes: int = NODES,
) -> np.ndarray:
    """Return the log likelihood of each LLM's scores, its density integrated out over its prior.

    Parameters
    ----------
    model : ScoreModel
        Draws.
    units : sequence of UnitScores
        LLMs, of evaluators that the draws know; effects of families are integrated out or
        conditioned on as each unit says.
    nodes : int
        Nodes of the rule, `density_nodes`, which states its error.

    Returns
    -------
    ndarray, shape (draw, llm)
        Log probability density of its scores, given the draw: what cross-validation over LLMs
        compares.
    """
    out = np.empty((model.n_draws, len(units)))
    for i, unit in enumerate(units):
        log_density, log_weight = density_nodes(model, unit, nodes=nodes)
        out[:, i] = logsumexp(log_likelihood(model, unit, log_density) + log_weight, axis=1)
    return out
