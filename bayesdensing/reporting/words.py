"""What a report says in words: headline, checks, data."""

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bayesdensing.analysis.mode_weights import mass_words
from bayesdensing.analysis.naming import data_line
from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.summary import mode_headlines
from bayesdensing.analysis.tables import release_dates
from bayesdensing.inference.diagnostics import DEPTH_SHARE_MAX, EBFMI_MIN, ESS_MIN, RHAT_MAX
from bayesdensing.paths import packaged_data_dir
from bayesdensing.reporting.numbers import (
    has_scores,
    has_trend,
    quantity_of,
)

if TYPE_CHECKING:
    from bayesdensing.analysis import Estimate, Fit
    from bayesdensing.inference.diagnostics import Approximation

__all__ = [
    "Check",
    "banner",
    "checks",
    "counts",
    "coverage",
    "days",
    "growth_sentence",
    "headline_rows",
    "reproduce",
]


#: What the blocks before the growth of density are about.
_BLOCKS = {"loss": "the losses of reference runs", "link": "the scores that go with losses"}


@dataclass(frozen=True)
class Check:
    """One check of the draws.

    Attributes
    ----------
    passed : bool
        Whether it did.
    text : str
        What was looked at and what was seen.
    """

    passed: bool
    text: str


def days(value: float) -> str:
    """Return a number of days.

    Parameters
    ----------
    value : float
        Days, possibly infinite.

    Returns
    -------
    str
        Rounded to the day.

    Examples
    --------
    >>> days(120.6), days(float("inf"))
    ('121', '∞')
    """
    if math.isnan(value):
        return "undefined"
    return f"{value:,.0f}" if math.isfinite(value) else "∞"


def banner(fit: "Fit") -> tuple[str, list[str]] | None:
    """Return the mark of draws that should not be trusted, with its reasons.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    tuple or None
        Mark and reasons; None for converged draws.
    """
    if not fit.diagnostics.mark:
        return None
    mark = fit.diagnostics.mark
    if fit.diagnostics.modes:
        mark += ", MULTIMODAL: read each mode by itself"
    reasons = list(fit.diagnostics.reasons)
    if fit.diagnostics.approximation is not None:
        reasons.insert(0, fit.diagnostics.approximation.method)
    return mark, reasons


def growth_sentence(fit: "Fit") -> tuple[str, str]:
    """Say what a fit found, in two sentences.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    tuple of str
        The doubling time with its interval; the probability that nothing grows.
    """
    found = fit.headline()
    quantity = quantity_of(fit)
    doubling = found.doubling_time_days
    if fit.spec.assumes_no_growth:
        return f"This hypothesis holds that {quantity} does not grow.", ""
    if doubling is None:
        about = " and ".join(_BLOCKS[block] for block in fit.spec.blocks if block in _BLOCKS)
        return f"This hypothesis has no trend: it is about {about} alone.", ""
    low, high = (days(end) for end in doubling.eti95)
    told = f"doubles every {days(doubling.median)} days (95 % interval {low} to {high})."
    if math.isinf(doubling.eti95[0]):
        told = "does not grow: no doubling."
    elif math.isinf(doubling.median):
        told = f"is likelier not to grow than to grow (95 % interval from {low} days up)."
    return f"{quantity[0].upper()}{quantity[1:]} {told}", no_growth(fit)


def no_growth(fit: "Fit") -> str:
    """Say how probable it is that nothing grows.

    Parameters
    ----------
    fit : Fit
        A fit with a rate.

    Returns
    -------
    str
        The share of draws without growth, and their number.
    """
    share = fit.headline().prob_rate_not_positive
    draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    if share is None or math.isnan(share):
        return "P(no growth) is undefined."
    if share == 0:
        return f"P(no growth) = 0.000 (no draw of {draws:,})."
    return f"P(no growth) = {share:.3f} ({round(share * draws):,} of {draws:,} draws)."


def headline_rows(fit: "Fit") -> list[tuple[str, str, str, str, str]]:
    """Return the rows of the headline's table.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    list of tuple of str
        Quantity, median, and equal-tailed 50, 89 and 95 % intervals; none without a rate.
    """
    found = fit.headline()
    doubling, rate = found.doubling_time_days, found.growth_rate_per_year
    if doubling is None or rate is None or fit.spec.assumes_no_growth:
        return []
    rows = [
        _row("doubling time (days)", doubling, digits=0),
        _row("growth rate (1/year, natural log)", rate, digits=2),
    ]
    for part in found.segments:
        name = f"doubling time (days), {part.name}: {part.start} to {part.end}"
        rows.append(_row(name, part.doubling_time_days, digits=0))
    for mode, own in zip(fit.diagnostics.modes, mode_headlines(fit), strict=True):
        if own.doubling_time_days is not None:
            mass = f" ({told})" if (told := mass_words(mode)) else ""
            name = f"doubling time (days), {mode['name']} alone{mass}"
            rows.append(_row(name, own.doubling_time_days, digits=0))
    return rows


def _row(name: str, found: "Estimate", *, digits: int) -> tuple[str, str, str, str, str]:
    def shown(value: float) -> str:
        return f"{value:,.{digits}f}" if math.isfinite(value) else "∞"

    ends = [f"{shown(a)} to {shown(b)}" for a, b in (found.eti50, found.eti89, found.eti95)]
    return (name, shown(found.median), ends[0], ends[1], ends[2])


def checks(fit: "Fit") -> list[Check]:
    """Say in words whether the draws can be trusted.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    list of Check
        Agreement of chains, effective draws, divergences, energy, depth, modes.
    """
    d = fit.diagnostics
    ess = min(d.min_ess_bulk, d.min_ess_tail)
    chains = fit.posterior.sizes["chain"]
    if d.approximation is not None:
        return [_approximation(d.approximation)]
    return [
        Check(
            d.max_rhat < RHAT_MAX,
            f"The {chains} chains agree: largest R-hat {d.max_rhat:.3f}, of {d.worst_parameter}; "
            f"asked for is below {RHAT_MAX:g}."
            if d.max_rhat < RHAT_MAX
            else f"The {chains} chains disagree: largest R-hat {d.max_rhat:.3f}, of "
            f"{d.worst_parameter}; asked for is below {RHAT_MAX:g}.",
        ),
        Check(
            ess >= ESS_MIN,
            f"The draws are worth at least {ess:,.0f} independent ones for every quantity; asked "
            f"for are {ESS_MIN:g}, so that the ends of intervals are steady.",
        ),
        Check(
            d.divergences == 0,
            "No transition diverged: the sampler could follow the posterior everywhere it went."
            if d.divergences == 0
            else f"{d.divergences} transitions diverged: parts of the posterior may be missing.",
        ),
        Check(
            d.min_ebfmi > EBFMI_MIN,
            f"Energy moves freely: smallest E-BFMI {d.min_ebfmi:.2f}; asked for is above "
            f"{EBFMI_MIN:g}.",
        ),
        Check(
            d.max_depth_share <= DEPTH_SHARE_MAX,
            f"{100 * d.max_depth_share:.1f} % of the paths were cut short; allowed is "
            f"{100 * DEPTH_SHARE_MAX:g} %.",
        ),
        Check(
            not d.modes and d.max_rhat < RHAT_MAX,
            f"{len(d.modes)} modes: " + "; ".join(str(m["differs"]) for m in d.modes)
            if d.modes
            else f"The chains drew from one and the same region; {'; '.join(d.left_out)}."
            if d.max_rhat < RHAT_MAX and d.left_out
            else "One mode: the chains found one and the same region."
            if d.max_rhat < RHAT_MAX
            else "How many modes there are could not be told: the chains disagree, not as groups "
            "that agree within themselves.",
        ),
    ]


def _approximation(own: "Approximation") -> Check:
    advice = (
        "It may be used for that; a fit without --quick is checked in full."
        if own.trusted
        else "It is not to be relied on: fit without --quick."
    )
    return Check(own.trusted, f"An approximation ({own.method}): {own.figures}. {advice}")


def counts(fit: "Fit") -> str:
    """Say how much data a fit saw.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    str
        Numbers of LLMs, scores and reference runs, first and last date.
    """
    text = data_line(fit)
    if "release_year" in fit.constants:
        released = release_dates(fit.constants)
        text += f", released {released.min().date()} to {released.max().date()}"
    return text


def coverage(fit: "Fit") -> pd.DataFrame | None:
    """Return how many LLMs have scores, by year of release and benchmark.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    pandas.DataFrame or None
        Years by benchmarks, with all LLMs in the last column and sums in the last row; None
        without LLMs.
    """
    if not has_trend(fit) or "release_year" not in fit.constants:
        return None
    year = release_dates(fit.constants).year.to_numpy()
    what = "values" if fit.spec.is_series_alone else "LLMs"
    every = pd.Series(year).value_counts().sort_index().rename(what)
    if not has_scores(fit):
        table = every.to_frame()
    else:
        seen = observed_scores(fit)
        names = fit.posterior["benchmark"].to_numpy().astype(str)
        pairs = pd.DataFrame({"llm": seen.llm, "b": seen.benchmark}).drop_duplicates()
        table = pd.crosstab(year[pairs["llm"]], names[pairs["b"]])
        table = table.reindex(columns=[n for n in names if n in table], fill_value=0)
        table = table.reindex(every.index, fill_value=0)
        table["LLMs"] = every
    table.index = table.index.astype(str)
    table.loc["all"] = table.sum()
    return table


def reproduce(fit: "Fit", folder: str) -> list[str]:
    """Return the command lines that make a run and its report anew.

    Parameters
    ----------
    fit : Fit
        The fit.
    folder : str
        Its run, as it was named.

    Returns
    -------
    list of str
        For a shell; the hypothesis is the run's own ``spec.toml``, with every prior and setting.
    """
    from bayesdensing.spec import list_specs

    shipped = {spec.name: spec.sha256 for spec in list_specs()}
    same = shipped.get(fit.spec.name) == fit.spec.sha256
    spec = fit.spec.name if same else f"{folder}/spec.toml"
    command = ["bayesdensing", "fit", spec, "--seed", str(fit.seed), "--out", folder]
    if fit.data.path is not None and fit.data.path.resolve() != packaged_data_dir().resolve():
        command += ["--data", str(fit.data.path)]
    if fit.diagnostics.approximate:
        command.append("--quick")
    return [shlex.join(command), shlex.join(["bayesdensing", "report", folder])]
