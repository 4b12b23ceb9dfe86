"""Typed tables to canonical text: one spelling for files on disk and for the content hash."""

import csv
import hashlib
import io
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bayesdensing.data.reader import DESCRIPTOR, RawTable
from bayesdensing.data.schema import TABLES, Table, frictionless_schema

__all__ = [
    "canonical_cells",
    "canonical_csv",
    "canonical_table",
    "content_hash",
    "descriptor",
    "write_folder",
]


def _cell(value: Any) -> str:
    """Spell a value so that reading it back gives the same value."""
    if value is None or value is pd.NA or value != value:  # NaN and NaT differ from themselves
        return ""
    if isinstance(value, float) or hasattr(value, "dtype"):
        number = value.item() if hasattr(value, "item") else value
        if isinstance(number, bool):
            return "true" if number else "false"
        if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
            return str(int(number))
        return str(number)
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value)


def canonical_cells(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return the cells of a table as text.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    dict of str to list of str
        Shortest spelling of each number that reads back as the same float, ISO dates,
        ``true``/``false``, and nothing for what is missing.

    Examples
    --------
    >>> canonical_cells(pd.DataFrame({"n_params": [7e9, 1.5], "is_base": [True, False]}))
    {'n_params': ['7000000000', '1.5'], 'is_base': ['true', 'false']}
    """
    return {str(name): [_cell(value) for value in frame[name]] for name in frame.columns}


def canonical_table(file: str, frame: pd.DataFrame) -> RawTable:
    """Return a table made in memory as if it had been read from a file.

    Parameters
    ----------
    file : str
        Name for the faults.
    frame : pandas.DataFrame
        The table; its index is ignored.

    Returns
    -------
    RawTable
        Rows numbered from 2, below a header.
    """
    cells = {
        key.strip(): [cell.strip() for cell in column]
        for key, column in canonical_cells(frame).items()
    }
    rows = list(range(2, len(frame) + 2))
    return RawTable(file, tuple(cells), rows, cells, {key: set() for key in cells})


def canonical_csv(table: Table, frame: pd.DataFrame) -> str:
    """Return a table as CSV text: columns of the format first, then its own in their order.

    Parameters
    ----------
    table : Table
    frame : pandas.DataFrame
        Optional columns without any value are left out.

    Returns
    -------
    str
        Lines end in a line feed.
    """
    cells = canonical_cells(frame)
    names = _written(table, frame)
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(names)
    write.writerows(zip(*(cells[name] for name in names), strict=True))
    return out.getvalue()


def _written(table: Table, frame: pd.DataFrame) -> list[str]:
    """Return the columns that a file holds: optional ones only where they say something."""
    ours = [column.name for column in table.columns]
    names = [c.name for c in table.columns if not c.optional or frame[c.name].notna().any()]
    return names + [str(name) for name in frame.columns if name not in ours]


def content_hash(texts: Mapping[str, str]) -> str:
    """Return the SHA-256 of a bundle's tables.

    It depends on the content alone: not on the path, the bundle's name, the spelling of
    numbers and truth values, quoting, line ends, or the order of files and columns.

    Parameters
    ----------
    texts : mapping of str to str
        Canonical CSV text by table name.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in sorted(texts):
        content = texts[name].encode()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def descriptor(
    frames: Mapping[str, pd.DataFrame],
    *,
    name: str,
    version: str,
    extra: Mapping[str, Any] | None = None,
    extra_files: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the content of ``datapackage.json``.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
    name, version : str
    extra : mapping, optional
        Further properties, such as ``title`` and ``licenses``.
    extra_files : tuple of str
        Further files that the bundle lists.

    Returns
    -------
    dict
    """
    held = frozenset(frames)
    resources: list[dict[str, Any]] = []
    for table in TABLES.values():
        if table.name not in frames:
            continue
        written = _written(table, frames[table.name])
        schema = frictionless_schema(table, written=tuple(written), tables=held)
        resources.append(
            {
                "name": table.name,
                "path": table.file,
                "title": table.title,
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": schema,
            }
        )
    resources += [
        {"name": Path(file).stem.replace("_", "-"), "path": file, "format": "csv"}
        for file in extra_files
    ]
    head = {"profile": "data-package", "name": name, "version": version}
    return head | dict(extra or {}) | {"resources": resources}


def write_folder(
    path: Path,
    frames: Mapping[str, pd.DataFrame],
    *,
    described: Mapping[str, Any],
    overwrite: bool = False,
    extras: Mapping[str, str] | None = None,
) -> None:
    """Write a bundle so that it is either there in full or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Folder to make.
    frames : mapping of str to pandas.DataFrame
    described : mapping
        Content of ``datapackage.json``.
    overwrite : bool
        Replace an older bundle. A folder without ``datapackage.json`` is never replaced,
        unless it is empty.
    extras : mapping of str to str, optional
        Name to text of further files.

    Raises
    ------
    FileExistsError
        When the folder exists and may not be replaced.
    """
    path = Path(os.path.abspath(path))
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        if not overwrite:
            raise FileExistsError(f"{path} exists already")
        if not (path / DESCRIPTOR).is_file():
            raise FileExistsError(f"{path} exists already and is not a data bundle")
    path.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    new, old = (path.with_name(f".{path.name}.{token}.{suffix}") for suffix in ("new", "old"))
    new.mkdir()
    try:
        for name, frame in frames.items():
            _write_synced(new / TABLES[name].file, canonical_csv(TABLES[name], frame))
        _write_synced(new / DESCRIPTOR, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
        for name, text in (extras or {}).items():
            _write_synced(new / name, text)
        if path.exists():
            path.rename(old)
        new.rename(path)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
