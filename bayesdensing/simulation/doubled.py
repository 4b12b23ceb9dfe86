"""A design twice over: what was measured, and as much again, to be drawn from the posterior.

The data of posterior simulation-based calibration: given what was measured, parameters are drawn
from the posterior and new measurements from them; the posterior given both old and new holds the
parameters like a draw of its own.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bayesdensing.assembly import design as designs
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec

__all__ = ["doubled", "with_new"]

_ANEW = " (drawn anew)"


def doubled(spec: Spec, data: DataBundle) -> DataBundle:
    """Return data with a second LLM beside each: same date, size, family, benchmarks, evaluators.

    Parameters
    ----------
    spec : Spec
        The hypothesis, with growth or of published values.
    data : DataBundle
        What was measured.

    Returns
    -------
    DataBundle
        The second LLMs have the outcomes of the first, which stand for nothing yet. Reference runs
        and loss-score points are those that were measured, once.

    Raises
    ------
    DataNeedError
        Where the hypothesis has no LLMs, or takes records alone.
    """
    if spec.data.records == "only" or not {"growth", "published"} & set(spec.blocks):
        raise DataNeedError(
            f"{spec.name} cannot be calibrated about its posterior: it is not of single LLMs that "
            "could be drawn anew; leave out the run to draw truths from the prior"
        )
    frames = data.frames
    for name in ("models", "scores") if "growth" in spec.blocks else ("densities",):
        rows = frames[name]
        frames[name] = pd.concat([rows, rows.assign(model=rows["model"] + _ANEW)])
    return DataBundle.from_frames(name=f"{data.name}, twice", version=data.version, **frames)


def with_new(
    spec: Spec,
    twice: DataBundle,
    *,
    measured: Mapping[str, np.ndarray],
    drawn: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Put what was drawn in the place of the second LLMs' outcomes.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    twice : DataBundle
        Of `doubled`.
    measured, drawn : mapping of str to ndarray
        Outcomes of that design, as they were measured and as they were drawn.

    Returns
    -------
    dict of str to ndarray
        Outcomes.
    """
    if spec.is_series_alone:
        name, llms = "log_value", np.array(designs.published_design(spec, twice).llms)
    else:
        found = designs.score_design(spec, twice, designs.benchmarks_of(spec, twice))
        name, llms = "score", np.array(found.llms)[found.pair_llm[found.obs_pair]]
    new = np.char.endswith(llms.astype(str), _ANEW)
    old = f"{name}_measured"
    return {**measured, **designs.as_data({name: np.where(new, drawn[old], measured[old])})}
