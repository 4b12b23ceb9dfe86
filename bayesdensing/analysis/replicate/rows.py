"""Rows of the replication: equations 2 and 3, and the lines of equation 5, beside the print."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bayesdensing.analysis.replicate.curves import (
    PowerLaw,
    ScoreCurve,
    fit_power_law,
    fit_score_curve,
)
from bayesdensing.analysis.replicate.inputs import Points, Runs, Series
from bayesdensing.analysis.replicate.printed import Published
from bayesdensing.analysis.replicate.regression import (
    Line,
    half_units,
    line_through,
    running_records,
    shifted_lines,
)

__all__ = [
    "D0_PRINTED",
    "Row",
    "law_rows",
    "line_of",
    "line_rows",
    "moved",
    "other_law_rows",
    "reach_of",
    "score_rows",
    "size_rows",
]

#: A line through more points than these is not drawn anew for every rounding of them.
_FEW_POINTS = 12
#: Reference tokens of the journal's densities; those of the paper's first version are 1e12.
D0_PRINTED = 5e12

_LAW_UNITS = {
    "a": ("n_coefficient", "loss"),
    "alpha": ("n_exponent", "1"),
    "b": ("d_coefficient", "loss"),
    "beta": ("d_exponent", "1"),
    "rmse": ("rmse", "loss"),
}
_CURVE_UNITS = {
    "c": ("height", "%"),
    "gamma": ("slope", "1/loss"),
    "l": ("midpoint_loss", "loss"),
    "d": ("floor", "%"),
}


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    part : str
        Equation, or step of the chain.
    quantity : str
        What it is.
    ours : float
        Our point estimate; infinite for a doubling time without growth, NaN where there is none.
    printed : float or None
        What the paper printed or drew; None: nothing.
    unit : str
        Unit of both.
    note : str
        What a reader should know.
    source : str
        Where the printed value is from.
    """

    part: str
    quantity: str
    ours: float
    printed: float | None
    unit: str
    note: str = ""
    source: str = ""

    @property
    def difference(self) -> float:
        """Ours less the printed value; NaN where nothing was printed."""
        return math.nan if self.printed is None else self.ours - self.printed


def law_rows(
    runs: Mapping[str, Runs], published: Published
) -> tuple[list[Row], dict[str, tuple[PowerLaw, ...]]]:
    """Fit equation 2 to every benchmark, all optima.

    Parameters
    ----------
    runs : mapping of str to Runs
        Reference runs by benchmark.
    published : Published
        What the paper printed.

    Returns
    -------
    tuple
        Rows, and the optima by benchmark, the smallest error first.
    """
    rows: list[Row] = []
    optima = {b: fit_power_law(r.n_params, r.n_tokens, r.losses) for b, r in runs.items()}
    for benchmark, found in optima.items():
        drawn = published.laws.get(benchmark)
        nearest = None if drawn is None else min(found, key=lambda law: _distance(law, drawn))
        for place, law in enumerate(found, start=1):
            same = law is nearest
            rank = "the only optimum" if len(found) == 1 else f"optimum {place} of {len(found)}"
            note = rank
            if drawn is not None:
                note += "; the paper's constants" if same else "; not the paper's"
            for symbol, (field, unit) in _LAW_UNITS.items():
                rows.append(
                    Row(
                        "eq. 2",
                        f"{benchmark}, optimum {place}: {symbol}",
                        getattr(law, field),
                        getattr(drawn, field) if same else None,
                        unit,
                        note,
                        published.law_source if same else "",
                    )
                )
    return rows, optima


def _distance(one: PowerLaw, other: PowerLaw) -> float:
    """Return how far two laws' exponents are apart, on the log scale."""
    return math.hypot(
        math.log(one.n_exponent / other.n_exponent), math.log(one.d_exponent / other.d_exponent)
    )


def score_rows(
    points: Mapping[str, Points], published: Published
) -> tuple[list[Row], dict[str, ScoreCurve]]:
    """Fit equation 3 to every benchmark.

    Parameters
    ----------
    points : mapping of str to Points
        Loss-score points by benchmark.
    published : Published
        What the paper printed.

    Returns
    -------
    tuple
        Rows, and the anchored curves by benchmark.
    """
    rows, curves = [], {}
    for benchmark, own in points.items():
        drawn = published.curves.get(benchmark)
        for anchored in (True, False):
            curve = fit_score_curve(own.losses, own.scores, anchored=anchored)
            if anchored:
                curves[benchmark] = curve
            how = "with (loss 0, score 100), floor not below 0" if anchored else "points alone"
            for symbol, (field, unit) in _CURVE_UNITS.items():
                rows.append(
                    Row(
                        "eq. 3",
                        f"{benchmark}, {how}: {symbol}",
                        getattr(curve, field),
                        None if drawn is None else getattr(drawn, field),
                        unit,
                        f"rmse {curve.rmse:.2f} points",
                        "" if drawn is None else published.law_source,
                    )
                )
    return rows, curves


def size_rows(
    series: Series,
    published: Published,
    *,
    benchmark: str,
    law: PowerLaw,
    curve: ScoreCurve,
) -> list[Row]:
    """Recover the effective parameters of the record holders through our own two curves.

    Parameters
    ----------
    series : Series
        Published densities, with sizes.
    published : Published
        What the paper printed.
    benchmark : str
        Whose curves the densities were made with.
    law, curve : PowerLaw, ScoreCurve
        Our fits of equations 2 and 3.

    Returns
    -------
    list of Row
        A row per record holder: from the printed N_hat forwards to the score by the paper's
        curves, and back to N_hat by ours.
    """
    drawn, link = published.laws[benchmark], published.curves[benchmark]
    holders = series.only(running_records(series.days_since(published.origin), series.values))
    printed = holders.values * holders.n_params
    scores = link.score(drawn.loss(printed, D0_PRINTED))
    ours = law.size(curve.loss(scores), D0_PRINTED)
    # which of the two curves parts them, and what the digits of score and density leave open
    by_law, by_curve = (
        law.size(link.loss(scores), D0_PRINTED),
        drawn.size(curve.loss(scores), D0_PRINTED),
    )
    ends = [drawn.size(link.loss(scores + by), D0_PRINTED) for by in (0.05, -0.05)]
    digits = half_units(holders.values) * holders.n_params
    return [
        Row(
            "eq. 4",
            f"effective parameters of {name}",
            ours[i] / 1e9,
            printed[i] / 1e9,
            "1e9",
            f"from a score of {scores[i]:.1f} %; {by_law[i] / 1e9:.4g} with the paper's score "
            f"curve, {by_curve[i] / 1e9:.4g} with its loss law; {ends[1][i] / 1e9:.4g} to "
            f"{ends[0][i] / 1e9:.4g} for a score within 0.05; the density's last digit leaves "
            f"{digits[i] / 1e9:.2g} open",
            "published density times non-embedding parameters",
        )
        for i, name in enumerate(holders.names)
    ]


def moved(series: Series, *, law: PowerLaw, onto: PowerLaw, tokens: float) -> Series | None:
    """Return densities under other reference tokens or another law.

    Parameters
    ----------
    series : Series
        Published densities, with sizes.
    law : PowerLaw
        Law that they were made with, at `D0_PRINTED`.
    onto : PowerLaw
        Law to express them by.
    tokens : float
        Reference tokens (count).

    Returns
    -------
    Series or None
        The models whose loss the other law reaches at some size; None where fewer than three are.
    """
    losses = law.loss(series.values * series.n_params, D0_PRINTED)
    values = onto.size(losses, tokens) / series.n_params
    reached = np.isfinite(values) & (values > 0)
    return None if reached.sum() < 3 else series.with_values(values).only(reached)


def line_of(series: Series, *, origin: dt.date, records: bool) -> Line | None:
    """Return the line through log densities, of record holders or of all models.

    Parameters
    ----------
    series : Series
        Densities.
    origin : datetime.date
        Day 0.
    records : bool
        Record holders alone.

    Returns
    -------
    Line or None
        None for fewer than two days.
    """
    days = series.days_since(origin)
    chosen = running_records(days, series.values) if records else np.ones(len(days), dtype=bool)
    if len(np.unique(days[chosen])) < 2:
        return None
    return line_through(days[chosen], series.values[chosen])


def reach_of(series: Series, *, origin: dt.date) -> dict[str, str]:
    """Say what the line of record holders could be if their densities or dates were read off.

    Parameters
    ----------
    series : Series
        Densities, as they are stated.
    origin : datetime.date
        Day 0.

    Returns
    -------
    dict of str to str
        For ``r2`` and ``doubling``: the ranges with densities within half a unit of their last
        digit and with dates a day off; empty where there are too many records, or too few.
    """
    days = series.days_since(origin)
    chosen = running_records(days, series.values)
    days, values = days[chosen], series.values[chosen]
    if not 3 <= len(days) <= _FEW_POINTS or np.diff(np.sort(days)).min() < 3:
        return {}
    told: dict[str, list[str]] = {"r2": [], "doubling": []}
    shifts = {
        "densities within half a unit of their last digit": {"by_values": half_units(values)},
        "dates within a day": {"by_days": 1.0},
    }
    for what, shift in shifts.items():
        lines = list(shifted_lines(days, values, **shift))  # type: ignore[arg-type]
        r2, doubling = [line.r2 for line in lines], [line.doubling_days for line in lines]
        told["r2"].append(f"{min(r2):.4f} to {max(r2):.4f} for {what}")
        told["doubling"].append(f"{min(doubling):.2f} to {max(doubling):.2f} for {what}")
    return {name: ", ".join(ranges) for name, ranges in told.items()}


def line_rows(
    line: Line,
    published: Published,
    *,
    key: str,
    part: str,
    title: str,
    note: str = "",
    reach: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Row]:
    """Yield slope, intercept, R2 and doubling time of a line.

    Parameters
    ----------
    line : Line
        The line.
    published : Published
        What the paper printed.
    key : str
        Name of the line among the printed values.
    part, title, note : str
        Part of the table, what the line is of, what to know.
    reach : mapping of str to str
        What `reach_of` says, of quantities that have it.

    Yields
    ------
    Row
        In this order.
    """
    told = f"{line.count} points" + (f"; {note}" if note else "")
    values = {
        "slope": ("A", line.slope, "1/day", f"standard error {line.slope_error:.5f}; {told}"),
        "intercept": ("B", line.intercept, "log", told),
        "r2": ("R2", line.r2, "1", told),
        "doubling": (
            "doubling time",
            line.doubling_days,
            "days",
            f"standard error {line.doubling_error:.0f}; {told}",
        ),
    }
    for name, (symbol, ours, unit, said) in values.items():
        found = published.values.get(f"{key}.{name}")
        yield Row(
            part,
            f"{title}: {symbol}",
            ours,
            None if found is None else found.value,
            unit,
            "; ".join(filter(None, (said, reach.get(name)))),
            "" if found is None else found.source,
        )


def other_law_rows(
    series: Series, published: Published, *, benchmark: str, optima: tuple[PowerLaw, ...]
) -> list[Row]:
    """Return the record line under the optimum of equation 2 that the paper did not take.

    Parameters
    ----------
    series : Series
        Published densities, with sizes.
    published : Published
        What the paper printed.
    benchmark : str
        Whose curves the densities were made with.
    optima : tuple of PowerLaw
        All optima.

    Returns
    -------
    list of Row
        Empty where there is only one.
    """
    drawn = published.laws[benchmark]
    nearest = min(optima, key=lambda law: _distance(law, drawn))
    rows: list[Row] = []
    for place, law in enumerate(optima, start=1):
        if law is nearest:
            continue
        there = moved(series, law=drawn, onto=law, tokens=D0_PRINTED)
        line = None if there is None else line_of(there, origin=published.origin, records=True)
        if there is None or line is None:
            continue
        factor = float(np.median(series.values) / np.median(there.values))
        rows += line_rows(
            line,
            published,
            key="",
            part="eq. 2, the other optimum",
            title=f"records under {benchmark} optimum {place}",
            note=f"densities lower by a median factor of {factor:.0f}",
        )
    return rows
