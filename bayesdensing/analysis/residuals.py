"""How far each LLM lies from the trend, and whether that goes with date, size or family."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.checks import CheckResult
from bayesdensing.analysis.covariates import Covariates, llm_columns, typical_sizes
from bayesdensing.analysis.intervals import INTERVAL_KIND, quantiles
from bayesdensing.analysis.readings import flat_draws, require
from bayesdensing.analysis.tables import release_dates
from bayesdensing.analysis.trends import log_trend, spread_draws
from bayesdensing.laws.frontier import frontier_of

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["residual_check", "residual_trends", "residuals", "standardised_residuals"]

_OVER = ("chain", "draw")


def standardised_residuals(fit: "Fit") -> xr.DataArray:
    """Return every LLM's distance from the mean trend in standard deviations about it.

    Parameters
    ----------
    fit : Fit
        A fit with densities, or published values, and a trend.

    Returns
    -------
    xarray.DataArray
        Dims (chain, draw, llm), no unit: (log density - mean) / sd, each draw by its own
        parameters. Behind a frontier the mean lies the mean inefficiency below the
        trend, and the sd is that of scatter and inefficiency together. The mean includes a size
        term and the effect of a family of two LLMs or more; that of a family of one is scatter.

    Notes
    -----
    Aigner, Lovell and Schmidt (1977), equations 9 and 10, for mean and variance of the composed
    error with a half-normal part.
    """
    draws = fit.posterior
    require(draws, "log_density", *fit.spec.growth.shape.needs, "dispersion", reading="residuals")
    mean = log_trend(draws, fit.spec, fit.constants["years"])
    beside, llms = Covariates.from_posterior(draws), llm_columns(fit.constants)
    mean = mean + _by_draw(beside.shift(llms), draws)
    spread = spread_draws(draws, fit.constants["years"].to_numpy())
    even = flat_draws(draws["dispersion"])[:, None] * spread
    variance = _by_draw(beside.scatter(llms, even), draws) ** 2
    kind = frontier_of(fit.spec.growth.frontier)
    if kind.name != "none":
        require(draws, "inefficiency_sd", reading="residuals")
        behind = _by_draw(flat_draws(draws["inefficiency_sd"])[:, None] * spread, draws)
        mean = mean - kind.mean_inefficiency(behind)
        variance = variance + kind.variance_inefficiency(behind)
    distance: xr.DataArray = (draws["log_density"] - mean) / variance**0.5
    return distance.transpose(*_OVER, "llm").rename("residual").assign_attrs(units="1")


def _by_draw(values: np.ndarray, like: xr.Dataset) -> xr.DataArray:
    """Return values (all draws, llm) with the dims of draws."""
    shape = (like.sizes["chain"], like.sizes["draw"], values.shape[1])
    coords = {dim: like[dim] for dim in (*_OVER, "llm") if dim in like.coords}
    return xr.DataArray(values.reshape(shape), dims=(*_OVER, "llm"), coords=coords)


def residuals(fit: "Fit") -> pd.DataFrame:
    """Return one row per LLM with its standardised distance from the trend.

    Parameters
    ----------
    fit : Fit
        A fit with densities, or published values, and a trend.

    Returns
    -------
    pandas.DataFrame
        Index ``llm``, in the order of release; columns release_date, n_params (count, where the
        fit has sizes), family and organization (empty where the data do not name them), and
        ``residual_mean``, ``residual_eti89_lb``, ``residual_eti89_ub`` in standard deviations
        about the trend.
    """
    draws = standardised_residuals(fit)
    table = pd.DataFrame(index=pd.Index(draws["llm"].to_numpy().astype(str), name="llm"))
    table["release_date"] = release_dates(fit.constants)
    sizes = typical_sizes(fit)
    if sizes is not None:
        table["n_params"] = sizes
    known = fit.data.models
    for column in ("family", "organization"):
        names = pd.Series(dtype=object) if known is None else known.set_index("model")[column]
        table[column] = names.reindex(table.index).to_numpy(dtype=object)
    lower, upper = quantiles(draws, probability=0.89)
    table["residual_mean"] = draws.mean(_OVER, skipna=False).to_numpy()
    table["residual_eti89_lb"] = lower.to_numpy()
    table["residual_eti89_ub"] = upper.to_numpy()
    table.attrs = {"units": {"residual": "sd about the trend"}, "interval_kind": INTERVAL_KIND}
    return table.sort_values("release_date", kind="stable")


def residual_trends(fit: "Fit", *, seed: int = 0) -> pd.DataFrame:
    """Check whether residuals go with date, size or family.

    Each draw's slope, or sd between families, stands beside that of the same draw with its
    residuals dealt out anew among the LLMs. Where the LLMs are exchangeable given the trend, as
    the hypothesis has it, the two differ by chance alone.

    Parameters
    ----------
    fit : Fit
        A fit with densities, or published values, and a trend.
    seed : int
        Seed of the dealing.

    Returns
    -------
    pandas.DataFrame
        Index ``statistic``: ``slope_date`` (sd per year), ``slope_log10_size`` (sd per factor of
        ten in parameters) and ``family_sd`` (sd of the means of families with two LLMs or more,
        each LLM counted); those that the LLMs cannot tell are left out. Columns: median and
        equal-tailed 95 % interval ``eti95_lb``, ``eti95_ub``; the same of the dealt residuals as
        ``chance_median``, ``chance_eti95_lb``, ``chance_eti95_ub``; ``zero_inside``: whether 0
        lies in the interval (never for a sd); ``chance_inside``: whether 0 lies in the 95 %
        interval of the difference, draw by draw.
    """
    draws = standardised_residuals(fit)
    table = residuals(fit).loc[draws["llm"].to_numpy().astype(str)]
    values = draws.to_numpy().reshape(-1, draws.sizes["llm"])
    rng = np.random.default_rng(seed)
    rows = {
        name: _against_chance(values[:, which], weights, rng=rng)
        for name, (which, weights) in _statistics(table, fit.constants["years"].to_numpy()).items()
    }
    columns = [*_summary(np.zeros(1)), *_summary(np.zeros(1), prefix="chance_"), *_FLAGS]
    result = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    result.index.name = "statistic"
    result.attrs = {"interval_kind": INTERVAL_KIND, "seed": seed}
    return result


def residual_check(fit: "Fit", *, seed: int = 0) -> CheckResult:
    """Check whether what the trend leaves goes with date, size or family.

    Parameters
    ----------
    fit : Fit
        A fit with densities, or published values, and a trend.
    seed : int
        Seed of the dealing.

    Returns
    -------
    CheckResult
        Passed where no statistic of `residual_trends` differs from chance: 0 lies in the 95 %
        interval of each difference.
    """
    table = residual_trends(fit, seed=seed)
    inside = table["chance_inside"].to_numpy(dtype=bool)
    shown = [
        f"{name} {row['median']:+.2f} ({row['eti95_lb']:+.2f} to {row['eti95_ub']:+.2f}; "
        f"by chance {row['chance_eti95_lb']:+.2f} to {row['chance_eti95_ub']:+.2f})"
        for name, row in table.iterrows()
    ]
    text = f"{(~inside).sum()} of {len(table)} statistics differ from chance; {', '.join(shown)}"
    return CheckResult(name="residual trends", passed=bool(inside.all()), text=text, table=table)


_FLAGS = ("zero_inside", "chance_inside")


def _statistics(table: pd.DataFrame, years: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return which LLMs each statistic uses and, per LLM and linear form, their weights."""
    every = np.ones(len(table), dtype=bool)
    found = {}
    predictors = {"slope_date": years}
    if "n_params" in table:
        predictors["slope_log10_size"] = np.log10(table["n_params"].to_numpy())
    for name, x in predictors.items():
        centred = x - x.mean()
        if np.ptp(x) > 0:
            found[name] = (every, (centred / (centred**2).sum())[:, None])
    family = table["family"]
    several = (family.map(family.value_counts()) >= 2).to_numpy(dtype=bool)
    if family[several].nunique() >= 2:
        found["family_sd"] = (several, _family_weights(family[several]))
    return found


def _family_weights(family: pd.Series) -> np.ndarray:
    """Return weights (llm, family) whose forms' root sum of squares is the sd of family means."""
    codes, names = pd.factorize(family)
    members = (codes[:, None] == np.arange(len(names))).astype(float)
    count = members.sum(axis=0)
    distance = members / count - 1 / len(family)  # family's mean less the mean of all
    return np.asarray(distance * np.sqrt(count / len(family)))


def _against_chance(
    values: np.ndarray, weights: np.ndarray, *, rng: np.random.Generator
) -> list[float | bool]:
    """Summarise a statistic over draws (draw, llm) beside that of residuals dealt out anew."""
    seen, dealt = (_statistic(v, weights) for v in (values, rng.permuted(values, axis=1)))
    summary, difference = _summary(seen), _summary(seen - dealt)
    zero, chance = (s["eti95_lb"] <= 0 <= s["eti95_ub"] for s in (summary, difference))
    return [*summary.values(), *_summary(dealt).values(), zero, chance]


def _statistic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    forms = values @ weights
    return np.asarray(forms[:, 0] if weights.shape[1] == 1 else np.sqrt((forms**2).sum(axis=1)))


def _summary(draws: np.ndarray, *, prefix: str = "") -> dict[str, float]:
    median, lower, upper = (float(q) for q in np.quantile(draws, [0.5, 0.025, 0.975]))
    return {f"{prefix}median": median, f"{prefix}eti95_lb": lower, f"{prefix}eti95_ub": upper}
