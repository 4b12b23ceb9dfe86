"""Weights of modes: chains stacked by how well each predicts what it has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from bayesdensing.analysis import published
from bayesdensing.analysis.evidence import reference_runs
from bayesdensing.analysis.headline import Headline
from bayesdensing.analysis.leave_out import good_k, llm_log_likelihood, psis
from bayesdensing.analysis.readings import LOSS_LAW, flat_draws
from bayesdensing.analysis.stacking import mixture_estimate, stacking_weights
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.deviation import log_constant, shared_student_t
from bayesdensing.laws.loss import loss

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["WEIGHT_KIND", "ModeWeights", "mass_words", "mode_weights", "weighted_headline"]

#: What the weights are, in words.
WEIGHT_KIND = "stacking of chains, predictive"


@dataclass(frozen=True, kw_only=True)
class ModeWeights:
    """Weights of the modes of a fit.

    Attributes
    ----------
    weights : ndarray, shape (mode,)
        Sums over the chains of each mode; of sum 1.
    reliable : bool
        Whether the smoothed weights that leave a unit out can be relied on, for every unit and
        every chain.
    """

    weights: np.ndarray
    reliable: bool


def mass_words(mode: Mapping[str, Any]) -> str:
    """Return the posterior mass of a mode in words.

    Parameters
    ----------
    mode : mapping
        An entry of ``modes``.

    Returns
    -------
    str
        With its estimated error; "" where it was not estimated.

    Examples
    --------
    >>> mass_words({"mass": 0.25, "mass_error": 0.01, "mass_kind": "share of the mass"})
    '0.250 ± 0.010, share of the mass'
    """
    if "mass" not in mode:
        return ""
    return f"{mode['mass']:.3f} ± {mode['mass_error']:.3f}, {mode['mass_kind']}"


def mode_weights(fit: "Fit") -> ModeWeights | None:
    """Return the weight of each mode of a fit, by stacking of its chains.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    ModeWeights or None
        None where there are no modes, where the data do not hold what the fit saw, or where
        left-out prediction is not worked out here: a score link alone, or a likelihood of
        records. Units are the reference runs of one size where they share a deviation, else each
        run; LLMs; published values.

    Notes
    -----
    Yao, Vehtari and Gelman (2022), "Stacking for non-mixing Bayesian computations": log predictive
    densities of each chain by itself, by Pareto-smoothed weights, then stacking of chains. A weight
    says what to mix for predictions, not how much posterior mass a mode holds.
    """
    if not fit.diagnostics.modes or fit.spec.data.records == "only":
        return None
    try:
        parts = _parts(fit)
    except DataNeedError:  # the run does not hold what it was made from
        return None
    if not parts:
        return None
    chains = fit.posterior.sizes["chain"]
    elpd, reliable = [], True
    for chain in range(chains):
        found = []
        for part in parts:
            own = part.reshape(chains, -1, part.shape[1])[chain]
            density, k = psis(own)
            found.append(density)
            reliable &= bool(np.all(k <= good_k(len(own))))
        elpd.append(np.concatenate(found))
    of_chain = stacking_weights(np.stack(elpd, axis=1))
    weights = [of_chain[list(mode["chains"])].sum() for mode in fit.diagnostics.modes]
    return ModeWeights(weights=np.array(weights), reliable=reliable)


def weighted_headline(fit: "Fit", weights: np.ndarray) -> Headline | None:
    """Return the headline of the modes mixed by weight.

    Parameters
    ----------
    fit : Fit
        A fit with modes.
    weights : ndarray, shape (mode,)
        Their weights.

    Returns
    -------
    Headline or None
        Intervals on the rate of the mixture, mapped to the doubling time; None without a rate.
    """
    if "growth_rate" not in fit.posterior:
        return None
    rates = fit.posterior["growth_rate"]
    draws = [
        rates.isel(chain=list(mode["chains"])).to_numpy().ravel() for mode in fit.diagnostics.modes
    ]
    rate = mixture_estimate(draws, weights)
    none = sum(w * float((d <= 0).mean()) for w, d in zip(weights, draws, strict=True))
    return Headline(
        doubling_time_days=rate.to_doubling_days(),
        growth_rate_per_year=rate,
        prob_rate_not_positive=float(none),
        label=f"modes mixed by weight ({WEIGHT_KIND}): {fit.headline_label}",
    )


def _parts(fit: "Fit") -> list[np.ndarray]:
    """Return log likelihoods (draw, unit), chains one after the other, units independent."""
    if fit.spec.is_series_alone:
        return [_published(fit)]
    runs = [_runs(fit)] if "loss_noise" in fit.posterior else []
    llms = [llm_log_likelihood(fit)] if "growth" in fit.spec.blocks else []
    return runs + llms


def _published(fit: "Fit") -> np.ndarray:
    moments = published.predictive_moments(fit.posterior, fit.constants, fit.spec)
    return np.asarray(norm.logpdf(fit.constants["log_value"].to_numpy(), *moments))


def _runs(fit: "Fit") -> np.ndarray:
    """Return the multivariate Student t of the runs that share a deviation, or of each run."""
    posterior, runs = fit.posterior, reference_runs(fit, max_draws=1)
    code, names = pd.factorize(runs["benchmark"])
    law: dict[str, Any] = {
        name: flat_draws(posterior[name].sel(benchmark=names))[:, code] for name in LOSS_LAW
    }
    n, d = runs["n_params"].to_numpy(), runs["n_tokens"].to_numpy()
    residual = np.log(runs["loss"].to_numpy()) - np.log(loss(n_params=n, n_tokens=d, **law))
    if "size_effect_sd" in posterior:
        group = runs.groupby(["benchmark", "n_params"], sort=False).ngroup().to_numpy()
        shared = flat_draws(posterior["size_effect_sd"].sel(benchmark=names)) ** 2
    else:
        group, shared = np.arange(len(runs)), np.zeros((len(residual), len(names)))
    first = np.unique(group, return_index=True)[1]
    member = np.equal.outer(group, np.arange(len(first))).astype(float)
    count = member.sum(axis=0)
    own = flat_draws(posterior["loss_noise"].sel(benchmark=names))[:, code[first]] ** 2
    df = flat_draws(posterior["loss_df"])[:, None]
    return np.asarray(
        shared_student_t(
            total=residual @ member,
            total_square=residual**2 @ member,
            count=count,
            own_variance=own,
            shared_variance=shared[:, code[first]],
            df=df,
            log_constant=log_constant(count=count, df=df),
        )
    )
