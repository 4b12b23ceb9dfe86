"""How probable a claim about parameters is, and how far the data have moved it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayesdensing.analysis._arviz import mean_error
from bayesdensing.analysis.expression import Claim
from bayesdensing.analysis.readings import doubling_time
from bayesdensing.analysis.summary import plain
from bayesdensing.analysis.tables import TOP_LEVEL_DIMS
from bayesdensing.errors import SpecError, nearest

if TYPE_CHECKING:
    from bayesdensing.laws import Prior

__all__ = ["HypothesisResult", "Share", "density_ratio", "odds_ratio", "share_of", "values_of"]

#: Derived readings that a claim may name beside parameters.
DOUBLING, RATE = "doubling_time_days", "growth_rate_per_year"

#: Draws that must lie near a value for their density there to mean anything.
_NEAR = 50.0


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many draws a claim is true of.

    Attributes
    ----------
    probability : float
        Share of draws.
    mcse : float
        Its Monte-Carlo standard error; NaN where all draws agree.
    draws : int
        Number of draws.
    ess : float
        How many independent draws they are worth for this share; NaN where all agree.
    """

    probability: float
    mcse: float
    draws: int
    ess: float

    @property
    def unanimous(self) -> bool:
        """Whether all draws agree."""
        return self.probability in (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class HypothesisResult:
    """What a fit says of a claim.

    Attributes
    ----------
    claim : str
        The claim.
    fit : str
        Name of the hypothesis that was fitted.
    posterior, prior : Share or None
        Of draws; None for a single value of a parameter, which has no probability.
    evidence_ratio : float
        How far the data have moved the claim: posterior over prior odds, or for a single value the
        posterior over the prior density there (Savage and Dickey); NaN where it is not defined.
    evidence_ratio_mcse : float
        Its Monte-Carlo standard error.
    refusal : str or None
        Why there is no evidence ratio.
    converged : bool
        Whether the draws passed their checks.
    """

    claim: str
    fit: str
    posterior: Share | None
    prior: Share | None
    evidence_ratio: float
    evidence_ratio_mcse: float
    refusal: str | None
    converged: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, null for what is not defined."""

        def share(found: Share | None) -> dict[str, Any] | None:
            return None if found is None else vars(found)

        plain_types: dict[str, Any] = plain(
            {
                "hypothesis": self.claim,
                "fit": self.fit,
                "converged": self.converged,
                "posterior": share(self.posterior),
                "prior": share(self.prior),
                "evidence_ratio": self.evidence_ratio,
                "evidence_ratio_mcse": self.evidence_ratio_mcse,
                "evidence_ratio_refused": self.refusal,
            }
        )
        return plain_types


def values_of(names: tuple[str, ...], posterior: xr.Dataset) -> dict[str, np.ndarray]:
    """Return draws of parameters by name.

    Parameters
    ----------
    names : tuple of str
        Parameters of the top level, such as ``dispersion`` and ``n_exponent[MMLU]``,
        ``doubling_time_days`` or ``growth_rate_per_year``.
    posterior : xarray.Dataset
        Draws.

    Returns
    -------
    dict of str to ndarray
        Draws (chain, draw). A doubling time is infinite where there is no growth.

    Raises
    ------
    SpecError
        For a name that the draws do not have, with the nearest that they have.
    """
    return {name: _draws(name, posterior) for name in names}


def _draws(name: str, posterior: xr.Dataset) -> np.ndarray:
    if name == DOUBLING and "growth_rate" in posterior:
        return doubling_time(posterior).to_numpy()
    if name == RATE and "growth_rate" in posterior:
        return posterior["growth_rate"].to_numpy()
    variable, _, rest = name.partition("[")
    if variable in posterior and "llm" in posterior[variable].dims:
        raise SpecError(
            f"this fit has no parameter {name} for claims: they are about what LLMs share, not "
            "about one of them; `bayesdensing density RUN` has the density of each with its "
            "intervals"
        )
    if variable not in posterior or not set(posterior[variable].dims) <= TOP_LEVEL_DIMS:
        raise SpecError(f"this fit has no parameter {name}{_nearest(variable, posterior)}")
    values = posterior[variable].transpose("chain", "draw", ...)
    dims = [str(dim) for dim in values.dims[2:]]
    labels = [part.strip() for part in rest.removesuffix("]").split(",")] if rest else []
    if len(labels) != len(dims):
        example = ", ".join(str(values[dim].to_numpy()[0]) for dim in dims)
        what = f"name one entry, such as {variable}[{example}]" if dims else "it has one value"
        raise SpecError(f"{name}: {what}")
    for dim, label in zip(dims, labels, strict=True):
        known = [str(entry) for entry in values[dim].to_numpy()]
        if label not in known:
            raise SpecError(f"{name}: no {dim} {label!r}; there are: {', '.join(known)}")
        values = values.isel({dim: known.index(label)})
    return values.to_numpy()


def _nearest(name: str, posterior: xr.Dataset) -> str:
    known = [str(n) for n, v in posterior.data_vars.items() if set(v.dims) <= TOP_LEVEL_DIMS]
    if "growth_rate" in known:
        known += [DOUBLING, RATE]
    near = nearest(name, known)
    return f": did you mean {near}?" if near else f"; it has: {', '.join(sorted(known))}"


def share_of(claim: Claim, draws: xr.Dataset) -> Share:
    """Return of how many draws a claim is true.

    Parameters
    ----------
    claim : Claim
        Not an equality.
    draws : xarray.Dataset
        Dims (chain, draw, ...).

    Returns
    -------
    Share
        With the error that comes of finitely many, correlated draws.
    """
    true = claim.holds(values_of(claim.names, draws)).astype(float)
    ess, mcse = mean_error(true)
    return Share(probability=float(true.mean()), mcse=mcse, draws=true.size, ess=ess)


def odds_ratio(posterior: Share, prior: Share) -> tuple[float, float, str | None]:
    """Return posterior over prior odds.

    Parameters
    ----------
    posterior, prior : Share
        Of one claim.

    Returns
    -------
    tuple of float, float and str or None
        Ratio, its Monte-Carlo standard error (by the delta method), and why there is none: NaN
        then.
    """
    nothing = float("nan"), float("nan")
    if prior.unanimous:
        what = "rules it out" if prior.probability == 0 else "takes it for certain"
        return *nothing, f"the prior {what} in all of {prior.draws} draws: nothing can be moved"
    if posterior.unanimous:
        what = "no" if posterior.probability == 0 else "every"
        return *nothing, (
            f"the claim is true of {what} draw out of {posterior.draws}: the posterior odds cannot "
            "be told"
        )
    odds = [s.probability / (1 - s.probability) for s in (posterior, prior)]
    # d log odds = dp / (p (1 - p))
    relative = [s.mcse / (s.probability * (1 - s.probability)) for s in (posterior, prior)]
    ratio = odds[0] / odds[1]
    return ratio, float(ratio * math.hypot(*relative)), None


def density_ratio(
    draws: np.ndarray, prior: "Prior", value: float
) -> tuple[float, float, str | None]:
    """Return the posterior over the prior density of a parameter at a value.

    Parameters
    ----------
    draws : ndarray, shape (chain, draw)
        Posterior draws of a parameter whose prior depends on no other.
    prior : Prior
        Its prior.
    value : float
        The value.

    Returns
    -------
    tuple of float, float and str or None
        Ratio, its Monte-Carlo standard error, and why there is none: NaN then. Above 1 the data
        speak for the value.

    Notes
    -----
    The Savage-Dickey ratio (Dickey 1971; Wagenmakers et al. 2010): the Bayes factor of the
    hypothesis with the parameter held at the value against the one that was fitted, where the
    priors of all other parameters are the same in both. The posterior density is a Gaussian kernel
    estimate with Scott's bandwidth, on the log scale for parameters that are positive.
    """
    nothing = float("nan"), float("nan")
    before = float(prior.pdf(value)) if np.isfinite(value) else 0.0
    if not before > 0:
        return *nothing, f"{value:g} lies outside of the prior's support, {prior}"
    positive = float(prior.ppf(0.0)) >= 0
    if positive and value <= 0:
        return *nothing, (
            f"{value:g} is the end of what the parameter can be: on the log scale no draws lie near"
        )
    at, own = (np.log(value), np.log(draws)) if positive else (value, draws)
    width = own.std() * own.size ** (-1 / 5)
    if not width > 0:
        return *nothing, "the parameter does not vary"
    kernel = np.exp(-0.5 * ((at - own) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    square = (kernel**2).sum()
    near = kernel.sum() ** 2 / square if square > 0 else 0.0
    if near < _NEAR:
        return *nothing, (
            f"only {near:.0f} of {own.size} draws lie near {value:g}: their density there cannot "
            "be told"
        )
    jacobian = 1 / value if positive else 1.0
    _, mcse = mean_error(kernel)
    scale = jacobian / before
    return float(kernel.mean() * scale), float(mcse * scale), None
