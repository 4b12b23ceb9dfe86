"""What a model needs of a bundle: arrays, indices and coordinates, chosen by the hypothesis.

Everything here comes from the design (which LLM, benchmark, evaluator, size, date); outcomes are
carried along but decide nothing.
"""

from bayesdensing.assembly.design.outcomes import Exchange, as_data, designs_of
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

__all__ = [
    "Exchange",
    "LossDesign",
    "PointDesign",
    "PublishedDesign",
    "RecordDesign",
    "ScoreDesign",
    "as_data",
    "benchmarks_of",
    "chance_of",
    "designs_of",
    "loss_design",
    "point_design",
    "published_design",
    "record_design",
    "score_design",
]
