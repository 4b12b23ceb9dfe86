"""``bayesdensing corollary``: what follows from the law, one command a corollary."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from bayesdensing.cli.completion import complete_benchmark
from bayesdensing.cli.console import DebugOption, JsonOption, QuietOption, RunArgument
from bayesdensing.cli.corollary_output import check_out, tell
from bayesdensing.errors import InputError

__all__ = ["register"]

NOT_CONVERGED = 3

_Out = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="Write table (csv), json and figure there."),
]
_Inputs = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="FILE.toml",
        help="Inputs by the names of the options, with _ for -; options given win.",
    ),
]
_Number = float | None


def register(app: typer.Typer) -> None:
    """Add ``corollary`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="What follows from the law, from the posterior of a run.",
        epilog="Example: bayesdensing corollary engines runs/joint --out corollaries",
    )
    for command, example in (
        (_price, "price runs/joint --prices my-prices.csv"),
        (_acceleration, "acceleration runs/changepoint_chatgpt"),
        (_edge, "edge runs/joint --memory-gb 4 --benchmark MMLU --score 0.85"),
        (_compression, "compression runs/joint --out corollaries"),
        (_payback, "payback runs/joint --llm gemma-2-9b --training-cost 1.85e6"),
        (_engines, "engines runs/joint --chip-months 24"),
    ):
        name = command.__name__.strip("_")
        group.command(name, epilog=f"Example: bayesdensing corollary {example}")(command)
    app.add_typer(group, name="corollary")


def _price(
    run: RunArgument,
    *,
    prices: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv",
            help="Prices: model, date, usd_per_mtok, capability; or a bundle.  [default: of RUN]",
        ),
    ] = None,
    capability: Annotated[
        str | None,
        typer.Option(help="Threshold whose prices are taken.  [default: the one with most prices]"),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the fit of prices.")] = None,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print how fast prices of one capability halve, beside what density alone implies.

    Fits the prices that were the cheapest of their time as records, in seconds.
    """
    given = {"prices": prices, "capability": capability, "seed": seed}
    extra = {} if quiet else {"progress": True}
    return _answer(
        "price", run, given, inputs=inputs, out=out, as_json=as_json, quiet=quiet, **extra
    )


def _acceleration(
    run: RunArgument,
    *,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print growth before and after a change of the rate: of a run of a changepoint hypothesis."""
    return _answer("acceleration", run, {}, inputs=inputs, out=out, as_json=as_json, quiet=quiet)


def _edge(
    run: RunArgument,
    *,
    chip_years: Annotated[
        _Number, typer.Option(help="Doubling of chips at constant price (years).  [default: 2.1]")
    ] = None,
    chip_log_sd: Annotated[
        _Number, typer.Option(help="Sd of its natural log.  [default: 0.18]")
    ] = None,
    memory_gb: Annotated[
        _Number, typer.Option(help="Memory of the device (GB).  [default: 8]")
    ] = None,
    memory_share: Annotated[
        _Number, typer.Option(help="Share of it that weights may fill.  [default: 0.5]")
    ] = None,
    weight_bits: Annotated[_Number, typer.Option(help="Bits per parameter.  [default: 4]")] = None,
    device_price: Annotated[
        _Number, typer.Option(help="What the device costs.  [default: 1]")
    ] = None,
    budget: Annotated[
        _Number, typer.Option(help="What may be spent.  [default: its price]")
    ] = None,
    device_date: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="When it costs that.  [default: end of the data]"),
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(help="Benchmark.  [default: MMLU]", autocompletion=complete_benchmark),
    ] = None,
    score: Annotated[_Number, typer.Option(help="Score to reach, 0 to 1.  [default: 0.85]")] = None,
    percentile: Annotated[
        _Number, typer.Option(help="Which LLM of its date it runs.  [default: 50, the trend's]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the chips' rate.")] = None,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print what a device of constant price can run: Moore's law times the densing law."""
    given = {
        "chip_years": chip_years,
        "chip_log_sd": chip_log_sd,
        "memory_gb": memory_gb,
        "memory_share": memory_share,
        "weight_bits": weight_bits,
        "device_price": device_price,
        "budget": budget,
        "device_date": device_date,
        "benchmark": benchmark,
        "score": score,
        "percentile": percentile,
        "seed": seed,
    }
    return _answer("edge", run, given, inputs=inputs, out=out, as_json=as_json, quiet=quiet)


def _compression(
    run: RunArgument,
    *,
    shared: Annotated[
        _Number,
        typer.Option(help="Correlation of departures with the parent's.  [default: 0.7]"),
    ] = None,
    shared_quantized: Annotated[
        _Number, typer.Option(help="The same where weights are rounded.  [default: 0.95]")
    ] = None,
    cost_ratio: Annotated[
        _Number, typer.Option(help="k1 over k2 of the paper's equation 7.  [default: 2.45]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of what is drawn.")] = None,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Compare compressed LLMs with their parents: pruning, distillation and quantisation."""
    given = {
        "shared": shared,
        "shared_quantized": shared_quantized,
        "cost_ratio": cost_ratio,
        "seed": seed,
    }
    return _answer("compression", run, given, inputs=inputs, out=out, as_json=as_json, quiet=quiet)


def _payback(
    run: RunArgument,
    *,
    llm: Annotated[
        str | None, typer.Option(help="An LLM of the run.  [default: gemma-2-9b]")
    ] = None,
    n_params: Annotated[
        _Number, typer.Option(help="Parameters of a model that is not in the run.")
    ] = None,
    release_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Its release date.")
    ] = None,
    fraction: Annotated[
        _Number, typer.Option(help="Of the parameters, that are to match it.  [default: 0.5]")
    ] = None,
    percentile: Annotated[
        _Number, typer.Option(help="Which LLM of its date matches.  [default: 50, the trend's]")
    ] = None,
    training_cost: Annotated[
        _Number, typer.Option(help="Of training it.  [default: 1.85e6]")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of the money.  [default: RMB]")] = None,
    margin_per_visit: Annotated[
        _Number,
        typer.Option(help="What a visit leaves.  [default: what the article's figures imply]"),
    ] = None,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print how long until half the parameters match a model, and what it must earn by then."""
    given = {
        "llm": llm,
        "n_params": n_params,
        "release_date": release_date,
        "fraction": fraction,
        "percentile": percentile,
        "training_cost": training_cost,
        "currency": currency,
        "margin_per_visit": margin_per_visit,
    }
    return _answer("payback", run, given, inputs=inputs, out=out, as_json=as_json, quiet=quiet)


def _engines(
    run: RunArgument,
    *,
    battery_factor: Annotated[
        _Number, typer.Option(help="Rise of batteries' energy density.  [default: 4]")
    ] = None,
    battery_years: Annotated[
        _Number, typer.Option(help="In how many years.  [default: 20]")
    ] = None,
    chip_months: Annotated[
        _Number, typer.Option(help="Doubling of a chip's transistors (months).  [default: 18]")
    ] = None,
    spread: Annotated[
        _Number, typer.Option(help="Sd of the natural log of these two.  [default: 0.1]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of their draws.")] = None,
    inputs: _Inputs = None,
    out: _Out = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Print doubling times of batteries, chips and model density, and of their product."""
    given = {
        "battery_factor": battery_factor,
        "battery_years": battery_years,
        "chip_months": chip_months,
        "spread": spread,
        "seed": seed,
    }
    return _answer("engines", run, given, inputs=inputs, out=out, as_json=as_json, quiet=quiet)


def _answer(
    name: str,
    run: str,
    given: dict[str, Any],
    *,
    inputs: str | None,
    out: str | None,
    as_json: bool,
    quiet: bool,
    **more: Any,
) -> int:
    asked = _from_file(inputs) | {key: value for key, value in given.items() if value is not None}
    if out is not None:
        check_out(Path(out), run=Path(run))

    from bayesdensing.corollaries import corollary

    found = corollary(name, run, **asked, **more)
    tell(found, out=None if out is None else Path(out), as_json=as_json, quiet=quiet)
    return 0 if found.usable else NOT_CONVERGED


def _from_file(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{Path(path).name} is not TOML: {error}") from None
