"""``bayesdensing calibrate``: whether posteriors find the truth as often as they claim."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bayesdensing.cli.completion import complete_run
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
    from bayesdensing.analysis.calibration import Calibration

__all__ = ["register"]

NOT_CALIBRATED = 3
_ROWS = 12


def register(app: typer.Typer) -> None:
    """Add ``calibrate`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("calibrate", epilog="Example: bayesdensing calibrate trend --sims 200 --workers 2")(
        _calibrate
    )


def _calibrate(
    spec: SpecArgument = "joint",
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Bundle whose design is used.  [default: the packaged]"),
    ] = None,
    sims: Annotated[int, typer.Option(min=1, help="Worlds to draw and fit.")] = 200,
    about: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Draw truths from this run's posterior, on its real design.",
            autocompletion=complete_run,
        ),
    ] = None,
    llms: Annotated[int, typer.Option(min=3, help="LLMs of the reduced design.")] = 30,
    evaluators: Annotated[int, typer.Option(min=1, help="Evaluators of it.")] = 2,
    real: Annotated[
        bool, typer.Option("--real", help="Take the data's whole design, truths from the prior.")
    ] = False,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="Draw scores from the likelihood itself: test the sampler alone."
        ),
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder of table, figure and fits; fits in it are not made again."
            "  [default: runs/calibration-SPEC, runs/calibration-about-RUN]",
        ),
    ] = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of designs, worlds and fits.")
    ] = 20241205,
    draws: DrawsOption = None,
    tune: TuneOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Fit worlds of known truth; test the truths' ranks, and count what intervals hold.

    Truths come from the prior, on a reduced design, or from a run's posterior. Exits with 3 where
    ranks are not uniform or the rate's intervals hold too few or too many truths.
    """
    from bayesdensing import plots
    from bayesdensing.calibrating import calibrate
    from bayesdensing.spec import load_spec

    refuse_both(workers, scheduler)
    name = load_spec(spec).name if about is None else f"about-{Path(about).resolve().name}"
    kind = "-real" * (real and about is None) + "-exact" * exact
    folder = Path(out) if out is not None else Path("runs") / f"calibration-{name}{kind}"
    found = calibrate(
        spec,
        data,
        sims=sims,
        about=about,
        llms=llms,
        evaluators=evaluators,
        real=real,
        exact=exact,
        draws=draws,
        tune=tune,
        seed=seed,
        out=folder,
        workers=workers,
        scheduler=scheduler,
        tell=(lambda _: None) if quiet else say,
    )
    found.save(folder)
    write_bytes(folder / "calibration.png", plots.calibration(found).to_png())
    if as_json:
        from bayesdensing.analysis.summary import plain

        print_json(plain(found.to_dict()))
    else:
        _print(found, folder)
    return 0 if found.passed else NOT_CALIBRATED


def _print(found: "Calibration", folder: Path) -> None:
    console = out_console()
    about = found.about
    console.print(f"{about['spec']}: truths from {about['truths']}; {about['design']}")
    console.print(_tests(found))
    hidden = len(found.table) - _ROWS
    if hidden > 0:
        console.print(f"and {hidden} parameters with larger p values (coverage.json has all)")
    if found.headline:
        console.print(_coverage(found))
    seconds = found.fits["seconds"]
    console.print(
        f"{found.fits.sizes['sim']} fits, {len(found.failures)} more ended in an error; "
        f"{found.n_divergent} with divergences and {found.n_unmixed} with an R-hat above 1.05, "
        f"kept; {int(found.fits['redrawn'].sum())} worlds could not be and were drawn anew; "
        f"median {float(seconds.median()):.2g} s a fit"
    )
    for fault in found.faults:
        console.print(f"NOT CALIBRATED: {fault}")
    if found.passed:
        console.print("ranks are uniform at the 1 % level, corrected for their number")
    console.print(f"tables and figure: {folder}")


def _tests(found: "Calibration") -> Any:
    from rich.table import Table

    from bayesdensing.analysis.coverage import HEADLINE

    shown = Table("parameter", title="ranks of true values", title_justify="left")
    for column in ("draws", "largest departure", "p", "p corrected", "in 50 %", "in 89 %", "95 %"):
        shown.add_column(column, justify="right")
    table = found.table.sort_values("p_value", kind="stable")
    first = table.index == HEADLINE
    for row in (*table[first].itertuples(), *table[~first].itertuples())[:_ROWS]:
        shown.add_row(
            str(row.Index),
            f"{row.n_draws:.0f}",
            f"{row.departure:+.3f} at {row.at:.2f}",
            f"{row.p_value:.3g}",
            f"{row.p_corrected:.3g}" + ("" if row.uniform else " NOT UNIFORM"),
            *(f"{100 * getattr(row, f'covered{p}'):.1f}" for p in (50, 89, 95)),
        )
    return shown


def _coverage(found: "Calibration") -> Any:
    from rich.table import Table

    shown = Table("growth rate's interval", title_justify="left")
    for column in ("fits", "hold the truth", "99 % range if right", ""):
        shown.add_column(column, justify="right")
    for cover in found.headline.values():
        low, high = cover.range99
        shown.add_row(
            f"{100 * cover.probability:.0f} % ETI",
            str(cover.count),
            f"{100 * cover.share:.1f} %",
            f"{100 * low:.1f} to {100 * high:.1f} %",
            "holds" if cover.holds else "FAILS",
        )
    return shown
