"""Tables as CSV whose first line says what they are of."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bayesdensing.analysis.summary import plain

__all__ = ["read_annotated", "to_annotated"]

_MARK = "# "


def to_annotated(table: str, about: Mapping[str, Any]) -> str:
    """Put what a table is of above it.

    Parameters
    ----------
    table : str
        The table as CSV, its header first.
    about : mapping of str to object
        What it is of; numbers, text, and sequences and mappings of them.

    Returns
    -------
    str
        One line, ``# `` and a JSON object, and the table.

    Examples
    --------
    >>> print(to_annotated("a,b", {"spec": "joint"}))
    # {"spec": "joint"}
    a,b
    """
    return f"{_MARK}{json.dumps(plain(dict(about)), ensure_ascii=False)}\n{table}"


def read_annotated(text: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read what `to_annotated` wrote.

    Parameters
    ----------
    text : str
        Of `to_annotated`.

    Returns
    -------
    tuple of pandas.DataFrame and dict
        The table, and what it is of.

    Raises
    ------
    ValueError
        Where the first line is not of that kind.
    """
    first, _, rest = text.partition("\n")
    if not first.startswith(_MARK):
        raise ValueError("the first line does not say what the table is of")
    about = json.loads(first.removeprefix(_MARK))
    if not isinstance(about, dict):
        raise ValueError("the first line holds no JSON object")
    return pd.read_csv(io.StringIO(rest)), about
