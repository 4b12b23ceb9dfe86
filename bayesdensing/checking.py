"""All checks of a fit: what it expected beforehand, and whether it looks like what it saw."""

from collections.abc import Callable

from bayesdensing import plots
from bayesdensing.analysis import Fit
from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.loo_pit import loo_pit_check
from bayesdensing.analysis.predictive import posterior_predictive_check
from bayesdensing.analysis.predictive_records import record_predictive_check
from bayesdensing.analysis.predictive_values import (
    loss_predictive_check,
    published_predictive_check,
)
from bayesdensing.analysis.residuals import residual_check
from bayesdensing.plots import PlotResult
from bayesdensing.simulation import prior_predictive_check, prior_readings

__all__ = ["check", "check_figures"]


def check(fit: Fit, *, draws: int = 400, seed: int = 0) -> tuple[CheckResult, ...]:
    """Run every check that applies to a fit.

    Parameters
    ----------
    fit : Fit
        Any fit.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of everything that is drawn.

    Returns
    -------
    tuple of CheckResult
        Prior predictive; posterior predictive of what the fit saw: scores, losses, published
        values; residuals from the trend; leave-one-LLM-out PIT of the scores. A check that does
        not pass is a finding about the hypothesis, not an error.

    Examples
    --------
    >>> import bayesdensing as bd
    >>> for found in bd.check(bd.load_fit("runs/joint")):  # doctest: +SKIP
    ...     print(found.name, found.passed, found.text)
    """
    results = [prior_predictive_check(fit.spec, fit.data, seed=seed)]
    if _has(fit, "score"):
        results.append(posterior_predictive_check(fit, draws=draws, seed=seed))
    if _has(fit, "log_loss"):
        results.append(loss_predictive_check(fit, draws=draws, seed=seed))
    if _has(fit, "log_value"):
        results.append(published_predictive_check(fit, draws=draws, seed=seed))
    if _has(fit, "log_record"):
        results.append(record_predictive_check(fit, draws=draws, seed=seed))
    # records lie above the trend by selection, which a residual does not know of
    if "growth_rate" in fit.posterior and not _has(fit, "log_record"):
        results.append(residual_check(fit, seed=seed))
    if _has(fit, "score"):
        results.append(loo_pit_check(fit, max_draws=draws, seed=seed))
    return tuple(results)


def check_figures(fit: Fit, *, draws: int = 400, seed: int = 0) -> dict[str, bytes]:
    """Return the figures of the checks that apply to a fit, as PNG files.

    Parameters
    ----------
    fit : Fit
        Any fit.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of everything that is drawn; with the same as for `check` they show its numbers.

    Returns
    -------
    dict of str to bytes
        File name to content.
    """
    figures: dict[str, Callable[[], PlotResult]] = {
        "prior_predictive": lambda: plots.prior_predictive(
            prior_readings(fit.spec, fit.data, seed=seed)
        )
    }
    if _has(fit, "score"):
        figures["posterior_predictive"] = lambda: plots.posterior_predictive(
            fit, draws=draws, seed=seed
        )
        figures["loo_pit"] = lambda: plots.loo_pit(fit, max_draws=draws, seed=seed)
    if "growth_rate" in fit.posterior and not _has(fit, "log_record"):
        figures["residuals"] = lambda: plots.residuals(fit)
    return {f"{name}.png": draw().to_png() for name, draw in figures.items()}


def _has(fit: Fit, name: str) -> bool:
    """Whether the fit saw data of this name."""
    return "observed_data" in fit.idata.children and name in fit.idata["observed_data"]
