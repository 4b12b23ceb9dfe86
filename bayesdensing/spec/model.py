"""The frozen value of a hypothesis: one choice per axis, a prior per parameter."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bayesdensing.laws import Prior
from bayesdensing.spec.priors import PRIOR_TABLE

__all__ = [
    "DataAxis",
    "GrowthAxis",
    "LossAxis",
    "ReferenceTokens",
    "SamplerSettings",
    "Spec",
]

Block = Literal["loss", "link", "growth", "published"]

_COMBINATIONS: tuple[tuple[Block, ...], ...] = (
    ("loss",),
    ("link",),
    ("loss", "link"),
    ("loss", "link", "growth"),
    ("published",),
)


class _Axis(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class DataAxis(_Axis):
    """Which rows of the bundle a hypothesis uses.

    Attributes
    ----------
    benchmarks : tuple of str
        Benchmarks; empty: every one that all blocks have data on.
    suite : str or None
        Suite of reference runs; None: the only one.
    series : str or None
        Series of ``densities.csv``; None: the only one.
    base_only : bool
        Leave out LLMs that are not base models.
    compressed : bool
        Let in pruned and quantised derivatives.
    min_scores : int
        Benchmarks an LLM must have scores on.
    released_from, released_until : date or None
        First and last release date.
    """

    benchmarks: tuple[str, ...] = ()
    suite: str | None = None
    series: str | None = None
    base_only: bool = True
    compressed: bool = False
    min_scores: Annotated[int, Field(ge=1)] = 1
    released_from: date | None = None
    released_until: date | None = None

    @field_validator("benchmarks")
    @classmethod
    def _unique(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a benchmark is named twice")
        return value


class LossAxis(_Axis):
    """The loss law and what its runs share.

    Attributes
    ----------
    law : str
        ``chinchilla`` (with an irreducible loss) or ``power`` (without).
    size_effects : bool
        Runs of one size share a deviation, where most sizes have several runs.
    """

    law: Literal["chinchilla", "power"] = "chinchilla"
    size_effects: bool = True


class ReferenceTokens(_Axis):
    """The tokens on which a reference model of N effective parameters would be trained.

    Attributes
    ----------
    rule : str
        ``ratio``: `value` tokens per effective parameter; ``fixed``: `value` tokens.
    value : float
        Tokens per parameter, or tokens.
    """

    rule: Literal["ratio", "fixed"] = "ratio"
    value: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60.0

    @property
    def label(self) -> str:
        """The rule in words."""
        if self.rule == "ratio":
            return f"{self.value:g} tokens per effective parameter"
        return f"{self.value:g} tokens"


class GrowthAxis(_Axis):
    """How density grows and how an LLM's benchmarks depart from it.

    Attributes
    ----------
    trend : str
        ``exponential`` or ``constant``.
    parameter_count : str
        ``total`` or ``active`` parameters.
    deviation : str
        Scale of an LLM's departure on a benchmark: ``score`` (log-odds) or ``size`` (log N).
    """

    trend: Literal["exponential", "constant"] = "exponential"
    parameter_count: Literal["total", "active"] = "total"
    deviation: Literal["score", "size"] = "score"


class SamplerSettings(_Axis):
    """How long to sample.

    Attributes
    ----------
    draws : int
        Draws kept per chain.
    tune : int
        Iterations of warm-up per chain, pilot runs included.
    chains : int
        Chains.
    target_accept : float
        Acceptance rate that the step size is adapted to.
    """

    draws: Annotated[int, Field(ge=1)] = 2500
    tune: Annotated[int, Field(ge=0)] = 1800
    chains: Annotated[int, Field(ge=1)] = 4
    target_accept: Annotated[float, Field(gt=0, lt=1)] = 0.9


class Spec(_Axis):
    """A hypothesis.

    Attributes
    ----------
    name : str
        Short name, that of its file.
    title : str
        One line.
    description : str
        What it claims, in a few sentences.
    blocks : tuple of str
        Any of ``loss``; ``link``; ``loss, link``; ``loss, link, growth``; ``published``.
    data, loss, reference_tokens, growth, sampler
        The axes.
    priors : dict of str to Prior
        Every prior that the hypothesis uses, defaults filled in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    title: str = ""
    description: str = ""
    blocks: tuple[Block, ...]
    data: DataAxis = DataAxis()
    loss: LossAxis = LossAxis()
    reference_tokens: ReferenceTokens = ReferenceTokens()
    growth: GrowthAxis = GrowthAxis()
    priors: Mapping[str, Prior] = Field(default_factory=dict)
    sampler: SamplerSettings = SamplerSettings()

    @field_validator("blocks")
    @classmethod
    def _known_combination(cls, value: tuple[Block, ...]) -> tuple[Block, ...]:
        if value not in _COMBINATIONS:
            allowed = "; ".join(str(list(c)).replace("'", '"') for c in _COMBINATIONS)
            raise ValueError(f"these blocks do not go together; possible: {allowed}")
        return value

    @model_validator(mode="before")
    @classmethod
    def _fill_priors(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        given = raw.get("priors") or {}
        used = _used_priors(raw)
        filled = {n: given.get(n, PRIOR_TABLE[n].default) for n in PRIOR_TABLE if n in used}
        return {**raw, "priors": filled | {n: p for n, p in given.items() if n not in PRIOR_TABLE}}

    @model_validator(mode="after")
    def _priors_known(self) -> "Spec":
        unknown = sorted(set(self.priors) - set(PRIOR_TABLE))
        if unknown:
            raise ValueError(f"unknown prior {unknown[0]!r}")
        return self

    def canonical(self) -> dict[str, Any]:
        """Return the hypothesis as plain JSON types, every prior filled in."""
        raw = self.model_dump(mode="json", exclude={"priors"})
        raw["priors"] = {n: {"dist": p.dist, **p.params} for n, p in self.priors.items()}
        return raw

    @cached_property
    def sha256(self) -> str:
        """Hash of what the hypothesis claims; name, title, description and sampler left out."""
        claim = {
            key: value
            for key, value in self.canonical().items()
            if key not in {"name", "title", "description", "sampler"}
        }
        text = json.dumps(claim, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_toml(self) -> str:
        """Return the resolved hypothesis as TOML, every axis and prior stated."""
        from bayesdensing.spec.toml import dump

        return dump(self.canonical())

    @property
    def headline_label(self) -> str:
        """What the headline's rate is the rate of, in words."""
        if self.blocks == ("published",):
            return f"{self.growth.trend} trend through all values of the published series"
        if "growth" not in self.blocks:
            return "no growth block: this hypothesis has no rate"
        kind = "base LLMs" if self.data.base_only else "LLMs"
        return (
            f"mean trend of capability density over open {kind} in the bundle, "
            f"{self.growth.parameter_count} parameters, {self.reference_tokens.label}, "
            f"{self.loss.law} loss law, {self.growth.trend} trend"
        )


def _used_priors(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the priors that the raw hypothesis uses."""

    def axis(name: str, key: str, default: Any) -> Any:
        value = raw.get(name)
        if isinstance(value, BaseModel):
            return getattr(value, key)
        return value.get(key, default) if isinstance(value, Mapping) else default

    blocks = tuple(raw.get("blocks") or ())
    has_trend = "growth" in blocks or "published" in blocks
    names = {n for n, e in PRIOR_TABLE.items() if e.block in blocks}
    names |= {n for n, e in PRIOR_TABLE.items() if e.block == "trend" and has_trend}
    if axis("loss", "law", "chinchilla") == "power":
        names -= {"irreducible_share"}
    if not axis("loss", "size_effects", True):
        names -= {"size_effect_sd"}
    if axis("growth", "trend", "exponential") == "constant":
        names -= {"growth_rate"}
    return frozenset(names)
