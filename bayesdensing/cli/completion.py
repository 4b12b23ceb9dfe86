"""Completion in the shell: hypotheses, runs, benchmarks, and the scripts that ask for them."""

import csv
import importlib
import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from bayesdensing.paths import packaged_data_dir, packaged_models_dir

__all__ = [
    "Shell",
    "answer_shell",
    "complete_benchmark",
    "complete_run",
    "complete_spec",
    "install_script",
    "show_script",
    "with_shell",
]

# typer's own pair of options would take the calling process for the shell and no name for one, so
# only what is behind them is used, which older typer versions have too
_typer: Any = importlib.import_module("typer.completion")

PROGRAM = "bayesdensing"
#: What a shell's script sets when it asks for completions.
VARIABLE = "_BAYESDENSING_COMPLETE"
_OPTIONS = ("--show-completion", "--install-completion")
#: The file that makes a folder a run, which `bayesdensing.analysis.runs` writes.
_MANIFEST = "manifest.json"


class Shell(StrEnum):
    """Shells that there are scripts for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"


def complete_spec(incomplete: str) -> list[str]:
    """Return hypotheses that a word may become: shipped names, and TOML files.

    Parameters
    ----------
    incomplete : str
        The word so far.

    Returns
    -------
    list of str
        Names before paths; a folder that holds TOML files ends with a slash.
    """
    names = sorted(path.stem for path in packaged_models_dir().glob("*.toml"))
    shipped = [name for name in names if name.startswith(incomplete)]
    files = [f"{path}" for path in _begun(incomplete) if path.suffix == ".toml"]
    folders = [f"{path}/" for path in _begun(incomplete) if any(_within(path, "*.toml"))]
    return shipped + files + folders


def complete_benchmark(incomplete: str) -> list[str]:
    """Return benchmarks that a word may become: those of the packaged data with reference runs.

    Parameters
    ----------
    incomplete : str
        The word so far.

    Returns
    -------
    list of str
        In the order of the data, whatever the case of what is typed.
    """
    # the data's own reader would take a second, in which a shell stands still
    with (packaged_data_dir() / "reference_runs.csv").open(encoding="utf-8", newline="") as file:
        names = dict.fromkeys(row["benchmark"] for row in csv.DictReader(file))
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def complete_run(incomplete: str) -> list[str]:
    """Return runs that a word may become, and folders that hold runs.

    Parameters
    ----------
    incomplete : str
        The word so far.

    Returns
    -------
    list of str
        Where nothing is typed yet, runs under ``runs/`` too.
    """
    begun = _begun(incomplete)
    runs = [f"{path}" for path in begun if (path / _MANIFEST).is_file()]
    for path in begun:
        below = sorted({found.parent for found in _within(path, f"*/{_MANIFEST}")})
        runs += [f"{run}" for run in below]
    return runs


def _begun(incomplete: str) -> list[Path]:
    """Return what lies on disk under names that begin like a word."""
    folder, _, name = incomplete.rpartition("/")
    place = Path(f"{folder}/") if folder or incomplete.startswith("/") else Path()
    try:
        found = sorted(place.iterdir())
    except OSError:
        return []
    hidden = name.startswith(".")
    return [
        path
        for path in found
        if path.name.startswith(name) and (hidden or not path.name.startswith("."))
    ]


def _within(folder: Path, pattern: str) -> Iterable[Path]:
    return folder.glob(pattern) if folder.is_dir() else ()


def with_shell(argv: list[str]) -> list[str]:
    """Name the user's own shell where a completion option stands without one.

    Parameters
    ----------
    argv : list of str
        Arguments of the program.

    Returns
    -------
    list of str
        The same ones, or with the shell that ``SHELL`` names.
    """
    if len(argv) == 1 and argv[0] in _OPTIONS:
        own = Path(os.environ.get("SHELL", "")).name
        return [*argv, own] if own in list(Shell) else argv
    return argv


def answer_shell(program: Any) -> None:
    """End the process with what a line may become, where a shell's script asks for that.

    Parameters
    ----------
    program : click.Command
        All commands.
    """
    if VARIABLE in os.environ:
        _typer.completion_init()
        program.main([], prog_name=PROGRAM)


def show_script(shell: Shell | None) -> None:
    """Print what makes a shell complete, and end.

    Parameters
    ----------
    shell : Shell or None
        None: nothing was asked for.

    Raises
    ------
    typer.Exit
        When done.
    """
    if shell is None:
        return
    script: str = _typer.get_completion_script(
        prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value
    )
    print(script)
    raise typer.Exit


def install_script(shell: Shell | None) -> None:
    """Add completion to a shell's own files below the home folder, and end.

    Parameters
    ----------
    shell : Shell or None
        None: nothing was asked for.

    Raises
    ------
    typer.Exit
        When done.
    """
    if shell is None:
        return
    _, path = _typer.install(shell=shell.value, prog_name=PROGRAM, complete_var=VARIABLE)
    text = f"completion for {shell.value} is in {path}: it works from the next shell on"
    typer.echo(text, err=True)
    raise typer.Exit
