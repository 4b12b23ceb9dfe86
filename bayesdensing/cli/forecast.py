"""``bayesdensing forecast``: parameters, a date or a score, with what is uncertain about it."""

import math
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bayesdensing.cli.completion import complete_benchmark, complete_run
from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    is_narrow,
    out_console,
    print_json,
    say,
)

if TYPE_CHECKING:
    from bayesdensing.analysis.forecast import Forecast

__all__ = ["flag_lines", "register"]

NOT_CONVERGED = 3

_SUFFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def register(app: typer.Typer) -> None:
    """Add ``forecast`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "forecast",
        epilog="Example: bayesdensing forecast runs/joint --benchmark MMLU --score 0.8 "
        "--date 2027-01-01",
    )(_forecast)


def _count(text: str) -> float:
    found = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*([kmbt]?)\s*", text, re.IGNORECASE)
    try:
        return float(found[1]) * _SUFFIXES[found[2].upper()]  # type: ignore[index]
    except (TypeError, ValueError):
        raise typer.BadParameter(f"{text!r} is no number of parameters such as 8e9 or 8B") from None


def _forecast(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN [RUN...]", help="Folders that `fit` wrote.", autocompletion=complete_run
        ),
    ],
    *,
    benchmark: Annotated[
        str,
        typer.Option(metavar="B", help="Benchmark of the runs.", autocompletion=complete_benchmark),
    ],
    score: Annotated[
        float | None, typer.Option(metavar="S", help="Score to reach, 0 to 1.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Release date of the LLM.")
    ] = None,
    params: Annotated[
        str | None, typer.Option(metavar="N", help="Its parameters: 8e9, or 8B.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="W,W...|FILE",
            help="Mix the runs: weights in their order, or a comparison.json of `compare`.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the LLMs that are drawn.")
    ] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Forecast what two of --score, --date and --params leave open.

    The headline is for a new LLM drawn from the population, whose distance from the trend is not
    known; the typical LLM stands beside it. Scores are those before evaluators and the noise of a
    measurement. Exits with 3 where a run's draws did not pass their checks.
    """
    from bayesdensing.forecasting import forecast

    found = forecast(
        list(runs),
        benchmark=benchmark,
        score=score,
        date=date,
        n_params=None if params is None else _count(params),
        weights=None if weights is None else _weights(weights),
        seed=seed,
    )
    if as_json:
        print_json(found.to_dict())
        if not quiet:
            for one in found.answers:
                if one.mark:
                    say(f"warning: {one.hypothesis}: {one.mark}")
    else:
        _print(found)
    return 0 if found.converged else NOT_CONVERGED


def _weights(text: str) -> list[float] | str:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return text


def _print(found: "Forecast") -> None:
    from rich.table import Table

    from bayesdensing.analysis.extrapolation import share

    console = out_console()
    for one in found.answers:
        if one.mark:
            text = f"*** {one.mark}: {one.hypothesis}: these numbers may be wrong ***"
            console.print(text, style="bold red")
    console.print(found.question.text, style="bold")
    narrow = is_narrow(console)
    shown = Table()
    shown.add_column("hypothesis", overflow="fold")
    if not narrow:
        shown.add_column("LLM")
    for column in ("median", "50 % ETI", "89 % ETI", "95 % ETI"):
        shown.add_column(column, justify="right", overflow="fold")
    ends = found.question.wanted != "score"
    if ends:
        shown.add_column("P(never)", justify="right")
    for row in found.table.to_dict("records"):
        name = row["hypothesis"]
        weight = row["weight"]
        if not math.isnan(weight) and name != "stacked":
            name = f"{name} ({weight:.2f})"
        cells = [_cell(row["median"], found)]
        cells += [_ends(row[f"eti{p}_lb"], row[f"eti{p}_ub"], found) for p in (50, 89, 95)]
        cells += [share(row["prob_never"])] if ends else []
        llm = f"{row['llm']} *" if row["headline"] else str(row["llm"])
        shown.add_row(
            *([f"{name}\n{llm}"] if narrow else [str(name), llm]),
            *cells,
            style="bold" if row["headline"] else None,
        )
    console.print(shown)
    for line in _said(found):
        console.print(line)


def _said(found: "Forecast") -> list[str]:
    from bayesdensing.analysis.extrapolation import INSIDE

    lines = [
        "* the headline: a new LLM drawn from the population; typical: on the trend, as the mean "
        "LLM. ETI: equal-tailed posterior interval."
    ]
    if not any(one.flags for one in found.answers):
        lines.append(INSIDE)
    lines += flag_lines(found)
    return [*lines, *found.notes]


def flag_lines(found: "Forecast") -> list[str]:
    """Return the flags of a forecast in lines, those that all hypotheses share once.

    Parameters
    ----------
    found : Forecast
        Any forecast.

    Returns
    -------
    list of str
        As they are printed.
    """
    several = len(found.answers) > 1
    lines: dict[str, None] = {}
    for one in found.answers:
        for flag in one.flags:
            own = several and flag.probability is not None
            lines[flag.line(f"{one.hypothesis}: " if own else "")] = None
    return list(lines)


def _cell(value: float, found: "Forecast") -> str:
    wanted: Any = found.question.wanted
    if math.isinf(value):
        return "never" if value > 0 else "before 2017"
    if wanted == "score":
        return f"{value:.3f}"
    if wanted == "parameters":
        return "any" if value == 0 else _size(value)
    from bayesdensing.analysis.forecast import day_of

    return f"{day_of(value):%Y-%m-%d}"


def _ends(lower: float, upper: float, found: "Forecast") -> str:
    """Return an interval in words; one whose ends are the same without end once."""
    if lower == upper and (math.isinf(lower) or lower == 0):
        return _cell(lower, found)
    return f"{_cell(lower, found)} to {_cell(upper, found)}"


def _size(value: float) -> str:
    if value >= 1e15 or value < 1e3:
        return f"{value:.1e}"
    for suffix in ("T", "B", "M", "K"):
        if value >= 0.9995 * _SUFFIXES[suffix]:
            return f"{value / _SUFFIXES[suffix]:.3g}{suffix}"
    return f"{value:.3g}"
