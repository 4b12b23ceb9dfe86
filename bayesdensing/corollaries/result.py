"""What every corollary returns: rows beside the article's figures, assumptions in words, draws."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.intervals import INTERVAL_KIND, PROBABILITIES, Estimate
from bayesdensing.analysis.summary import plain, to_json
from bayesdensing.corollaries.article import Figure
from bayesdensing.files import write_text

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["DATE", "Corollary", "Row", "day_of", "ends_of", "iso_day", "trust"]

#: Unit of rows whose numbers are dates: days since 1970-01-01, infinite for what never comes.
DATE = "date"
_EPOCH = dt.date(1970, 1, 1)
_ENDS = tuple((p, f"eti{p * 100:.0f}") for p in PROBABILITIES)


def day_of(date: dt.date) -> float:
    """Return a date as the number that rows of unit `DATE` hold.

    Parameters
    ----------
    date : datetime.date
        Any date.

    Returns
    -------
    float
        Days since 1970-01-01.

    Examples
    --------
    >>> day_of(dt.date(1970, 1, 3))
    2.0
    """
    return float((date - _EPOCH).days)


def iso_day(days: float) -> str | None:
    """Return the date of a number of days, the inverse of `day_of`.

    Parameters
    ----------
    days : float
        Days since 1970-01-01.

    Returns
    -------
    str or None
        ISO date; None for what never comes, is not defined, or lies beyond the year 9999.

    Examples
    --------
    >>> iso_day(2.4), iso_day(float("inf"))
    ('1970-01-03', None)
    """
    if not math.isfinite(days):
        return None
    try:
        return (_EPOCH + dt.timedelta(days=round(days))).isoformat()
    except OverflowError:
        return None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of a corollary, the article's beside it.

    Attributes
    ----------
    quantity : str
        Its name, for programs.
    label : str
        What it is, in words.
    unit : str
        Its unit; `DATE` for dates.
    estimate : Estimate or None
        Its posterior.
    value : float or None
        The number itself where it has no posterior: a least-squares figure, a count, or a
        posterior probability.
    article : Figure or None
        What the article or the paper prints for it.
    """

    quantity: str
    label: str
    unit: str
    estimate: Estimate | None = None
    value: float | None = None
    article: Figure | None = None

    @property
    def middle(self) -> float:
        """The posterior median, or the number itself."""
        if self.estimate is not None:
            return self.estimate.median
        return float("nan") if self.value is None else self.value

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain types; dates as ISO dates, numbers as they are.

        Returns
        -------
        dict
            Name, label, unit; median and intervals, or value; the article's number, its words and
            source.
        """
        told: dict[str, Any] = {"quantity": self.quantity, "label": self.label, "unit": self.unit}
        if self.estimate is not None:
            told |= self.estimate.to_dict()
        else:
            told["value"] = self.value
        if self.unit == DATE:
            told = {name: _dated(value) for name, value in told.items()}
        told["article"] = None if self.article is None else self.article.value
        told["article_says"] = None if self.article is None else self.article.says
        told["article_source"] = None if self.article is None else self.article.source
        return told


def _dated(value: Any) -> Any:
    if isinstance(value, list):
        return [iso_day(end) for end in value]
    return iso_day(value) if isinstance(value, float) else value


@dataclass(frozen=True, kw_only=True, eq=False)
class Corollary:
    """A result that follows from a fit, with what it assumes.

    Attributes
    ----------
    name : str
        One of the names of `corollary`.
    title : str
        What it says, in a line.
    run : str
        Name of the hypothesis of the fit.
    converged : bool
        Whether everything that was sampled for it passed its checks.
    usable : bool
        The same, or approximate draws that passed theirs.
    warning : str
        Why numbers may be wrong; empty for draws that passed.
    rows : tuple of Row
        The results.
    draws : xarray.Dataset
        Dims (chain, draw): what the rows summarise; units in ``attrs`` of each variable.
    assumptions : tuple of str
        What it takes for granted, in words.
    notes : tuple of str
        What a reader of these numbers must know: extrapolation, what was left out.
    inputs : mapping of str to object
        What it was asked with.
    tables : mapping of str to pandas.DataFrame
        Further tables, by name.
    """

    name: str
    title: str
    run: str
    converged: bool
    usable: bool
    warning: str
    rows: tuple[Row, ...]
    draws: xr.Dataset = field(repr=False)
    assumptions: tuple[str, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def row(self, quantity: str) -> Row:
        """Return a row by name.

        Parameters
        ----------
        quantity : str
            Its name.

        Returns
        -------
        Row
            The row.

        Raises
        ------
        KeyError
            Where there is none of that name.
        """
        for row in self.rows:
            if row.quantity == quantity:
                return row
        raise KeyError(quantity)

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a table, index ``quantity``.

        Columns label, unit, median (the number itself where there is no posterior), the ends of
        the equal-tailed intervals such as ``eti95_lb``, article, article_says, article_source.
        Dates are ISO dates, empty for what never comes.
        """
        told = []
        for row in self.rows:
            cells: dict[str, Any] = {
                "quantity": row.quantity,
                "label": row.label,
                "unit": row.unit,
                "median": row.middle,
            }
            for _, name in _ENDS:
                cells[f"{name}_lb"], cells[f"{name}_ub"] = ends_of(row, name)
            if row.unit == DATE:
                cells = {k: iso_day(v) if isinstance(v, float) else v for k, v in cells.items()}
            cells["article"] = np.nan if row.article is None else row.article.value
            cells["article_says"] = "" if row.article is None else row.article.says
            cells["article_source"] = "" if row.article is None else row.article.source
            told.append(cells)
        table = pd.DataFrame(told).set_index("quantity")
        table.attrs = {"interval_kind": INTERVAL_KIND}
        return table

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the draws as plain JSON types, None for what is infinite.

        Returns
        -------
        dict
            Keys corollary, title, run, converged, warning, interval_kind, inputs, rows,
            assumptions, notes, tables.
        """
        told: dict[str, Any] = plain(
            {
                "corollary": self.name,
                "title": self.title,
                "run": self.run,
                "converged": self.converged,
                "warning": self.warning or None,
                "interval_kind": INTERVAL_KIND,
                "inputs": dict(self.inputs),
                "rows": [row.to_dict() for row in self.rows],
                "assumptions": list(self.assumptions),
                "notes": list(self.notes),
                "tables": {name: _records(table) for name, table in self.tables.items()},
            }
        )
        return told

    def save(self, folder: str | Path) -> Path:
        """Write the tables and everything as JSON.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made where it is not there.

        Returns
        -------
        pathlib.Path
            The folder, with ``NAME.csv``, ``NAME.json`` and a ``NAME-TABLE.csv`` per further table.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        write_text(place / f"{self.name}.csv", self.table.to_csv(lineterminator="\n"))
        for name, table in self.tables.items():
            text = table.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
            write_text(place / f"{self.name}-{name}.csv", text)
        write_text(place / f"{self.name}.json", to_json(self.to_dict()))
        return place


def ends_of(row: Row, name: str) -> tuple[float, float]:
    """Return the ends of an interval of a row.

    Parameters
    ----------
    row : Row
        The row.
    name : str
        ``eti50``, ``eti89`` or ``eti95``.

    Returns
    -------
    tuple of float
        Lower and upper end; NaN where there is no posterior.
    """
    if row.estimate is None:
        return float("nan"), float("nan")
    low, high = getattr(row.estimate, name)
    return low, high


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].dt.strftime("%Y-%m-%d")
    return [
        {str(name): None if value != value else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def trust(*fits: "Fit") -> dict[str, Any]:
    """Return whether fits can be trusted, as `Corollary` holds it.

    Parameters
    ----------
    *fits : Fit
        Everything that was sampled.

    Returns
    -------
    dict
        Values of ``converged``, ``usable`` and ``warning``.
    """
    warnings = [f"{f.spec.name}: {f.diagnostics.warning}" for f in fits if f.diagnostics.warning]
    return {
        "converged": all(f.diagnostics.converged for f in fits),
        "usable": all(f.diagnostics.usable for f in fits),
        "warning": "; ".join(warnings),
    }
