"""What the commands share: options, output, and how a fit is put in words."""

import codecs
import io
import json
import os
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from bayesdensing.cli.completion import complete_run, complete_spec

__all__ = [
    "DebugOption",
    "JsonOption",
    "QuietOption",
    "RunArgument",
    "SpecArgument",
    "is_narrow",
    "out_console",
    "print_anything",
    "print_json",
    "say",
    "silence_stdout",
]

_PIPE_WIDTH = 120
_WIDE = 100

#: What is written for a sign that a stream's encoding lacks; for any other, a question mark.
_PLAIN = {"≤": "<=", "≥": ">=", "∞": "inf", "±": "+-", "…": "...", "→": "->", "·": "*", "×": "x"}
_PLAIN_ERRORS = "bayesdensing.plain"


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


codecs.register_error(_PLAIN_ERRORS, _plainly)


def print_anything(stream: Any) -> None:
    """Let a stream take any text, whatever its encoding.

    Parameters
    ----------
    stream : file
        Such as ``sys.stdout``; one that is no text over bytes takes any text as it is.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_PLAIN_ERRORS)


class _OutConsole(Console):
    """A console that lets a command finish when nobody reads its output any more."""

    def on_broken_pipe(self) -> None:
        """Drop what is still to be printed; the command's own exit code stands."""
        self.quiet = True
        silence_stdout()


def silence_stdout() -> None:
    """Point stdout at nothing, so that closing it at the end raises no error either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def out_console(*, pipe_width: int = _PIPE_WIDTH) -> Console:
    """Return the console for results.

    Parameters
    ----------
    pipe_width : int
        Columns where there is no terminal.

    Returns
    -------
    rich.console.Console
        Writes to stdout, as wide as ``COLUMNS`` says or else the terminal is; without colours
        where ``NO_COLOR`` is set.
    """
    console = _OutConsole(highlight=False, markup=False, emoji=False)
    if not (console.is_terminal or os.environ.get("COLUMNS", "").isdigit()):
        console.width = pipe_width
    return console


def is_narrow(console: Console) -> bool:
    """Return whether tables have to do without columns that can be said otherwise.

    Parameters
    ----------
    console : rich.console.Console
        Of `out_console`.

    Returns
    -------
    bool
        Below 100 columns.
    """
    return console.width < _WIDE


def print_json(value: Any) -> None:
    """Print a value as JSON.

    Parameters
    ----------
    value : object
        Plain JSON types, all numbers finite.
    """
    try:
        # escapes where the encoding may lack a letter: JSON loses nothing by them
        plain = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        print(json.dumps(value, indent=2, ensure_ascii=plain, allow_nan=False), flush=True)
    except BrokenPipeError:
        silence_stdout()


def say(text: str) -> None:
    """Print a line to stderr.

    Parameters
    ----------
    text : str
        One line; line breaks in it are made spaces.
    """
    print(" ".join(text.split()), file=sys.stderr, flush=True)


def _remember_debug(context: typer.Context, value: bool) -> bool:
    if value and isinstance(context.obj, dict):
        context.obj["debug"] = True
    return value


SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="A name that `models` lists, or a path to a TOML file.",
        autocompletion=complete_spec,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Folder that `fit` wrote.", autocompletion=complete_run),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress and no notes on stderr.")]
DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", help="Show the traceback of an error.", callback=_remember_debug, is_eager=True
    ),
]
