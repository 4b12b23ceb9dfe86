"""``bayesdensing sensitivity``: what the doubling time depends on."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from bayesdensing.cli.many import (
    DrawsOption,
    SchedulerOption,
    TuneOption,
    WorkersOption,
    refuse_both,
)
from bayesdensing.files import write_bytes

if TYPE_CHECKING:
    from bayesdensing.analysis.dependence import Sensitivity

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``sensitivity`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "sensitivity",
        epilog="Example: bayesdensing sensitivity joint --axes prior,without_family --workers 2",
    )(_sensitivity)


def _sensitivity(
    spec: SpecArgument = "joint",
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Data bundle.  [default: the packaged one]"),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME",
            help="Choices to vary, such as prior,without_year; an unknown one lists all."
            "  [default: all]",
        ),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="TOML file of the choices to make, one at a time or all together.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="refit|regression",
            help="Error budget by fits with one source held at its mean each, or by regression"
            " alone.  [default: refit where all axes are varied]",
        ),
    ] = None,
    elpd: Annotated[
        bool,
        typer.Option(help="Work out how well fits predict LLMs left out, where comparable."),
    ] = True,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder of table, figure and fits; fits in it are not made again."
            "  [default: runs/sensitivity-SPEC, with the grid's name]",
        ),
    ] = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the sampler.")
    ] = 20241205,
    draws: DrawsOption = None,
    tune: TuneOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Fit again with other choices made, of priors, definitions and data: one at a time, or a grid.

    One row per fit goes to sensitivity.csv. Exits with 3 where a fit did not pass its checks.
    """
    from bayesdensing import plots
    from bayesdensing.spec import load_spec
    from bayesdensing.varying import sensitivity

    refuse_both(workers, scheduler)
    hypothesis = load_spec(spec)
    which = hypothesis.name if grid is None else f"{hypothesis.name}-{Path(grid).stem}"
    folder = Path(out) if out is not None else Path("runs") / f"sensitivity-{which}"
    found = sensitivity(
        hypothesis,
        data,
        axes=None if axes is None else [name.strip() for name in axes.split(",")],
        grid=grid,
        budget=budget,
        elpd=elpd,
        draws=draws,
        tune=tune,
        seed=seed,
        out=folder,
        workers=workers,
        scheduler=scheduler,
        tell=(lambda _: None) if quiet else say,
    )
    found.save(folder)
    write_bytes(folder / "sensitivity.png", plots.sensitivity(found).to_png())
    if as_json:
        from bayesdensing.analysis.summary import plain

        print_json(plain(found.to_dict()))
    else:
        _print(found, folder)
    return 0 if found.converged else NOT_CONVERGED


def _print(found: "Sensitivity", folder: Path) -> None:
    console = out_console()
    base = found.base
    console.print(
        f"as it is: {_days(base['doubling_time_days'])} days (95 % ETI {_days(base['eti95_lb'])} "
        f"to {_days(base['eti95_ub'])})"
    )
    console.print(f"the rate is that of: {found.about['label']}")
    console.print(_shown(found))
    for line in found.sentences:
        console.print(line)
    for name, caption in _CAPTIONS.items():
        table = getattr(found, name)
        if table is not None:
            console.print(_few(table.head(_ROWS), caption))
    bad = found.table[~found.table["converged"].astype(bool)]
    for row in bad.head(12).to_dict("records"):
        why = row["failure"] or f"R-hat {row['max_rhat']:.3f}, {row['divergences']:.0f} divergences"
        console.print(f"NOT CONVERGED: {row['axis']} {row['choice']}: {why}")
    if len(bad) > 12:
        console.print(f"and {len(bad) - 12} more, see sensitivity.csv")
    for note in found.notes:
        console.print(f"note: {note}")
    console.print(f"{len(found.table)} fits; table and figure: {folder}")


def _shown(found: "Sensitivity") -> Any:
    from rich.table import Table

    doubt = None if found.axes["furthest_converged"].all() else "* did not pass its checks"
    shown = Table("axis", title="one choice at a time", title_justify="left", caption=doubt)
    for column in ("choices", "days from", "to", "furthest", "days", "posterior sd", "share"):
        shown.add_column(column, justify="left" if column == "furthest" else "right")
    for axis, row in found.axes.iterrows():
        shown.add_row(
            str(axis),
            str(row["n"]),
            _days(row["days_min"]),
            _days(row["days_max"]),
            row["furthest"] + ("" if row["furthest_converged"] else " *"),
            _days(row["furthest_days"]),
            f"{row['shift_sd']:+.2f}",
            f"{100 * row['share']:.1f} %",
        )
    return shown


_ROWS = 10
_CAPTIONS = {
    "scaling": "power-scaling sensitivity of the rate, the largest",
    "variance": "variance of the median rate over the grid, by axis and by pair of axes",
    "influence": "what moves the rate most when left out, by importance weights and by fits",
    "budget": "what of the rate's variance goes if a source is known: by regression, by fits",
}


def _few(table: Any, title: str) -> Any:
    from rich.table import Table

    shown = Table(str(table.index.name), title=title, title_justify="left")
    for column in table.columns:
        shown.add_column(str(column), justify="right")
    for name, row in table.iterrows():
        cells = [f"{v:.3g}" if isinstance(v, float) else str(v) for v in row]
        shown.add_row(str(name), *cells)
    return shown


def _days(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if math.isfinite(value) else "∞"
