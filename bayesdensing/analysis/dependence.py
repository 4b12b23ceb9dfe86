"""What the headline depends on: a row per choice, and what each axis of choices moves."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayesdensing.analysis.intervals import INTERVAL_KIND, Estimate
from bayesdensing.analysis.summary import plain, to_json
from bayesdensing.analysis.variance import variance_table
from bayesdensing.files import write_text
from bayesdensing.laws.trend import doubling_days

__all__ = ["COLUMNS", "CROSS", "Sensitivity", "table_of"]

#: Stands between axes, and between choices, that are made otherwise together.
CROSS = " × "

#: Columns of ``sensitivity.csv``, in their order; rates per year, doubling times in days.
COLUMNS = (
    "axis", "choice", "doubling_time_days", "eti89_lb", "eti89_ub", "eti95_lb", "eti95_ub",
    "growth_rate", "growth_rate_sd", "growth_rate_eti89_lb", "growth_rate_eti89_ub",
    "growth_rate_eti95_lb", "growth_rate_eti95_ub", "prob_rate_not_positive", "shift_sd", "elpd",
    "elpd_difference", "elpd_difference_se", "n_high_pareto_k", "n_llms",
    "converged", "max_rhat", "min_ess_bulk", "min_ess_tail", "divergences", "failure", "seconds",
    "seed", "spec_sha256",
)  # fmt: skip
_SCHEMA = 1


def table_of(rows: Sequence[Mapping[str, Any]], *, as_it_is: str) -> pd.DataFrame:
    """Lay the rows of all choices out as a table.

    Parameters
    ----------
    rows : sequence of mapping
        Each with ``axis``, ``choice``, ``seconds`` and ``seed``, and ``rate`` (of
        `Estimate.to_dict`, 1/yr) with what goes with it, or a ``failure``.
    as_it_is : str
        The axis whose row the others are compared with.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. Intervals of the doubling time are those of the rate, mapped: infinite
        where that reaches 0. ``shift_sd`` is how far the median rate moves, in posterior sd of the
        hypothesis as it is. ``elpd`` (nats) is the expected log predictive density of LLMs left out
        one by one; ``elpd_difference``, with its standard error, is that less the one of the
        hypothesis as it is, on the same data and ruler: where those differ, all three are empty.
    """
    table = pd.DataFrame([_flat(row) for row in rows], columns=list(COLUMNS))
    base = table[table["axis"] == as_it_is]
    if len(base) and math.isfinite(base["growth_rate"].iloc[0]):
        moved = table["growth_rate"] - base["growth_rate"].iloc[0]
        table["shift_sd"] = moved / base["growth_rate_sd"].iloc[0]
    for i, values in enumerate(_elpd_against_base(rows, as_it_is=as_it_is)):
        for name, value in values.items():
            table.loc[i, name] = value
    return table


def _elpd_against_base(
    rows: Sequence[Mapping[str, Any]], *, as_it_is: str
) -> Iterator[dict[str, float]]:
    """Give the log predictive densities of each row that shares data and ruler with the base."""
    base = next((row["elpd"] for row in rows if row["axis"] == as_it_is and "elpd" in row), None)
    for row in rows:
        own = row.get("elpd")
        if base is None or own is None or own["group"] != base["group"]:
            yield {}
            continue
        gaps = np.array(own["by_llm"], dtype=float) - np.array(base["by_llm"], dtype=float)
        yield {
            "elpd": float(np.sum(np.array(own["by_llm"], dtype=float))),
            "elpd_difference": float(gaps.sum()),
            "elpd_difference_se": float(np.sqrt(len(gaps) * gaps.var(ddof=1))),
            "n_high_pareto_k": float(own["n_high_pareto_k"]),
        }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in COLUMNS if name in row and name != "elpd"}
    if "rate" not in row:
        return {**known, "converged": False, "failure": row.get("failure", "")}
    names = ("eti50", "eti89", "eti95")
    ends = {name: (float(row["rate"][name][0]), float(row["rate"][name][1])) for name in names}
    rate = Estimate(median=float(row["rate"]["median"]), **ends)
    days = rate.to_doubling_days()
    known |= {"growth_rate": rate.median, "doubling_time_days": days.median, "failure": ""}
    for name in ("eti89", "eti95"):
        for i, end in enumerate(("lb", "ub")):
            known[f"{name}_{end}"] = getattr(days, name)[i]
            known[f"growth_rate_{name}_{end}"] = getattr(rate, name)[i]
    return known


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What the headline depends on.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per fit, columns `COLUMNS`.
    about : mapping of str to object
        Hypothesis, data, seed.
    as_it_is : str
        The axis of the hypothesis as it is.
    scaling, influence, budget : pandas.DataFrame or None
        Power-scaling of priors and likelihoods, what moves the rate when it is left out, what part
        of the interval comes from where.
    cells : pandas.DataFrame or None
        Of a factorial grid, the choice on each axis, a row per fit; their columns are added to
        ``sensitivity.csv`` as ``choice.AXIS``.
    notes : tuple of str
        What the reader has to know.
    """

    table: pd.DataFrame
    about: Mapping[str, Any]
    as_it_is: str
    scaling: pd.DataFrame | None = None
    influence: pd.DataFrame | None = None
    budget: pd.DataFrame | None = None
    cells: pd.DataFrame | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def base(self) -> pd.Series:
        """The row of the hypothesis as it is."""
        return self.table[self.table["axis"] == self.as_it_is].iloc[0]

    @cached_property
    def axes(self) -> pd.DataFrame:
        """One row per axis, what moves the rate most first.

        Index ``axis``; columns n (choices beside the one made), days_min, days_max (of the
        median doubling time over all choices, the one made included), furthest (the choice that
        moves the rate most), furthest_days, furthest_converged (whether that fit passed its
        checks), shift_sd (that shift, in posterior sd), variance ((1/yr)^2, of the median rate over
        the choices, each as likely as another) and share (of the sum of variances over axes).
        Choices are varied one at a time: interactions are in
        `variance`, where there is a grid.
        Fits that ended in an error are left out; those that did not converge are counted in
        ``not_converged``.
        """
        base = self.base
        known = self.table[self.table["growth_rate"].notna()]
        found = {}
        for axis, rows in known.groupby("axis", sort=False):
            if axis == self.as_it_is or CROSS in str(axis):
                continue
            rates = np.append(rows["growth_rate"].to_numpy(dtype=float), base["growth_rate"])
            days = doubling_days(rates)
            far = rows.iloc[int(np.abs(rows["shift_sd"].to_numpy(dtype=float)).argmax())]
            found[str(axis)] = {
                "n": len(rows),
                "days_min": float(np.min(days)),
                "days_max": float(np.max(days)),
                "furthest": far["choice"],
                "furthest_days": far["doubling_time_days"],
                "furthest_converged": bool(far["converged"]),
                "shift_sd": far["shift_sd"],
                "variance": float(np.var(rates)),
                "not_converged": int((~rows["converged"].astype(bool)).sum()),
            }
        table = pd.DataFrame.from_dict(found, orient="index")
        table.index.name = "axis"
        if table.empty:
            return table
        total = table["variance"].sum()
        table["share"] = table["variance"] / total if total > 0 else 0.0
        return table.sort_values("variance", ascending=False, kind="stable")

    @cached_property
    def variance(self) -> pd.DataFrame | None:
        """Variance of the median rate over a factorial grid, by axis and by pair of axes.

        See `bayesdensing.analysis.variance.variance_table`; None without a grid, or where a fit of
        it ended in an error.
        """
        if self.cells is None:
            return None
        return variance_table(self.cells, self.table["growth_rate"], cross=CROSS)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What moves the doubling time most, in words."""
        lines = []
        made = self.base["doubling_time_days"]
        for axis, row in self.axes.head(3).iterrows():
            doubt = "" if row["furthest_converged"] else "; that fit did not pass its checks"
            lines.append(
                f"{axis} moves the doubling time most at {row['furthest']}: {_days(made)} days "
                f"become {_days(row['furthest_days'])} ({row['shift_sd']:+.1f} posterior sd of "
                f"the rate); {100 * row['share']:.0f} % of the variance between choices{doubt}"
            )
        if self.variance is not None:
            pairs = self.variance[self.variance["order"] == 2].head(1)
            for name, row in pairs.iterrows():
                lines.append(
                    f"{name} together account for {100 * row['share']:.0f} % of the variance over "
                    "the grid beyond the sum of both, the most of all pairs"
                )
        if self.scaling is not None:
            for name, row in self.scaling[self.scaling["drives"]].iterrows():
                lines.append(f"{name} drives the doubling time (power-scaling {row['psense']:.2f})")
        return tuple(lines)

    @property
    def converged(self) -> bool:
        """Whether every fit passed its checks."""
        return bool(self.table["converged"].astype(bool).all())

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``sensitivity.json``, numbers as they are."""
        extra = {
            "variance": self.variance,
            "scaling": self.scaling,
            "influence": self.influence,
            "budget": self.budget,
        }
        return {
            "schema_version": _SCHEMA,
            **self.about,
            "interval_kind": INTERVAL_KIND,
            "fits": self.table.to_dict("records"),
            "axes": self.axes.to_dict("index"),
            **{n: None if t is None else t.to_dict("index") for n, t in extra.items()},
            "in_words": list(self.sentences),
            "notes": list(self.notes),
        }

    def save(self, folder: str | Path) -> Path:
        """Write ``sensitivity.csv`` and ``sensitivity.json``, each all of it or nothing.

        Parameters
        ----------
        folder : str or pathlib.Path
            Made where it is missing.

        Returns
        -------
        pathlib.Path
            The folder.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        table = self.table
        if self.cells is not None:
            table = pd.concat([table, self.cells.add_prefix("choice.")], axis=1)
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(place / "sensitivity.csv", text)
        write_text(place / "sensitivity.json", to_json(plain(self.to_dict())))
        return place


def _days(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "∞"
