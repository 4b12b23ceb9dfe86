"""The other rulers beside a headline."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bayesdensing.analysis.rulers import RulerHeadline, how_to_fit, other_rulers, shipped_record

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["print_rulers"]

_RECORD = "shipped record"
_WHY = (
    "Rates under different rulers are rates of different quantities, not estimates of one. A fixed "
    "number of tokens can lie far beyond the reference runs' own, where scores pull the reference "
    "curve; the cut ignores what scores say of that curve."
)


def print_rulers(console: Console, fit: "Fit", *, folder: Path) -> None:
    """Print the doubling time under the other shipped rulers.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    fit : Fit
        Any fit; without densities of LLMs nothing is printed.
    folder : pathlib.Path
        Its run; other runs are looked for beside it.
    """
    if "growth" not in fit.spec.blocks:
        return
    table = Table("other rulers", "doubling\ntime (days)", "95 % ETI", "checks", "from")
    rulers = other_rulers(fit, folder=folder, record=shipped_record())
    for ruler in rulers:
        table.add_row(*_cells(ruler))
    console.print(table)
    for place in sorted({str(ruler.place) for ruler in rulers if ruler.source == "record"}):
        console.print(f"{_RECORD}: {place}")
    for ruler in rulers:
        if ruler.median is None and (command := how_to_fit(ruler.name, fit, folder=folder)):
            # never broken into lines: it is there to be copied
            console.print(f"not fitted: {command}", soft_wrap=True)
    console.print(_WHY)


def _cells(ruler: RulerHeadline) -> tuple[str, ...]:
    if ruler.median is None or ruler.eti95 is None:
        return (ruler.name, "", "", "", "not fitted")
    low, high = (_number(end) for end in ruler.eti95)
    where = ruler.place if ruler.source == "run" else _RECORD
    state = "passed" if ruler.converged else "NOT CONVERGED"
    state = "APPROXIMATE" if ruler.approximate else state
    return (ruler.name, _number(ruler.median), f"{low} to {high}", state, where)


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "∞"
