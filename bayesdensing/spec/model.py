"""The frozen value of a hypothesis: one choice per axis, a prior per parameter."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from bayesdensing.laws import Prior
from bayesdensing.laws.calendar import HEADLINE_MONTHS
from bayesdensing.laws.trend_curves import JOIN_YEARS
from bayesdensing.spec.axes import (
    Axis,
    DataAxis,
    GrowthAxis,
    InformationAxis,
    LinkAxis,
    LossAxis,
    ReferenceTokens,
    SamplerSettings,
)
from bayesdensing.spec.effect import shown, without_effect
from bayesdensing.spec.priors import PRIOR_TABLE
from bayesdensing.spec.used import distributions_of, used_priors

__all__ = ["Spec"]

Block = Literal["loss", "link", "growth", "published"]

#: Parameters that are growth rates, as far as a trend has them.
_RATES = ("growth_rate", "growth_rate_before", "growth_rate_after", "growth_rate_middle", "drift")

_COMBINATIONS: tuple[tuple[Block, ...], ...] = (
    ("loss",),
    ("link",),
    ("loss", "link"),
    ("loss", "link", "growth"),
    ("published",),
)


class Spec(Axis):
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
    data, loss, link, reference_tokens, growth, information, sampler
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
    # left out where both limits are free: the hash of a claim without it says nothing of it
    link: Annotated[LinkAxis, Field(exclude_if=lambda axis: axis == LinkAxis())] = LinkAxis()
    reference_tokens: ReferenceTokens = ReferenceTokens()
    growth: GrowthAxis = GrowthAxis()
    information: InformationAxis = InformationAxis()
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
        given = raw.get("priors", {}) if isinstance(raw, dict) else None
        if not isinstance(given, Mapping):
            return raw
        used = used_priors(raw)
        filled = {n: given.get(n, PRIOR_TABLE[n].default) for n in PRIOR_TABLE if n in used}
        return {**raw, "priors": filled | {n: p for n, p in given.items() if n not in used}}

    @field_validator("priors")
    @classmethod
    def _can_be(cls, value: Mapping[str, Prior]) -> Mapping[str, Prior]:
        for name, prior in value.items():
            if name not in PRIOR_TABLE:
                raise ValueError(f"unknown prior {name!r}")
            allowed = distributions_of(name)
            if prior.dist not in allowed:
                raise ValueError(f"{name} cannot be {prior.dist}; possible: {', '.join(allowed)}")
        return value

    @model_validator(mode="after")
    def _choices_have_an_effect(self) -> Self:
        faults = []
        for axis, key, need in without_effect(dict(self)):
            choices = getattr(self, axis)
            value = getattr(choices, key)
            if value != type(choices).model_fields[key].default:
                faults.append(f"{axis}.{key} = {shown(value)} {need}")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def _scatter_of_records(self) -> Self:
        if self.growth.dispersion == "changing" and self.data.records == "only":
            raise ValueError(
                'growth.dispersion = "changing" needs data.records = "all": records by '
                "themselves cannot tell a scatter that grows from a trend that does"
            )
        return self

    @model_validator(mode="after")
    def _priors_used(self) -> Self:
        unused = sorted(set(self.priors) - used_priors(dict(self)))
        if unused:
            raise ValueError(
                f"this hypothesis has no {', '.join(unused)}: take the prior out, or choose the "
                "blocks and axes that use it"
            )
        return self

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.name, self.sha256))

    def canonical(self) -> dict[str, Any]:
        """Return the hypothesis as plain JSON types, every prior filled in."""
        raw = self.model_dump(mode="json", exclude={"priors"})
        raw["priors"] = {n: {"dist": p.dist, **p.params} for n, p in self.priors.items()}
        return raw

    @property
    def sha256(self) -> str:
        """Hash of what the hypothesis claims; name, title, description and sampler left out."""
        claim = {
            key: value
            for key, value in self.canonical().items()
            if key not in {"name", "title", "description", "sampler"}
        }
        if self.growth.trend == "changepoint" and self.growth.change_date is None:
            claim["join_years"] = JOIN_YEARS  # a constant of that trend alone: no choice states it
        text = json.dumps(claim, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_toml(self) -> str:
        """Return the resolved hypothesis as TOML, every axis and prior stated."""
        from bayesdensing.spec.toml import dump

        return dump(self.canonical())

    @property
    def is_series_alone(self) -> bool:
        """Whether it is a trend through a published series, without LLMs, benchmarks or scores."""
        return self.blocks == ("published",)

    @property
    def assumes_no_growth(self) -> bool:
        """Whether its trend is constant, so that there is no rate to be found."""
        has_trend = self.is_series_alone or "growth" in self.blocks
        return has_trend and self.growth.trend == "constant"

    @property
    def headline_label(self) -> str:
        """What the headline's rate is the rate of, in words."""
        bends = self.growth.shape.bends
        rate = f"mean rate over the last {HEADLINE_MONTHS} months of the data: " if bends else ""
        change = f" (change on {self.growth.change_date})" if self.growth.change_date else ""
        trend = f"{self.growth.trend} trend{change}"
        if self.is_series_alone:
            through = "through all values of the published series"
            if self.data.records == "only":
                through = "of all values, of which the records of the series are seen"
            return f"{rate}{trend} {through}{self._granted}"
        if "growth" not in self.blocks:
            return "no growth block: this hypothesis has no rate"
        kind = "base LLMs" if self.data.base_only else "LLMs"
        behind = self.growth.frontier != "none"
        of = f"frontier ({self.growth.frontier} inefficiency)" if behind else "mean trend"
        cut = ", loss law from the reference runs alone" if self.information.flow == "cut" else ""
        return (
            f"{rate}{of} of capability density over open {kind} in the bundle{self._seen_by}, "
            f"{self._counted}, {self.reference_tokens.label}, "
            f"{self.loss.law} loss law, {trend}{self._beside}{cut}{self._granted}"
        )

    @property
    def taken_for_granted(self) -> str:
        """What priors leave the data no say in: growth, where they exclude decline; else ""."""
        names = [n for n in _RATES if n in self.priors and float(self.priors[n].ppf(0.0)) >= 0]
        if not names:
            return ""
        priors = f"prior{'s' if len(names) > 1 else ''} of {' and '.join(names)}"
        verb = "exclude" if len(names) > 1 else "excludes"
        return f"the {priors} {verb} rates of 0 and below, whatever the data say"

    @property
    def _granted(self) -> str:
        return f"; growth is taken for granted: {told}" if (told := self.taken_for_granted) else ""

    @property
    def _counted(self) -> str:
        if self.growth.parameter_count == "estimated":
            return "parameters at the estimated weight of active ones"
        return f"{self.growth.parameter_count} parameters"

    @property
    def _seen_by(self) -> str:
        names = self.data.evaluators
        return f" as scored by {' and '.join(names)}" if names else ""

    @property
    def _beside(self) -> str:
        """What the rate is taken at or over, in words."""
        other = "best LLMs" if self.growth.frontier == "none" else "mean LLM"
        parts = {
            f", dispersion changing (the {other} may grow at another rate)": (
                self.growth.dispersion == "changing"
            ),
            ", at the LLMs' mean log size": self.growth.size_term == "linear",
            ", family effects apart": self.growth.family == "intercept",
            ", mean of the benchmarks' rates": self.growth.benchmark_growth == "pooled",
        }
        return "".join(text for text, holds in parts.items() if holds)
