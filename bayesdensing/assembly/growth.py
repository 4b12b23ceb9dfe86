"""The growth block: density of each LLM, seen through the ruler by benchmarks and evaluators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.assembly.blocks import Curve, Link, pooled
from bayesdensing.assembly.covariates import (
    add_drift,
    add_log_counts,
    add_to_density,
    refuse_unidentified,
)
from bayesdensing.assembly.design import ScoreDesign
from bayesdensing.assembly.grouped import grouped_student_t
from bayesdensing.assembly.trend import add_trend, spread_at
from bayesdensing.laws import score
from bayesdensing.laws.deviation import ends_met
from bayesdensing.laws.frontier import Frontier, frontier_of
from bayesdensing.spec import Spec

__all__ = [
    "EVEN_COUNT",
    "Growth",
    "add_growth",
    "add_growth_geometry",
    "evaluator_counts",
    "evaluator_stretch",
]

#: Quantiles of LLM sizes at which the sampler's coordinates tie the link to the loss law.
SIZE_QUANTILES = (0.2, 0.5, 0.8)
#: Measurements that tell about as much of an evaluator's effect as its prior does.
EVEN_COUNT = 4.0


@dataclass(frozen=True)
class Growth:
    """What the growth block tells the sampler of itself.

    Attributes
    ----------
    effect_sd : TensorVariable, shape (benchmark,)
        Sd of the evaluators' effects.
    population : tuple of TensorVariable
        Mean and sd of the LLMs' log densities, each () or (llm,).
    """

    effect_sd: Any
    population: tuple[Any, Any]


def add_growth(spec: Spec, design: ScoreDesign, *, curve: Curve, link: Link, size: int) -> Growth:
    """Add densities, effective parameters and the measured scores.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores.
    curve : Curve
        The loss law.
    link : Link
        The score link.
    size : int
        Number of benchmarks.

    Returns
    -------
    Growth
        What the sampler may use.
    """
    refuse_unidentified(spec, design)
    log_n = add_log_counts(spec, design)
    log_density, population = _add_density(spec, design, log_n)
    log_size = (log_n + log_density)[design.pair_llm]
    log_size = log_size + add_drift(spec, design)
    departs = pooled("deviation_sd", spec.priors["deviation_sd"], size=size)
    expected, shared = _pair_moments(spec, design, log_size, departs, curve=curve, link=link)
    shared = shared + score.binomial_variance(expected, design.n_items)
    effect_sd = pooled("evaluator_sd", spec.priors["evaluator_sd"], size=size)
    effect = pm.Normal("evaluator_effect", 0, effect_sd, dims=("evaluator", "benchmark"))
    own = pooled("overdispersion", spec.priors["overdispersion"], size=size)
    df = spec.priors["score_df"].rv("score_df")
    met = ends_met(design.score)
    ends = {"end": [design.labels[i] for i in met]}
    # exponentials once a cell, not once a measurement
    ratio = pt.exp(effect)[design.obs_evaluator, design.obs_benchmark]
    measured = score.multiplied_odds(expected[design.obs_pair], ratio)
    grouped_student_t(
        "score",
        mean=measured,
        own_scale=own,
        own_class=design.pair_benchmark,
        shared_variance=shared,
        df=df,
        group=design.obs_pair,
        observed=design.score,
        dims="score_obs",
        at_end=pm.Data("score_at_end", met, dims="end", coords=ends, shape=(None,)),
    )
    return Growth(effect_sd, population)


def _add_density(spec: Spec, design: ScoreDesign, log_n: Any) -> tuple[Any, tuple[Any, Any]]:
    """Add the log density of every LLM, about the trend or behind the frontier.

    Return it with mean and sd of its distribution.
    """
    mean, dispersion = add_trend(spec, design)
    mean, dispersion = add_to_density(spec, design, log_n=log_n, mean=mean, dispersion=dispersion)
    kind = frontier_of(spec.growth.frontier)
    if kind.name == "none":
        density = pm.Normal("log_density", mu=mean, sigma=dispersion, dims="llm")
        return density, (mean, dispersion)
    behind = spec.priors["inefficiency_sd"].rv("inefficiency_sd") * spread_at(spec, design.years)
    density = _composed(kind, mean, dispersion, behind, design.llms)
    spread = pt.sqrt(dispersion**2 + kind.variance_inefficiency(behind))
    return density, (mean - kind.mean_inefficiency(behind), spread)


def _composed(kind: Frontier, mean: Any, dispersion: Any, behind: Any, llms: Sequence[str]) -> Any:
    """Add log densities that stay behind a frontier."""

    def logp(value: Any, trend: Any, dispersion: Any, behind: Any) -> Any:
        terms = kind.log_density(value - trend, dispersion=dispersion, inefficiency_sd=behind)
        return terms.sum(axis=-1)

    def random(
        trend: Any, dispersion: Any, behind: Any, rng: np.random.Generator, size: Any = None
    ) -> np.ndarray:
        distance = kind.sample(rng, dispersion=dispersion, inefficiency_sd=behind, size=trend.shape)
        return np.asarray(trend + distance)

    def centre(_rv: Any, _size: Any, trend: Any, _dispersion: Any, behind: Any) -> Any:
        return trend - kind.mean_inefficiency(behind)

    # of one value per LLM also where the trend or the dispersion is constant
    every = np.zeros(len(llms))
    return pm.CustomDist(
        "log_density",
        mean + every,
        dispersion + every,
        behind + every,
        logp=logp,
        random=random,
        support_point=centre,
        signature="(n),(n),(n)->(n)",
        dims="llm",
    )


def _pair_moments(
    spec: Spec, design: ScoreDesign, log_size: Any, departs: Any, *, curve: Curve, link: Link
) -> tuple[Any, Any]:
    """Return mean and variance of each pair's score over its departure, both (pair,)."""
    b = design.pair_benchmark
    reach = np.sqrt(3.0) * departs

    def strength(log_size: Any) -> Any:
        tokens = spec.reference_tokens.log_tokens(log_size)
        return score.logit_strength(
            loss=curve.loss(log_size, tokens, b),
            midpoint_loss=link.midpoint_loss[b],
            slope=link.slope[b],
        )

    if spec.growth.deviation == "score":
        middle = strength(log_size)
        nodes = [middle - reach[b], middle, middle + reach[b]]
    else:
        nodes = [strength(log_size - reach[b]), strength(log_size), strength(log_size + reach[b])]
    values = [score.link(w, floor=link.floor[b], ceiling=link.ceiling[b]) for w in nodes]
    return score.smeared_moments(*values)


def evaluator_counts(design: ScoreDesign) -> np.ndarray:
    """Return how many measurements each evaluator has made on each benchmark.

    Parameters
    ----------
    design : ScoreDesign
        The scores, of which only the counts are used.

    Returns
    -------
    ndarray of int, shape (evaluator, benchmark)
        Numbers of measurements.
    """
    count = np.zeros((len(design.evaluators), int(design.pair_benchmark.max()) + 1), dtype=int)
    np.add.at(count, (design.obs_evaluator, design.obs_benchmark), 1)
    return count


def evaluator_stretch(count: np.ndarray, effect_sd: Any) -> Any:
    """Return how evaluators' effects are walked: in units of their sd where measurements are few.

    An effect that many measurements pin down is walked as it is, one without any as a standard
    normal, the rest in between (Papaspiliopoulos et al. 2007).

    Parameters
    ----------
    count : ndarray of int, shape (evaluator, benchmark)
        Numbers of measurements.
    effect_sd : TensorVariable, shape (benchmark,)
        Sd of the effects.

    Returns
    -------
    TensorVariable, shape (evaluator, benchmark)
        Log of what the coordinate is multiplied by.
    """
    weight = EVEN_COUNT / (EVEN_COUNT + count)
    # of one benchmark as a scalar: PyTensor 3.3 cannot compile the gradient of a length-1 broadcast
    return weight * pt.log(effect_sd if count.shape[1] > 1 else effect_sd[0])


def add_growth_geometry(
    spec: Spec, design: ScoreDesign, shifts: dict[str, Any], *, curve: Curve, size: int
) -> None:
    """Tie the link's coordinates to the loss law at the LLMs' own sizes.

    Scores see only the composite of law and link; its value and slope over the sizes that occur
    stay put when midpoint and slope are walked relative to the law's losses there.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign
        The scores, of which only the sizes are used.
    shifts : dict
        Hints, added to in place.
    curve : Curve
        The loss law.
    size : int
        Number of benchmarks.
    """
    every = np.arange(size)
    losses = []
    low, middle, high = np.quantile(design.log_n, SIZE_QUANTILES)
    # LLMs of one size still need two sizes for a slope
    for log_n in (min(low, middle - 1), middle, max(high, middle + 1)):
        at = np.full(size, log_n)
        losses.append(curve.loss(at, spec.reference_tokens.log_tokens(at), every))
    shifts["midpoint_loss"] = pt.log(losses[1])
    shifts["link_slope"] = -pt.log(losses[0] - losses[2])
    kind = frontier_of(spec.growth.frontier)
    if kind.name != "none":
        # scores pin down the mean LLM, not the frontier before it
        behind = pm.modelcontext(None)["inefficiency_sd"]
        shifts["level"] = kind.mean_inefficiency(behind)
