"""The trend in the model: its parameters, its curve, and the rate that is its headline."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayesdensing.assembly.design import PublishedDesign, RecordDesign, ScoreDesign
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.spread import spread_factor
from bayesdensing.laws.trend import DAYS_PER_YEAR, Calendar
from bayesdensing.spec import Spec

__all__ = ["add_trend", "calendar_of", "spread_at", "trend_coords"]

Dated = ScoreDesign | PublishedDesign | RecordDesign


def calendar_of(spec: Spec, design: Dated) -> Calendar:
    """Return the dates that a trend refers to.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign, PublishedDesign or RecordDesign
        What has release dates.

    Returns
    -------
    Calendar
        Dates of the design and of the change.

    Raises
    ------
    DataNeedError
        For a change at a date that is not between the first and the last release.
    """
    start, end = (day.date() for day in (design.released.min(), design.released.max()))
    change = spec.growth.change_date
    if change is not None and not start < change < end:
        raise DataNeedError(
            f"growth.change_date = {change} is not between the first and the last release, {start} "
            f"and {end}: one of its two rates would rest on no data"
        )
    return Calendar(reference=design.reference_date.date(), start=start, end=end, change=change)


def trend_coords(spec: Spec, design: Dated) -> dict[str, list[str]]:
    """Return the coordinates that a trend brings into the model.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign, PublishedDesign or RecordDesign
        What has release dates.

    Returns
    -------
    dict of str to list of str
        ``segment``: the quarters of a random walk; empty for other trends.
    """
    if spec.growth.shape.steps is None:
        return {}
    return {"segment": list(calendar_of(spec, design).quarters)}


def add_trend(spec: Spec, design: Dated, *, years: np.ndarray | None = None) -> tuple[Any, Any]:
    """Add the trend and the dispersion about it.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    design : ScoreDesign, PublishedDesign or RecordDesign
        What has release dates.
    years : ndarray, shape (time,), optional
        Years since the reference date at which the trend is asked for; those of the design where
        not given.

    Returns
    -------
    tuple of TensorVariable
        Mean log quantity (llm,) or (time,), and its dispersion: (), or of the same shape where it
        changes in time.

    Raises
    ------
    DataNeedError
        For a change at a date outside those of the design.
    """
    calendar, shape = calendar_of(spec, design), spec.growth.shape
    values = {name: spec.priors[name].rv(name) for name in ("level", *shape.parameters)}
    if shape.steps is not None:
        values[shape.steps] = pm.Normal(shape.steps, 0.0, 1.0, dims="segment")
    if "change_share" in values:
        pm.Deterministic("change_year", _decimal_year(calendar, values["change_share"]))
    if "growth_rate" not in values:
        start, end = calendar.window
        rate = shape.mean_rate(values, calendar, start=start, end=end)
        pm.Deterministic("growth_rate", pt.as_tensor_variable(rate))
    dispersion = spec.priors["dispersion"].rv("dispersion")
    if spec.growth.dispersion == "changing":
        spec.priors["dispersion_growth"].rv("dispersion_growth")
    at = design.years if years is None else years
    return shape.path(at, values, calendar), dispersion * spread_at(spec, at)


def spread_at(spec: Spec, years: np.ndarray) -> Any:
    """Return how many times their scale at the reference date the scales about the trend are.

    Parameters
    ----------
    spec : Spec
        The hypothesis, whose trend is in the model of the context.
    years : ndarray, shape (time,)
        Years since the reference date.

    Returns
    -------
    float or TensorVariable, shape (time,)
        1 where the dispersion is constant.
    """
    if spec.growth.dispersion == "constant":
        return 1.0
    growth = pm.modelcontext(None)["dispersion_growth"]
    return spread_factor(years=years, dispersion_growth=growth)


def _decimal_year(calendar: Calendar, share: Any) -> Any:
    """Return a date of the span on the scale of ``release_year``, 2000 + years since then."""
    days = (np.datetime64(calendar.start) - np.datetime64("2000-01-01")).astype(float)
    first, last = calendar.span
    return 2000 + days / DAYS_PER_YEAR + share * (last - first)
