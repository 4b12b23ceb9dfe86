"""Damaged tables: each is refused with the place of the damage, whatever the damage is."""

import csv
import datetime as dt
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdensing.data.schema import Column, Table
from tests.damage.bundles import COMMANDS, WHOLE, Damage, Sheet, judge
from tests.data.conftest import VALID

SHEETS = st.sampled_from(sorted(VALID)).map(Sheet)

# --- cells ----------------------------------------------------------------------------------------

# Words that a number or a truth value may be.
WORDS = re.compile(r"[+-]?(nan|inf|infinity|true|false)", re.IGNORECASE)

# Neither number, date, truth value nor choice, in any of its spellings.
JUNK = st.sampled_from(
    ["abc", "n/a", "-", "7e9 params", "50%", "0x10", "1_000", "1,5", "1e", "..", "--1", "1 2",
     "\u0661", "=A1", "#REF!", "NULL", "None", "null", "1e9e9", "\u22121", "\u221e", "\x07",
     "\x1b[31m", "\u202e7", "7\u00a0000", "maybe", "2023-13-01", "2023-02-30",
     "01/02/2023", "today", "x" * 500]
) | st.text(
    st.characters(codec="utf-8", categories=("L", "P", "S")), min_size=3, max_size=12
).filter(lambda text: not WORDS.fullmatch(text))  # fmt: skip

NOT_FINITE = st.sampled_from(["nan", "NaN", "inf", "-inf", "Infinity", "1e999", "9" * 400])


LETTERS = st.text(st.characters(codec="utf-8", categories=("L", "N")), max_size=9)


def impossible(table: Table, column: Column) -> dict[str, st.SearchStrategy[str]]:
    """Return, by kind, cells that the column cannot hold."""
    kinds: dict[str, st.SearchStrategy[str]] = {}
    if column.kind != "text":
        kinds["junk"] = JUNK
    if column.kind in ("number", "count"):
        kinds["not finite"] = NOT_FINITE
    if column.kind == "count":
        kinds["no whole number"] = st.integers(0, 999).map(lambda n: f"{n}.5")
    if column.low is not None:
        step = 1 if column.kind == "count" else 0.001
        kinds["negative"] = st.integers(1, 10**6).map(lambda n: f"{-n * step:.17g}")
    if (high := column.high) is not None:
        # little above, so that a column of two rows is not taken for one of percentages
        kinds["too large"] = st.floats(1.0001, 1.9).map(lambda x: f"{high * x:.17g}")
    if not column.optional:
        kinds["emptied"] = st.sampled_from(["", " ", "\t", "\u00a0"])
    if column.kind == "date":
        # a day ahead at least: today may end while the test runs
        soon = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
        kinds["future"] = st.dates(min_value=soon).map(dt.date.isoformat)
    if (earliest := column.earliest) is not None:
        last = earliest - dt.timedelta(days=1)
        kinds["long ago"] = st.dates(max_value=last).map(dt.date.isoformat)
    if column.name in table.foreign:
        kinds["stranger"] = LETTERS.map(lambda name: f"ghost-{name}")
    return kinds


CELLS = [
    (kind, file, column.name, cells)
    for file in sorted(VALID)
    for column in Sheet(file).table.columns
    if column.name in Sheet(file).header
    for kind, cells in impossible(Sheet(file).table, column).items()
]
KINDS = sorted({kind for kind, *_ in CELLS})


@st.composite
def damaged_cells(draw: st.DrawFn) -> Damage:
    kind = draw(st.sampled_from(KINDS))
    _, file, column, cells = draw(st.sampled_from([c for c in CELLS if c[0] == kind]))
    sheet = Sheet(file)
    row = draw(st.integers(0, len(sheet.rows) - 1))
    sheet.rows[row][sheet.column(column)] = draw(cells)
    return sheet.damaged(kind, row + 2, column)


@settings(max_examples=400)
@given(damage=damaged_cells(), command=COMMANDS)
def test_a_bad_cell_is_named_by_file_row_and_column(damage: Damage, command: str) -> None:
    judge(WHOLE | {damage.file: damage.content}, command=command).assert_refused(*damage.said)


# --- rows, columns, and what holds between them ---------------------------------------------------


def _required(sheet: Sheet) -> list[str]:
    return [column.name for column in sheet.table.columns if not column.optional]


def _dropped_column(draw: Any, sheet: Sheet) -> Damage:
    name = draw(st.sampled_from(_required(sheet)))
    at = sheet.column(name)
    for record in (sheet.header, *sheet.rows):
        del record[at]
    return sheet.damaged("dropped column", None, name)


def _doubled_column(draw: Any, sheet: Sheet) -> Damage:
    at = draw(st.integers(0, len(sheet.header) - 1))
    name = sheet.header[at]
    for record in (sheet.header, *sheet.rows):
        record.append(record[at])
    return sheet.damaged("doubled column", 1, name)


def _renamed_column(draw: Any, sheet: Sheet) -> Damage:
    at = draw(st.integers(0, len(sheet.header) - 1))
    old = sheet.header[at]
    changes = (old.upper(), old[:-1], old + "s", f" {old}-", f"{old} (unit)")
    new = draw(st.sampled_from(changes) | LETTERS.filter(bool).map(lambda text: f"own {text}"))
    sheet.header[at] = new
    if old in _required(sheet) and draw(st.booleans()):
        return sheet.damaged("renamed column", None, old)
    return sheet.damaged("renamed column", None, new.strip())


def _unnamed_column(draw: Any, sheet: Sheet) -> Damage:
    sheet.header[draw(st.integers(0, len(sheet.header) - 1))] = draw(st.sampled_from(["", " "]))
    return sheet.damaged("unnamed column", 1, None)


def _ragged_row(draw: Any, sheet: Sheet) -> Damage:
    row = draw(st.integers(0, len(sheet.rows) - 1))
    if draw(st.booleans()):
        sheet.rows[row] += [""] * draw(st.integers(1, 9))
    else:
        del sheet.rows[row][draw(st.integers(1, len(sheet.header) - 1)) :]
    return sheet.damaged("ragged row", row + 2, None)


def _repeated_row(draw: Any, sheet: Sheet) -> Damage:
    sheet.rows.append(list(draw(st.sampled_from(sheet.rows))))
    blanks = draw(st.integers(0, 3))  # blank lines are no rows, but they count
    lines = sheet.lines()
    lines[-1:-1] = [""] * blanks
    return sheet.damaged("repeated row", len(lines), sheet.table.key[0], lines)


def _open_quote(draw: Any, sheet: Sheet) -> Damage:
    row = draw(st.integers(0, len(sheet.rows)))
    lines = sheet.lines()
    cells = lines[row].split(",")
    at = draw(st.integers(0, len(cells) - 1))
    cells[at] = draw(st.sampled_from(['"', '"a', '"a"b', '""a'])) + cells[at]
    lines[row] = ",".join(cells)
    return sheet.damaged("open quote", row + 1, None, lines)


def _other_separator(draw: Any, sheet: Sheet) -> Damage:
    mark = draw(st.sampled_from(";\t|"))
    lines = [line.replace(",", mark) for line in sheet.lines()]
    return sheet.damaged("other separator", 1, None, lines)


def _header_alone(draw: Any, sheet: Sheet) -> Damage:
    lines = [sheet.lines()[0], *[""] * draw(st.integers(0, 9))]
    return sheet.damaged("header alone", None, None, lines)


def _endless_cell(draw: Any, sheet: Sheet) -> Damage:
    row = draw(st.integers(0, len(sheet.rows) - 1))
    sheet.rows[row][0] = "x" * draw(st.integers(csv.field_size_limit() + 1, 200_000))
    return sheet.damaged("endless cell", row + 2, None)


def _cut_row(draw: Any, sheet: Sheet) -> Damage:
    lines = sheet.lines()
    row = draw(st.integers(1, len(sheet.rows)))
    last = lines[row].rindex(",")
    lines = [*lines[:row], lines[row][: draw(st.integers(1, last))]]
    return sheet.damaged("cut row", row + 1, None, lines)


SHAPES = (
    _dropped_column, _doubled_column, _renamed_column, _unnamed_column, _ragged_row, _repeated_row,
    _open_quote, _other_separator, _header_alone, _endless_cell, _cut_row,
)  # fmt: skip


def _set(kind: str, file: str, row: int, said: str, **cells: str) -> Damage:
    sheet = Sheet(file)
    for column, cell in cells.items():
        sheet.rows[row - 2][sheet.column(column)] = cell
    return sheet.damaged(kind, row, said)


def _whole_column(draw: Any) -> Damage:
    """Give all of a column in another unit: one fault of the column, not one of each row."""
    name, file, times = draw(
        st.sampled_from(
            [("score", "scores.csv", 100), ("score", "loss_scores.csv", 100),
             ("n_params", "models.csv", 1e-9), ("n_params", "models.csv", 1e-6)]
        )
    )  # fmt: skip
    sheet = Sheet(file)
    for record in sheet.rows:
        record[sheet.column(name)] = f"{float(record[sheet.column(name)]) * times:g}"
    return sheet.damaged("whole column", None, name)


def _broken_rule(draw: Any) -> Damage:
    low, value, high = sorted(
        draw(st.lists(st.integers(1, 10**6), min_size=3, max_size=3, unique=True))
    )
    row = draw(st.integers(2, 3))
    interval = {"file": "densities.csv", "row": row}
    return draw(
        st.sampled_from(
            [
                _set("above", said="value_lo95", value=f"{low}", value_lo95=f"{value}",
                     value_hi95=f"{high}", **interval),
                _set("below", said="value_hi95", value=f"{high}", value_lo95=f"{low}",
                     value_hi95=f"{value}", **interval),
                _set("swapped", said="value_lo95", value=f"{value}", value_lo95=f"{high}",
                     value_hi95=f"{low}", **interval),
                _set("no upper end", said="value_hi95", value=f"{value}", value_lo95=f"{low}",
                     value_hi95="", **interval),
                _set("no lower end", said="value_lo95", value=f"{value}", value_lo95="",
                     value_hi95=f"{high}", **interval),
                _set("more active", "models.csv", row, "n_params_active",
                     n_params=f"{low}e6", n_params_active=f"{high}e6"),
                _set("two units", "reference_runs.csv", 4, "loss_unit", loss_unit=f"unit {low}"),
                _set("neither", "constants.csv", row, "value", value="", date="", unit=f"u{low}"),
            ]
        )
    )  # fmt: skip


@st.composite
def damaged_tables(draw: st.DrawFn) -> Damage:
    change = draw(st.sampled_from([*SHAPES, *SHAPES, _whole_column, _broken_rule, _broken_rule]))
    if change in SHAPES:
        return change(draw, draw(SHEETS))
    return change(draw)


@settings(max_examples=350)
@given(damage=damaged_tables(), command=COMMANDS)
def test_a_damaged_table_is_named_by_its_row_or_column(damage: Damage, command: str) -> None:
    judge(WHOLE | {damage.file: damage.content}, command=command).assert_refused(*damage.said)
