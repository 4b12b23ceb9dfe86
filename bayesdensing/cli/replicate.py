"""``bayesdensing replicate``: the paper's own point estimates, ours beside the printed ones."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    out_console,
    print_json,
    say,
)

if TYPE_CHECKING:
    from bayesdensing.analysis.replicate import Replication

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``replicate`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("replicate", epilog="Example: bayesdensing replicate --out replication")(_replicate)


def _replicate(
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Data bundle.  [default: the packaged one]"),
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder for the table and its JSON.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Repeat the paper's chain of point estimates, each beside the printed value.

    Least squares as the paper has it: loss law, score link, effective parameters, and the line
    through records. No number of this command has an interval to rely on.
    """
    from bayesdensing.analysis.replicate import replicate
    from bayesdensing.analysis.summary import plain, to_json
    from bayesdensing.files import write_text

    found = replicate(data)
    record = {"schema_version": 1, **found.to_dict()}
    if out is not None:
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        table = found.table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(folder / "replication.csv", table)
        write_text(folder / "replication.json", to_json(record))
        if not quiet:
            say(f"written: {folder}")
    if as_json:
        print_json(plain(record))
    else:
        _print(found)
    return 0


def _print(found: "Replication") -> None:
    from rich.table import Table

    console = out_console()
    for part, rows in found.table.groupby("part", sort=False):
        table = Table("quantity", title=str(part), title_justify="left")
        for column in ("ours", "printed", "difference"):
            table.add_column(column, justify="right")
        table.add_column("note")
        for row in rows.to_dict("records"):
            unit = "" if row["unit"] == "1" else f" ({row['unit']})"
            numbers = [_number(row[name]) for name in ("ours", "printed", "difference")]
            table.add_row(f"{row['quantity']}{unit}", *numbers, str(row["note"]))
        console.print(table)
    for line in found.skipped:
        console.print(f"left out: {line}")
    console.print(
        "Point estimates by least squares on the paper's published figures: none of them has an "
        "interval to rely on."
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return "∞" if math.isinf(value) else f"{value:.4g}"
