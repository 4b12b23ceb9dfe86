"""Where in a TOML file a key stands: parsers that keep lines are not at hand."""

import re
from collections.abc import Mapping

__all__ = ["lines_of"]

_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")


def lines_of(text: str) -> Mapping[str, int]:
    r"""Return the lines at which the keys of a hypothesis stand.

    Parameters
    ----------
    text : str
        TOML that was read without fault.

    Returns
    -------
    mapping of str to int
        Line, from 1 on, by key: ``blocks``, ``growth.trend``, ``priors.level``; a table by its
        name. Keys within inline tables are not among them.

    Examples
    --------
    >>> dict(lines_of('title = "A"\n[growth]\ntrend = "constant"'))
    {'title': 1, 'growth': 2, 'growth.trend': 3}
    """
    found: dict[str, int] = {}
    table, quotes = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not quotes:
            if header := _HEADER.match(line):
                table = f"{header[1]}."
                found.setdefault(header[1], number)
                continue
            if key := _KEY.match(line):
                found.setdefault(table + key[1], number)
        for mark in ('"""', "'''"):  # text of several lines may look like keys
            if quotes in ("", mark) and line.count(mark) % 2:
                quotes = "" if quotes else mark
                break
    return found
