"""``bayesdensing simulate``: a data bundle of known truth."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    SpecArgument,
    out_console,
    print_json,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``simulate`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "simulate",
        epilog="Example: bayesdensing simulate joint --out world --seed 1 "
        "--set doubling_time_days=120 --llms 60 --evaluators 3",
    )(_simulate)


def _simulate(
    spec: SpecArgument = "joint",
    *,
    out: Annotated[
        str,
        typer.Option(
            metavar="DIR", help="Folder of the new bundle; replaces an older simulated one."
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the draws.")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Hold a parameter fixed: NAME or NAME[COORD], or doubling_time_days; may be "
            "repeated. The rest is drawn from the prior.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Bundle whose design is used.  [default: the packaged]"),
    ] = None,
    llms: Annotated[
        int | None, typer.Option(min=3, max=100_000, help="LLMs, drawn from the design's.")
    ] = None,
    evaluators: Annotated[
        int | None, typer.Option(min=1, max=100, help="Evaluators in place of the design's.")
    ] = None,
    typical: Annotated[
        bool,
        typer.Option(
            "--typical",
            help="Typical values, no growth, in place of the prior's; --set goes before.",
        ),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Draw losses and scores from a hypothesis and write them as a bundle with its truth.json."""
    given = _settings(set_ or [])
    from bayesdensing.data import load_data
    from bayesdensing.errors import SpecError
    from bayesdensing.simulation import layout, simulate, typical_values
    from bayesdensing.spec import load_spec

    hypothesis = load_spec(spec)
    template = load_data(data)
    grows = "growth" in hypothesis.blocks
    if not grows and (llms or evaluators or typical):
        raise SpecError(
            f"{hypothesis.name} has no growth block: --llms, --evaluators and --typical need one"
        )
    if llms or evaluators:
        template = layout(hypothesis, template, n_llms=llms, n_evaluators=evaluators, seed=seed)
    if typical:
        usual = typical_values(hypothesis, template)
        if "doubling_time_days" in given:
            usual.pop("growth_rate", None)
        given = {**usual, **given}
    world = simulate(hypothesis, template, seed=seed, given=given, name=Path(out).name)
    folder = world.save(out)
    told: dict[str, Any] = {
        "out": str(folder),
        "tables": world.data.summary(),
        "headline": world.to_dict().get("headline"),
    }
    if as_json:
        from bayesdensing.analysis.summary import plain

        print_json(plain(told))
        return 0
    console = out_console()
    counts = ", ".join(f"{n:,} {name}" for name, n in world.data.summary().items())
    console.print(f"{folder}: {counts}")
    if told["headline"] is not None:
        rate, days = told["headline"].values()
        console.print(f"true growth rate {rate:.4g} per year, doubling time {days:.4g} days")
    console.print(f"truth: {folder / 'truth.json'}")
    return 0


def _settings(texts: list[str]) -> dict[str, float]:
    given: dict[str, float] = {}
    for name, value in map(_setting, texts):
        if name in given:
            raise typer.BadParameter(f"{name} is set twice", param_hint="--set")
        given[name] = value
    return given


def _setting(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not a number", param_hint="--set") from None
