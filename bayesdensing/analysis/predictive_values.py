"""Posterior predictive checks of what is no LLM's score: reference losses and published values."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from bayesdensing.analysis.evidence import reference_runs
from bayesdensing.analysis.predictive import compared, verdict
from bayesdensing.analysis.published import predictive_moments
from bayesdensing.analysis.readings import LOSS_LAW, flat_draws, require, thin
from bayesdensing.laws.deviation import sample_tails
from bayesdensing.laws.loss import loss

if TYPE_CHECKING:
    from bayesdensing.analysis.checks import CheckResult
    from bayesdensing.analysis.fit import Fit

__all__ = ["loss_predictive_check", "published_predictive_check"]


def loss_predictive_check(fit: "Fit", *, draws: int = 400, seed: int = 0) -> "CheckResult":
    """Check whether losses of reference runs drawn anew look like the measured ones.

    Parameters
    ----------
    fit : Fit
        A fit that saw reference runs.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    CheckResult
        As that of `posterior_predictive_check`, of log losses by benchmark.

    Notes
    -----
    Where runs of one size share a deviation, it is drawn anew with them.
    """
    posterior = thin(fit.posterior, max_draws=draws)
    require(posterior, *LOSS_LAW, "loss_noise", "loss_df", reading="reference losses")
    runs = reference_runs(fit, max_draws=draws)
    code, names = pd.factorize(runs["benchmark"])
    law = {name: flat_draws(posterior[name].sel(benchmark=names))[:, code] for name in LOSS_LAW}
    n, d = runs["n_params"].to_numpy(), runs["n_tokens"].to_numpy()
    mean = np.log(loss(n_params=n, n_tokens=d, **law))
    own = flat_draws(posterior["loss_noise"].sel(benchmark=names))[:, code]
    df = flat_draws(posterior["loss_df"])[:, None]
    rng = np.random.default_rng(seed)
    if "size_effect_sd" in posterior:
        shared = flat_draws(posterior["size_effect_sd"].sel(benchmark=names))[:, code]
        group = runs.groupby(["benchmark", "n_params"], sort=False).ngroup().to_numpy()
    else:
        shared, group = np.zeros_like(own), np.arange(len(runs))
    size = (len(mean), group.max() + 1)
    tails, together = sample_tails(rng, df=df, size=size), rng.normal(size=size)
    noise = shared * together[:, group] + own * rng.normal(size=mean.shape)
    table = compared(
        pd.DataFrame({"code": code, "benchmark": runs["benchmark"].to_numpy()}),
        np.log(runs["loss"].to_numpy()),
        mean + tails[:, group] * noise,
        mean=mean,
        reach=np.hypot(own, shared) * t.ppf(0.975, df),
    )
    return verdict("posterior predictive of losses", table)


def published_predictive_check(fit: "Fit", *, draws: int = 400, seed: int = 0) -> "CheckResult":
    """Check whether published values drawn anew look like the published ones.

    Parameters
    ----------
    fit : Fit
        A fit of a trend through published values.
    draws : int
        Posterior draws to use.
    seed : int
        Seed of the draws.

    Returns
    -------
    CheckResult
        As that of `posterior_predictive_check`, of log values, all of them one group.
    """
    posterior, constants = thin(fit.posterior, max_draws=draws), fit.constants
    require(posterior, "dispersion", reading="trend")
    require(constants, "log_value", "log_error", reading="published values")
    mean, sd = predictive_moments(posterior, constants, fit.spec)
    rng = np.random.default_rng(seed)
    table = compared(
        pd.DataFrame({"code": np.zeros(mean.shape[1], dtype=int)}),
        constants["log_value"].to_numpy(),
        mean + sd * rng.normal(size=mean.shape),
        mean=mean,
        reach=sd * norm.ppf(0.975),
    )
    return verdict("posterior predictive of values", table)
