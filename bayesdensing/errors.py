"""Errors that the package raises on purpose.

Everything here derives from `BayesdensingError`, so that a caller (the command
line above all) can tell bad input from a bug with one ``except``.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = [
    "BayesdensingError",
    "BundleError",
    "DataNeedError",
    "Fault",
    "InputError",
    "RunError",
    "SpecError",
    "nearest",
    "suggestion",
]

_MOST_ALIKE = 50  # faults of one kind in one column that are told one by one


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the name that another was likely meant to be.

    Parameters
    ----------
    name : str
        As it was typed.
    known : iterable of str
        Names that there are.
    cutoff : float
        Least likeness, 0 to 1, as `difflib.get_close_matches` takes it; case does not count.

    Returns
    -------
    str or None
        None where none is near.

    Examples
    --------
    >>> nearest("mmlu", ["MATH", "MMLU"])
    'MMLU'
    """
    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what to say to a word that is not known.

    Parameters
    ----------
    word : str
        As it was typed.
    known : iterable of str
        Words that are.

    Returns
    -------
    str
        The nearest one as a question, else all in the order of the alphabet.

    Examples
    --------
    >>> suggestion("levle", ["level", "dispersion"])
    "did you mean 'level'?"
    >>> suggestion("x", ["level", "dispersion"])
    'known: dispersion, level'
    """
    options = sorted(known)
    near = nearest(word, options, cutoff=0.5)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(options)}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a data bundle.

    Parameters
    ----------
    file : str
        Name of the file inside the bundle, such as ``scores.csv``.
    row : int or None
        Row as a spreadsheet shows it: the header is row 1, the first record row 2. A quoted
        line break inside a cell does not start a new row. None: the whole file or column.
    column : str or None
        Name of the column. None: the whole row or file.
    message : str
        What is wrong, and where possible what would be right.
    kind : str
        The message without what is the row's own, so that many alike can be told as one; empty:
        the message.

    Examples
    --------
    >>> str(Fault("scores.csv", 17, "score", "1.3 is outside [0, 1]"))
    'scores.csv, row 17, column score: 1.3 is outside [0, 1]'
    """

    file: str
    row: int | None
    column: str | None
    message: str
    kind: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Return the fault as one printable line, whatever the names in it hold."""
        row = "" if self.row is None else f", row {self.row}"
        column = "" if self.column is None else f", column {self.column}"
        line = f"{self.file}{row}{column}: {self.message}"
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


class BayesdensingError(Exception):
    """Base of all errors that the package raises on purpose."""


class BundleError(BayesdensingError, ValueError):
    """A data bundle breaks the rules of the format.

    Parameters
    ----------
    faults : iterable of Fault
        Every fault of every file, in the order of the files.
    """

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)  # args rebuild the error when it is unpickled

    def __str__(self) -> str:
        """Return all faults, one a line; many of one kind in one column as one."""
        alike: dict[tuple[str, str | None, str], list[Fault]] = {}
        for fault in self.faults:
            key = (fault.file, fault.column, fault.kind or fault.message)
            alike.setdefault(key, []).append(fault)
        many = {id(group[0]): group for group in alike.values() if len(group) > _MOST_ALIKE}
        told_once = {id(fault) for group in many.values() for fault in group[1:]}
        lines = []
        for fault in self.faults:
            if id(fault) not in told_once:
                others = many.get(id(fault), ())[1:]
                more = f" (so {_rows(others)})" if others else ""
                lines.append(f"{fault}{more}")
        return "\n".join(lines)


def _rows(faults: Sequence[Fault]) -> str:
    """Return the rows of faults as ranges: rows 3 to 5, 9."""
    rows = {fault.row for fault in faults if fault.row is not None}
    starts = sorted(row for row in rows if row - 1 not in rows)
    ends = sorted(row for row in rows if row + 1 not in rows)
    ranges = (f"{a} to {b}" if b > a else str(a) for a, b in zip(starts, ends, strict=True))
    return f"rows {', '.join(ranges)}"


class DataNeedError(BayesdensingError, ValueError):
    """A hypothesis needs data that the bundle does not hold."""


class InputError(BayesdensingError, ValueError):
    """An input that goes with a fit is not what it must be."""


class SpecError(BayesdensingError, ValueError):
    """A hypothesis is not well formed."""


class RunError(BayesdensingError, RuntimeError):
    """A run folder cannot be read, written or reused."""
