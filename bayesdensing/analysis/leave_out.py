"""What draws say of scores that they have seen, had they not: weights, and when they fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from bayesdensing.analysis._arviz import smoothed_weights
from bayesdensing.analysis.observed import score_model, units_of
from bayesdensing.analysis.readings import REFERENCE_DRAW, thin
from bayesdensing.analysis.unit import marginal_log_likelihood

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = [
    "EXACT",
    "MATCHED",
    "PSIS",
    "LeftOut",
    "good_k",
    "llm_log_likelihood",
    "log_jacobian",
    "log_mean_exp",
    "psis",
    "spread_over_draws",
    "strata_of",
    "summed",
]

#: Rungs of the ladder.
PSIS, MATCHED, EXACT = "psis", "moment matching", "exact refit"
#: Rungs of exact refits that cannot be relied on.
FEW_DRAWS, DISAGREE = f"{EXACT}, few draws", f"{EXACT}, chains disagree"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Expected log predictive densities of units that are left out, one by one.

    Attributes
    ----------
    kind : str
        What is left out: ``LLM``, ``family``, or ``future`` for all that comes after a date.
    units : tuple of str
        Names.
    elpd : ndarray, shape (unit,)
        Log predictive density of each unit's outcomes, on their own scale (scores, or published
        values).
    pareto_k : ndarray, shape (unit,)
        Shape of the weights' tail of the first rung; NaN where none was tried.
    rung : tuple of str
        How each was worked out; what cannot be relied on says why.
    reliable : ndarray of bool, shape (unit,)
        Whether its rung can be relied on.
    effective_parameters : float
        Log density of the outcomes under all draws less `elpd`; NaN where none were seen.
    """

    kind: str
    units: tuple[str, ...]
    elpd: np.ndarray
    pareto_k: np.ndarray
    rung: tuple[str, ...]
    reliable: np.ndarray
    effective_parameters: float = float("nan")

    def table(self) -> pd.DataFrame:
        """Return one row per unit.

        Returns
        -------
        pandas.DataFrame
            Columns left_out, unit, elpd, pareto_k, rung, reliable.
        """
        return pd.DataFrame(
            {
                "left_out": self.kind,
                "unit": list(self.units),
                "elpd": self.elpd,
                "pareto_k": self.pareto_k,
                "rung": list(self.rung),
                "reliable": self.reliable,
            }
        )


def good_k(draws: int) -> float:
    """Return the shape of the weights' tail up to which they can be relied on.

    Parameters
    ----------
    draws : int
        Number of draws.

    Returns
    -------
    float
        At most 0.7, less for few draws (Vehtari et al. 2024, section 3.2.4).

    Examples
    --------
    >>> good_k(4000), round(good_k(1000), 2)
    (0.7, 0.67)
    """
    return min(0.7, 1 - 1 / float(np.log10(max(draws, 11))))


def log_mean_exp(values: np.ndarray) -> np.ndarray:
    """Return the log of the mean of exponentials over the first axis.

    Parameters
    ----------
    values : ndarray, shape (draw, ...)
        Logs.

    Returns
    -------
    ndarray, shape (...)
        Log of the mean.
    """
    return np.asarray(logsumexp(values, axis=0) - np.log(len(values)))


def spread_over_draws(log_likelihood: np.ndarray) -> np.ndarray:
    """Say whether mean likelihoods rest on enough draws to be relied on.

    Parameters
    ----------
    log_likelihood : ndarray, shape (draw, unit)
        Log likelihood of each unit's outcomes under draws that have not seen them.

    Returns
    -------
    ndarray of bool, shape (unit,)
        False where the likelihood's own tail is too heavy for its mean: of an outcome far off,
        even an exact refit may have no draw under which it is likely.
    """
    _, k = smoothed_weights(-log_likelihood)
    return np.asarray(k <= good_k(len(log_likelihood)))


def psis(
    log_likelihood: np.ndarray,
    *,
    predictive: np.ndarray | None = None,
    strata: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return log predictive densities of units left out, by Pareto-smoothed weights.

    Parameters
    ----------
    log_likelihood : ndarray, shape (draw, unit)
        Log likelihood of each unit's outcomes as the posterior has it: what leaving it out takes
        away.
    predictive : ndarray, shape (draw, unit), optional
        Log density of its outcomes given a draw that is to be averaged, where that is another: of
        an LLM whose family's effect is integrated out.
    strata : ndarray, shape (draw,), optional
        Of a cut, the reference draw of each draw: what is passed on without feedback keeps its
        weight, so weights are taken within each and predictions averaged.

    Returns
    -------
    tuple of ndarray
        Log predictive density and shape k of the weights' tail, the largest over strata; each
        (unit,).

    Notes
    -----
    Vehtari, Gelman and Gabry (2017), equation 10, with the weights of Vehtari et al. (2024).
    """
    if strata is not None:
        parts = [
            psis(
                log_likelihood[strata == label],
                predictive=None if predictive is None else predictive[strata == label],
            )
            for label in np.unique(strata)
        ]
        elpd, k = (np.array(each) for each in zip(*parts, strict=True))
        return log_mean_exp(elpd), k.max(axis=0)
    log_weights, k = smoothed_weights(log_likelihood)
    log_weights = log_weights - logsumexp(log_weights, axis=0)
    averaged = log_likelihood if predictive is None else predictive
    return np.asarray(logsumexp(log_weights + averaged, axis=0)), k


def llm_log_likelihood(
    fit: "Fit",
    *,
    max_draws: int | None = None,
    llms: np.ndarray | None = None,
    within_families: bool = False,
) -> np.ndarray:
    """Return the log likelihood of each LLM's scores, its density integrated out.

    Parameters
    ----------
    fit : Fit
        A fit with scores.
    max_draws : int, optional
        Keep every k-th draw, this many in all.
    llms : ndarray of int, optional
        Which, in the order of the posterior; all where not given.
    within_families : bool
        Condition on the effects of families, as the posterior does; else they are integrated out,
        as for an LLM of an unknown family.

    Returns
    -------
    ndarray, shape (draw, llm)
        Log probability densities of scores.
    """
    units = units_of(fit, within_families=within_families)
    chosen = units if llms is None else [units[i] for i in llms]
    return marginal_log_likelihood(score_model(fit, max_draws=max_draws), chosen)


def log_jacobian(fit: "Fit") -> np.ndarray:
    """Return what turns the model's density of outcomes into one on their own scale.

    Parameters
    ----------
    fit : Fit
        A fit with scores or of published values.

    Returns
    -------
    ndarray, shape (llm,)
        Log Jacobians. Published values are modelled on the log scale, d log(value) / d value =
        1 / value; scores are modelled as they are.
    """
    if fit.spec.is_series_alone:
        return np.asarray(-fit.constants["log_value"].to_numpy())
    return np.zeros(fit.posterior.sizes["llm"])


def strata_of(fit: "Fit", *, max_draws: int | None = None) -> np.ndarray | None:
    """Return the reference draw of each draw of a cut.

    Parameters
    ----------
    fit : Fit
        Any fit.
    max_draws : int, optional
        Keep every k-th draw, this many in all.

    Returns
    -------
    ndarray, shape (draw,), or None
        Chains one after the other; None without a cut.
    """
    if REFERENCE_DRAW not in fit.posterior.coords:
        return None
    kept = thin(fit.posterior, max_draws=max_draws)
    return np.tile(kept[REFERENCE_DRAW].to_numpy(), kept.sizes["chain"])


def summed(log_likelihood: np.ndarray, members: Sequence[np.ndarray]) -> np.ndarray:
    """Return the log likelihood of groups of LLMs, independent given the draw.

    Parameters
    ----------
    log_likelihood : ndarray, shape (draw, llm)
        Of each LLM.
    members : sequence of ndarray of int
        LLMs of each group.

    Returns
    -------
    ndarray, shape (draw, group)
        Sums.
    """
    return np.stack([log_likelihood[:, of].sum(axis=1) for of in members], axis=1)
