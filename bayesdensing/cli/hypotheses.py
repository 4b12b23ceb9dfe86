"""``bayesdensing models`` and ``show``: the hypotheses, listed and explained."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bayesdensing.cli.console import (
    DebugOption,
    JsonOption,
    QuietOption,
    SpecArgument,
    out_console,
    print_json,
)

if TYPE_CHECKING:
    from rich.console import Console

    from bayesdensing.spec import Spec, SpecDescription

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add ``models`` and ``show`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command("models", epilog="Example: bayesdensing models")(_models)
    app.command("show", epilog="Example: bayesdensing show joint")(_show)


def _models(
    *, as_json: JsonOption = False, quiet: QuietOption = False, debug: DebugOption = False
) -> int:
    """List the hypotheses that come with the package."""
    from bayesdensing.spec import list_specs

    specs = list_specs()
    if as_json:
        print_json(
            [
                {
                    "name": spec.name,
                    "title": spec.title,
                    "description": spec.description.strip(),
                    "blocks": list(spec.blocks),
                }
                for spec in specs
            ]
        )
        return 0
    from rich.table import Table

    table = Table("name", "title", "what it claims", show_lines=True)
    table.columns[0].no_wrap = True
    for spec in specs:
        table.add_row(spec.name, spec.title, _first_sentence(spec.description))
    out_console().print(table)
    return 0


def _first_sentence(text: str) -> str:
    """Return the first sentence; a stop inside a number or name does not end one."""
    return re.split(r"(?<=\.)\s+(?=[A-Z])", " ".join(text.split()), maxsplit=1)[0]


def _show(
    spec: SpecArgument,
    *,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Show a hypothesis: equations, priors, graph."""
    from bayesdensing.spec import describe, load_spec

    hypothesis = load_spec(spec)
    described = describe(hypothesis)
    origin = _origin(spec)
    if as_json:
        print_json(_as_json(hypothesis, described, origin=origin))
        return 0
    _print(out_console(), hypothesis, described, origin=origin)
    return 0


def _origin(spec: str) -> str:
    from bayesdensing.paths import packaged_models_dir

    shipped = packaged_models_dir() / f"{spec}.toml"
    return str(shipped if shipped.is_file() else Path(spec))


def _as_json(spec: "Spec", described: "SpecDescription", *, origin: str) -> dict[str, Any]:
    from bayesdensing.analysis.summary import plain

    value: dict[str, Any] = plain(
        {
            "name": spec.name,
            "title": spec.title,
            "description": spec.description.strip(),
            "blocks": list(spec.blocks),
            "label": spec.headline_label,
            "reference_tokens": spec.reference_tokens.label,
            "equations": list(described.equations),
            "priors": described.priors.to_dict("records"),
            "graph": described.graph,
            "path": origin,
            "sha256": spec.sha256,
            "toml": spec.to_toml(),
        }
    )
    return value


def _print(console: "Console", spec: "Spec", described: "SpecDescription", *, origin: str) -> None:
    from rich.table import Table

    console.print(f"{spec.name}: {spec.title}", style="bold")
    console.print(" ".join(spec.description.split()))
    console.print("\nEquations", style="bold")
    for equation in described.equations:
        console.print(f"  {equation}", soft_wrap=True)
    table = Table(title="Priors", title_justify="left", title_style="bold", show_lines=True)
    table.add_column("parameter", no_wrap=True)
    table.add_column("prior, and why", overflow="fold")
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("89 % ETI", justify="right")
    for row in described.priors.to_dict("records"):
        name = row["parameter"] if row["unit"] == "1" else f"{row['parameter']}\n({row['unit']})"
        ends = f"{row['lower89']:.3g} to {row['upper89']:.3g}"
        table.add_row(name, f"{row['prior']}\n{row['reason']}", f"{row['median']:.3g}", ends)
    console.print()
    console.print(table)
    console.print("\nGraph (mermaid)", style="bold")
    console.print(described.graph, soft_wrap=True)
    console.print(f"\nrate of: {spec.headline_label}")
    console.print(f"file: {origin}", soft_wrap=True)
