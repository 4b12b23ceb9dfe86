"""``bayesdensing check``: whether a fit looks like what it was made from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    RunArgument,
    out_console,
    print_json,
    say,
)
from bayesdensing.files import write_bytes, write_text

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit
    from bayesdensing.analysis.checks import CheckResult

__all__ = ["register"]

NOT_CONVERGED = 3
#: Folder of the checks' files within that of the run; refitting and loading let it be.
FOLDER = "checks"
CHECKS = "checks.json"


def register(app: typer.Typer) -> None:
    """Add ``check`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("check", epilog="Example: bayesdensing check runs/joint")(_check)


def _check(
    run: RunArgument,
    *,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Folder of figures and checks.json.  [default: RUN/checks]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of what is drawn.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Run all checks of a run; print what they saw, write their figures.

    A check that fails is a finding about the hypothesis and no error. Exits with 3 where the run's
    draws did not pass theirs.
    """
    from bayesdensing.analysis.summary import plain, to_json
    from bayesdensing.checking import check, check_figures
    from bayesdensing.fitting import load_fit

    fit = load_fit(run)
    folder = Path(run) / FOLDER if out is None else Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    results = check(fit, seed=seed)
    told = _told(fit, results, seed=seed)
    if not quiet:
        say(f"writing {folder}")
    write_text(folder / CHECKS, to_json(told))
    for name, content in check_figures(fit, seed=seed).items():
        write_bytes(folder / name, content)
    if as_json:
        print_json(plain(told))
        if fit.diagnostics.warning:
            say(f"warning: {fit.diagnostics.warning}")
    else:
        _print(fit, results, folder)
    return 0 if fit.diagnostics.usable else NOT_CONVERGED


def _told(fit: "Fit", results: "tuple[CheckResult, ...]", *, seed: int) -> dict[str, Any]:
    return {
        "run": fit.spec.name,
        "spec_sha256": fit.spec.sha256,
        "fit_seed": fit.seed,
        "seed": seed,
        "converged": fit.diagnostics.converged,
        "approximate": fit.diagnostics.approximate,
        "checks": [
            {
                "name": found.name,
                "passed": found.passed,
                "text": found.text,
                "table": _records(found),
            }
            for found in results
        ],
    }


def _records(found: "CheckResult") -> list[dict[Any, Any]]:
    table = found.table
    return table.reset_index(drop=table.index.name is None).to_dict("records")


def _print(fit: "Fit", results: "tuple[CheckResult, ...]", folder: Path) -> None:
    from rich.table import Table

    from bayesdensing.cli.headline import print_banner

    console = out_console()
    print_banner(console, fit.diagnostics)
    shown = Table("check", "", "what was seen", show_lines=True)
    for found in results:
        shown.add_row(found.name, "passed" if found.passed else "FAILED", found.text)
    console.print(shown)
    failed = sum(not found.passed for found in results)
    console.print(f"{fit.spec.name}: {failed} of {len(results)} checks failed; files: {folder}")
