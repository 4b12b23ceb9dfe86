"""Other choices that could have been made: of priors, of definitions, of the data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError, SpecError
from bayesdensing.spec import Spec

__all__ = ["AS_IS", "AXES", "Variant", "variants", "without_llm"]

#: The axis of the hypothesis as it is.
AS_IS = "as it is"
#: Scores that an evaluator, and LLMs that a family, must have to be left out by itself.
_ENOUGH_SCORES, _ENOUGH_LLMS = 15, 3
#: Most families, organizations and so on that are left out, the largest.
_MOST = 24
_SELF = ("self-reported", "reported-by-")


@dataclass(frozen=True)
class Variant:
    """A hypothesis and data with one choice made otherwise.

    Attributes
    ----------
    axis, choice : str
        What is chosen, and how.
    spec : Spec
        The hypothesis.
    without : tuple of str
        LLMs that are left out.
    evaluators : tuple of str
        Evaluators whose scores are used; empty: all.
    same_graph : bool
        Whether it is the model of the hypothesis as it is, with other values of the priors'
        parameters or without some LLMs: nothing has to be compiled for it.
    """

    axis: str
    choice: str
    spec: Spec
    without: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()
    same_graph: bool = False

    @property
    def key(self) -> str:
        """A name of its own."""
        return f"{self.axis}={self.choice}"

    def data_of(self, data: DataBundle) -> DataBundle:
        """Return the data that it takes.

        Parameters
        ----------
        data : DataBundle
            All data.

        Returns
        -------
        DataBundle
            Without what is left out.
        """
        if not self.evaluators and not self.without:
            return data
        frames = data.frames
        for name in ("scores", "models", "densities"):
            if name in frames:
                rows = frames[name]
                frames[name] = rows[~rows["model"].isin(self.without)]
        if self.evaluators:
            rows = frames["scores"]
            frames["scores"] = rows[rows["evaluator"].isin(self.evaluators)]
        return DataBundle.from_frames(name=f"{data.name}, {self.key}", version="1", **frames)


def _prior(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    for name, prior in spec.priors.items():
        for factor, word in ((0.5, "halved"), (2.0, "doubled")):
            try:
                other = prior.widened(factor)
            except ValueError:
                continue
            yield Variant(
                "prior",
                f"{name} {word}",
                spec.model_copy(update={"priors": {**spec.priors, name: other}}),
                same_graph=True,
            )


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


def _of_growth(key: str, *values: str) -> Callable[[Spec, DataBundle], Iterator[Variant]]:
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
    for word, chosen in (("self-reported alone", own), ("others alone", others)):
        if chosen and len(chosen) < len(everyone):
            yield Variant("evaluators", word, spec, evaluators=chosen)


def _without(column: str) -> Callable[[Spec, DataBundle], Iterator[Variant]]:
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


def _experts(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    llms = _llms(spec, data)
    sparse = tuple(llms["model"][llms["is_moe"]]) if "is_moe" in llms else ()
    if sparse and len(sparse) < len(llms):
        yield Variant("experts", "dense LLMs alone", spec, without=sparse, same_graph=True)


def _series(spec: Spec, data: DataBundle) -> Iterator[Variant]:
    rows = data.frames["densities"]
    for name in sorted(rows["series"].unique()):
        yield from _other(spec, "data", str(name), axis="series", series=str(name))


def _scores(spec: Spec, data: DataBundle) -> pd.DataFrame:
    found = designs.score_design(spec, data, designs.benchmarks_of(spec, data))
    return data.frames["scores"].loc[found.rows]


def _llms(spec: Spec, data: DataBundle) -> pd.DataFrame:
    """Return the LLMs of a design, in its order, with the year of their release."""
    if spec.blocks == ("published",):
        published = designs.published_design(spec, data)
        table = pd.DataFrame({"model": list(published.llms)})
        return table.assign(year=published.released.year.astype(str))
    found = designs.score_design(spec, data, designs.benchmarks_of(spec, data))
    rows = data.frames["models"].set_index("model", drop=False).loc[list(found.llms)]
    return rows.reset_index(drop=True).assign(year=np.array(found.released.year.astype(str)))


#: What can be chosen otherwise, where a hypothesis has it: for those with all blocks, and for
#: those of published values.
_JOINT: Mapping[str, Callable[[Spec, DataBundle], Iterator[Variant]]] = MappingProxyType(
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
_PUBLISHED: Mapping[str, Callable[[Spec, DataBundle], Iterator[Variant]]] = MappingProxyType(
    {
        "prior": _prior,
        "without_year": _without("year"),
        "without_llm": _without_llm,
        "series": _series,
    }
)
#: Names of all axes.
AXES: tuple[str, ...] = tuple(dict.fromkeys([*_JOINT, *_PUBLISHED]))


def variants(
    spec: Spec, data: DataBundle, *, axes: Sequence[str] | None = None
) -> tuple[Variant, ...]:
    """Return a hypothesis as it is, and with one choice at a time made otherwise.

    Parameters
    ----------
    spec : Spec
        The hypothesis, with a growth rate.
    data : DataBundle
        The data.
    axes : sequence of str, optional
        Which choices, of `AXES`; all that the hypothesis has where not given.

    Returns
    -------
    tuple of Variant
        The hypothesis as it is comes first; a choice that it has made itself is no variant.

    Raises
    ------
    DataNeedError
        Where the hypothesis has no rate that could depend on anything, or is a cut.
    SpecError
        For an axis that there is not.
    """
    possible = _PUBLISHED if spec.blocks == ("published",) else _JOINT
    if not {"growth", "published"} & set(spec.blocks):
        raise DataNeedError(f"{spec.name} has no growth block: there is no rate to watch")
    if spec.growth.trend == "constant":
        raise DataNeedError(f"{spec.name} holds the rate at 0: nothing moves it")
    if spec.information.flow == "cut" or spec.data.records == "only":
        raise DataNeedError(
            f"{spec.name}: the sensitivity of a cut, or of records alone, cannot be worked out"
        )
    chosen = list(possible) if axes is None else list(axes)
    for name in chosen:
        if name not in possible:
            raise SpecError(f"no axis {name!r} of {spec.name}; there are: {', '.join(possible)}")
    found = [Variant(AS_IS, AS_IS, spec, same_graph=True)]
    for name in chosen:
        found += [v for v in possible[name](spec, data) if _differs(v, spec)]
    return tuple(found)


def _differs(variant: Variant, spec: Spec) -> bool:
    same: bool = variant.spec.sha256 == spec.sha256
    return bool(variant.without or variant.evaluators) or not same
