"""``bayesdensing report``: one self-contained HTML page of runs."""

from pathlib import Path
from typing import Annotated

import typer

from bayesdensing.cli.completion import complete_run
from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    out_console,
    print_json,
    say,
)

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``report`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("report", epilog="Example: bayesdensing report runs/joint --out report.html")(
        _report
    )


def _report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN [RUN...]", help="Folders that `fit` wrote.", autocompletion=complete_run
        ),
    ],
    *,
    out: Annotated[str, typer.Option(metavar="FILE", help="The page.")] = "report.html",
    checks: Annotated[
        bool,
        typer.Option(
            "--checks/--no-checks",
            help="Draw scores anew and predict left-out LLMs too, which takes some seconds.",
        ),
    ] = True,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of what is drawn.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Write one HTML page of one run or several that opens from disk and needs no network.

    Exits with 3 where a run's draws did not pass their checks; the page says so at its top.
    """
    from bayesdensing.fitting import load_fit
    from bayesdensing.reporting import report

    fits = [load_fit(run) for run in runs]
    page = report(
        runs, fits=fits, out=out, checks=checks, seed=seed, tell=(lambda _: None) if quiet else say
    )
    size = len(page.encode())
    bad = [fit.spec.name for fit in fits if not fit.diagnostics.usable]
    if as_json:
        print_json(
            {
                "file": out,
                "bytes": size,
                "runs": [fit.spec.name for fit in fits],
                "converged": not bad,
            }
        )
    else:
        console = out_console()
        for name in bad:
            console.print(f"*** {name}: NOT CONVERGED, as the page says ***", style="bold red")
        console.print(f"{Path(out)}: {size / 1e6:.1f} MB")
    return NOT_CONVERGED if bad else 0
