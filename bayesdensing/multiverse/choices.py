"""The axes of choices: what else each could have been, of a hypothesis and its data."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.laws import Prior
from bayesdensing.multiverse.families import OTHER_FAMILIES, matched
from bayesdensing.multiverse.variant import Variant
from bayesdensing.spec import GrowthAxis, Spec

Choices = Callable[[Spec, DataBundle], Iterator[Variant]]

__all__ = ["AXES", "axes_of", "freely", "scaled_choice", "without_llm", "without_unit"]

#: Scores that an evaluator, and LLMs that a family, must have to be left out by itself.
_ENOUGH_SCORES, _ENOUGH_LLMS = 15, 3
#: Most families, organizations and so on that are left out, the largest.
_MOST = 24
_SELF = ("self-reported", "reported-by-")
#: What the names of evaluators that are leaderboards hold.
_BOARDS = ("leaderboard", "ollv2", "helm")


def _prior(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for name in spec.priors:
        for factor in (0.5, 2.0):
            yield from _scaled(spec, name, factor)


_FACTORS = {0.5: "halved", 2.0: "doubled"}


def _scaled(spec: Spec, name: str, factor: float) -> Iterator[Variant]:
    try:
        other = spec.priors[name].widened(factor)
    except ValueError:
        return
    choice = scaled_choice(name, factor)
    yield Variant("prior", choice, _with_prior(spec, name, other), same_graph=True)


def scaled_choice(name: str, factor: float) -> str:
    """Return what a prior of another scale is called on the axis ``prior``.

    Parameters
    ----------
    name : str
        Name of the prior.
    factor : float
        Of its scale.

    Returns
    -------
    str
        The choice.
    """
    return f"{name} {_FACTORS.get(factor, f'times {factor:g}')}"


def _with_prior(spec: Spec, name: str, prior: Prior) -> Spec:
    return spec.model_copy(update={"priors": {**spec.priors, name: prior}})


def _prior_family(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    """Give each prior of another family: another density, so another model to compile."""
    for name, prior in spec.priors.items():
        for dist in OTHER_FAMILIES[prior.dist]:
            try:
                other = matched(prior, dist)
                changed = Spec(**{**dict(spec), "priors": {**spec.priors, name: other}})
            except ValueError:  # a parameter that has to be of one family
                continue
            yield Variant("prior_family", f"{name} {dist}", changed)


def _tokens(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for rule, value in (("fixed", 1e12), ("fixed", 5e12), ("ratio", 20), ("ratio", 60)):
        yield from _other(
            spec, "reference_tokens", f"{rule} {value:g}", rule=rule, value=float(value)
        )


def _law(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for law in ("chinchilla", "power"):
        yield from _other(spec, "loss", law, axis="loss_law", law=law)


def _size_effects(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for on in (True, False):
        word = "shared by runs of a size" if on else "none"
        yield from _other(spec, "loss", word, axis="size_effects", size_effects=on)


def _of_growth(key: str, *values: str) -> Choices:
    def make(spec: Spec, data: DataBundle) -> Iterator[Variant]:
        for value in values:
            yield from _other(spec, "growth", value, axis=key, **{key: value})

    return make


def _compressed(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for on in (False, True):
        word = "let in" if on else "left out"
        yield from _other(spec, "data", word, axis="compressed", compressed=on)


def _evidence(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for least in (1, 2, 3):
        word = f"{least} benchmarks or more"
        yield from _other(spec, "data", word, axis="min_scores", min_scores=least)


def _other(
    spec: Spec, part: str, choice: str, *, axis: str = "", **change: Any
) -> Iterator[Variant]:
    """Give a variant with other values of one part, if the hypothesis can have them."""
    raw = {**dict(spec)}
    raw[part] = {**getattr(spec, part).model_dump(), **change}
    stated = raw.pop("priors")
    try:
        free = Spec(**raw)
        kept = {name: prior for name, prior in stated.items() if name in free.priors}
        other = Spec(**{**raw, "priors": kept})
    except ValueError:  # such as rates by benchmark of a single one
        return
    yield Variant(axis or part, choice, other)


def _without_benchmark(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    benchmarks = designs.benchmarks_of(spec, data)
    for left in benchmarks if len(benchmarks) > 1 else ():
        rest = tuple(b for b in benchmarks if b != left)
        yield from _other(spec, "data", left, axis="without_benchmark", benchmarks=rest)


def _without_evaluator(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    counts = _scores(spec, data)["evaluator"].value_counts()
    everyone = tuple(sorted(counts.index))
    for left in counts.index[counts >= _ENOUGH_SCORES][:_MOST] if len(counts) > 1 else ():
        rest = tuple(e for e in everyone if e != left)
        yield Variant("without_evaluator", str(left), spec, evaluators=rest)


def _evaluators(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    everyone = sorted(_scores(spec, data)["evaluator"].unique())
    own = tuple(e for e in everyone if str(e).startswith(_SELF))
    others = tuple(e for e in everyone if e not in own)
    boards = tuple(e for e in others if any(word in str(e) for word in _BOARDS))
    words = {"self-reported alone": own, "others alone": others}
    if boards != others:
        words["leaderboards alone"] = boards
    for word, chosen in words.items():
        if chosen and len(chosen) < len(everyone):
            yield Variant("evaluators", word, spec, evaluators=chosen)


def _without(column: str) -> Choices:
    def make(spec: Spec, data: DataBundle) -> Iterator[Variant]:
        llms = _llms(spec, data)
        if column not in llms:
            return
        counts = llms[column].value_counts()
        counts = counts[(counts >= _ENOUGH_LLMS) & (counts < len(llms))]
        for left in counts.index[:_MOST]:
            names = tuple(llms["model"][llms[column] == left])
            yield Variant(f"without_{column}", str(left), spec, without=names, same_graph=True)

    return make


def _without_llm(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for name in _llms(spec, data)["model"]:
        yield without_llm(spec, str(name))


def without_llm(spec: Spec, name: str) -> Variant:
    """Return a hypothesis on data without one LLM.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    name : str
        The LLM.

    Returns
    -------
    Variant
        On the axis ``without_llm``.
    """
    return Variant("without_llm", name, spec, without=(name,), same_graph=True)


def without_unit(spec: Spec, *, kind: str, name: str) -> Variant:
    """Return a hypothesis on data without one unit of outcomes.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    kind, name : str
        ``llm``, or a kind and label of `bayesdensing.assembly.weighing.Part`.

    Returns
    -------
    Variant
        On the axis ``without_`` with the kind.
    """
    if kind == "llm":
        return without_llm(spec, name)
    return Variant(f"without_{kind}", name, spec, left_out=(kind, name), same_graph=True)


def _experts(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    llms = _llms(spec, data)
    sparse = tuple(llms["model"][llms["is_moe"]]) if "is_moe" in llms else ()
    if sparse and len(sparse) < len(llms):
        yield Variant("experts", "dense LLMs alone", spec, without=sparse, same_graph=True)


def _series(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    if spec.data.series is None:  # there is but one
        return
    for name in sorted(data.frames["densities"]["series"].unique()):
        yield from _other(spec, "data", str(name), axis="series", series=str(name))


def _records(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    rows = data.frames["densities"]
    seen = rows[rows["model"].isin(designs.published_design(spec, data).llms)]
    if seen["on_record"].sum() >= _ENOUGH_LLMS:
        yield from _other(spec, "data", "only", axis="records", records="only")


def _cut(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    yield from _other(spec, "information", "cut", flow="cut")


def _suite(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    if spec.data.suite is None:  # there is but one
        return
    for name in sorted(data.frames["reference_runs"]["suite"].unique()):
        yield from _other(spec, "data", str(name), axis="suite", suite=str(name))


def _scores(spec: Spec, data: DataBundle) -> pd.DataFrame:
    found = designs.score_design(spec, data, designs.benchmarks_of(spec, data))
    return data.frames["scores"].loc[found.rows]


def _llms(spec: Spec, data: DataBundle) -> pd.DataFrame:
    """Return the LLMs of a design, in its order, with the year of their release."""
    if spec.is_series_alone:
        published = designs.published_design(spec, data)
        table = pd.DataFrame({"model": list(published.llms)})
        return table.assign(year=published.released.year.astype(str))
    found = designs.score_design(spec, data, designs.benchmarks_of(spec, data))
    rows = data.frames["models"].set_index("model", drop=False).loc[list(found.llms)]
    return rows.reset_index(drop=True).assign(year=np.array(found.released.year.astype(str)))


#: What can be chosen otherwise, where a hypothesis has it: for those with all blocks, and for
#: those of published values.
_JOINT: Mapping[str, Choices] = MappingProxyType(
    {
        "prior": _prior,
        "without_year": _without("year"),
        "without_family": _without("family"),
        "without_organization": _without("organization"),
        "experts": _experts,
        "reference_tokens": _tokens,
        "loss_law": _law,
        "size_effects": _size_effects,
        "frontier": _of_growth("frontier", "none", "half-normal"),
        "deviation": _of_growth("deviation", "score", "size"),
        "parameter_count": _of_growth("parameter_count", "total", "active", "estimated"),
        "size_term": _of_growth("size_term", "none", "linear"),
        "family": _of_growth("family", "none", "intercept"),
        "benchmark_growth": _of_growth("benchmark_growth", "shared", "pooled"),
        "compressed": _compressed,
        "min_scores": _evidence,
        "without_benchmark": _without_benchmark,
        "evaluators": _evaluators,
        "without_evaluator": _without_evaluator,
    }
)
_PUBLISHED: Mapping[str, Choices] = MappingProxyType(
    {
        "prior": _prior,
        "without_year": _without("year"),
        "without_llm": _without_llm,
        "series": _series,
        "records": _records,
    }
)
#: What takes long, or makes the headline another quantity: varied only where it is named.
_TRENDS = ("exponential", "changepoint", "accelerating", "saturating", "random_walk")
_NAMED_JOINT: Mapping[str, Choices] = MappingProxyType(
    {
        "prior_family": _prior_family,
        "information": _cut,
        "suite": _suite,
        "trend": _of_growth("trend", *_TRENDS),
        "without_llm": _without_llm,
    }
)
_NAMED_PUBLISHED: Mapping[str, Choices] = MappingProxyType(
    {"prior_family": _prior_family, "trend": _of_growth("trend", *_TRENDS)}
)
#: Names of all axes.
AXES: tuple[str, ...] = tuple(
    dict.fromkeys([*_JOINT, *_PUBLISHED, *_NAMED_JOINT, *_NAMED_PUBLISHED])
)


def axes_of(spec: Spec) -> tuple[Mapping[str, Choices], Mapping[str, Choices]]:
    """Return the axes that a hypothesis has, each with what gives its choices.

    Parameters
    ----------
    spec : Spec
        The hypothesis.

    Returns
    -------
    tuple of mapping
        Those that are varied where none is named, and those that are varied by name only.
    """
    published = spec.is_series_alone
    return (_PUBLISHED, _NAMED_PUBLISHED) if published else (_JOINT, _NAMED_JOINT)


def freely(spec: Spec, data: DataBundle, *, axis: str, text: str) -> Iterator[Variant]:
    """Give a choice that is not among the listed ones.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    data : DataBundle
        The data.
    axis : str
        The axis.
    text : str
        The choice, in a user's words.

    Yields
    ------
    Variant
        The choice, if there is one of that name.
    """
    what = axis.removeprefix("without_")
    if axis == "reference_tokens":
        rule, _, number = text.partition(" ")
        with contextlib.suppress(ValueError):
            value = float(number)
            yield from _other(spec, axis, f"{rule} {value:g}", rule=rule, value=value)
    elif axis == "prior":
        name, _, number = text.partition(" times ")
        with contextlib.suppress(ValueError):
            if name in spec.priors and 0 < float(number) < np.inf:
                yield from _scaled(spec, name, float(number))
    elif axis in GrowthAxis.model_fields:
        yield from _other(spec, "growth", text, axis=axis, **{axis: text})
    elif axis == "min_scores" and text.isdecimal():
        yield from _other(spec, "data", text, axis=axis, min_scores=int(text))
    elif axis == "without_evaluator":
        everyone = sorted(_scores(spec, data)["evaluator"].unique())
        rest = tuple(e for e in everyone if e != text)
        if rest and len(rest) < len(everyone):
            yield Variant(axis, text, spec, evaluators=rest)
    elif what in ("year", "family", "organization"):
        llms = _llms(spec, data)
        own = llms[what] == text if what in llms else pd.Series(data=False, index=llms.index)
        if own.any() and not own.all():
            names = tuple(llms["model"][own])
            yield Variant(axis, text, spec, without=names, same_graph=True)
