"""Text cells to typed columns: types, ranges, keys and the rules between columns.

A rule is a small function from arrays to faults. Tables are judged as a whole, so that every
fault comes out in one pass and 200,000 rows take seconds.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayesdensing.data.reader import RawTable
from bayesdensing.data.schema import EXTRA_PREFIX, TABLES, Column, Table
from bayesdensing.errors import Fault, nearest

__all__ = ["check_table", "check_tables"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NON_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_BOOLS = {"true": True, "false": False, "1": True, "0": False}
_SUFFIXES = {"K": 3, "M": 6, "B": 9, "T": 12}  # powers of ten, as names of LLMs have them
_MAX_SHOWN = 60  # characters of a cell repeated in a message


@dataclass(slots=True)
class _Sheet:
    """A table while it is judged: text, typed values, and what has been found."""

    table: Table
    raw: RawTable
    values: dict[str, pd.Series] = field(default_factory=dict)
    bad: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def report(self, index: int, column: str | None, message: str, *, kind: str = "") -> None:
        """Add a fault at a record, given by its position."""
        self.faults.append(Fault(self.raw.file, self.raw.rows[index], column, message, kind))

    def report_column(self, column: str, message: str) -> None:
        """Add a fault of a whole column."""
        self.faults.append(Fault(self.raw.file, None, column, message))

    def shown(self, index: int, column: str) -> str:
        """Return a cell as it was typed, shortened, for a message."""
        cell = self.raw.columns[column][index]
        return cell if len(cell) <= _MAX_SHOWN else cell[:_MAX_SHOWN] + "…"

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """Return a numeric column, with NaN where a cell is empty, bad or absent."""
        values = self.values[column].to_numpy(dtype=np.float64, copy=True)
        values[self.bad[column]] = np.nan
        return values


def check_tables(
    raws: Mapping[str, RawTable], *, today: dt.date | None = None
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Judge and type all tables of a bundle.

    Parameters
    ----------
    raws : mapping of str to RawTable
        By table name.
    today : datetime.date, optional
        Last allowed date; the default is the current day.

    Returns
    -------
    frames : dict of str to pandas.DataFrame
        Typed tables with every column of the format (absent optional ones are empty) followed
        by the file's own ``x_`` columns. Meaningful only where there are no faults.
    faults : list of Fault
    """
    today = dt.date.today() if today is None else today
    sheets = {name: _judge(TABLES[name], raw, today) for name, raw in raws.items()}
    for sheet in sheets.values():
        _check_foreign(sheet, sheets)
        sheet.faults.sort(key=lambda fault: fault.row or 0)
    frames = {name: pd.DataFrame(sheet.values) for name, sheet in sheets.items()}
    return frames, [fault for sheet in sheets.values() for fault in sheet.faults]


def check_table(
    table: Table, raw: RawTable, *, today: dt.date | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Judge and type one table by itself, its references left aside.

    Parameters
    ----------
    table : Table
        What it should be.
    raw : RawTable
        What it is.
    today : datetime.date, optional
        Last allowed date; the default is the current day.

    Returns
    -------
    frame : pandas.DataFrame
        As of `check_tables`.
    faults : list of Fault
    """
    sheet = _judge(table, raw, dt.date.today() if today is None else today)
    return pd.DataFrame(sheet.values), sorted(sheet.faults, key=lambda fault: fault.row or 0)


def _judge(table: Table, raw: RawTable, today: dt.date) -> _Sheet:
    sheet = _Sheet(table, raw)
    _check_names(sheet)
    for column in table.columns:
        if column.name in raw.columns:
            _parse(sheet, column, today)
        else:
            _fill_absent(sheet, column)
    for name in raw.header:
        if name.startswith(EXTRA_PREFIX):
            sheet.values[name] = _text_series(raw.columns[name])
    for rule in _RULES.get(table.name, ()):
        rule(sheet)
    if table.name == "models":
        active, total = sheet.values["n_params_active"], sheet.values["n_params"]
        sheet.values["n_params_active"] = active.where(active.notna(), total)
    _check_key(sheet)
    return sheet


def _check_names(sheet: _Sheet) -> None:
    known = {column.name: column for column in sheet.table.columns}
    absent = [c.name for c in sheet.table.columns if c.name not in sheet.raw.columns]
    for name in sheet.raw.header:
        if name not in known and not name.startswith(EXTRA_PREFIX):
            # a part of a name is short of it by more than likeness allows: date, release_date
            parts = [other for other in absent if name.lower() in other.split("_")]
            near = nearest(name, absent) or next(iter(parts), None)
            hint = f"did you mean {near}? Own" if near else "own"
            message = f"is not a column of the format; {hint} columns start with {EXTRA_PREFIX}"
            sheet.report_column(name, message)
    for name in absent:
        if not known[name].optional:
            sheet.report_column(name, "is missing")


# --- one column -------------------------------------------------------------------------------


def _parse(sheet: _Sheet, column: Column, today: dt.date) -> None:
    """Type a column, note which cells are bad, and check its range."""
    cells = sheet.raw.columns[column.name]
    bad = np.zeros(len(cells), dtype=np.bool_)
    sheet.bad[column.name] = bad
    if not column.optional:
        for index in _where(cells, lambda cell: not cell):
            bad[index] = True
            sheet.report(index, column.name, "is empty")
    if column.kind in ("text", "choice"):
        sheet.values[column.name] = _text_series(cells)
        if column.kind == "choice":
            _check_choices(sheet, column)
    elif column.kind == "bool":
        sheet.values[column.name] = _parse_bools(sheet, column, cells)
    elif column.kind == "date":
        sheet.values[column.name] = _parse_dates(sheet, column, cells, today)
    else:
        sheet.values[column.name] = _parse_numbers(sheet, column, cells)
        _check_range(sheet, column)


def _where(cells: list[str], test: Callable[[str], bool]) -> Iterator[int]:
    return (index for index, cell in enumerate(cells) if test(cell))


def _text_series(cells: list[str]) -> pd.Series:
    return pd.Series([cell or None for cell in cells], dtype="str")


def _fill_absent(sheet: _Sheet, column: Column) -> None:
    n = len(sheet.raw.rows)
    dtypes = {"date": "datetime64[us]", "number": "float64", "count": "float64"}
    index = range(n)
    sheet.values[column.name] = pd.Series(index=index, dtype=dtypes.get(column.kind, "str"))
    # An absent required column is one fault; its cells must not add others.
    sheet.bad[column.name] = np.full(n, not column.optional, dtype=np.bool_)


def _check_choices(sheet: _Sheet, column: Column) -> None:
    allowed = {*column.choices, ""}
    for index in _where(sheet.raw.columns[column.name], lambda cell: cell not in allowed):
        sheet.bad[column.name][index] = True
        problem = f"is none of {', '.join(column.choices)}"
        message = f"'{sheet.shown(index, column.name)}' {problem}"
        sheet.report(index, column.name, message, kind=problem)


def _parse_bools(sheet: _Sheet, column: Column, cells: list[str]) -> pd.Series:
    parsed = [_BOOLS.get(cell.lower()) for cell in cells]
    for index, value in enumerate(parsed):
        if value is None and cells[index]:
            sheet.bad[column.name][index] = True
            problem = "is not true or false"
            message = f"'{sheet.shown(index, column.name)}' {problem}"
            sheet.report(index, column.name, message, kind=problem)
    return pd.Series([bool(value) for value in parsed], dtype=np.bool_)


def _parse_dates(sheet: _Sheet, column: Column, cells: list[str], today: dt.date) -> pd.Series:
    known: dict[str, dt.date | None] = {"": None}
    problems: dict[str, str] = {}
    for cell in set(cells) - {""}:
        known[cell] = day = _date_or_none(cell)
        if day is None:
            problems[cell] = "is not an ISO date (YYYY-MM-DD)"
        elif day > today:
            problems[cell] = f"is in the future (today is {today.isoformat()})"
        elif column.earliest is not None and day < column.earliest:
            problems[cell] = f"is before {column.earliest.isoformat()}"
    for index in _where(cells, problems.__contains__) if problems else ():
        sheet.bad[column.name][index] = True
        message = f"{sheet.shown(index, column.name)} {problems[cells[index]]}"
        sheet.report(index, column.name, message, kind=problems[cells[index]])
    days = np.array([known[cell] for cell in cells], dtype="datetime64[D]")
    return pd.Series(days.astype("datetime64[us]"))


def _date_or_none(cell: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        return None


def _parse_numbers(sheet: _Sheet, column: Column, cells: list[str]) -> pd.Series:
    values = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        if not cell:
            continue
        if _NUMBER.fullmatch(cell) and math.isfinite(value := float(cell)):
            values[index] = value
            if column.kind != "count" or value.is_integer():
                continue
            problem = "is not a whole number"
        elif _NUMBER.fullmatch(cell) or _NON_FINITE.fullmatch(cell):
            problem = "is not finite"
        else:
            problem = "is not a number"
        sheet.bad[column.name][index] = True
        message = f"{sheet.shown(index, column.name)} {problem}"
        if problem == "is not a number":
            message += _number_hint(column, cell)
        sheet.report(index, column.name, message, kind=problem)
    return pd.Series(values)


def _number_hint(column: Column, cell: str) -> str:
    """Say how a number with a percent sign or a suffix such as B is written."""
    text, sign = cell[:-1].strip(), cell[-1].upper()
    if len(cell) > _MAX_SHOWN or not _NUMBER.fullmatch(text):
        return ""
    if sign == "%" and column.scale == "percent":
        return f"; shares lie between 0 and 1, here {float(text) / 100:g}"
    if sign in _SUFFIXES and text.replace(".", "", 1).isdigit():
        power = _SUFFIXES[sign]
        return f"; numbers are written out, here {Decimal(text).scaleb(power):f} or {text}e{power}"
    return ""


def _check_range(sheet: _Sheet, column: Column) -> None:
    values = sheet.numbers(column.name)
    outside = np.zeros(len(values), dtype=np.bool_)
    if column.low is not None:
        outside |= values <= column.low if column.low_open else values < column.low
    if column.high is not None:
        outside |= values >= column.high if column.high_open else values > column.high
    if not outside.any():
        return
    hint = _scale_hint(column, values[np.isfinite(values)])
    if hint:
        sheet.report_column(column.name, hint)
    else:
        for index in np.flatnonzero(outside):
            cell = sheet.shown(int(index), column.name)
            message = f"{cell} {column.range_text}"
            sheet.report(int(index), column.name, message, kind=column.range_text)
    sheet.bad[column.name] |= outside


def _scale_hint(column: Column, values: npt.NDArray[np.float64]) -> str:
    """Name a mistaken unit when most of a column shows it; a few bad cells are just that."""
    middle = float(np.median(values))
    if column.scale == "percent":
        if middle >= 2 and values.min() >= 0 and values.max() <= 100:
            return (
                f"looks like percentages (median {middle:g}); "
                "a score is a fraction between 0 and 1, so divide by 100"
            )
    elif column.scale == "params" and 0 < middle < 1e5 and values.min() > 0:
        word, factor = ("billions", "1e9") if middle < 2e3 else ("millions", "1e6")
        return (
            f"looks like {word} (median {middle:g}); "
            f"parameters are counted one by one, so multiply by {factor}"
        )
    return ""


# --- between columns and rows -----------------------------------------------------------------


def _check_active(sheet: _Sheet) -> None:
    active, total = sheet.numbers("n_params_active"), sheet.numbers("n_params")
    for index in map(int, np.flatnonzero(active > total)):
        cells = sheet.shown(index, "n_params_active"), sheet.shown(index, "n_params")
        message = f"{cells[0]} active parameters are more than n_params, {cells[1]}"
        sheet.report(index, "n_params_active", message, kind="more active than total")


def _check_interval(sheet: _Sheet) -> None:
    value, low, high = (sheet.numbers(name) for name in ("value", "value_lo95", "value_hi95"))
    has_low, has_high = (
        sheet.values[name].notna().to_numpy() | sheet.bad[name]
        for name in ("value_lo95", "value_hi95")
    )
    for index in map(int, np.flatnonzero(has_low & ~has_high)):
        sheet.report(index, "value_hi95", "is empty although value_lo95 is given")
    for index in map(int, np.flatnonzero(has_high & ~has_low)):
        sheet.report(index, "value_lo95", "is empty although value_hi95 is given")
    for index in map(int, np.flatnonzero(low >= value)):
        cell = sheet.shown(index, "value_lo95")
        problem = "is not below the value"
        sheet.report(index, "value_lo95", f"{cell} {problem}", kind=problem)
    for index in map(int, np.flatnonzero(high <= value)):
        cell = sheet.shown(index, "value_hi95")
        problem = "is not above the value"
        sheet.report(index, "value_hi95", f"{cell} {problem}", kind=problem)


def _check_loss_unit(sheet: _Sheet) -> None:
    first: dict[tuple[str, str], str] = {}
    names = ("suite", "benchmark", "loss_unit")
    if not all(name in sheet.raw.columns for name in names):
        return
    cells = zip(*(sheet.raw.columns[name] for name in names), strict=True)
    for index, (suite, benchmark, unit) in enumerate(cells):
        expected = first.setdefault((suite, benchmark), unit) if unit else unit
        if unit != expected:
            message = (
                f"'{sheet.shown(index, 'loss_unit')}' differs from '{expected[:_MAX_SHOWN]}' "
                f"above; one unit per suite and benchmark"
            )
            sheet.report(index, "loss_unit", message)


def _check_constant(sheet: _Sheet) -> None:
    empty = sheet.values["value"].isna() & sheet.values["date"].isna()
    empty &= ~sheet.bad["value"] & ~sheet.bad["date"]
    for index in map(int, np.flatnonzero(empty)):
        sheet.report(index, "value", "is empty, and so is the date")


_RULES: dict[str, tuple[Callable[[_Sheet], None], ...]] = {
    "models": (_check_active,),
    "new_scores": (_check_active,),
    "densities": (_check_interval,),
    "reference_runs": (_check_loss_unit,),
    "constants": (_check_constant,),
}


def _check_key(sheet: _Sheet) -> None:
    """Compare keys by value, so that ``5`` and ``5.0`` shots are the same."""
    names = sheet.table.key
    usable = np.ones(len(sheet.raw.rows), dtype=np.bool_)
    for name in names:
        usable &= ~sheet.bad[name]
    keys = pd.DataFrame({name: sheet.values[name] for name in names})[usable]
    if not keys.duplicated().any():
        return
    group = keys.groupby(list(names), dropna=False, sort=False).ngroup()
    first_of: dict[int, int] = {}
    for index, number in zip(map(int, keys.index), map(int, group), strict=True):
        first = first_of.setdefault(number, index)
        if first == index:
            continue
        shown = ", ".join(
            f"{name} {sheet.shown(index, name)}"
            for name in names
            if name in sheet.raw.columns and sheet.raw.columns[name][index]
        )
        message = f"repeats row {sheet.raw.rows[first]} ({shown})"
        sheet.report(index, names[0], message, kind="repeats a row")


def _check_foreign(sheet: _Sheet, sheets: Mapping[str, _Sheet]) -> None:
    """Look up references; a name that is missing is reported once, with its first row."""
    for name, target in sheet.table.foreign.items():
        if target not in sheets or name not in sheet.raw.columns:
            continue
        raw = sheets[target].raw
        key = sheets[target].table.key[0]
        if key not in raw.columns:
            continue
        known = {*raw.columns[key], *raw.ragged[key], ""}
        missing: dict[str, list[int]] = {}
        for index, cell in enumerate(sheet.raw.columns[name]):
            if cell not in known:
                missing.setdefault(cell, []).append(index)
        # Looking for the nearest name is slow: only where there is little to compare.
        few = len(missing) <= 20 and len(known) <= 2000
        suggest = sorted(known - {""}) if few else []
        for cell, indices in missing.items():
            near = nearest(cell[:_MAX_SHOWN], suggest, cutoff=0.8)
            message = f"'{sheet.shown(indices[0], name)}' is not in {raw.file}"
            message += f"; did you mean '{near}'?" if near else ""
            more = len(indices) - 1
            message += f" ({more} more row{'s' if more > 1 else ''} like this)" if more else ""
            sheet.report(indices[0], name, message)
