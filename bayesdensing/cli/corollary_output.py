"""A corollary on the terminal, as JSON and as files."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bayesdensing.cli.console import out_console, print_json, say
from bayesdensing.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

    from bayesdensing.corollaries import Corollary, Row

__all__ = ["check_out", "tell"]


def check_out(out: Path, *, run: Path) -> None:
    """Refuse a folder that is a run, or no folder.

    Parameters
    ----------
    out : pathlib.Path
        Where files are to go.
    run : pathlib.Path
        The run that is read.

    Raises
    ------
    typer.BadParameter
        With the reason.
    """
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is there already and is no folder", param_hint="--out")
    if out.resolve() == run.resolve() or (out / "manifest.json").exists():
        raise typer.BadParameter(
            f"{out} is a run, whose files are its own: choose another folder", param_hint="--out"
        )


def tell(found: "Corollary", *, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Print a corollary, and write its files where asked for.

    Parameters
    ----------
    found : Corollary
        The corollary.
    out : pathlib.Path or None
        Folder of table, json and figure; None: nothing is written.
    as_json : bool
        Print JSON alone.
    quiet : bool
        Without notes on stderr.
    """
    if out is not None:
        from bayesdensing import plots

        found.save(out)
        write_bytes(out / f"{found.name}.png", plots.corollary(found).to_png())
    if as_json:
        print_json(found.to_dict())
        if found.warning:
            say(f"warning: {found.warning}")
        return
    console = out_console()
    if found.warning:
        mark = "NOT CONVERGED: these numbers may be wrong" if not found.usable else "APPROXIMATE"
        console.print(f"*** {mark} ***", style="bold red")
        console.print(f"  - {found.warning}", style="red")
    console.print(f"{found.name}: {found.title}", style="bold")
    console.print(_table(found))
    if "pairs" in found.tables:
        console.print(_pairs(found.tables["pairs"]))
    console.print("assumes")
    for line in found.assumptions:
        console.print(f"  - {line}")
    if out is not None:
        console.print(f"files: {out}")
    if not quiet:
        for line in found.notes:
            say(line)


def _table(found: "Corollary") -> Any:
    from rich.table import Table

    shown = Table("")
    for column in ("median", "89 % ETI", "95 % ETI"):
        shown.add_column(column, justify="right")
    shown.add_column("unit")
    shown.add_column("article")
    for row in found.rows:
        ends = [_ends(row, name) for name in ("eti89", "eti95")]
        says = "" if row.article is None else row.article.says
        unit = "" if row.unit in ("date", "1") else row.unit
        shown.add_row(row.label, _cell(row.middle, row.unit), *ends, unit, says)
    return shown


def _pairs(table: "pd.DataFrame") -> Any:
    from rich.table import Table

    shown = Table()
    for column in ("compressed", "parent", "method"):
        # names that were cut could not be told apart
        shown.add_column(column, overflow="fold", min_width=12)
    for column in ("density ratio", "89 % ETI", "P(denser)", "per bit", "by cost", "paper"):
        shown.add_column(column, justify="right")
    signs = {"at most": "≤ ", "at least": "≥ "}
    for row in table.to_dict("records"):
        shown.add_row(
            row["llm"],
            row["parent"],
            row["method"],
            f"{signs.get(row['bound'], '')}{row['ratio_median']:.2f}",
            f"{row['ratio_eti89_lb']:.2f} to {row['ratio_eti89_ub']:.2f}",
            f"{row['prob_denser']:.2f}",
            *(
                "" if math.isnan(row[name]) else f"{row[name]:.2f}"
                for name in ("ratio_per_bit_median", "ratio_by_cost_median", "published_ratio")
            ),
        )
    return shown


def _ends(row: "Row", name: str) -> str:
    if row.estimate is None:
        return ""
    low, high = getattr(row.estimate, name)
    return f"{_cell(low, row.unit)} to {_cell(high, row.unit)}"


def _cell(value: float, unit: str) -> str:
    """Return a number in short, in the way of its unit."""
    from bayesdensing.corollaries.result import DATE, iso_day

    if unit == DATE:
        return iso_day(value) or "never"
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if unit == "days" or (unit in ("count", "per day") and abs(value) < 1e6):
        return f"{value:,.0f}"
    return f"{value:.3g}"
