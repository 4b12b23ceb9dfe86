"""Worlds of known growth, to see whether fits find it: the settings of a recovery study."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesdensing.assembly.design import benchmarks_of, chance_of, loss_design, score_design
from bayesdensing.data import DataBundle
from bayesdensing.laws import loss as loss_law
from bayesdensing.laws.trend import rate_of_doubling
from bayesdensing.simulation.layout import layout
from bayesdensing.simulation.prior import generative
from bayesdensing.simulation.world import World, simulate
from bayesdensing.spec import Spec

__all__ = ["Setting", "make_world", "settings", "typical_values"]

#: True doubling times (days) of the study; infinity is no growth.
DOUBLING_DAYS = (60.0, 120.0, 250.0, np.inf)
N_LLMS = (60, 200)
N_EVALUATORS = (1, 3)
_FIRST_SEED = 1

#: What a typical world's benchmarks are like, one value after the other, from the start again where
#: there are more benchmarks.
_BY_BENCHMARK: Mapping[str, tuple[float, ...]] = {
    "pivot_loss": (0.40, 0.55, 0.60, 0.45, 0.50),
    "d_share": (0.35, 0.30, 0.40, 0.30, 0.35),
    "irreducible_share": (0.35, 0.40, 0.50, 0.45, 0.30),
    "n_exponent": (0.28, 0.32, 0.34, 0.30, 0.26),
    "d_exponent": (0.26, 0.30, 0.24, 0.33, 0.28),
    "loss_noise": (0.010, 0.015, 0.010, 0.012, 0.020),
    "size_effect_sd": (0.010, 0.010, 0.012, 0.015, 0.010),
    "deviation_sd": (0.3, 0.4, 0.5, 0.5, 0.4),
    "overdispersion": (0.010, 0.015, 0.012, 0.020, 0.020),
    "evaluator_sd": (0.08, 0.12, 0.12, 0.15, 0.15),
}
_FOR_ALL: Mapping[str, float] = {
    "loss_df": 8.0,
    "link_sd": 0.2,
    "score_df": 8.0,
    "level": 0.5,
    "dispersion": 0.8,
    "inefficiency_sd": 1.2,
    "dispersion_growth": 0.2,
    "active_weight": 0.5,
    "size_exponent": 0.2,
    "family_sd": 0.5,
    "benchmark_growth_sd": 0.3,
    "change_share": 0.5,
    "acceleration": 0.4,
    "saturation": 0.3,
    "walk_sd": 0.5,
}
#: Growth rates of the trends, in units of the rate that is asked for.
_RATES: Mapping[str, float] = {
    "growth_rate": 1.0,
    "growth_rate_before": 0.5,
    "growth_rate_after": 1.0,
    "growth_rate_middle": 1.0,
    "drift": 1.0,
}
_CEILING, _ABOVE_CHANCE, _STEEPNESS = 0.95, 0.01, 4.0


@dataclass(frozen=True)
class Setting:
    """One world of the study.

    Attributes
    ----------
    doubling_days : float
        True doubling time (days); infinite: no growth.
    n_llms, n_evaluators : int
        LLMs and evaluators.
    seed : int
        Seed of design, world and fit.
    """

    doubling_days: float
    n_llms: int
    n_evaluators: int
    seed: int

    @property
    def name(self) -> str:
        """A short name, such as ``120d-60llms-3evaluators``."""
        days = "never" if np.isinf(self.doubling_days) else f"{self.doubling_days:.0f}d"
        return f"{days}-{self.n_llms}llms-{self.n_evaluators}evaluators"


def settings() -> list[Setting]:
    """Return the worlds of the study: every combination, each with a seed of its own.

    Returns
    -------
    list of Setting
        Sixteen.

    Examples
    --------
    >>> len(settings()), settings()[0].name
    (16, '60d-60llms-1evaluators')
    """
    combinations: Iterable[tuple[float, int, int]] = (
        (days, llms, evaluators)
        for days in DOUBLING_DAYS
        for llms in N_LLMS
        for evaluators in N_EVALUATORS
    )
    return [Setting(*c, seed) for seed, c in enumerate(combinations, start=_FIRST_SEED)]


def typical_values(
    spec: Spec, template: DataBundle, *, doubling_days: float = np.inf
) -> dict[str, Any]:
    """Return values that make a typical world: links centred on its LLMs, nothing extreme.

    Parameters
    ----------
    spec : Spec
        A hypothesis with all blocks.
    template : DataBundle
        The design.
    doubling_days : float
        Doubling time (days); infinite: no growth. Of a trend that bends it is that of its
        middle, or of what comes after a change.

    Returns
    -------
    dict
        Settings for `simulate`, only of parameters that the hypothesis has.
    """
    benchmarks = benchmarks_of(spec, template)
    size = len(benchmarks)
    given: dict[str, Any] = {n: np.resize(v, size) for n, v in _BY_BENCHMARK.items()}
    given |= _FOR_ALL
    given["floor"] = chance_of(template, benchmarks) + _ABOVE_CHANCE
    given["ceiling"] = np.full(size, _CEILING)
    given["midpoint_loss"] = _middle_loss(spec, template, benchmarks, given)
    given["link_slope"] = _STEEPNESS / given["midpoint_loss"]
    given |= {name: k * rate_of_doubling(doubling_days) for name, k in _RATES.items()}
    own = {"midpoint_loss", "link_slope"} | set(spec.priors)
    if spec.link.floor == "free":
        own.add("floor")
    given = {name: value for name, value in given.items() if name in own}
    if np.isfinite(doubling_days) and "growth_rate" in given:
        del given["growth_rate"]
        given["doubling_time_days"] = doubling_days
    return given


def _middle_loss(
    spec: Spec, template: DataBundle, benchmarks: tuple[str, ...], given: Mapping[str, Any]
) -> np.ndarray:
    """Return the reference loss at the size of the middle LLM, where the link is set half-way."""
    runs = loss_design(spec, template, benchmarks)
    shares = "irreducible_share" in spec.priors
    law = loss_law.coefficients(
        **{n: given[n] for n in ("pivot_loss", "d_share", "n_exponent", "d_exponent")},
        irreducible_share=given["irreducible_share"] if shares else 0.0,
        log_pivot_n=runs.log_pivot_n,
        log_pivot_d=runs.log_pivot_d,
    )
    log_n = float(np.median(score_design(spec, template, benchmarks).log_n)) + _FOR_ALL["level"]
    tokens = np.exp(spec.reference_tokens.log_tokens(log_n))
    found = loss_law.loss(n_params=np.exp(log_n), n_tokens=tokens, **law._asdict())
    return np.asarray(found)


def make_world(spec: Spec, template: DataBundle, setting: Setting) -> World:
    """Draw a world of the study.

    Parameters
    ----------
    spec : Spec
        A hypothesis with all blocks.
    template : DataBundle
        The design to take LLMs from.
    setting : Setting
        Growth, LLMs, evaluators, seed.

    Returns
    -------
    World
        Data and truth.
    """
    story = generative(spec)
    design = layout(
        story,
        template,
        n_llms=setting.n_llms,
        n_evaluators=setting.n_evaluators,
        seed=setting.seed,
    )
    given = typical_values(story, design, doubling_days=setting.doubling_days)
    return simulate(spec, design, seed=setting.seed, given=given, name=setting.name)
