"""Errors that the package raises on purpose.

Everything here derives from `BayesdensingError`, so that a caller (the command
line above all) can tell bad input from a bug with one ``except``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "BayesdensingError",
    "BundleError",
    "DataNeedError",
    "Fault",
    "InputError",
    "RunError",
    "SpecError",
]


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

    Examples
    --------
    >>> str(Fault("scores.csv", 17, "score", "1.3 is outside [0, 1]"))
    'scores.csv, row 17, column score: 1.3 is outside [0, 1]'
    """

    file: str
    row: int | None
    column: str | None
    message: str

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
        """Return all faults, one a line."""
        return "\n".join(str(fault) for fault in self.faults)


class DataNeedError(BayesdensingError, ValueError):
    """A hypothesis needs data that the bundle does not hold."""


class InputError(BayesdensingError, ValueError):
    """An input that goes with a fit is not what it must be."""


class SpecError(BayesdensingError, ValueError):
    """A hypothesis is not well formed."""


class RunError(BayesdensingError, RuntimeError):
    """A run folder cannot be read, written or reused."""
