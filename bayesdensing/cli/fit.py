"""``bayesdensing fit``: sample a posterior, check it, print its headline."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    SpecArgument,
    out_console,
    print_json,
    say,
)

__all__ = ["Refit", "register"]

NOT_CONVERGED = 3
_WIDTH = 80  # columns of a plain terminal, which the headline fits


class Refit(StrEnum):
    """When a run that is already there is made anew."""

    NEVER = "never"
    ON_CHANGE = "on-change"
    ALWAYS = "always"


def register(app: typer.Typer) -> None:
    """Add ``fit`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "fit", epilog="Example: bayesdensing fit joint --data my-data --out runs/mine --seed 1"
    )(_fit)


def _fit(
    spec: SpecArgument = "joint",
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Data bundle.  [default: the packaged one]"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Folder to write.  [default: runs/NAME-OF-SPEC]"),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the sampler.")
    ] = 20241205,
    draws: Annotated[
        int | None, typer.Option(min=1, help="Draws per chain.  [default: as the spec says]")
    ] = None,
    tune: Annotated[
        int | None, typer.Option(min=1, help="Warm-up per chain.  [default: as the spec says]")
    ] = None,
    chains: Annotated[
        int | None, typer.Option(min=1, help="Chains.  [default: as the spec says]")
    ] = None,
    refit: Annotated[Refit, typer.Option(help="When a run in RUN is made anew.")] = Refit.ALWAYS,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Approximate the posterior in seconds; to runs/NAME-quick."),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Sample the joint posterior, check it, print the headline.

    Exits with 3 where the draws did not pass their checks; the files are written all the same.
    What --quick finds is labelled as approximate everywhere.
    """
    from bayesdensing.spec import load_spec

    hypothesis = load_spec(spec)
    name = f"{hypothesis.name}-quick" if quick else hypothesis.name
    folder = Path(out) if out is not None else Path("runs") / name
    _check_writable(folder)

    from bayesdensing import fitting

    try:
        result = fitting.fit(
            hypothesis,
            data,
            seed=seed,
            draws=draws,
            tune=tune,
            chains=chains,
            out=folder,
            refit=refit.value,
            quick=quick,
            progress=not quiet,
        )
    except BaseException as error:
        if not _was_interrupted(error):
            raise
        say(f"{folder} is as it was")
        raise KeyboardInterrupt from error
    if as_json:
        from bayesdensing.analysis.summary import summarise

        print_json(summarise(result))
        if result.diagnostics.warning:
            say(f"warning: {result.diagnostics.warning}")
    else:
        from bayesdensing.cli.headline import print_headline

        print_headline(out_console(pipe_width=_WIDTH), result, folder=folder)
    return 0 if result.diagnostics.usable else NOT_CONVERGED


def _was_interrupted(error: BaseException | None) -> bool:
    """Tell an interrupt, even one that was met while threads were in compiled code.

    Stopping those can fail with an error of its own, which then hides the interrupt.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


def _check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written before time is spent on sampling."""
    if folder.exists() and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is a file, not a folder", param_hint="--out")
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = f"{there} cannot be written: {error.strerror}"
        raise typer.BadParameter(reason, param_hint="--out") from None
