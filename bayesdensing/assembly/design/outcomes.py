"""Outcomes apart from the design: what another bundle of the same design puts in their place."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from bayesdensing.assembly.design.published import PublishedDesign, published_design
from bayesdensing.assembly.design.records import RecordDesign, record_design
from bayesdensing.assembly.design.reference import (
    LossDesign,
    PointDesign,
    loss_design,
    point_design,
)
from bayesdensing.assembly.design.rows import benchmarks_of, chance_of
from bayesdensing.assembly.design.scores import ScoreDesign, score_design
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.deviation import ends_met
from bayesdensing.spec import Spec

__all__ = ["Exchange", "as_data", "designs_of"]

#: Of each design, the field that holds outcomes and the random variable that they are values of.
_OUTCOME: dict[type, tuple[str, str]] = {
    LossDesign: ("log_loss", "log_loss"),
    PointDesign: ("score", "link_score"),
    ScoreDesign: ("score", "score"),
    PublishedDesign: ("log_value", "log_value"),
    RecordDesign: ("standing", "log_record"),
}
#: Names and places of rows, of which the model knows nothing.
_LABELS = {"labels", "rows", "llms", "evaluators", "loss_unit", "series", "record"}


def designs_of(spec: Spec, bundle: DataBundle, benchmarks: tuple[str, ...]) -> dict[str, Any]:
    """Return what each block of a hypothesis needs of a bundle.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Those of the model; published values need none.

    Returns
    -------
    dict of str to dataclass
        Design by block, in the order of the model.
    """
    if spec.is_series_alone:
        of_series = record_design if spec.data.records == "only" else published_design
        return {"published": of_series(spec, bundle)}
    makers = {"loss": loss_design, "link": point_design, "growth": score_design}
    return {
        name: make(spec, bundle, benchmarks) for name, make in makers.items() if name in spec.blocks
    }


def as_data(outcomes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return outcomes as the data of the model that hold them.

    Parameters
    ----------
    outcomes : mapping of str to ndarray
        By the random variable that they are values of.

    Returns
    -------
    dict of str to ndarray
        ``{name}_measured`` of each; of scores also which lie at an end, ``score_at_end``.
    """
    found = {f"{name}_measured": values for name, values in outcomes.items()}
    if "score" in outcomes:
        found["score_at_end"] = ends_met(outcomes["score"])
    return found


class Exchange:
    """Outcomes of other bundles, for a model that was assembled from a template.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The data that the model was assembled from.
    """

    def __init__(self, spec: Spec, template: DataBundle) -> None:
        self._spec, self._name = spec, template.name
        self._benchmarks = _benchmarks(spec, template)
        self._designs = designs_of(spec, template, tuple(self._benchmarks))

    def outcomes_of(self, bundle: DataBundle) -> dict[str, np.ndarray]:
        """Return what was measured, by the names that it has among the model's data.

        Parameters
        ----------
        bundle : DataBundle
            Data of the template's design.

        Returns
        -------
        dict of str to ndarray
            `as_data` of each block's, in the order of the model.

        Raises
        ------
        DataNeedError
            Where the designs differ: the model would be another.
        """
        benchmarks = _benchmarks(self._spec, bundle)
        if benchmarks != self._benchmarks:
            raise self._refusal(bundle, "benchmarks or their scores of guessing differ")
        found = {}
        for block, theirs in designs_of(self._spec, bundle, tuple(benchmarks)).items():
            outcome, name = _OUTCOME[type(theirs)]
            for field in fields(theirs):
                a, b = (getattr(side, field.name) for side in (self._designs[block], theirs))
                if field.name not in {outcome, *_LABELS} and not _equal(a, b):
                    raise self._refusal(bundle, f"{field.name} of {type(theirs).__name__} differs")
            found[name] = getattr(theirs, outcome)
        return as_data(found)

    def _refusal(self, bundle: DataBundle, why: str) -> DataNeedError:
        return DataNeedError(f"{bundle.name} has another design than {self._name}: {why}")


def _benchmarks(spec: Spec, bundle: DataBundle) -> dict[str, float]:
    """Return the benchmarks with their scores of guessing, 0 where no link asks for them."""
    if spec.is_series_alone:
        return {}
    names = benchmarks_of(spec, bundle)
    if "link" not in spec.blocks:
        return dict.fromkeys(names, 0.0)
    return dict(zip(names, chance_of(bundle, names).tolist(), strict=True))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        # what is worked out from simulated tables differs in the last digits
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12)
    return np.array_equal(a, b)
