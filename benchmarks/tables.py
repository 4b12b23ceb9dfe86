"""Markdown tables of what was measured, put between the markers of a page."""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bayesdensing.files import write_text

__all__ = ["Table", "fill", "number", "spread", "write"]

_MARKED = re.compile(r"(<!-- table (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NOT_YET = "not measured yet\n"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    head : sequence of str
        Headings.
    rows : sequence of sequences of str
        Cells, as many as headings; all but the first column are set flush right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table in Markdown.

        Returns
        -------
        str
            Lines, the last one ended.

        Raises
        ------
        ValueError
            Where a row has not as many cells as the head.
        """
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError("a row has not as many cells as the head")
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [self.head, rule, *self.rows]
        return "".join(f"| {' | '.join(_cell(c) for c in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def number(value: float | None, digits: int = 3) -> str:
    """Return a number to so many digits, with commas and without powers of ten.

    Parameters
    ----------
    value : float or None
        The number; None: a dash.
    digits : int
        Digits that count.

    Returns
    -------
    str
        The number.

    Examples
    --------
    >>> number(1234.5), number(0.012345), number(8.0), number(None)
    ('1,234', '0.0123', '8.00', '–')
    """
    if value is None:
        return "–"
    if value == 0:
        return "0"
    places = digits - 1 - int(f"{abs(value):e}".partition("e")[2])
    return f"{value:,.{max(places, 0)}f}"


def spread(values: Sequence[float | None], digits: int = 3) -> str:
    """Return the median of several runs with their range.

    Parameters
    ----------
    values : sequence of float or None
        One value a run, None where it gave none.
    digits : int
        Digits that count.

    Returns
    -------
    str
        ``median (smallest to largest)``, the median alone for one run.
    """
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    middle = number(statistics.median(known), digits)
    if len(known) == 1:
        return middle
    return f"{middle} ({number(min(known), digits)} to {number(max(known), digits)})"


def fill(page: str, tables: Mapping[str, Table | str]) -> str:
    """Put tables between a page's markers.

    Parameters
    ----------
    page : str
        Markdown with ``<!-- table NAME -->`` and ``<!-- end -->`` lines.
    tables : mapping of str to Table or str
        What goes there, by name; a marker without one says that it was not measured yet.

    Returns
    -------
    str
        The page; what is outside the markers is as it was.

    Raises
    ------
    ValueError
        For a table whose marker the page has not.
    """
    names = {match["name"] for match in _MARKED.finditer(page)}
    if lost := sorted(set(tables) - names):
        raise ValueError(f"the page has no marker for {', '.join(lost)}")

    def put(match: re.Match[str]) -> str:
        found: Any = tables.get(match["name"], _NOT_YET)
        text = found.markdown() if isinstance(found, Table) else found
        return f"{match[1]}{text.rstrip()}\n{match[3]}"

    return _MARKED.sub(put, page)


def write(path: Path, tables: Mapping[str, Table | str]) -> None:
    """Put tables into a page on disk.

    Parameters
    ----------
    path : pathlib.Path
        The page.
    tables : mapping of str to Table or str
        What goes between its markers.
    """
    write_text(path, fill(path.read_text("utf-8"), tables))
