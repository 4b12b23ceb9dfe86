"""Which priors a hypothesis uses, and which families each may be of."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from bayesdensing.laws import DISTRIBUTIONS, trend_curves
from bayesdensing.laws.trend import TRENDS, trend_of
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
_TREND_DEFAULTS = (("trend", "exponential"), ("change_date", None))


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

    def axis(name: str, key: str, default: Any) -> Any:
        value = raw.get(name)
        if isinstance(value, BaseModel):
            return getattr(value, key)
        return value.get(key, default) if isinstance(value, Mapping) else default

    stated = raw.get("blocks")
    blocks = tuple(stated) if isinstance(stated, list | tuple) else ()
    has_trend = "growth" in blocks or "published" in blocks
    names = {n for n, e in PRIOR_TABLE.items() if e.block in blocks}
    names |= {n for n, e in PRIOR_TABLE.items() if e.block == "trend" and has_trend}
    if axis("loss", "law", "chinchilla") == "power":
        names -= {"irreducible_share"}
    if not axis("loss", "size_effects", True):
        names -= {"size_effect_sd"}
    if axis("loss", "pooling", "partial") == "none":
        names -= {"exponent_spread"}
    kind, change = (axis("growth", key, default) for key, default in _TREND_DEFAULTS)
    if isinstance(kind, str) and kind in TRENDS:  # else the axis itself is refused
        own = set(trend_of(kind, known_change=change is not None).parameters)
        names -= set(trend_curves.PRIORS) - own
    if "growth" not in blocks or axis("growth", "frontier", "none") == "none":
        names -= {"inefficiency_sd"}
    if axis("growth", "dispersion", "constant") == "constant":
        names -= {"dispersion_growth"}
    if axis("link", "ceiling", "free") == "one":
        names -= {"ceiling"}
    if axis("data", "records", "all") != "only":
        names -= {"arrival_rate"}
    for prior, (key, value) in _PRIOR_OF.items():
        if axis("growth", key, None) != value:
            names -= {prior}
    return frozenset(names)
