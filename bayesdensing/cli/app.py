"""The program: its commands, and how each way of ending becomes an exit code."""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from bayesdensing import __version__
from bayesdensing.cli import (
    calibrate,
    check,
    compare,
    corollary,
    density,
    fit,
    forecast,
    hypotheses,
    hypothesis,
    recover,
    replicate,
    report,
    sensitivity,
    simulate,
    validate,
)
from bayesdensing.cli.completion import (
    PROGRAM,
    Shell,
    answer_shell,
    install_script,
    show_script,
    with_shell,
)
from bayesdensing.cli.console import print_anything, say, silence_stdout
from bayesdensing.errors import BayesdensingError

__all__ = ["app", "main"]

DONE, BUG, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# typer ships its own click in newer versions and uses the installed one in older ones: the class
# of all usage errors is reached through the one that typer exports.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="bayesdensing",
    add_completion=False,
    rich_markup_mode=None,
    help="Bayesian joint posterior for the densing law of large language models.",
    epilog="Example: bayesdensing fit joint --out runs/joint",
)
for command in (
    fit, hypotheses, validate, density, forecast, check, compare, hypothesis, sensitivity, simulate,
    recover, calibrate, replicate, corollary, report,
):  # fmt: skip
    command.register(app)


def _print_version(value: bool) -> None:
    if value:
        print(f"bayesdensing {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
    _show: Annotated[
        Shell | None,
        typer.Option(
            "--show-completion",
            help="Print what makes a shell complete commands, hypotheses and runs.",
            callback=show_script,
            is_eager=True,
        ),
    ] = None,
    _install: Annotated[
        Shell | None,
        typer.Option(
            "--install-completion",
            help="Add that to the shell's own files; without a shell, to those of yours.",
            callback=install_script,
            is_eager=True,
        ),
    ] = None,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the default is those of the process.

    Returns
    -------
    int
        0 done; 2 bad usage or input; 3 the draws did not pass their checks; 130 interrupted;
        1 an error of the program's own.

    Examples
    --------
    >>> main(["--version"])
    bayesdensing ...
    0
    """
    state = {"debug": False}
    print_anything(sys.stdout)
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv), state)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return DONE
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except _UsageError as error:
        _explain_usage(error)
        return BAD_INPUT
    except (BayesdensingError, OSError) as error:
        if state["debug"]:
            traceback.print_exc()
        _explain(error)
        return BAD_INPUT
    # Not only Exception: a panic of the sampler's compiled code is none.
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        if state["debug"]:
            traceback.print_exc()
        hint = "" if state["debug"] else " (--debug shows where)"
        say(f"error: unexpected {type(error).__name__}: {error}{hint}")
        return BUG
    return code


def _run(argv: list[str], state: dict[str, bool]) -> int:
    """Parse and call; typer's own way of running turns errors into boxes and tracebacks."""
    command = typer.main.get_command(app)
    answer_shell(command)
    try:
        with command.make_context(PROGRAM, with_shell(argv), obj=state) as context:
            result = command.invoke(context)
    except typer.Exit as stop:
        return int(stop.exit_code)
    return result if isinstance(result, int) else DONE


def _explain(error: Exception) -> None:
    """Print an error, a line for each thing that is wrong."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    for line in text.splitlines() or [type(error).__name__]:
        say(f"error: {line}")


def _explain_usage(error: Exception) -> None:
    context = getattr(error, "ctx", None)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    say(f"error: {message}{hint}")
