"""Which choices a hypothesis has a use for, and why it has none for the others."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

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

__all__ = ["AXES", "Choices", "shown", "without_effect"]

#: The axes of a hypothesis, by name.
AXES: Mapping[str, type[Axis]] = {
    "data": DataAxis,
    "loss": LossAxis,
    "link": LinkAxis,
    "reference_tokens": ReferenceTokens,
    "growth": GrowthAxis,
    "information": InformationAxis,
    "sampler": SamplerSettings,
}


class Choices:
    """The choices of a hypothesis that need not be valid yet.

    Parameters
    ----------
    raw : mapping
        The hypothesis, its axes as mappings or as models.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        stated = raw.get("blocks")
        words = stated if isinstance(stated, list | tuple) else ()
        self.blocks = frozenset(word for word in words if isinstance(word, str))

    def of(self, axis: str, key: str) -> Any:
        """Return what is chosen.

        Parameters
        ----------
        axis, key : str
            The axis, such as ``growth``, and a key of it.

        Returns
        -------
        object
            The default where nothing is chosen.
        """
        value = self._raw.get(axis)
        if isinstance(value, BaseModel):
            return getattr(value, key)
        stated = value if isinstance(value, Mapping) else {}
        return stated.get(key, AXES[axis].model_fields[key].default)


@dataclass(frozen=True)
class _Need:
    """What some keys of an axis need, in words and as a test."""

    axis: str
    keys: tuple[str, ...]
    needs: str
    reason: str
    holds: Callable[[Choices], bool]


def _some_block(*names: str) -> Callable[[Choices], bool]:
    return lambda chosen: bool(chosen.blocks & set(names))


def _has_two_benchmarks(chosen: Choices) -> bool:
    named = chosen.of("data", "benchmarks")
    return not isinstance(named, list | tuple) or len(named) != 1


_LLMS = 'the blocks ["loss", "link", "growth"]'
_DATED = f'{_LLMS} or ["published"]'
_WITH_LLMS = _some_block("growth")
_WITH_DATES = _some_block("growth", "published")
#: The first need that does not hold is the reason that is told.
_NEEDS: tuple[_Need, ...] = (
    _Need(
        "data", ("benchmarks",), 'the block "loss" or "link"',
        "published values belong to no benchmark", _some_block("loss", "link"),
    ),
    _Need(
        "data", ("suite",), 'the block "loss" or "link"',
        "suites are those of reference runs and loss-score points", _some_block("loss", "link"),
    ),
    _Need(
        "data", ("series",), 'the blocks ["published"]',
        "series are those of densities.csv", _some_block("published"),
    ),
    _Need(
        "data", ("records",), 'the blocks ["published"]',
        "records are flagged in densities.csv", _some_block("published"),
    ),
    _Need(
        "data", ("base_only", "compressed"), _LLMS,
        "only LLMs with scores are let in or left out by what they are", _WITH_LLMS,
    ),
    _Need("data", ("min_scores",), _LLMS, "without LLMs there are no scores to count", _WITH_LLMS),
    _Need("data", ("evaluators",), _LLMS, "evaluators are those of LLMs' scores", _WITH_LLMS),
    _Need(
        "data", ("released_from", "released_until"), _DATED,
        "reference runs and loss-score points have no release date", _WITH_DATES,
    ),
    _Need(
        "loss", ("law", "size_effects", "pooling"), 'the block "loss"',
        "without it there are no reference runs", _some_block("loss"),
    ),
    _Need(
        "loss", ("pooling",), "two benchmarks or more",
        "the exponents of one have the prior to themselves", _has_two_benchmarks,
    ),
    _Need(
        "link", ("floor", "ceiling"), 'the block "link"',
        "without it there are no scores", _some_block("link"),
    ),
    _Need(
        "reference_tokens", ("rule", "value"), 'the block "loss"',
        "reference models are read off the loss law", _some_block("loss"),
    ),
    _Need(
        "growth", ("trend", "change_date", "dispersion"), _DATED,
        "nothing else has dates to grow with", _WITH_DATES,
    ),
    _Need(
        "growth", ("parameter_count", "size_term", "family", "benchmark_growth"), _LLMS,
        "only LLMs with scores have sizes, families and benchmarks", _WITH_LLMS,
    ),
    _Need(
        "growth", ("deviation",), _LLMS,
        "only LLMs with scores depart from their size on a benchmark", _WITH_LLMS,
    ),
    _Need(
        "growth", ("frontier",), _LLMS,
        "only LLMs with scores can stay behind a frontier", _WITH_LLMS,
    ),
    _Need(
        "growth", ("change_date",), 'growth.trend = "changepoint"',
        "the rate of other trends changes at no single date",
        lambda chosen: chosen.of("growth", "trend") == "changepoint",
    ),
    _Need(
        "growth", ("benchmark_growth",), "growth",
        'with growth.trend = "constant" there is no rate for benchmarks to differ from',
        lambda chosen: chosen.of("growth", "trend") != "constant",
    ),
    _Need(
        "growth", ("benchmark_growth",), "two benchmarks or more",
        "with one its rate is the shared one", _has_two_benchmarks,
    ),
    _Need(
        "information", ("flow", "reference_draws"), _LLMS,
        "there is nothing to cut between", _WITH_LLMS,
    ),
    _Need(
        "information", ("reference_draws",), 'information.flow = "cut"',
        "a joint fit passes no draws of the reference runs on",
        lambda chosen: chosen.of("information", "flow") == "cut",
    ),
    _Need(
        "sampler", ("starts",), 'information.flow = "joint"',
        "the fits of a cut start from one another",
        lambda chosen: chosen.of("information", "flow") != "cut",
    ),
)  # fmt: skip


def without_effect(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the keys that change nothing in a hypothesis, whatever they are set to.

    Parameters
    ----------
    raw : mapping
        The hypothesis, its axes as mappings or as models; need not be valid.

    Yields
    ------
    tuple of str
        Axis, key, and what the key would need, with the reason; each key once.
    """
    chosen = Choices(raw)
    told: set[tuple[str, str]] = set()
    for need in _NEEDS:
        for key in need.keys:
            if (need.axis, key) not in told and not need.holds(chosen):
                told.add((need.axis, key))
                yield need.axis, key, f"needs {need.needs}: {need.reason}"


def shown(value: Any) -> str:
    """Return a value as a hypothesis states it.

    Parameters
    ----------
    value : str, number, bool, date, or sequence of str
        The value.

    Returns
    -------
    str
        As in TOML.
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False, default=str)
