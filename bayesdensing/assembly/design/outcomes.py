"""Outcomes apart from the design: what another bundle of the same design puts in their place."""

from dataclasses import fields
from typing import Any

import numpy as np

from bayesdensing.assembly.design.published import PublishedDesign, published_design
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
from bayesdensing.spec import Spec

__all__ = ["exchanged", "outcomes"]

#: Of each design, the field that holds outcomes and the random variable that they are values of.
_OUTCOME: dict[type, tuple[str, str]] = {
    LossDesign: ("log_loss", "log_loss"),
    PointDesign: ("score", "link_score"),
    ScoreDesign: ("score", "score"),
    PublishedDesign: ("log_value", "log_value"),
}
#: Names and places of rows, of which the model knows nothing.
_LABELS = {"labels", "rows", "llms", "evaluators", "loss_unit", "series"}


def _designs(spec: Spec, bundle: DataBundle) -> list[Any]:
    if spec.blocks == ("published",):
        return [published_design(spec, bundle)]
    benchmarks = benchmarks_of(spec, bundle)
    makers = {"loss": loss_design, "link": point_design, "growth": score_design}
    return [make(spec, bundle, benchmarks) for name, make in makers.items() if name in spec.blocks]


def outcomes(spec: Spec, bundle: DataBundle) -> dict[str, np.ndarray]:
    """Return what was measured, by the names that it has among the model's data.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    dict of str to ndarray
        One array for each block, in the order of the model.
    """
    return {
        f"{name}_measured": getattr(design, field)
        for design in _designs(spec, bundle)
        for field, name in (_OUTCOME[type(design)],)
    }


def exchanged(spec: Spec, template: DataBundle, bundle: DataBundle) -> dict[str, np.ndarray]:
    """Return the outcomes of a bundle, for a model that was assembled from another.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    template : DataBundle
        The data that the model was assembled from.
    bundle : DataBundle
        Data of the same design.

    Returns
    -------
    dict of str to ndarray
        As `outcomes`.

    Raises
    ------
    DataNeedError
        Where the designs differ: the model would be another.
    """
    if _benchmarks(spec, template) != _benchmarks(spec, bundle):
        raise DataNeedError(
            f"{bundle.name} has another design than {template.name}: "
            "benchmarks or their scores of guessing differ"
        )
    for ours, theirs in zip(_designs(spec, template), _designs(spec, bundle), strict=True):
        outcome, _ = _OUTCOME[type(ours)]
        for field in fields(ours):
            a, b = getattr(ours, field.name), getattr(theirs, field.name)
            if field.name not in {outcome, *_LABELS} and not _equal(a, b):
                raise DataNeedError(
                    f"{bundle.name} has another design than {template.name}: "
                    f"{field.name} of {type(ours).__name__} differs"
                )
    return outcomes(spec, bundle)


def _benchmarks(spec: Spec, bundle: DataBundle) -> dict[str, float]:
    """Return the benchmarks with their scores of guessing, 0 where no link asks for them."""
    if spec.blocks == ("published",):
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
