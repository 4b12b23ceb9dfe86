"""``bayesdensing recover``: whether a fit finds the growth that a world was made from."""

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

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``recover`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("recover", epilog="Example: bayesdensing recover joint --out recovery.csv")(
        _recover
    )


def _recover(
    spec: SpecArgument = "joint",
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Bundle whose design is used.  [default: the packaged]"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv",
            help="Table, written after every world; worlds in it are not fitted again."
            "  [default: runs/recovery-NAME-OF-SPEC.csv]",
        ),
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=V,V...",
            help="Hold this parameter at these values instead: coverage and bias of its estimates.",
        ),
    ] = None,
    worlds: Annotated[int, typer.Option(min=2, help="Worlds per value of --parameter.")] = 8,
    draws: Annotated[int | None, typer.Option(min=1, help="Draws kept per chain.")] = None,
    tune: Annotated[int | None, typer.Option(min=1, help="Warm-up per chain.")] = None,
    chains: Annotated[int | None, typer.Option(min=1, help="Chains.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Fit sixteen simulated worlds of known growth; print the truth beside the estimate.

    Exits with 3 where a fit did not pass its checks. With --parameter, worlds that hold it at known
    values, in fits too short for all checks; largest R-hat and divergences are in the table.
    """
    if parameter is not None:
        if draws or tune or chains:
            raise typer.BadParameter("has lengths of its own", param_hint="--parameter")
        return _recover_parameter(spec, parameter, worlds, data, out, as_json, quiet)
    from bayesdensing.data import load_data
    from bayesdensing.recovery import recover
    from bayesdensing.spec import load_spec

    hypothesis = load_spec(spec)
    path = Path(out) if out is not None else Path("runs") / f"recovery-{hypothesis.name}.csv"
    table = recover(
        hypothesis,
        template=load_data(data),
        out=path,
        tell=(lambda _: None) if quiet else say,
        apart=True,
        draws=draws,
        tune=tune,
        chains=chains,
    )
    if as_json:
        from bayesdensing.analysis.summary import plain

        print_json(plain(table.to_dict("records")))
    else:
        console = out_console()
        console.print(_shown(table))
        console.print(_verdict(table))
        console.print(f"table: {path}")
    return 0 if table["converged"].all() else NOT_CONVERGED


def _recover_parameter(
    spec: str,
    asked: str,
    worlds: int,
    data: str | None,
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    name, truths = _values(asked)
    from bayesdensing.analysis.summary import plain
    from bayesdensing.data import load_data
    from bayesdensing.parameter_recovery import bias_table, recover_parameter
    from bayesdensing.spec import load_spec

    hypothesis = load_spec(spec)
    default = Path("runs") / f"recovery-{hypothesis.name}-{name}.csv"
    path = Path(out) if out is not None else default
    rows = recover_parameter(
        hypothesis,
        name,
        truths,
        n_worlds=worlds,
        template=load_data(data),
        out=path,
        tell=(lambda _: None) if quiet else say,
    )
    table = bias_table(rows)
    if as_json:
        print_json(plain({"worlds": rows.to_dict("records"), "bias": table.to_dict("records")}))
        return 0
    from rich.table import Table

    shown = Table(f"true {name}")
    for column in ("worlds", "truth in 95 % ETI", "bias", "standard error", "rmse", "width"):
        shown.add_column(column, justify="right")
    for row in table.to_dict("records"):
        shown.add_row(
            "all" if row["truth"] != row["truth"] else f"{row['truth']:g}",
            str(row["worlds"]),
            str(row["in95"]),
            *(f"{row[key]:.3f}" for key in ("bias", "bias_se", "rmse", "median_width")),
        )
    console = out_console()
    console.print(shown)
    console.print(f"bias: mean of median less truth over worlds\ntable: {path}")
    return 0


def _values(asked: str) -> tuple[str, list[float]]:
    name, sign, texts = asked.partition("=")
    try:
        values = [float(text) for text in texts.split(",")] if sign else []
    except ValueError:
        values = []
    if not values:
        raise typer.BadParameter(f"{asked!r} is not NAME=VALUE,VALUE", param_hint="--parameter")
    return name.strip(), values


def _shown(table: "pd.DataFrame") -> Any:
    from rich.table import Table

    shown = Table("LLMs", "evaluators")
    for column in ("true days", "median", "95 % ETI", "P(rate ≤ 0)", "match", "checks"):
        shown.add_column(column, justify="right")
    for row in table.to_dict("records"):
        shown.add_row(
            str(row["n_llms"]),
            str(row["n_evaluators"]),
            _days(row["true_doubling_days"]),
            _days(row["doubling_days"]),
            f"{_days(row['eti95_lb'])} to {_days(row['eti95_ub'])}",
            f"{row['prob_rate_not_positive']:.3f}",
            row["match"],
            "passed" if row["converged"] else "FAILED",
        )
    return shown


def _days(value: float) -> str:
    return "∞" if value == float("inf") else f"{value:,.0f}"


def _verdict(table: "pd.DataFrame") -> str:
    return (
        f"{table['in95'].sum()} of {len(table)} truths in the 95 % interval, "
        f"{table['in999'].sum()} in that of 99.9 %; {table['converged'].sum()} fits passed"
    )
