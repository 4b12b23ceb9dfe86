"""``bayesdensing hypothesis``: how probable a claim about a run's parameters is."""

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from bayesdensing.analysis.hypothesis import Share

__all__ = ["register"]

NOT_CONVERGED = 3


def register(app: typer.Typer) -> None:
    """Add ``hypothesis`` to the program.

    Parameters
    ----------
    app : typer.Typer
        The program, changed in place.
    """
    app.command(
        "hypothesis",
        epilog='Example: bayesdensing hypothesis runs/joint "doubling_time_days < 120"',
    )(_hypothesis)


def _hypothesis(
    run: RunArgument,
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Such as: growth_rate > 1 and dispersion < 0.9")
    ],
    *,
    draws: Annotated[int, typer.Option(min=100, help="Draws from the prior.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of those.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> int:
    """Say how probable a claim is, and how far the data have moved it.

    The evidence ratio is posterior over prior odds; of a single value, as in growth_rate == 0, the
    ratio of the densities there. Exits with 3 where the run's draws did not pass their checks.
    """
    from bayesdensing.fitting import load_fit
    from bayesdensing.judging import hypothesis

    fit = load_fit(run)
    found = hypothesis(fit, claim, draws=draws, seed=seed)
    if as_json:
        print_json(found.to_dict())
        if fit.diagnostics.warning and not quiet:
            say(f"warning: {fit.diagnostics.warning}")
    else:
        from bayesdensing.cli.headline import print_banner

        console = out_console()
        print_banner(console, fit.diagnostics)
        if found.posterior is not None:
            console.print(f"P({found.claim}) = {_put(found.posterior)}")
        if found.prior is not None:
            console.print(f"beforehand {_put(found.prior)}")
        if found.refusal is None:
            what = "odds" if found.posterior is not None else "density there, Savage-Dickey"
            console.print(
                f"evidence ratio {found.evidence_ratio:.3g} ± {found.evidence_ratio_mcse:.2g} "
                f"(posterior over prior {what})"
            )
        else:
            console.print(f"no evidence ratio: {found.refusal}")
    return 0 if found.converged else NOT_CONVERGED


def _put(share: "Share") -> str:
    if share.unanimous:
        return f"{share.probability:.0f} in all of {share.draws} draws: its error cannot be told"
    return (
        f"{share.probability:.4f} ± {share.mcse:.4f} (Monte-Carlo error; {share.draws} draws, "
        f"worth {share.ess:,.0f})"
    )
