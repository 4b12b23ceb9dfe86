"""A fit in a few lines: what `bayesdensing fit` prints."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bayesdensing.analysis.cut import BetweenDraws, between_reference_draws
from bayesdensing.analysis.mode_weights import WEIGHT_KIND, mass_words, weighted_headline
from bayesdensing.analysis.naming import data_line, left_out_scores
from bayesdensing.analysis.summary import mode_headlines
from bayesdensing.analysis.tables import law_rows
from bayesdensing.cli.rulers import print_rulers

if TYPE_CHECKING:
    from bayesdensing.analysis import Estimate, Fit, Headline
    from bayesdensing.analysis.mode_weights import ModeWeights
    from bayesdensing.inference import Diagnostics

__all__ = ["print_banner", "print_headline"]


def print_headline(console: Console, fit: "Fit", *, folder: Path) -> None:
    """Print what a fit found, and whether to believe it.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    fit : Fit
        Any fit.
    folder : pathlib.Path
        Where its files are.
    """
    print_banner(console, fit.diagnostics)
    found = fit.headline()
    console.print(f"{fit.spec.name}: {fit.spec.title}", style="bold")
    console.print(
        _law_table(fit) if found.growth_rate_per_year is None else _rate_table(found, fit)
    )
    # names in one column, so that what does not fit a line is continued under its own beginning
    facts = Table.grid(padding=(0, 2))
    for name, fact in _facts(found, fit, folder=folder).items():
        facts.add_row(name, fact)
    console.print(facts)
    if found.segments:
        console.print(_segment_table(found))
    print_rulers(console, fit, folder=folder)


def _facts(found: "Headline", fit: "Fit", *, folder: Path) -> dict[str, str]:
    from bayesdensing.pulling import pull_line

    constant = fit.spec.assumes_no_growth
    facts = {"held constant" if constant else "rate of": found.label}
    if found.growth_rate_per_year is not None:
        n_draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
        facts = {"P(rate ≤ 0)": _probability(found.prob_rate_not_positive, n_draws)} | facts
    if "growth" in fit.spec.blocks:
        facts["reference tokens"] = fit.spec.reference_tokens.label
        if (between := between_reference_draws(fit.posterior)) is not None:
            facts["reference draws"] = _between_line(between)
        if (pulled := pull_line(fit, folder=folder)) is not None:
            facts["reference curve"] = pulled
    facts["data"] = data_line(fit)
    if left_out := left_out_scores(fit):
        facts["left out"] = left_out
    facts["checks"] = _checks_line(fit.diagnostics)
    if fit.diagnostics.left_out:
        facts["modes"] = "; ".join(fit.diagnostics.left_out)
    return facts | {
        "time": _time_line(fit),
        "files": str(folder),
    }


def _between_line(between: BetweenDraws) -> str:
    error = f"{between.error:.1f}" if math.isfinite(between.error) else "unknown"
    return (
        f"{between.count}; medians of the doubling time {_number(between.shortest, digits=0)} to "
        f"{_number(between.longest, digits=0)} days, Monte-Carlo error of the pooled median about "
        f"{error} days"
    )


def print_banner(console: Console, diagnostics: "Diagnostics") -> None:
    """Print that draws are approximate or cannot be trusted, and why; nothing of converged ones.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    diagnostics : Diagnostics
        Of the draws.
    """
    if not diagnostics.mark:
        return
    if diagnostics.approximation is not None and diagnostics.usable:
        method = diagnostics.approximation.method
        console.print(f"*** {diagnostics.mark}: {method}; not converged ***", style="bold yellow")
        return
    banner = f"*** {diagnostics.mark}: these numbers may be wrong ***"
    if diagnostics.modes:
        banner = "*** NOT CONVERGED, MULTIMODAL: read each mode by itself ***"
    console.print(banner, style="bold red")
    for reason in diagnostics.reasons:
        console.print(f"  - {reason}", style="red")


def _rate_table(found: "Headline", fit: "Fit") -> Table:
    table = Table("", title_justify="left")
    for column in ("median", "50 % ETI", "89 % ETI", "95 % ETI"):
        table.add_column(column, justify="right")
    _add_rows(table, found, suffix="\nall modes together" if fit.diagnostics.modes else "")
    found_weights = fit.mode_weights
    names = _mode_names(fit, found_weights)
    for name, own in zip(names, mode_headlines(fit), strict=True):
        table.add_section()
        _add_rows(table, own, suffix=f"\n{name}")
    if found_weights is not None:
        mixed = weighted_headline(fit, found_weights.weights)
        if mixed is not None:
            table.add_section()
            _add_rows(table, mixed, suffix=f"\nmodes by weight ({WEIGHT_KIND})")
    return table


def _mode_names(fit: "Fit", found: "ModeWeights | None") -> list[str]:
    """Say of each mode its chains, what differs, and its weight."""
    names = []
    for place, mode in enumerate(fit.diagnostics.modes):
        chains = ", ".join(str(chain) for chain in mode["chains"])
        weight = "no weight"
        if found is not None:
            doubt = "" if found.reliable else ", unreliable: Pareto k"
            weight = f"weight {found.weights[place]:.2f} ({WEIGHT_KIND}{doubt})"
        mass = f"; {told}" if (told := mass_words(mode)) else ""
        names.append(f"{mode['name']}: chains {chains}; {weight}{mass}; {mode['differs']}")
    return names


def _segment_table(found: "Headline") -> Table:
    table = Table("stretch of the trend", "from", "to")
    for column in ("doubling time (days)", "95 % ETI", "P(rate ≤ 0)"):
        table.add_column(column, justify="right")
    for segment in found.segments:
        days = segment.doubling_time_days
        low, high = (_number(end, digits=0) for end in days.eti95)
        table.add_row(
            segment.name,
            str(segment.start),
            str(segment.end),
            _number(days.median, digits=0),
            f"{low} to {high}",
            f"{segment.prob_rate_not_positive:.3f}",
        )
    return table


def _add_rows(table: Table, found: "Headline", *, suffix: str) -> None:
    doubling, rate = found.doubling_time_days, found.growth_rate_per_year
    if doubling is None or rate is None:
        return
    table.add_row(f"doubling time (days){suffix}", *_cells(doubling, digits=0))
    table.add_row("growth rate (1/yr, ln)", *_cells(rate, digits=_decimals(rate)))


def _cells(estimate: "Estimate", *, digits: int) -> list[str]:
    ends = (estimate.eti50, estimate.eti89, estimate.eti95)
    intervals = [f"{_number(a, digits=digits)} to {_number(b, digits=digits)}" for a, b in ends]
    return [_number(estimate.median, digits=digits), *intervals]


def _decimals(estimate: "Estimate") -> int:
    """Return the decimals that show the widest interval to two digits, two at least."""
    width = estimate.eti95[1] - estimate.eti95[0]
    if not (math.isfinite(width) and width > 0):
        return 2
    return min(max(2, 1 - math.floor(math.log10(width))), 8)


def _number(value: float, *, digits: int) -> str:
    return "∞" if value == float("inf") else f"{value:,.{digits}f}"


def _probability(value: float | None, n_draws: int) -> str:
    if value is None or math.isnan(value):
        return "undefined"
    return f"{value:.3f} ({round(value * n_draws):,} of {n_draws:,} draws)"


def _law_table(fit: "Fit") -> Table:
    """Return the parameters in natural units: what a fit without a trend has found."""
    table = Table("parameter")
    for column in ("median", "89 % ETI", "95 % ETI"):
        table.add_column(column, justify="right")
    parts = {"": fit.posterior}
    if fit.diagnostics.modes:
        names = _mode_names(fit, fit.mode_weights)
        parts = {
            name: fit.posterior.isel(chain=list(mode["chains"]))
            for name, mode in zip(names, fit.diagnostics.modes, strict=True)
        }
    for name, part in parts.items():
        if name:
            table.add_section()
            table.add_row(name)
        for row in law_rows(part):
            table.add_row(*row)
    return table


def _checks_line(diagnostics: "Diagnostics") -> str:
    state = "passed" if diagnostics.usable else "failed"
    if (own := diagnostics.approximation) is not None:
        state = f"of the approximation {state}: {own.figures}; all else"
    return (
        f"{state}: largest R-hat {diagnostics.max_rhat:.3f} ({diagnostics.worst_parameter}), "
        f"smallest ESS {diagnostics.min_ess_bulk:,.0f} bulk, "
        f"{diagnostics.min_ess_tail:,.0f} tail, "
        f"{diagnostics.divergences} divergences, E-BFMI {diagnostics.min_ebfmi:.2f}, "
        f"{100 * diagnostics.max_depth_share:.1f} % at the depth limit"
    )


def _time_line(fit: "Fit") -> str:
    seconds = {name: f"{fit.timing[name]:.0f} s" for name in ("compile", "sample", "total")}
    compiling, sampling, total = seconds.values()
    return f"{total} (compiling {compiling}, sampling {sampling}), seed {fit.seed}"
