"""The frozen value of a hypothesis: one choice per axis, a prior per parameter."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bayesdensing.laws import DISTRIBUTIONS, Prior, trend_curves
from bayesdensing.laws.calendar import HEADLINE_MONTHS
from bayesdensing.laws.trend import TRENDS, Trend, trend_of
from bayesdensing.spec.priors import PRIOR_TABLE

__all__ = [
    "DataAxis",
    "GrowthAxis",
    "InformationAxis",
    "LinkAxis",
    "LossAxis",
    "ReferenceTokens",
    "SamplerSettings",
    "Spec",
    "used_priors",
]

Block = Literal["loss", "link", "growth", "published"]

_COMBINATIONS: tuple[tuple[Block, ...], ...] = (
    ("loss",),
    ("link",),
    ("loss", "link"),
    ("loss", "link", "growth"),
    ("published",),
)


#: A fixed number of reference tokens is at least this; a ratio is below it.
_FEWEST_TOKENS = 1e6

#: Distributions on the positive numbers, and those of them that keep to 0..1.
_ON_UNIT = frozenset({"LogitNormal", "Beta"})
_ON_POSITIVE = frozenset({"LogNormal", "HalfNormal", "Gamma"}) | _ON_UNIT
#: What of the growth axis needs sizes, families or benchmarks, with what does without.
_NEED_SIZES = {
    "parameter_count": "total",
    "size_term": "none",
    "family": "none",
    "benchmark_growth": "shared",
}
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
    records : str
        ``all``: every value of the series; ``only``: those flagged ``on_record``, with a likelihood
        that knows that they are records.
    base_only : bool
        Leave out LLMs that are not base models.
    compressed : bool
        Let in pruned and quantised derivatives.
    min_scores : int
        Benchmarks an LLM must have scores on.
    released_from, released_until : date or None
        First and last release date.
    evaluators : tuple of str
        Evaluators whose scores are used; empty: all.
    """

    benchmarks: tuple[str, ...] = ()
    suite: str | None = None
    series: str | None = None
    base_only: StrictBool = True
    compressed: StrictBool = False
    # left out where it adds nothing: the hash of a claim without it says nothing of it
    records: Annotated[Literal["all", "only"], Field(exclude_if=lambda which: which == "all")] = (
        "all"
    )
    min_scores: Annotated[StrictInt, Field(ge=1)] = 1
    released_from: date | None = None
    released_until: date | None = None
    # left out where it leaves none out: the hash of a claim without it says nothing of it
    evaluators: Annotated[tuple[str, ...], Field(exclude_if=lambda names: not names)] = ()

    @field_validator("benchmarks", "evaluators")
    @classmethod
    def _unique(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            what = {"benchmarks": "a benchmark", "evaluators": "an evaluator"}
            raise ValueError(f"{what[str(info.field_name)]} is named twice")
        return value


class LossAxis(_Axis):
    """The loss law and what its runs share.

    Attributes
    ----------
    law : str
        ``chinchilla`` (with an irreducible loss) or ``power`` (without).
    size_effects : bool
        Runs of one size share a deviation, where most sizes have several runs.
    pooling : str
        ``partial``: exponents of benchmarks are drawn from a common distribution; ``none``: each
        has the prior to itself.
    """

    law: Literal["chinchilla", "power"] = "chinchilla"
    size_effects: StrictBool = True
    # left out where it is the usual one: the hash of a claim without it says nothing of it
    pooling: Annotated[
        Literal["partial", "none"], Field(exclude_if=lambda how: how == "partial")
    ] = "partial"


class LinkAxis(_Axis):
    """Which limits of the score link are known.

    Attributes
    ----------
    floor : str
        ``free``: the floor has a prior near chance; ``chance``: it is the score of guessing.
    ceiling : str
        ``free``: the ceiling has a prior below one; ``one``: every item can be answered.
    """

    floor: Literal["free", "chance"] = "free"
    ceiling: Literal["free", "one"] = "free"


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

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        # a rule that is changed without its value would mean 60 tokens, or 10^12 per parameter
        if (self.rule == "fixed") != (self.value >= _FEWEST_TOKENS):
            unit = "tokens" if self.rule == "fixed" else "tokens per parameter"
            raise ValueError(f"value = {self.value:g} {unit} cannot be meant by the rule")
        return self

    def log_tokens(self, log_size: Any) -> Any:
        """Return the log tokens of a reference model.

        Parameters
        ----------
        log_size : array
            Natural log of effective parameters.

        Returns
        -------
        array
            Natural log of tokens, the shape of `log_size`.
        """
        if self.rule == "ratio":
            return log_size + math.log(self.value)
        return log_size * 0 + math.log(self.value)

    @property
    def label(self) -> str:
        """The rule in words."""
        if self.rule == "ratio":
            return f"{self.value:g} tokens per effective parameter"
        return f"{self.value:g} tokens"


def _adds_nothing(value: str) -> bool:
    return value in {"none", "shared"}


class GrowthAxis(_Axis):
    """How density grows and how an LLM's benchmarks depart from it.

    Attributes
    ----------
    trend : str
        ``exponential``, ``constant``, ``changepoint``, ``accelerating``, ``saturating`` or
        ``random_walk``.
    change_date : date or None
        When the rate of a ``changepoint`` changes; None: a date that is estimated.
    parameter_count : str
        ``total`` or ``active`` parameters, or ``estimated``: a weight between them on the log
        scale.
    deviation : str
        Scale of an LLM's departure on a benchmark: ``score`` (log-odds) or ``size`` (log N).
    frontier : str
        ``none``: LLMs scatter evenly about the trend; ``half-normal`` or ``exponential``: the
        trend is a frontier that they stay behind by an inefficiency of that distribution.
    dispersion : str
        ``constant``, or ``changing``: the scales about the trend grow or shrink in time.
    size_term : str
        ``none``, or ``linear``: log density may rise or fall with log size.
    family : str
        ``none``, or ``intercept``: LLMs of one family share a random effect.
    benchmark_growth : str
        ``shared``, or ``pooled``: effective size grows at a rate of its own on each benchmark.
    """

    trend: Literal[
        "exponential", "constant", "changepoint", "accelerating", "saturating", "random_walk"
    ] = "exponential"
    # left out where there is none: the hash of what other trends claim says nothing of it
    change_date: Annotated[date | None, Field(exclude_if=lambda day: day is None)] = None
    parameter_count: Literal["total", "active", "estimated"] = "total"
    deviation: Literal["score", "size"] = "score"
    frontier: Literal["none", "half-normal", "exponential"] = "none"
    # left out where they add nothing: the hash of a claim without them says nothing of them
    dispersion: Annotated[
        Literal["constant", "changing"], Field(exclude_if=lambda how: how == "constant")
    ] = "constant"
    size_term: Annotated[Literal["none", "linear"], Field(exclude_if=_adds_nothing)] = "none"
    family: Annotated[Literal["none", "intercept"], Field(exclude_if=_adds_nothing)] = "none"
    benchmark_growth: Annotated[Literal["shared", "pooled"], Field(exclude_if=_adds_nothing)] = (
        "shared"
    )

    @model_validator(mode="after")
    def _change_of_changepoint(self) -> Self:
        if self.change_date is not None and self.trend != "changepoint":
            raise ValueError(
                f"change_date = {self.change_date} needs trend = 'changepoint': the rate of "
                f"{self.trend!r} changes at no single date"
            )
        return self

    @property
    def shape(self) -> Trend:
        """The curve that log density follows."""
        return trend_of(self.trend, known_change=self.change_date is not None)


class InformationAxis(_Axis):
    """Whether scores may tell about the loss law.

    Attributes
    ----------
    flow : str
        ``joint``: all blocks inform one another; ``cut``: the loss law is what the reference runs
        alone say, passed on without feedback.
    reference_draws : int
        Draws of the reference posterior that a cut passes on, each with a fit of its own.
    """

    flow: Literal["joint", "cut"] = "joint"
    reference_draws: Annotated[StrictInt, Field(ge=2)] = 24


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
    starts : str
        ``near``: chains start about the prior's middle and learn common coordinates;
        ``dispersed``: each climbs from a draw of the prior and adapts alone, so that chains may
        find different modes.
    """

    draws: Annotated[StrictInt, Field(ge=1)] = 1500
    tune: Annotated[StrictInt, Field(ge=1)] = 1200
    chains: Annotated[StrictInt, Field(ge=1)] = 4
    target_accept: Annotated[float, Field(gt=0, lt=1)] = 0.8
    starts: Annotated[
        Literal["near", "dispersed"], Field(exclude_if=lambda where: where == "near")
    ] = "near"


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
            allowed = _distributions(name)
            if prior.dist not in allowed:
                raise ValueError(f"{name} cannot be {prior.dist}; possible: {', '.join(allowed)}")
        return value

    @model_validator(mode="after")
    def _axes_of_blocks(self) -> Self:
        if self.information.flow == "cut" and "growth" not in self.blocks:
            raise ValueError(
                'information.flow = "cut" needs the blocks ["loss", "link", "growth"]: there is '
                "nothing to cut between"
            )
        if self.data.records == "only" and self.blocks != ("published",):
            raise ValueError(
                'data.records = "only" needs the blocks ["published"]: records are flagged in '
                "densities.csv"
            )
        if self.data.evaluators and "growth" not in self.blocks:
            raise ValueError(
                'data.evaluators needs the blocks ["loss", "link", "growth"]: evaluators are those '
                "of LLMs' scores"
            )
        if self.link != LinkAxis() and "link" not in self.blocks:
            raise ValueError('the axis link needs the block "link": without it there are no scores')
        if self.growth.dispersion == "changing":
            if not {"growth", "published"} & set(self.blocks):
                raise ValueError('growth.dispersion = "changing" needs LLMs or published values')
            if self.data.records == "only":
                raise ValueError(
                    'growth.dispersion = "changing" needs data.records = "all": records by '
                    "themselves cannot tell a scatter that grows from a trend that does"
                )
        if self.growth.frontier != "none" and "growth" not in self.blocks:
            raise ValueError(
                f"growth.frontier = {self.growth.frontier!r} needs the blocks "
                '["loss", "link", "growth"]'
            )
        return self

    @model_validator(mode="after")
    def _covariates(self) -> Self:
        growth = self.growth
        if "growth" not in self.blocks:
            for key, plain in _NEED_SIZES.items():
                if getattr(growth, key) != plain:
                    raise ValueError(
                        f"growth.{key} = {getattr(growth, key)!r} needs the blocks "
                        '["loss", "link", "growth"]: published values have no sizes, families '
                        "or benchmarks"
                    )
        if growth.benchmark_growth == "pooled" and growth.trend == "constant":
            raise ValueError(
                'growth.benchmark_growth = "pooled" needs growth: with trend = "constant" there is '
                "no rate for benchmarks to differ from"
            )
        if growth.benchmark_growth == "pooled" and len(self.data.benchmarks) == 1:
            raise ValueError(
                'growth.benchmark_growth = "pooled" needs two benchmarks or more: with one its '
                "rate is the shared one"
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
        text = json.dumps(claim, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_toml(self) -> str:
        """Return the resolved hypothesis as TOML, every axis and prior stated."""
        from bayesdensing.spec.toml import dump

        return dump(self.canonical())

    @property
    def headline_label(self) -> str:
        """What the headline's rate is the rate of, in words."""
        bends = self.growth.shape.bends
        rate = f"mean rate over the last {HEADLINE_MONTHS} months of the data: " if bends else ""
        change = f" (change on {self.growth.change_date})" if self.growth.change_date else ""
        trend = f"{self.growth.trend} trend{change}"
        if self.blocks == ("published",):
            if self.data.records == "only":
                return f"{rate}{trend} of all values, of which the records of the series are seen"
            return f"{rate}{trend} through all values of the published series"
        if "growth" not in self.blocks:
            return "no growth block: this hypothesis has no rate"
        kind = "base LLMs" if self.data.base_only else "LLMs"
        behind = self.growth.frontier != "none"
        of = f"frontier ({self.growth.frontier} inefficiency)" if behind else "mean trend"
        cut = ", loss law from the reference runs alone" if self.information.flow == "cut" else ""
        return (
            f"{rate}{of} of capability density over open {kind} in the bundle{self._seen_by}, "
            f"{self._counted}, {self.reference_tokens.label}, "
            f"{self.loss.law} loss law, {trend}{self._beside}{cut}"
        )

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


def _distributions(name: str) -> tuple[str, ...]:
    """Return the distributions that a prior's parameter allows."""
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
