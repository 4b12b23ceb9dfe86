"""The axes of a hypothesis, each a frozen value: one choice per key."""

import math
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bayesdensing.laws.trend import Trend, trend_of

__all__ = [
    "Axis",
    "DataAxis",
    "GrowthAxis",
    "InformationAxis",
    "LinkAxis",
    "LossAxis",
    "ReferenceTokens",
    "SamplerSettings",
]

#: A fixed number of reference tokens lies between these; a ratio is below the first.
_FEWEST_TOKENS, _MOST_TOKENS = 1e6, 1e21
#: Tokens per parameter that a ratio is at least.
_SMALLEST_RATIO = 0.001
#: Draws, iterations and chains that a fit is not meant to have more of.
_MOST_DRAWS, _MOST_CHAINS = 1_000_000, 1000


class Axis(BaseModel):
    """What all axes share: frozen, and no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class DataAxis(Axis):
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

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        first, last = self.released_from, self.released_until
        if first is not None and last is not None and first > last:
            raise ValueError(f"released_from = {first} lies after released_until = {last}")
        return self


class LossAxis(Axis):
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


class LinkAxis(Axis):
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


class ReferenceTokens(Axis):
    """The tokens on which a reference model of N effective parameters would be trained.

    Attributes
    ----------
    rule : str
        ``ratio``: `value` tokens per effective parameter; ``fixed``: `value` tokens.
    value : float
        Tokens per parameter, or tokens.
    """

    rule: Literal["ratio", "fixed"] = "ratio"
    value: Annotated[StrictFloat, Field(gt=0, allow_inf_nan=False)] = 60.0

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        # a rule that is changed without its value would mean 60 tokens, or 10^12 per parameter
        if (self.rule == "fixed") != (self.value >= _FEWEST_TOKENS):
            unit, than = ("tokens", "at least") if self.rule == "fixed" else (
                "tokens per parameter", "below"
            )  # fmt: skip
            raise ValueError(
                f"value = {self.value:g} {unit} cannot be meant by the rule: it takes {than} "
                f"{_FEWEST_TOKENS:g}"
            )
        if not _SMALLEST_RATIO <= self.value <= _MOST_TOKENS:
            raise ValueError(
                f"value = {self.value:g} is no number of tokens that an LLM could be trained on: "
                f"it takes {_SMALLEST_RATIO:g} to {_MOST_TOKENS:g}"
            )
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


class GrowthAxis(Axis):
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

    @property
    def shape(self) -> Trend:
        """The curve that log density follows."""
        return trend_of(self.trend, known_change=self.change_date is not None)


class InformationAxis(Axis):
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


class SamplerSettings(Axis):
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

    draws: Annotated[StrictInt, Field(ge=1, le=_MOST_DRAWS)] = 1500
    tune: Annotated[StrictInt, Field(ge=1, le=_MOST_DRAWS)] = 1200
    chains: Annotated[StrictInt, Field(ge=1, le=_MOST_CHAINS)] = 4
    target_accept: Annotated[StrictFloat, Field(gt=0, lt=1)] = 0.8
    starts: Annotated[
        Literal["near", "dispersed"], Field(exclude_if=lambda where: where == "near")
    ] = "near"
