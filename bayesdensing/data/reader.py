"""Files to text cells: everything that can be wrong before a cell has a meaning.

Nothing here raises on damaged input; what cannot be read becomes a `Fault`.
"""

import csv
import difflib
import io
import json
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bayesdensing.data.schema import EXTRA_PREFIX, MAX_BYTES, TABLES
from bayesdensing.errors import Fault

__all__ = ["DESCRIPTOR", "Descriptor", "RawTable", "parse_csv", "read_descriptor", "read_text"]

DESCRIPTOR = "datapackage.json"
_EXAMPLE = '{"resources": [{"path": "models.csv"}, {"path": "scores.csv"}]}'


@dataclass(frozen=True, slots=True)
class RawTable:
    """A CSV file as text.

    Parameters
    ----------
    file : str
    header : tuple of str
    rows : list of int
        Row of each well-formed record as a spreadsheet shows it (the header is 1).
    columns : dict of str to list of str
        Cells of the well-formed records, stripped, one list per column.
    ragged : dict of str to set of str
        Cells of the records with too few or too many fields. They are reported once as ragged
        and otherwise only serve as targets of foreign keys.
    """

    file: str
    header: tuple[str, ...]
    rows: list[int]
    columns: dict[str, list[str]]
    ragged: dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What ``datapackage.json`` says.

    Parameters
    ----------
    name, version : str
    tables : tuple of str
        Tables that the bundle holds, in the order of the format.
    """

    name: str
    version: str
    tables: tuple[str, ...]


def read_text(path: Path) -> tuple[str | None, list[Fault]]:
    """Read a UTF-8 file; a byte order mark is dropped.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    text : str or None
    faults : list of Fault
    """
    problem: str
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            problem = "is not a file"
        elif status.st_size > MAX_BYTES:
            size = status.st_size / 1024**2
            problem = f"is too large: {size:.0f} MB, the limit is {MAX_BYTES // 1024**2} MB"
        else:
            return _decode(path.name, path.read_bytes())
    except FileNotFoundError:
        problem = "does not exist" if not path.is_symlink() else "is a link to nowhere"
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    return None, [Fault(path.name, None, None, problem)]


def _decode(file: str, content: bytes) -> tuple[str | None, list[Fault]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Fault(file, None, None, "is UTF-16; save it as UTF-8")]
    if b"\0" in content:
        return None, [Fault(file, None, None, "is a binary file, not text (it holds NUL bytes)")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 (byte {content[error.start]:#04x} at offset {error.start})"
        return None, [Fault(file, row, None, message)]
    if not text.strip():
        return None, [Fault(file, None, None, "is empty")]
    return text, []


def parse_csv(file: str, text: str) -> tuple[RawTable | None, list[Fault]]:
    """Split CSV text into cells.

    Parameters
    ----------
    file : str
        Name for the faults.
    text : str

    Returns
    -------
    table : RawTable or None
        None when no table can be made out.
    faults : list of Fault
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)  # extend keeps what precedes the broken record, which numbers it
    except csv.Error as error:
        return None, [Fault(file, len(records) + 1, None, f"is not well-formed CSV: {error}")]
    start = next(i for i, record in enumerate(records) if not _is_blank(record))
    header = tuple(name.strip() for name in records[start])
    faults = _header_faults(file, header)
    if faults:
        return None, faults
    return _split(file, header, records, start)


def _is_blank(record: list[str]) -> bool:
    """Tell a blank line: no cell, or one of nothing but spaces."""
    return not record or (len(record) == 1 and not record[0].strip())


def _header_faults(file: str, header: tuple[str, ...]) -> list[Fault]:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return [Fault(file, 1, None, "the columns are not separated by commas")]
    faults = [
        Fault(file, 1, None, f"column number {position} has no name")
        for position, name in enumerate(header, start=1)
        if not name
    ]
    for name, count in Counter(header).items():
        if name and count > 1:
            faults.append(Fault(file, 1, name, "stands more than once in the header"))
    return faults


def _split(
    file: str, header: tuple[str, ...], records: list[list[str]], start: int
) -> tuple[RawTable | None, list[Fault]]:
    width = len(header)
    rows: list[int] = []
    good: list[list[str]] = []
    ragged: dict[str, set[str]] = {name: set() for name in header}
    faults: list[Fault] = []
    for index in range(start + 1, len(records)):
        record = records[index]
        if len(record) == width:
            rows.append(index + 1)
            good.append(record)
        elif not _is_blank(record):  # blank lines are skipped, but they count as rows
            message = f"has {len(record)} fields, the header has {width}"
            faults.append(Fault(file, index + 1, None, message))
            for name, cell in zip(header, record, strict=False):
                ragged[name].add(cell.strip())
    if not good and not faults:  # no table: or every reference to it would be a fault too
        return None, [Fault(file, None, None, "has no rows")]
    cells = zip(*good, strict=True) if good else ((),) * width
    columns = {
        name: [cell.strip() for cell in column] for name, column in zip(header, cells, strict=True)
    }
    return RawTable(file, header, rows, columns, ragged), faults


def read_descriptor(folder: Path) -> tuple[Descriptor | None, list[Fault]]:
    """Read ``datapackage.json``: name, version and the tables that it lists.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    descriptor : Descriptor or None
        None when the file cannot be made out at all.
    faults : list of Fault
    """
    text, faults = read_text(folder / DESCRIPTOR)
    if text is None and faults == [_fault("does not exist")]:
        return None, [_fault(f"does not exist; it lists the bundle's files: {_EXAMPLE}")]
    if text is None:
        return None, faults
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        return None, [_fault(f"is not valid JSON: line {error.lineno}: {error.msg}")]
    except (ValueError, RecursionError):
        return None, [_fault("is not valid JSON: numbers too long or nested too deeply")]
    if not isinstance(content, dict):
        return None, [_fault("is not a JSON object")]
    name, version = content.get("name", folder.name), content.get("version", "0")
    for key, value in (("name", name), ("version", version)):
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            faults.append(_fault(f"{key} is not a printable text", column=key))
    resources = content.get("resources")
    if not isinstance(resources, list) or not resources:
        faults.append(_fault("lists no resources (files)", column="resources"))
        resources = []
    tables: list[str] = []
    for number, resource in enumerate(resources, start=1):
        faults += _resource(folder, number, resource, tables)
    ordered = tuple(table for table in TABLES if table in tables)
    return Descriptor(str(name), str(version), ordered), faults


def _fault(message: str, *, row: int | None = None, column: str | None = None) -> Fault:
    return Fault(DESCRIPTOR, row, column, message)


def _resource(folder: Path, number: int, resource: Any, tables: list[str]) -> list[Fault]:
    """Judge one resource; the name of a table of the format is added to `tables`."""
    path = resource.get("path") if isinstance(resource, dict) else None
    if isinstance(path, list) and len(path) == 1:  # Frictionless allows a list of parts
        path = path[0]
    if not isinstance(path, str) or not path or not path.isprintable():
        return [_fault(f"resource {number} has no path", column="resources")]
    shown = ascii(path) if len(path) < 100 else ascii(path[:100]) + "…"
    if "://" in path or path.startswith(("/", "~")) or "\\" in path or path[1:2] == ":":
        return [_fault(f"path {shown} is not relative to the bundle", column="resources")]
    if ".." in path.split("/"):
        return [_fault(f"path {shown} leaves the bundle", column="resources")]
    stem = path.removesuffix(".csv")
    if stem == path or path.startswith(EXTRA_PREFIX):  # not ours to read, but it must exist
        return [] if _is_file(folder / path) else [Fault(path, None, None, "does not exist")]
    if stem not in TABLES:
        near = difflib.get_close_matches(stem.rpartition("/")[2].lower(), TABLES, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}.csv?" if near else ""
        message = f"path {shown} is none of the format's files{hint}"
        return [_fault(f"{message} (own files start with {EXTRA_PREFIX})", column="resources")]
    if stem in tables:
        return [_fault(f"{path} is listed more than once", column="resources")]
    tables.append(stem)
    return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
