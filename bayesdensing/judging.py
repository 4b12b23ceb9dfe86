"""`hypothesis`: a claim about the parameters of a fit, held against posterior and prior."""

from pathlib import Path
from typing import Any

from bayesdensing.analysis import Fit
from bayesdensing.analysis.expression import Claim, parse_claim
from bayesdensing.analysis.hypothesis import (
    DOUBLING,
    RATE,
    HypothesisResult,
    density_ratio,
    odds_ratio,
    share_of,
    values_of,
)
from bayesdensing.errors import SpecError
from bayesdensing.fitting import load_fit
from bayesdensing.simulation import prior_draws
from bayesdensing.spec import PRIOR_TABLE

__all__ = ["hypothesis"]


def hypothesis(
    fit: str | Path | Fit, text: str, *, draws: int = 4000, seed: int = 0
) -> HypothesisResult:
    """Say how probable a claim about a fit's parameters is, and how far the data moved it.

    Parameters
    ----------
    fit : str, Path or Fit
        A folder that `fit` wrote, or any fit.
    text : str
        The claim, such as ``doubling_time_days < 120`` or ``n_exponent[MMLU] > d_exponent[MMLU]``;
        ``growth_rate == 0`` for a single value of one parameter.
    draws : int
        Draws from the prior.
    seed : int
        Seed of those.

    Returns
    -------
    HypothesisResult
        Posterior probability with its Monte-Carlo error; evidence ratio, or why there is none. A
        draw whose rate is 0 or less has an infinite doubling time.

    Raises
    ------
    SpecError
        For a claim that cannot be read, and for parameters that the fit does not have.
    RunError
        For a folder that cannot be read.

    Examples
    --------
    >>> import bayesdensing as bd
    >>> bd.hypothesis("runs/joint", "doubling_time_days < 120").posterior  # doctest: +SKIP
    """
    claim = parse_claim(text)
    fit = fit if isinstance(fit, Fit) else load_fit(fit)
    found = values_of(claim.names, fit.posterior)  # refuses unknown names before time is spent
    if claim.single:
        ratio, mcse, refusal = _at_a_point(fit, claim)
        posterior = prior = None
    else:
        claim.holds(found)
        posterior = share_of(claim, fit.posterior)
        prior, (ratio, mcse, refusal) = None, (*_NOTHING, _CUT)
        if fit.reference is None:
            before = prior_draws(fit.spec, fit.data, draws=draws, seed=seed)
            try:
                prior = share_of(claim, before)
                ratio, mcse, refusal = odds_ratio(posterior, prior)
            except SpecError as error:  # what is defined for every posterior draw need not be here
                ratio, mcse, refusal = *_NOTHING, f"under the prior, {error}"
    return HypothesisResult(
        claim=claim.text,
        fit=fit.spec.name,
        posterior=posterior,
        prior=prior,
        evidence_ratio=ratio,
        evidence_ratio_mcse=mcse,
        refusal=refusal,
        converged=fit.diagnostics.usable,
    )


_NOTHING = float("nan"), float("nan")
_CUT = "the draws of a cut are not those of a posterior: Bayes' rule does not tie them to the prior"


def _at_a_point(fit: Fit, claim: Claim) -> tuple[float, float, str | None]:
    """Return the Savage-Dickey ratio, or why it is not defined."""
    if claim.point is None:
        return *_NOTHING, (
            "a ratio of densities is defined for one parameter and a number, as in "
            "growth_rate == 0: how the value of an expression is come by is not unique"
        )
    name, value = claim.point
    name = "growth_rate" if name == RATE else name
    if name == DOUBLING:
        return *_NOTHING, (
            "a doubling time is derived from the growth rate, infinite for part of its range: ask "
            "for growth_rate == value"
        )
    if fit.reference is not None:
        return *_NOTHING, _CUT
    refusal = _not_free(fit, name)
    if refusal is not None:
        return *_NOTHING, refusal
    draws = values_of((name,), fit.posterior)[name]
    return density_ratio(draws, fit.spec.priors[name], value)


def _not_free(fit: Fit, name: str) -> str | None:
    """Say why a parameter's prior is not one that stands by itself."""
    if "[" in name:
        return f"{name} is one of several entries whose priors are tied: ask about an interval"
    model = fit.model
    variable = next((rv for rv in model.free_RVs if rv.name == name), None)
    if variable is None or name not in fit.spec.priors:
        return (
            f"{name} is derived from other parameters, or held fixed: it has no prior of its own; "
            f"{_instead(fit, name)}"
        )
    if _behind(variable) & set(model.free_RVs):
        return f"the prior of {name} depends on other parameters: its density at a value is not set"
    return None


def _instead(fit: Fit, name: str) -> str:
    """Say what to ask of a parameter without a prior of its own: of its trend's, or an interval."""
    free = {rv.name for rv in fit.model.free_RVs} & set(fit.spec.priors)
    own = [n for n in fit.spec.priors if n in free and PRIOR_TABLE[n].block == "trend"]
    compare = f"compare it, as in {name} > 0"
    if not own:
        return compare
    return f"ask about a value of {' or '.join(own)}, or {compare}"


def _behind(variable: Any) -> set[Any]:
    """Return what a random variable's parameters are worked out from."""
    from pytensor.graph.traversal import ancestors

    return set(ancestors(variable.owner.inputs))
