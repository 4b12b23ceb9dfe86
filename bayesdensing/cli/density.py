"""``bayesdensing density``: density and effective parameters, of LLMs of a fit or of new ones."""

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
from bayesdensing.files import write_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from bayesdensing.analysis import Fit
    from bayesdensing.analysis.newcomers import Newcomers

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``density`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "density",
        epilog="Example: bayesdensing density runs/joint --scores new.csv",
    )(_density)


def _density(
    run: RunArgument,
    *,
    scores: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Scores of LLMs that the fit need not have seen: a CSV with the columns model, "
            "benchmark, evaluator, score and, unless the run's data have the LLM, n_params and "
            "release_date; or a bundle.",
        ),
    ] = None,
    skip_unknown: Annotated[
        bool,
        typer.Option("--skip-unknown", help="Leave out scores on benchmarks that the fit lacks."),
    ] = False,
    by_cost: Annotated[
        bool,
        typer.Option(
            "--by-cost",
            help="Add density by the cost of inference: experts and weights of few bits count as "
            "in the paper's equations 6 and 7 (docs/density.md).",
        ),
    ] = False,
    tflops: Annotated[
        float | None, typer.Option(help="Compute for --by-cost, 16 bits.  [default: RTX 4090]")
    ] = None,
    bandwidth: Annotated[
        float | None, typer.Option(help="Memory's TB/s for --by-cost.  [default: RTX 4090]")
    ] = None,
    tokens: Annotated[
        float | None, typer.Option(help="Input tokens for --by-cost.  [default: 100]")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="FILE.csv", help="Write the table as CSV too.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print density and effective parameters of every LLM, or of new ones without refitting.

    Exits with 3 where the run's draws did not pass their checks; the table is printed all the same.
    """
    if skip_unknown and scores is None:
        raise typer.BadParameter("needs --scores", param_hint="--skip-unknown")
    if not by_cost and (tflops, bandwidth, tokens) != (None, None, None):
        raise typer.BadParameter("need --by-cost", param_hint="--tflops, --bandwidth, --tokens")
    if out is not None:
        _check_out(Path(out), run=Path(run), scores=scores)

    from bayesdensing.fitting import load_fit

    fit = load_fit(run)
    found = None if scores is None else fit.density_of(scores, skip_unknown=skip_unknown)
    table = fit.density_table() if found is None else found.table
    if by_cost:
        from bayesdensing.corollaries import inference_cost

        ratio = inference_cost.cost_ratio(
            tflops=tflops,
            terabytes_per_second=bandwidth,
            tokens=inference_cost.PAPER_TOKENS if tokens is None else tokens,
        )
        table = inference_cost.density_by_cost(fit, table, ratio=ratio)
    if out is not None:
        write_text(Path(out), table.to_csv(date_format="%Y-%m-%d", lineterminator="\n"))
    if as_json:
        print_json(_as_json(fit, table, found))
        if fit.diagnostics.warning:
            say(f"warning: {fit.diagnostics.warning}")
    else:
        _print(out_console(), fit, table, found, quiet=quiet)
    return 0 if fit.diagnostics.usable else NOT_CONVERGED


def _check_out(out: Path, *, run: Path, scores: str | None) -> None:
    """Refuse to write over what the answer is made from."""
    reason = None
    if not out.absolute().parent.is_dir():
        reason = f"{out.parent} is not a folder"
    elif out.resolve().parent == run.resolve():
        reason = f"{run} is a run, whose files are its own: choose another folder"
    elif scores is not None and out.resolve() == Path(scores).resolve():
        reason = f"{out} is the file of scores"
    elif out.exists() and not out.is_file():
        reason = f"{out} is there already and is no file"
    if reason is not None:
        raise typer.BadParameter(reason, param_hint="--out")


def _as_json(fit: "Fit", table: "pd.DataFrame", found: "Newcomers | None") -> dict[str, Any]:
    told: dict[str, Any] = {
        "run": fit.spec.name,
        "reference_tokens": fit.spec.reference_tokens.label,
        "converged": fit.diagnostics.converged,
        "approximate": fit.diagnostics.approximate,
        "interval_kind": "ETI",
        "llms": _records(table.reset_index()),
    }
    if "cost_ratio" in table.attrs:
        told["cost_ratio"] = table.attrs["cost_ratio"]
    if found is not None:
        told["conditional_on"] = table.attrs["conditional_on"]
        told["skipped_scores"] = table.attrs["skipped_scores"]
        told["skipped_llms"] = table.attrs["skipped_llms"]
        told["evaluator_effects"] = _records(found.effects)
        told["scores"] = _records(found.scores)
    return told


def _records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the rows as plain JSON types; what is not defined is null."""
    table = table.copy()
    if "release_date" in table:
        table["release_date"] = table["release_date"].dt.strftime("%Y-%m-%d")
    return [
        {str(name): None if value != value else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _print(
    console: "Console",
    fit: "Fit",
    table: "pd.DataFrame",
    found: "Newcomers | None",
    *,
    quiet: bool,
) -> None:
    from bayesdensing.cli.headline import print_banner

    print_banner(console, fit.diagnostics)
    console.print(_rich_table(table))
    if found is not None and len(found.effects):
        console.print(_effect_table(found.effects))
    if not quiet:
        for line in _notes(fit, table, found):
            say(line)


def _rich_table(table: "pd.DataFrame") -> Any:
    from rich.table import Table

    has_sizes = "n_params" in table
    shown = Table("LLM", "released")
    numbers = ("N", "density", "89 % ETI", "effective N") if has_sizes else ("value", "89 % ETI")
    by_cost = "density_by_cost_median" in table
    for column in (*numbers, *(("by cost",) if by_cost else ())):
        shown.add_column(column, justify="right")
    for name, row in table.to_dict("index").items():
        mark = " *" if row.get("in_fit") else ""
        density, interval, size = _density_cells(row)
        cells = [_count(row["n_params"]), density, interval, size] if has_sizes else []
        cells += [f"{row['density_by_cost_median']:.3g}"] if by_cost else []
        shown.add_row(
            f"{name}{mark}", f"{row['release_date']:%Y-%m-%d}", *(cells or [density, interval])
        )
    return shown


def _density_cells(row: dict[Any, Any]) -> tuple[str, str, str]:
    """Return density, its interval and effective parameters, a bound where there is only one."""
    if row.get("bound"):
        sign = "≤" if row["bound"] == "at most" else "≥"
        size = row["density_bound"] * row["n_params"]
        return (
            f"{sign} {row['density_bound']:.3g}",
            f"{row['bound']}, 95 %",
            f"{sign} {_count(size)}",
        )
    interval = f"{row['density_eti89_lb']:.3g} to {row['density_eti89_ub']:.3g}"
    size = _count(row.get("effective_parameters_median", 0.0))
    return f"{row['density_median']:.3g}", interval, size


def _count(value: float) -> str:
    """Return a parameter count in short: 7.2B."""
    if value >= 1e15:
        return f"{value:.1e}"
    for unit, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if value >= unit * 0.9995:
            return f"{value / unit:.3g}{suffix}"
    return f"{value:,.0f}"


def _effect_table(effects: "pd.DataFrame") -> Any:
    from rich.table import Table

    shown = Table("new evaluator", "benchmark", title="effects, logits", title_justify="left")
    for column in ("scores", "median", "89 % ETI"):
        shown.add_column(column, justify="right")
    for row in effects.to_dict("records"):
        interval = f"{row['eti89_lb']:+.2f} to {row['eti89_ub']:+.2f}"
        cells = (row["evaluator"], row["benchmark"], str(row["n_scores"]))
        shown.add_row(*cells, f"{row['median']:+.2f}", interval)
    return shown


def _notes(fit: "Fit", table: "pd.DataFrame", found: "Newcomers | None") -> list[str]:
    notes = []
    if "cost_ratio" in table.attrs:
        notes.append(
            f"by cost: reading a parameter counts {table.attrs['cost_ratio']:.3g} times "
            "computing with it; a mixture reads all its experts"
        )
    if found is None:
        return notes
    notes += [
        f"given the posterior of {fit.spec.name}, which the new scores do not change; "
        f"reference tokens: {fit.spec.reference_tokens.label}"
    ]
    if table.attrs["skipped_scores"]:
        counts = ", ".join(f"{n} on {b}" for b, n in table.attrs["skipped_scores"].items())
        notes.append(f"left out, on benchmarks that the fit lacks: {counts}")
    if table.attrs["skipped_llms"]:
        notes.append(f"no score is left of: {', '.join(table.attrs['skipped_llms'])}")
    if table["in_fit"].any():
        notes.append("* is in the fit too: this answer is for the scores given, not the fit's own")
    ends = {"at most": ("floor", "lower"), "at least": ("ceiling", "upper")}
    for bound, (place, other) in ends.items():
        if (table["bound"] == bound).any():
            notes.append(
                f"{bound}: all scores lie at their benchmarks' {place}; the {other} end "
                "rests on the trend alone"
            )
    return notes
