"""Posterior predictive check of records: series drawn anew beside the one that was seen."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.readings import flat_draws, require, thin
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.laws import records
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["record_predictive_check"]

#: Two-sided probability of what was seen below which the check fails.
UNLIKELY = 0.01


def record_predictive_check(fit: "Fit", *, draws: int = 400, seed: int = 0) -> CheckResult:
    """Check whether records drawn anew look like the records.

    Parameters
    ----------
    fit : Fit
        A fit of a trend behind records.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    CheckResult
        Table with a row per statistic (number of records, log rise from the first to the last,
        longest time between two in years): observed, 95 % interval of replicates, two-sided
        probability. Passed where none is less probable than 1 %.
    """
    posterior = thin(fit.posterior, max_draws=draws)
    require(posterior, "arrival_rate", "dispersion", reading="records")
    seen = fit.idata["observed_data"]["log_record"]
    start = np.datetime64(str(posterior.attrs["reference_date"]))
    days = seen["release"].to_numpy().astype(str).astype("datetime64[D]") - start
    years = days.astype(float) / DAYS_PER_YEAR
    at, weight, before = records.time_nodes(years)
    trend = TrendDraws.from_posterior(posterior, fit.spec)
    spread, rate = (flat_draws(posterior[name])[:, None] for name in ("dispersion", "arrival_rate"))
    anew = records.sample(
        np.random.default_rng(seed),
        mean=trend.at(years),
        sd=np.hypot(spread, fit.constants["record_error"].to_numpy()),
        node_mean=trend.at(at),
        node_sd=np.hypot(spread, float(posterior.attrs["usual_error"])),
        node_weight=weight,
        node_before=before,
        arrival_rate=rate,
    )
    observed = _statistics(seen.to_numpy()[None], years)
    replicated = _statistics(anew, years)
    table = pd.DataFrame(
        {
            "statistic": list(observed),
            "observed": [float(value[0]) for value in observed.values()],
            "lb": [np.quantile(value, 0.025) for value in replicated.values()],
            "ub": [np.quantile(value, 0.975) for value in replicated.values()],
            "p": [_two_sided(value, observed[name]) for name, value in replicated.items()],
        }
    )
    table.attrs = {"interval_kind": "ETI", "interval_probability": 0.95}
    shown = "; ".join(
        f"{row.statistic} {row.observed:.3g} ({row.lb:.3g} to {row.ub:.3g}, p = {row.p:.3f})"
        for row in table.itertuples()
    )
    return CheckResult(
        name="posterior predictive of records",
        passed=bool((table["p"] >= UNLIKELY).all()),
        text=shown,
        table=table,
    )


def _two_sided(replicated: np.ndarray, observed: np.ndarray) -> float:
    return float(
        min(1.0, 2 * min((replicated <= observed).mean(), (replicated >= observed).mean()))
    )


def _statistics(standing: np.ndarray, years: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is looked at of standing records (draw, release)."""
    rises = np.diff(standing, axis=1) > 0
    dates = np.where(rises, years[1:], np.nan)
    last = np.fmax.accumulate(np.concatenate([np.full((len(rises), 1), years[0]), dates], 1), 1)
    longest = (np.append(years[1:], years[-1]) - last).max(axis=1)
    return {
        "number of records": 1.0 + rises.sum(axis=1),
        "log rise": standing[:, -1] - standing[:, 0],
        "longest wait (years)": longest,
    }
