"""Which priors a hypothesis uses, and which families each may be of."""

from collections.abc import Mapping
from typing import Any

from bayesdensing.laws import DISTRIBUTIONS, trend_curves
from bayesdensing.laws.trend import TRENDS, trend_of
from bayesdensing.spec.effect import Choices
from bayesdensing.spec.priors import PRIOR_TABLE

__all__ = ["distributions_of", "used_priors"]

#: Distributions on the positive numbers, and those of them that keep to 0..1.
_ON_UNIT = frozenset({"LogitNormal", "Beta"})
_ON_POSITIVE = frozenset({"LogNormal", "HalfNormal", "Gamma"}) | _ON_UNIT
#: Priors that one value of the growth axis alone uses.
_PRIOR_OF = {
    "active_weight": ("parameter_count", "estimated"),
    "size_exponent": ("size_term", "linear"),
    "family_sd": ("family", "intercept"),
    "benchmark_growth_sd": ("benchmark_growth", "pooled"),
}
#: Priors whose location on the log scale enters the model.
_LOG_NORMAL = frozenset({"midpoint_ratio", "steepness"})


def distributions_of(name: str) -> tuple[str, ...]:
    """Return the distributions that a prior's parameter allows.

    Parameters
    ----------
    name : str
        Name in `PRIOR_TABLE`.

    Returns
    -------
    tuple of str
        Names of families.
    """
    if name in _LOG_NORMAL:
        return ("LogNormal",)
    default = PRIOR_TABLE[name].default.dist
    for support in (_ON_UNIT, _ON_POSITIVE):
        if default in support:
            return tuple(d for d in DISTRIBUTIONS if d in support)
    return tuple(DISTRIBUTIONS)


def used_priors(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the priors that a hypothesis uses.

    Parameters
    ----------
    raw : mapping
        The hypothesis, its axes as mappings or as models; need not be valid.

    Returns
    -------
    frozenset of str
        Names in `PRIOR_TABLE`.
    """
    chosen = Choices(raw)
    blocks = chosen.blocks
    has_trend = "growth" in blocks or "published" in blocks
    names = {n for n, e in PRIOR_TABLE.items() if e.block in blocks}
    names |= {n for n, e in PRIOR_TABLE.items() if e.block == "trend" and has_trend}
    if chosen.of("loss", "law") == "power":
        names -= {"irreducible_share"}
    if not chosen.of("loss", "size_effects"):
        names -= {"size_effect_sd"}
    if chosen.of("loss", "pooling") == "none":
        names -= {"exponent_spread"}
    kind, change = (chosen.of("growth", key) for key in ("trend", "change_date"))
    if isinstance(kind, str) and kind in TRENDS:  # else the axis itself is refused
        own = set(trend_of(kind, known_change=change is not None).parameters)
        names -= set(trend_curves.PRIORS) - own
    if "growth" not in blocks or chosen.of("growth", "frontier") == "none":
        names -= {"inefficiency_sd"}
    if chosen.of("growth", "dispersion") == "constant":
        names -= {"dispersion_growth"}
    if chosen.of("link", "ceiling") == "one":
        names -= {"ceiling"}
    if chosen.of("data", "records") != "only":
        names -= {"arrival_rate"}
    for prior, (key, value) in _PRIOR_OF.items():
        if chosen.of("growth", key) != value:
            names -= {prior}
    return frozenset(names)
