"""``bayesdensing validate``: check a data bundle."""

from typing import Annotated

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    out_console,
    print_json,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``validate`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("validate", epilog="Example: bayesdensing validate my-data")(_validate)


def _validate(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of the bundle.")],
    *,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Check a data bundle; every fault in one pass."""
    from bayesdensing.data import BundleError, load_data
    from bayesdensing.data.uncalibrated import left_out_line

    try:
        bundle = load_data(folder)
    except BundleError as error:
        if not as_json:
            raise
        keys = ("file", "row", "column", "message")
        faults = [{key: getattr(fault, key) for key in keys} for fault in error.faults]
        print_json({"valid": False, "faults": faults})
        return 2
    if as_json:
        print_json({"valid": True, "faults": []})
        return 0
    from rich.table import Table

    table = Table("file", title=f"{bundle.name} {bundle.version}: valid", title_justify="left")
    table.add_column("rows", justify="right")
    for name, rows in bundle.summary().items():
        table.add_row(f"{name}.csv", f"{rows:,}")
    console = out_console()
    console.print(table)
    if left_out := left_out_line(bundle):
        console.print(f"note: fits of LLMs leave out {left_out}")
    console.print(f"sha256 {bundle.sha256}")
    return 0
