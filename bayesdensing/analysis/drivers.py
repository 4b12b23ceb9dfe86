"""What drives the growth rate of one fit, read out of its draws: no fit is made for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis._arviz import power_scaling, smoothed_weights
from bayesdensing.analysis.leave_out import good_k
from bayesdensing.analysis.prior_posterior import posterior_draws
from bayesdensing.analysis.tables import TOP_LEVEL_DIMS
from bayesdensing.laws.trend import doubling_days

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = [
    "DRIVES",
    "SOURCES",
    "budget_table",
    "influence_table",
    "prior_terms",
    "scaling_table",
    "source_of",
]

#: Power-scaling sensitivity from which on a part of the model counts as driving the rate.
DRIVES = 0.05
#: What a variable of the top level belongs to, by the start of its name; first match.
_SOURCES = {
    "reference runs": (
        "pivot_loss", "n_exponent", "d_exponent", "d_share", "irreducible", "loss_noise",
        "size_effect", "loss_df", "n_coefficient", "d_coefficient",
    ),
    "score link": ("floor", "ceiling", "midpoint_loss", "link_"),
    "evaluators": ("evaluator_",),
    "scatter of scores": ("deviation_sd", "overdispersion", "score_df"),
    "level and dispersion": ("level", "dispersion", "inefficiency"),
    "other terms": (
        "size_exponent", "family_", "active_weight", "benchmark_growth", "acceleration",
        "saturation", "walk_", "change_", "drift", "arrival_rate",
    ),
}  # fmt: skip
SOURCES = tuple(_SOURCES)
#: Follows from others, entry by entry.
_DERIVED = ("irreducible_loss", "n_coefficient", "d_coefficient", "d_share_logit")


def prior_terms(fit: "Fit") -> dict[str, np.ndarray]:
    """Return the log density of each prior at every draw.

    Parameters
    ----------
    fit : Fit
        Any fit.

    Returns
    -------
    dict of str to ndarray, shape (chain, draw)
        By name of the prior, over all that it is the prior of.
    """
    shape = (fit.posterior.sizes["chain"], fit.posterior.sizes["draw"])
    found = {}
    for name, members in posterior_draws(fit).items():
        prior = fit.spec.priors[name]
        with np.errstate(divide="ignore"):
            terms = [np.log(prior.pdf(draws)) for draws in members.values()]
        found[name] = np.sum(terms, axis=0).reshape(shape)
    return found


def scaling_table(
    rate: xr.DataArray, *, priors: Mapping[str, np.ndarray], blocks: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Return how the rate moves as a prior or a likelihood is raised to a power about 1.

    Parameters
    ----------
    rate : xarray.DataArray
        Dims (chain, draw), 1/yr.
    priors, blocks : mapping of str to ndarray, shape (chain, draw)
        Log density of each prior, and of each block of data, at every draw.

    Returns
    -------
    pandas.DataFrame
        Index ``part``, such as ``prior of level`` or ``likelihood of score``; columns psense (the
        power-scaling sensitivity, no unit) and drives (for a prior: at least `DRIVES`; a
        likelihood is meant to drive the rate). The largest first.

    Notes
    -----
    Kallioinen, Paananen, Bürkner and Vehtari (2024), Statistics and Computing 34, 57.
    """
    rows = {}
    for kind, terms in (("prior", priors), ("likelihood", blocks)):
        for name, values in terms.items():
            found = power_scaling(rate, values)
            drives = kind == "prior" and found >= DRIVES
            rows[f"{kind} of {name}"] = {"psense": found, "drives": drives}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "part"
    return table.sort_values("psense", ascending=False, kind="stable")


def influence_table(
    rate: np.ndarray,
    log_likelihood: np.ndarray,
    units: np.ndarray,
    *,
    kind: str = "llm",
    most: int = 10,
) -> pd.DataFrame:
    """Return the units without which the rate would move most, by importance weights.

    Parameters
    ----------
    rate : ndarray, shape (draw,)
        Growth rate, 1/yr.
    log_likelihood : ndarray, shape (draw, unit)
        Log likelihood of each unit's outcomes; of an LLM, what is its own integrated out.
    units : ndarray of str, shape (unit,)
        Names.
    kind : str
        What they are: LLMs, scores, reference runs.
    most : int
        Units to return.

    Returns
    -------
    pandas.DataFrame
        Index ``unit``; columns kind, growth_rate (mean without it, 1/yr), doubling_time_days (of
        that mean), shift_sd (in posterior sd), pareto_k and reliable. The furthest first.
    """
    log_weights, k = smoothed_weights(log_likelihood)
    weights = np.exp(log_weights - log_weights.max(axis=0))
    without = (weights * rate[:, None]).sum(axis=0) / weights.sum(axis=0)
    table = pd.DataFrame(
        {
            "kind": kind,
            "growth_rate": without,
            "doubling_time_days": doubling_days(without),
            "shift_sd": (without - rate.mean()) / rate.std(),
            "pareto_k": k,
            "reliable": k < good_k(len(rate)),
        },
        index=pd.Index(np.asarray(units).astype(str), name="unit"),
    )
    order = np.argsort(-np.abs(table["shift_sd"].to_numpy()), kind="stable")
    return table.iloc[order[:most]]


def budget_table(posterior: xr.Dataset) -> pd.DataFrame:
    """Return what part of the rate's variance would go if a source were known.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws with ``growth_rate``, dims (chain, draw, ...).

    Returns
    -------
    pandas.DataFrame
        Index ``source``; columns n (parameters), variance_share (of the rate's variance that goes
        as the source's parameters are fixed at their means, 0 to 1) and sd_left (1/yr). The last
        row, ``LLMs themselves``, is what is left where all of them are known. Shares of sources
        that depend on one another overlap and do not add up.

    Notes
    -----
    By linear regression of the rate on the parameters over the draws: what fixing them would leave
    if the posterior were normal. An approximation; no fit is made.
    """
    rate = np.ravel(posterior["growth_rate"])
    columns: dict[str, list[np.ndarray]] = {}
    for name, values in posterior.data_vars.items():
        source = source_of(str(name))
        if source is None or not set(values.dims) <= TOP_LEVEL_DIMS:
            continue
        flat = values.transpose("chain", "draw", ...).to_numpy().reshape(len(rate), -1)
        columns.setdefault(source, []).append(flat[:, np.ptp(flat, axis=0) > 0])
    parts = {name: np.concatenate(found, axis=1) for name, found in columns.items()}
    parts = {name: found for name, found in parts.items() if found.shape[1]}
    rows = {name: _explained(rate, parts[name]) for name in _SOURCES if name in parts}
    if parts:
        every = _explained(rate, np.concatenate(list(parts.values()), axis=1))
        rows["LLMs themselves"] = {
            "n": 0,
            "variance_share": 1 - every["variance_share"],
            "sd_left": float(np.sqrt(every["variance_share"]) * rate.std()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "source"
    return table


def source_of(name: str) -> str | None:
    """Return the source of uncertainty that a variable of the top level belongs to.

    Parameters
    ----------
    name : str
        Name of the variable.

    Returns
    -------
    str or None
        One of `SOURCES`; None of the rate itself and of what follows from others.
    """
    if name in _DERIVED or name.startswith("growth_rate"):
        return None
    return next((s for s, starts in _SOURCES.items() if name.startswith(starts)), None)


def _explained(rate: np.ndarray, columns: np.ndarray) -> dict[str, float]:
    """Regress on columns; the share is corrected for their number."""
    centred = columns - columns.mean(axis=0)
    centred = centred / centred.std(axis=0)
    y = rate - rate.mean()
    beta, _, rank, _ = np.linalg.lstsq(centred, y, rcond=1e-8)
    left = float(((y - centred @ beta) ** 2).sum() / max(len(y) - int(rank) - 1, 1))
    share = float(np.clip(1 - left / y.var(ddof=1), 0, 1))
    return {
        "n": columns.shape[1],
        "variance_share": share,
        "sd_left": float(np.sqrt(1 - share) * rate.std()),
    }
