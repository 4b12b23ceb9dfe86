"""Runs, loss-score points and LLMs' scores, beside what a fit's curves say of them."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.covariates import counted_sizes
from bayesdensing.analysis.readings import LINK, LOSS_LAW, require, thin
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.drift import drift
from bayesdensing.laws.loss import loss
from bayesdensing.laws.score import score

if TYPE_CHECKING:
    from bayesdensing.analysis.fit import Fit

__all__ = ["llm_scores", "loss_score_points", "reference_runs"]

_OVER = ("chain", "draw")


def reference_runs(fit: "Fit", *, max_draws: int | None = 1000) -> pd.DataFrame:
    """Return the reference runs that a fit saw, with the loss that the law gives them.

    Parameters
    ----------
    fit : Fit
        A fit with a loss law.
    max_draws : int, optional
        Draws that are used, every k-th; None: all.

    Returns
    -------
    pandas.DataFrame
        One row per run and benchmark: benchmark, run, n_params and n_tokens (count),
        tokens_per_parameter, loss, and ``loss_median``, the posterior median of the law there.
    """
    draws = thin(fit.posterior, max_draws=max_draws)
    require(draws, *LOSS_LAW, reading="loss law")
    rows = _rows(fit, "reference_runs")[["benchmark", "run", "n_params", "n_tokens", "loss"]]
    n_params, n_tokens = (_along(rows[name]) for name in ("n_params", "n_tokens"))
    fitted = loss(n_params=n_params, n_tokens=n_tokens, **_at(draws, LOSS_LAW, rows["benchmark"]))
    rows.insert(4, "tokens_per_parameter", rows["n_tokens"] / rows["n_params"])
    return rows.assign(loss_median=fitted.median(_OVER).to_numpy())


def loss_score_points(fit: "Fit", *, max_draws: int | None = 1000) -> pd.DataFrame:
    """Return the points that tie loss to score, with the score that the link gives them.

    Parameters
    ----------
    fit : Fit
        A fit with a score link.
    max_draws : int, optional
        Draws that are used, every k-th; None: all.

    Returns
    -------
    pandas.DataFrame
        One row per point and benchmark: benchmark, point, role (``fit`` or ``held_out``), loss,
        score (0..1), and ``score_median``, the posterior median of the link there.
    """
    draws = thin(fit.posterior, max_draws=max_draws)
    require(draws, *LINK, reading="score link")
    rows = _rows(fit, "loss_scores")[["benchmark", "point", "role", "loss", "score"]]
    parameters = _at(draws, LINK, rows["benchmark"])
    parameters["slope"] = parameters.pop("link_slope")
    fitted = score(loss=_along(rows["loss"]), **parameters)
    return rows.assign(score_median=fitted.median(_OVER).to_numpy())


def llm_scores(fit: "Fit", *, max_draws: int | None = 400) -> pd.DataFrame:
    """Return the LLMs' scores, with the loss of the reference model that each LLM equals.

    Parameters
    ----------
    fit : Fit
        A fit with densities and a ruler.
    max_draws : int, optional
        Draws that are used, every k-th; None: all.

    Returns
    -------
    pandas.DataFrame
        One row per LLM and benchmark: benchmark, llm, score (0..1, mean over its measurements),
        and ``loss_median``, the posterior median of the loss at its effective parameters.
    """
    draws = thin(fit.posterior, max_draws=max_draws)
    require(draws, "log_density", *LOSS_LAW, reading="loss of an LLM")
    if fit.n_params is None or fit.data.scores is None:
        raise DataNeedError("this fit has no scores of LLMs with known sizes")
    rows = fit.data.scores
    rows = rows[rows["benchmark"].isin(_benchmarks(fit)) & rows["model"].isin(draws["llm"].values)]
    means = rows.groupby(["benchmark", "model"], sort=False)["score"].mean().reset_index()
    llm = _along(means["model"])
    counted = counted_sizes(draws, fit.constants)
    assert counted is not None  # noqa: S101 - the fit has sizes
    log_size = draws["log_density"].sel(llm=llm) + np.log(counted.sel(llm=llm))
    if "benchmark_slope" in draws:
        slope = draws["benchmark_slope"].sel(benchmark=_along(means["benchmark"]))
        years = fit.constants["years"].sel(llm=llm)
        log_size = log_size + drift(years=years, slope=slope)
    sizes = np.exp(log_size.drop_vars(("llm", "benchmark"), errors="ignore"))
    losses = loss(
        n_params=sizes,
        n_tokens=fit.reference_tokens(sizes),
        **_at(draws, LOSS_LAW, means["benchmark"]),
    )
    means = means.rename(columns={"model": "llm"})
    return means.assign(loss_median=losses.median(_OVER).to_numpy())


def _benchmarks(fit: "Fit") -> list[str]:
    return [str(name) for name in fit.posterior["benchmark"].to_numpy()]


def _rows(fit: "Fit", name: str) -> pd.DataFrame:
    """Return the rows of the fit's suite and benchmarks, by benchmark in the fit's order."""
    frame = fit.data.frames.get(name)
    if frame is None:
        raise DataNeedError(f"{name}.csv is missing from the data of this fit")
    suite = fit.spec.data.suite or _only_suite(fit)
    order = _benchmarks(fit)
    rows = frame[(frame["suite"] == suite) & frame["benchmark"].isin(order)]
    return rows.sort_values("benchmark", key=lambda b: b.map(order.index), kind="stable")


def _only_suite(fit: "Fit") -> str:
    """Return the suite of a fit that names none: that of the runs, of the points without runs."""
    runs = fit.data.reference_runs if "loss" in fit.spec.blocks else None
    frame = fit.data.loss_scores if runs is None else runs
    assert frame is not None  # noqa: S101 - a fit without a suite of its own had the only one
    return str(frame["suite"].iloc[0])


def _along(values: pd.Series) -> xr.DataArray:
    return xr.DataArray(values.to_numpy(), dims="row")


def _at(draws: xr.Dataset, names: tuple[str, ...], benchmark: pd.Series) -> dict[str, xr.DataArray]:
    """Return parameters at the benchmark of each row, dims (chain, draw, row)."""
    index = _along(benchmark)
    return {name: draws[name].sel(benchmark=index).drop_vars("benchmark") for name in names}
