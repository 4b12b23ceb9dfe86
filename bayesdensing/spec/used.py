"""Which priors a hypothesis uses, and which families each may be of."""

from collections.abc import Mapping
from typing import Any

from bayesdensing.laws import DISTRIBUTIONS, trend_curves
from bayesdensing.laws.trend import TRENDS, trend_of
from bayesdensing.spec.effect import Choices, shown
from bayesdensing.spec.priors import PRIOR_TABLE

__all__ = ["distributions_of", "unused_priors", "used_priors"]

#: Distributions on the positive numbers, and those of them that keep to 0..1.
_ON_UNIT = frozenset({"LogitNormal", "Beta"})
_ON_POSITIVE = frozenset({"LogNormal", "HalfNormal", "Gamma"}) | _ON_UNIT
#: Priors that some values of an axis alone use: axis, key, values.
_USED_AT: Mapping[str, tuple[str, str, tuple[Any, ...]]] = {
    "irreducible_share": ("loss", "law", ("chinchilla",)),
    "size_effect_sd": ("loss", "size_effects", (True,)),
    "exponent_spread": ("loss", "pooling", ("partial",)),
    "ceiling": ("link", "ceiling", ("free",)),
    "inefficiency_sd": ("growth", "frontier", ("half-normal", "exponential")),
    "dispersion_growth": ("growth", "dispersion", ("changing",)),
    "arrival_rate": ("data", "records", ("only",)),
    "active_weight": ("growth", "parameter_count", ("estimated",)),
    "size_exponent": ("growth", "size_term", ("linear",)),
    "family_sd": ("growth", "family", ("intercept",)),
    "benchmark_growth_sd": ("growth", "benchmark_growth", ("pooled",)),
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
    return frozenset(set(PRIOR_TABLE) - set(unused_priors(raw)))


def unused_priors(raw: Mapping[str, Any]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the priors that a hypothesis has no use for, and the choice that leaves them out.

    Parameters
    ----------
    raw : mapping
        The hypothesis, its axes as mappings or as models; need not be valid.

    Returns
    -------
    dict of str to tuple
        By name in `PRIOR_TABLE`: where the choice is made, ``blocks`` or such as
        ``growth.trend``, and what would use the prior there, as in TOML.
    """
    chosen = Choices(raw)
    blocks = chosen.blocks
    out: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, entry in PRIOR_TABLE.items():
        homes = ("growth", "published") if entry.block == "trend" else (entry.block,)
        if not blocks & set(homes):
            out[name] = ("blocks", tuple(f'a list with "{home}"' for home in homes))
    if "growth" not in blocks:
        out.setdefault("inefficiency_sd", ("blocks", ('a list with "growth"',)))
    kind, change = (chosen.of("growth", key) for key in ("trend", "change_date"))
    if isinstance(kind, str) and kind in TRENDS:  # else the axis itself is refused
        for name in set(trend_curves.PRIORS) - _of_trend(kind, change):
            key, needs = "trend", [f'"{other}"' for other in TRENDS if name in _of_trend(other)]
            if name in _of_trend(kind):  # the trend has it where its date is not known
                key, needs = "change_date", ["no date"]
            out.setdefault(name, (f"growth.{key}", tuple(needs)))
    for name, (axis, key, values) in _USED_AT.items():
        if chosen.of(axis, key) not in values:
            out.setdefault(name, (f"{axis}.{key}", tuple(shown(value) for value in values)))
    return out


def _of_trend(kind: str, change: Any = None) -> set[str]:
    return set(trend_of(kind, known_change=change is not None).parameters)
