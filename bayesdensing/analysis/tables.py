"""A fit as tables: its parameters, its LLMs, how much data it saw."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis._arviz import STATISTICS, convergence, pooled_convergence
from bayesdensing.analysis.covariates import typical_sizes
from bayesdensing.analysis.intervals import INTERVAL_KIND, PROBABILITIES, quantiles
from bayesdensing.analysis.readings import LINK, LOSS_LAW, REFERENCE_DRAW, require
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["data_counts", "density_table", "entry_labels", "law_rows", "parameter_table"]

#: Dims of the top level; a variable with any other dim belongs to single LLMs or rows.
TOP_LEVEL_DIMS = frozenset({"chain", "draw", "benchmark", "evaluator", "family", "segment"})


def parameter_table(
    posterior: xr.Dataset,
    *,
    reference: xr.Dataset | None = None,
    statistics: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per scalar of the top level.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...); those of a cut are pooled over reference draws.
    reference : xarray.Dataset, optional
        Of a cut, draws of the reference posterior.
    statistics : pandas.DataFrame, optional
        R-hat and effective sample sizes of these draws, where they are known, as
        `bayesdensing.inference.Diagnostics` has them.

    Returns
    -------
    pandas.DataFrame
        Index ``parameter``, such as ``n_exponent[MMLU]``; columns median, mean, sd,
        ``eti50_lb``, ``eti50_ub`` and so on for 89 and 95 %, rhat, ess_bulk, ess_tail. In the
        parameters' natural units; what is not defined is NaN. Of a cut, R-hat is that within
        reference draws, and the sample sizes count their number.
    """
    names = [n for n, v in posterior.data_vars.items() if set(v.dims) <= TOP_LEVEL_DIMS]
    chosen = posterior[names]
    if not names:
        return pd.DataFrame(columns=pd.Index(_parameter_columns()), index=pd.Index([]))
    over = ("chain", "draw")
    columns: dict[str, xr.Dataset] = {
        "median": chosen.median(over, skipna=False),
        "mean": chosen.mean(over, skipna=False),
        "sd": _sd(chosen),
    }
    for probability in PROBABILITIES:
        tail = (1 - probability) / 2
        ends = chosen.quantile([tail, 1 - tail], dim=over, skipna=False)
        columns[f"eti{probability * 100:.0f}_lb"] = ends.isel(quantile=0, drop=True)
        columns[f"eti{probability * 100:.0f}_ub"] = ends.isel(quantile=1, drop=True)
    labels = [label for name in names for label in entry_labels(chosen[name])]
    if statistics is None:
        pooled = REFERENCE_DRAW in posterior.coords
        found = pooled_convergence(chosen, reference=reference) if pooled else convergence(chosen)
        columns |= {name: found.sel(statistic=name, drop=True) for name in STATISTICS}
    values = {
        column: np.concatenate([_flat(dataset[name], like=chosen[name]) for name in names])
        for column, dataset in columns.items()
    }
    table = pd.DataFrame(values, index=pd.Index(labels, name="parameter"))
    return table if statistics is None else table.join(statistics[list(STATISTICS)])


def law_rows(posterior: xr.Dataset) -> list[tuple[str, str, str, str]]:
    """Return the parameters of loss law and score link in natural units, as they are shown.

    Parameters
    ----------
    posterior : xarray.Dataset
        Draws, dims (chain, draw, ...).

    Returns
    -------
    list of tuple of str
        Parameter, median, and equal-tailed 89 and 95 % intervals; what a hypothesis holds fixed is
        left out, as it was not found.
    """
    chosen = [name for name in (*LOSS_LAW, *LINK) if name in posterior]
    return [
        (
            str(label),
            f"{row['median']:.3g}",
            f"{row['eti89_lb']:.3g} to {row['eti89_ub']:.3g}",
            f"{row['eti95_lb']:.3g} to {row['eti95_ub']:.3g}",
        )
        for label, row in parameter_table(posterior[chosen]).iterrows()
        if row["sd"] > 0
    ]


def _parameter_columns() -> list[str]:
    ends = [f"eti{p * 100:.0f}_{end}" for p in PROBABILITIES for end in ("lb", "ub")]
    return ["median", "mean", "sd", *ends, *STATISTICS]


def _sd(draws: xr.Dataset) -> xr.Dataset:
    over = ("chain", "draw")
    if draws.sizes["chain"] * draws.sizes["draw"] > 1:
        with np.errstate(invalid="ignore"):  # an infinite draw has no sd
            return draws.std(over, ddof=1, skipna=False)
    return draws.mean(over, skipna=False) * np.nan


def _entry_dims(variable: xr.DataArray) -> list[str]:
    return [str(dim) for dim in variable.dims if dim not in ("chain", "draw")]


def _flat(values: xr.DataArray, *, like: xr.DataArray) -> np.ndarray:
    return np.ravel(values.transpose(*_entry_dims(like)).to_numpy())


def entry_labels(variable: xr.DataArray) -> list[str]:
    """Return the names of a variable's entries.

    Parameters
    ----------
    variable : xarray.DataArray
        Draws, dims (chain, draw, ...).

    Returns
    -------
    list of str
        ``name[coord, coord]`` of every entry, in the order in which they lie in memory.
    """
    dims = _entry_dims(variable)
    if not dims:
        return [str(variable.name)]
    axes = [[str(value) for value in variable[dim].to_numpy()] for dim in dims]
    index = pd.MultiIndex.from_product(axes)
    return [f"{variable.name}[{', '.join(entry)}]" for entry in index]


def density_table(fit: "Fit") -> pd.DataFrame:
    """Return one row per LLM, in the order of their release.

    Parameters
    ----------
    fit : Fit
        A fit with densities.

    Returns
    -------
    pandas.DataFrame
        Index ``llm``; columns release_date, n_params (count, the posterior median where the
        weight of active parameters is estimated), n_scores, and for ``density`` (no
        unit, or that of the series) and ``effective_parameters`` (count) the median and the ends
        of the equal-tailed 89 and 95 % intervals, such as ``density_eti89_lb``.
    """
    posterior = fit.posterior
    require(posterior, "log_density", reading="density")
    table = pd.DataFrame(index=pd.Index(posterior["llm"].to_numpy().astype(str), name="llm"))
    table["release_date"] = release_dates(fit.constants)
    log_density = posterior["log_density"]
    logs = {"density": log_density}
    if fit.n_params is not None:
        table["n_params"] = typical_sizes(fit)
        table["n_scores"] = fit.constants["n_scores"].to_numpy()
        logs["effective_parameters"] = log_density + np.log(fit.n_params)
    # An equal-tailed interval of the log is one of the quantity: exp keeps the order of draws.
    for quantity, draws in logs.items():
        columns = {"median": draws.median(("chain", "draw"), skipna=False)}
        for probability in (0.89, 0.95):
            lower, upper = quantiles(draws, probability=probability)
            columns[f"eti{probability * 100:.0f}_lb"] = lower
            columns[f"eti{probability * 100:.0f}_ub"] = upper
        for column, log_value in columns.items():
            table[f"{quantity}_{column}"] = np.exp(log_value.to_numpy())
    table.attrs = {
        "units": {"density": fit.density().attrs["units"], "effective_parameters": "parameters"},
        "interval_kind": INTERVAL_KIND,
    }
    return table.sort_values("release_date", kind="stable")


def release_dates(constants: xr.Dataset) -> pd.DatetimeIndex:
    """Return the release date of every LLM of a fit.

    Parameters
    ----------
    constants : xarray.Dataset
        With ``release_year`` (llm): 2000 + days since 2000-01-01 / 365.25.

    Returns
    -------
    pandas.DatetimeIndex
        In the order of the posterior, to the day.
    """
    days = np.rint((constants["release_year"].to_numpy() - 2000) * DAYS_PER_YEAR)
    return pd.Timestamp("2000-01-01") + pd.to_timedelta(days, unit="D")


def data_counts(posterior: xr.Dataset) -> dict[str, int]:
    """Return how much data a fit saw.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``n_scores`` and ``n_reference_runs`` in its attrs, where there are any.

    Returns
    -------
    dict of str to int
        ``n_models``: LLMs, or published values; ``n_scores``: measurements of LLMs;
        ``n_reference_runs``: losses of reference runs.
    """
    return {
        "n_models": int(posterior.sizes.get("llm", 0)),
        "n_scores": int(posterior.attrs.get("n_scores", 0)),
        "n_reference_runs": int(posterior.attrs.get("n_reference_runs", 0)),
    }
