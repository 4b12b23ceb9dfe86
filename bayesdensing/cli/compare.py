"""``bayesdensing compare``: hypotheses by how well they predict LLMs that they have not seen."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bayesdensing.cli.completion import complete_spec
from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    is_narrow,
    out_console,
    print_json,
    say,
)
from bayesdensing.files import write_bytes

if TYPE_CHECKING:
    from bayesdensing.analysis.comparison import Comparison

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``compare`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("compare", epilog="Example: bayesdensing compare joint no_growth --future 3")(
        _compare
    )


#: Characters of a hypothesis's name that stay on one line.
_NAME_WIDTH = 24


def _compare(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC SPEC...",
            help="Names or TOML files, two or more.",
            autocompletion=complete_spec,
        ),
    ],
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Data bundle.  [default: the packaged one]"),
    ] = None,
    out: Annotated[
        str, typer.Option(metavar="DIR", help="Folder of tables, figure and runs.")
    ] = "comparison",
    families: Annotated[
        bool, typer.Option("--families", help="Leave out whole families too.")
    ] = False,
    future: Annotated[
        int, typer.Option(min=0, help="Predict later LLMs too, from so many cut-off dates.")
    ] = 0,
    max_refits: Annotated[
        int, typer.Option(min=0, help="Exact refits per hypothesis where weights fail.")
    ] = 10,
    unconverged: Annotated[
        bool, typer.Option("--unconverged", help="Weigh fits that did not converge too.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the sampler.")
    ] = 20241205,
    draws: Annotated[int | None, typer.Option(min=1, help="Draws kept per chain.")] = None,
    tune: Annotated[int | None, typer.Option(min=1, help="Warm-up per chain.")] = None,
    chains: Annotated[int | None, typer.Option(min=1, help="Chains.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Fit hypotheses, or reuse their runs, and compare their predictions.

    Each LLM is left out, its density integrated out. Weights are given within groups that share
    data and ruler. Exits with 3 where a fit did not pass its checks.
    """
    from bayesdensing import plots
    from bayesdensing.comparing import compare

    found = compare(
        specs,
        data,
        families=families,
        future=future,
        max_refits=max_refits,
        unconverged=unconverged,
        seed=seed,
        draws=draws,
        tune=tune,
        chains=chains,
        out=out,
        progress=not quiet,
        tell=(lambda _: None) if quiet else say,
    )
    folder = found.save(out)
    write_bytes(folder / "comparison.png", plots.comparison(found).to_png())
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found, folder)
    return 0 if found.converged else NOT_CONVERGED


def _print(found: "Comparison", folder: Path) -> None:
    console = out_console()
    for kind in found.table["left_out"].unique():
        console.print(_shown(found, kind, narrow=is_narrow(console)))
        for line in _verdicts(found, kind) if is_narrow(console) else ():
            console.print(line)
    for group, headline in found.stacked.items():
        doubling = headline.doubling_time_days
        if doubling is not None:
            low, high = map(_days, doubling.eti95)
            console.print(
                f"group {group}, mixed by weight: {_days(doubling.median)} days "
                f"(95 % ETI {low} to {high})"
            )
    for group, ruler in found.groups.items():
        console.print(f"group {group}: {ruler}")
    for note in found.notes:
        console.print(note)
    console.print(f"tables and figure: {folder}")


def _shown(found: "Comparison", kind: str, *, narrow: bool) -> Any:
    from rich.table import Table

    shown = Table(title=f"left out: {kind}", title_justify="left")
    if not narrow:
        shown.add_column("group")
    names = found.table["hypothesis"].str.len().max()
    shown.add_column("hypothesis", overflow="fold", min_width=min(int(names), _NAME_WIDTH))
    for column, width in (("elpd", 7), ("difference", 12), ("weight", 6), ("days", 4)):
        shown.add_column(column, justify="right", overflow="fold", min_width=width)
    shown.add_column("95 % ETI", justify="right", overflow="fold")
    if not narrow:
        shown.add_column("verdict")
        shown.add_column("rungs")
    for row in found.table[found.table["left_out"] == kind].to_dict("records"):
        shown.add_row(
            *(() if narrow else (row["group"],)),
            row["hypothesis"],
            f"{row['elpd']:.1f}",
            f"{row['elpd_diff']:.1f} ± {row['diff_se']:.1f}",
            "" if math.isnan(row["weight"]) else f"{row['weight']:.2f}",
            _days(row["doubling_time_days"]),
            f"{_days(row['eti95_lb'])} to {_days(row['eti95_ub'])}",
            *(() if narrow else (_verdict(row), _rungs(row))),
        )
    return shown


def _verdicts(found: "Comparison", kind: str) -> list[str]:
    """Say in lines what a narrow table has no columns for."""
    rows = found.table[found.table["left_out"] == kind].to_dict("records")
    return [
        f"{row['hypothesis']} (group {row['group']}): {_verdict(row)}; {_rungs(row)}"
        for row in rows
    ]


def _verdict(row: dict[Any, Any]) -> str:
    state = "" if row["converged"] else ", NOT CONVERGED"
    return f"{row['verdict']}{', simplest of these' if row['simplest'] else ''}{state}"


def _rungs(row: dict[Any, Any]) -> str:
    names = ("psis", "moment_matching", "exact_refit", "not_reliable")
    return ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in names if row[name])


def _days(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if math.isfinite(value) else "∞"
