"""Every prior a hypothesis may override: its default, its unit, its reason, its block."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bayesdensing.laws import (
    Prior,
    deviation,
    drift,
    family,
    frontier,
    loss,
    records,
    score,
    size,
    spread,
    trend,
)

__all__ = ["PRIOR_TABLE", "PriorEntry"]


@dataclass(frozen=True)
class PriorEntry:
    """A prior's default and what it means.

    Parameters
    ----------
    block : str
        Block that the parameter belongs to: ``loss``, ``link``, ``growth`` or ``trend``.
    default : Prior
        Prior where the hypothesis states none.
    unit : str
        Unit of the parameter.
    meaning : str
        What the parameter is, in words.
    reason : str
        Why the default is what it is.
    """

    block: str
    default: Prior
    unit: str
    meaning: str
    reason: str


_MEANINGS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "pivot_loss": ("loss", "loss unit", "loss at the runs' geometric mean size and tokens"),
        "d_share": ("loss", "share", "share of the pivot loss that tokens account for"),
        "irreducible_share": ("loss", "share", "share of what tokens leave that is irreducible"),
        "n_exponent": ("loss", "1", "exponent of size; of the typical benchmark where pooled"),
        "d_exponent": ("loss", "1", "exponent of tokens; of the typical benchmark where pooled"),
        "exponent_spread": ("loss", "log", "sd of log exponents between benchmarks"),
        "loss_noise": ("loss", "log loss", "scale of a run's own deviation from the law"),
        "size_effect_sd": ("loss", "log loss", "sd of what runs of one size share"),
        "loss_df": ("loss", "1", "degrees of freedom of the runs' deviations"),
        "ceiling": ("link", "score", "score that no loss exceeds"),
        "midpoint_ratio": ("link", "pivot losses", "loss at half-way score over the pivot loss"),
        "steepness": ("link", "logits", "slope of the link times its midpoint loss"),
        "link_sd": ("link", "logits", "scatter of loss-score points about the link"),
        "deviation_sd": ("growth", "see deviation", "scatter of an LLM's benchmarks"),
        "overdispersion": ("growth", "score", "scale of a measurement's own scatter"),
        "evaluator_sd": ("growth", "logits", "sd of evaluators' effects"),
        "score_df": ("growth", "1", "degrees of freedom of the scores' deviations"),
        "level": ("trend", "log", "log density at the mean release date"),
        "growth_rate": ("trend", "1/yr", "growth rate of density, natural log"),
        "growth_rate_before": ("trend", "1/yr", "growth rate before the change"),
        "growth_rate_after": ("trend", "1/yr", "growth rate after the change"),
        "change_share": ("trend", "share", "share of the dates' span that lies before the change"),
        "growth_rate_middle": ("trend", "1/yr", "growth rate at the mean release date"),
        "acceleration": ("trend", "1/yr^2", "change of the growth rate in a year"),
        "saturation": ("trend", "share", "share of its ceiling reached at the mean release date"),
        "drift": ("trend", "1/yr", "growth rate that quarters scatter about"),
        "arrival_rate": ("published", "1/yr", "values that arrive, on record or not"),
        "walk_sd": ("trend", "log/sqrt(yr)", "sd of a year's departure from the drift"),
        "dispersion": ("trend", "log", "sd of log density about the trend"),
        "dispersion_growth": ("trend", "1/yr", "growth rate of the dispersion"),
        "inefficiency_sd": ("trend", "log", "scale of how far LLMs stay behind the frontier"),
        "active_weight": ("growth", "share", "weight of active parameters in log N; rest: total"),
        "size_exponent": ("growth", "1", "exponent of density in an LLM's size"),
        "family_sd": ("growth", "log", "sd of families' log densities about the trend"),
        "benchmark_growth_sd": ("growth", "1/yr", "sd of benchmarks' growth rates"),
    }
)


def _table() -> dict[str, PriorEntry]:
    defaults = {
        **loss.PRIORS,
        **score.PRIORS,
        **deviation.PRIORS,
        **trend.PRIORS,
        **spread.PRIORS,
        **frontier.PRIORS,
        **records.PRIORS,
        **size.PRIORS,
        **family.PRIORS,
        **drift.PRIORS,
    }
    reasons = {
        **loss.REASONS,
        **score.REASONS,
        **deviation.REASONS,
        **trend.REASONS,
        **spread.REASONS,
        **frontier.REASONS,
        **records.REASONS,
        **size.REASONS,
        **family.REASONS,
        **drift.REASONS,
    }
    return {
        name: PriorEntry(block, defaults[name], unit, meaning, reasons[name])
        for name, (block, unit, meaning) in _MEANINGS.items()
    }


#: Name of a prior to its entry, in the order in which they are shown.
PRIOR_TABLE: Mapping[str, PriorEntry] = MappingProxyType(_table())
