"""What a reader of the headline has to know of its limits, in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdensing.analysis.covariates import typical_sizes
from bayesdensing.analysis.extrapolation import Seen
from bayesdensing.analysis.naming import left_out_scores
from bayesdensing.analysis.tables import release_dates
from bayesdensing.reporting.numbers import has_scores, has_trend

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["limits"]

#: Sd of departures, on the log-odds, from which on a posterior reaches where it is too low.
_LARGE_DEPARTURE = 0.6


def limits(fit: "Fit", *, pulled: str | None, checked: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return what a reader of the headline has to know of its limits.

    Parameters
    ----------
    fit : Fit
        Any fit.
    pulled : str or None
        How far scores pull the reference curve, as `bayesdensing.pulling.pull_line` says it.
    checked : sequence of str
        What the checks of the model found, each in words.

    Returns
    -------
    list of tuple of str
        What each is about, and what it is; those that this fit has.
    """
    if not has_trend(fit):
        return [_law_limit(fit)] if fit.data.reference_runs is not None else []
    label = fit.headline().label
    found = [("Of what it is the rate", f"{label[0].upper()}{label[1:]}; of nothing else.")]
    if fit.spec.is_series_alone:
        found.append(
            ("Published values are taken as they are", "Their intervals count as errors of "
             "measurement; whatever all values have in common is not seen.")
        )  # fmt: skip
        if fit.spec.data.records == "only":
            found.append(
                ("Records alone are told", "The rate is that of the trend of all values, of which "
                 "only those beyond all before are seen.")
            )  # fmt: skip
        return found + _trend_limits(fit)
    found.append(
        ("Density is relative to its ruler", "As many parameters as a reference model would need "
         f"rests on how many tokens that model gets, here {fit.spec.reference_tokens.label}. Rates "
         "under different rulers are rates of different quantities.")
    )  # fmt: skip
    if has_scores(fit):
        found.append(_reach(fit))
    if fit.posterior.sizes.get("benchmark") == 1:
        found.append(
            ("One benchmark has nothing to pool with", "Its exponents have their priors to "
             "themselves, whatever loss.pooling says.")
        )  # fmt: skip
    if pulled is not None:
        found.append(("The scores pull the reference curve", f"{pulled[0].upper()}{pulled[1:]}."))
    found += _trend_limits(fit)
    if checked:
        found.append(
            ("What checks of the model found", f"{'; '.join(checked)}. Where it does not fit what "
             "it saw, intervals are likely too narrow.")
        )  # fmt: skip
    growth = fit.spec.growth
    taken = [
        ("LLMs of one family count as unlike as any others (family)", growth.family == "none"),
        ("all benchmarks grow at one rate (benchmark_slopes)", growth.benchmark_growth == "shared"),
        ("LLMs scatter alike at all dates (changing_dispersion)", growth.dispersion == "constant"),
    ]
    if assumed := [what for what, holds in taken if holds]:
        found.append(
            ("What else is taken for granted", f"{'; '.join(assumed)}. In brackets: hypotheses "
             "that do without.")
        )  # fmt: skip
    found += _large_departures(fit)
    if left_out := left_out_scores(fit):
        found.append(
            ("Scores on other benchmarks do not count", f"Left out: {left_out}. Only benchmarks "
             "with rows in reference_runs.csv and loss_scores.csv have a reference curve.")
        )  # fmt: skip
    found.append(
        ("Scores are what evaluators report", "Evaluator effects are centred on zero: what "
         "inflates all evaluators alike, such as benchmarks in training data, is read as density.")
    )  # fmt: skip
    return found


def _law_limit(fit: "Fit") -> tuple[str, str]:
    runs = fit.data.reference_runs
    assert runs is not None  # noqa: S101 - asked before
    return (
        "The law ends where its runs end",
        f"The largest reference run has {runs['n_params'].max():.2g} parameters; beyond, the law's "
        "form is taken on trust.",
    )


def _reach(fit: "Fit") -> tuple[str, str]:
    """Say how many LLMs lie beyond the reference runs."""
    seen, sizes = Seen.by(fit, 0), typical_sizes(fit)
    assert sizes is not None  # noqa: S101 - `Seen` has asked
    middle = np.exp(fit.posterior["log_density"].median(("chain", "draw")).to_numpy())
    beyond = int((sizes * middle > seen.reference[1]).sum())
    return (
        "The ruler is extrapolated",
        f"The largest reference run has {seen.reference[1]:.2g} parameters; {beyond} of "
        f"{len(middle)} LLMs have a larger effective size.",
    )


def _large_departures(fit: "Fit") -> list[tuple[str, str]]:
    """Say of which benchmarks the likelihood is known to underestimate the scatter."""
    if "deviation_sd" not in fit.posterior or fit.spec.growth.deviation != "score":
        return []
    sd = fit.posterior["deviation_sd"].median(("chain", "draw"))
    large = sd["benchmark"].to_numpy()[(sd > _LARGE_DEPARTURE).to_numpy()]
    if not large.size:
        return []
    return [
        ("LLMs depart far from their size's score", f"On {', '.join(map(str, large))} the sd of "
         f"departures is above {_LARGE_DEPARTURE} on the log-odds. The likelihood takes them for "
         "symmetric on the score's scale, and underestimates sds of 0.8 and more (calibration of "
         "the default).")
    ]  # fmt: skip


def _trend_limits(fit: "Fit") -> list[tuple[str, str]]:
    """Say what is taken for granted of the trend, and on how little early dates rest."""
    found = []
    if told := fit.spec.taken_for_granted:
        found.append(
            ("Growth is taken for granted", f"{told[0].upper()}{told[1:]}: no probability of "
             "no growth is an answer of this fit.")
        )  # fmt: skip
    if fit.spec.growth.trend == "exponential":
        found.append(
            ("A straight line is assumed", "One rate holds at all dates; hypotheses such as "
             "accelerating and saturating let it change.")
        )  # fmt: skip
    released = release_dates(fit.constants)
    middle = released.min() + (released.max() - released.min()) / 2
    early = int((released < middle).sum())
    if early < len(released) / 4:
        found.append(
            ("The early years are thin", f"{early} of {len(released)} dates lie in the first half "
             f"of the time, before {middle.date()}.")
        )  # fmt: skip
    return found
