"""Moore's law times the densing law: what a device of constant price can run, and when."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.covariates import Covariates
from bayesdensing.analysis.ruler import Ruler
from bayesdensing.analysis.tables import release_dates
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.corollaries.article import Figure, constant, figure, months
from bayesdensing.corollaries.estimates import (
    doubling_row,
    first_crossing,
    positive,
    row,
    spread_about,
)
from bayesdensing.corollaries.result import DATE, Corollary, Row, day_of, iso_day, trust
from bayesdensing.corollaries.timing import as_date, last_release, standing, years_since
from bayesdensing.errors import InputError
from bayesdensing.laws.size import size_effect
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["CHIP_LOG_SD", "edge"]

#: Sd of the log of the chips' doubling time: Hobbhahn and Besiroglu (2022), "Trends in GPU
#: price-performance", give 2.07 years for GPUs used in machine learning, 95 % interval 1.54 to
#: 3.13; half of log(3.13 / 1.54) / 1.96.
CHIP_LOG_SD = 0.18
#: How far ahead of the device's date a score is looked for, and in which steps (years).
HORIZON_YEARS, STEP_YEARS = 40.0, 0.1


def edge(
    fit: "Fit",
    *,
    chip_years: float | None = None,
    chip_log_sd: float = CHIP_LOG_SD,
    memory_gb: float = 8.0,
    memory_share: float = 0.5,
    weight_bits: float = 4.0,
    device_price: float = 1.0,
    budget: float | None = None,
    device_date: str | dt.date | None = None,
    benchmark: str = "MMLU",
    score: float = 0.85,
    percentile: float = 50.0,
    seed: int = 0,
) -> Corollary:
    """Return how fast the effective parameters grow that a device can run, and when it scores.

    Parameters
    ----------
    fit : Fit
        A fit with loss law, score link and trend.
    chip_years : float, optional
        Doubling time of what chips of constant price can hold (years); the default is the
        paper's 2.1.
    chip_log_sd : float
        Sd of the natural log of that doubling time.
    memory_gb : float
        Memory of the device (10^9 bytes) at `device_date`.
    memory_share : float
        Share of the memory that weights may fill.
    weight_bits : float
        Bits per parameter as the device stores them.
    device_price, budget : float
        What that device costs and what may be spent, in one currency; without a budget, its price.
    device_date : str or datetime.date, optional
        When it has that memory at that price; the default is the last release date of the data.
    benchmark, score : str, float
        What the device is to reach: share of items solved, 0 to 1.
    percentile : float
        Which LLM of its date it runs: 50 is that of the trend, 90 one that is denser than 90 % of
        those released then.
    seed : int
        Seed of the draws of the chips' rate.

    Returns
    -------
    Corollary
        Rows ``density_doubling``, ``chip_doubling``, ``combined_doubling`` (days),
        ``device_parameters``, ``device_effective_parameters``, ``needed_effective_parameters``
        (count) and ``date_reached``.

    Raises
    ------
    DataNeedError
        For a fit that lacks a block.
    InputError
        For inputs that do not serve.
    """
    density_rate = fit.growth_rate()
    printed = constant("chip_compute_per_dollar_doubling", fit.data)
    headline = months("density_doubling_headline")
    years = positive("chip_years", printed.value if chip_years is None else chip_years)
    width = positive("chip_log_sd", chip_log_sd, zero=True)
    start = last_release(fit) if device_date is None else as_date("device_date", device_date)
    n_params = _device_parameters(
        memory_gb=memory_gb,
        memory_share=memory_share,
        weight_bits=weight_bits,
        device_price=device_price,
        budget=budget,
    )
    b, needed = needed_log_size(fit, benchmark=benchmark, score=score)

    rng = np.random.default_rng(seed)
    chip_rate = spread_about(np.log(2) / years, log_sd=width, like=density_rate, rng=rng)
    trend = TrendDraws.from_posterior(fit.posterior, fit.spec)
    first = years_since(fit, start)
    ahead = np.arange(0.0, HORIZON_YEARS + STEP_YEARS / 2, STEP_YEARS)
    above = standing(fit, percentile, years=first + ahead)
    log_n = np.log(n_params) + chip_rate.to_numpy().reshape(-1, 1) * ahead
    terms = Covariates.from_posterior(fit.posterior)
    runs = log_n + trend.ahead(first + ahead, seed=seed) + above
    runs = runs + size_effect(
        log_n=log_n,
        mean_log_n=terms.mean_log_n,
        size_exponent=terms.size_exponent[:, None],
    )
    exponent = terms.size_exponent.reshape(density_rate.shape)
    combined = density_rate + chip_rate * (1 + exponent)
    # on a benchmark that grows at a pace of its own
    seen = runs + terms.drift(first + ahead, np.full(len(ahead), b))
    waits = first_crossing(ahead, seen, needed)
    days = day_of(start) + waits * DAYS_PER_YEAR

    def shaped(values: np.ndarray, units: str) -> xr.DataArray:
        return density_rate.copy(data=values.reshape(density_rate.shape)).assign_attrs(
            units=units, long_name=""
        )

    draws = xr.Dataset(
        {
            "density_rate": density_rate,
            "chip_rate": chip_rate.assign_attrs(units="1/yr"),
            "combined_rate": combined.assign_attrs(units="1/yr"),
            "log_device_effective_parameters": shaped(runs[:, 0], "natural log of a count"),
            "log_needed_effective_parameters": shaped(needed, "natural log of a count"),
            "date_reached": shaped(days, "days since 1970-01-01"),
        }
    )
    if percentile == 50:
        llm = "the LLM of the trend"
    else:
        llm = f"an LLM denser than {percentile:g} % of its date"
    rows = (
        doubling_row(
            "density_doubling",
            "capability density of models",
            density_rate,
            headline,
        ),
        doubling_row(
            "chip_doubling",
            "chips of constant price",
            chip_rate,
            Figure(
                value=printed.value * DAYS_PER_YEAR,
                says=f"{printed.value:g} years",
                source=printed.source,
            ),
        ),
        doubling_row(
            "combined_doubling",
            "effective parameters that a device of constant price runs",
            draws["combined_rate"],
            figure("edge_doubling"),
        ),
        Row(
            quantity="combined_doubling_article",
            label="the same sum with the article's two figures",
            unit="days",
            value=1 / (1 / (printed.value * DAYS_PER_YEAR) + 1 / headline.value),
            article=figure("edge_doubling"),
        ),
        Row(
            quantity="device_parameters",
            label=f"parameters that the device holds on {start}",
            unit="parameters",
            value=n_params,
        ),
        row(
            "device_effective_parameters",
            f"effective parameters of {llm} on it, {start}",
            "parameters",
            np.exp(draws["log_device_effective_parameters"]),
        ),
        row(
            "needed_effective_parameters",
            f"effective parameters that {benchmark} {score:g} needs",
            "parameters",
            np.exp(draws["log_needed_effective_parameters"]),
        ),
        row(
            "date_reached",
            f"{llm} on it reaches {benchmark} {score:g}",
            DATE,
            draws["date_reached"],
        ),
    )
    return Corollary(
        name="edge",
        title="What a device of constant price can run doubles with chips and with density",
        run=fit.spec.name,
        rows=rows,
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}",
            f"the memory that a price buys doubles every {years:g} years (log-normal, log-sd "
            f"{width:g}), like the compute per dollar that was printed",
            f"weights fill {100 * memory_share:g} % of the memory at {weight_bits:g} bits per "
            "parameter, and lose no capability by that: see `compression` for what they lose",
            "memory is what limits the device, not its speed or its battery",
            f"the device runs {llm}, "
            + (
                "whose density goes with its size as the run has it"
                if "size_exponent" in fit.posterior
                else "at any size: density does not go with size"
            ),
            "trend and chips go on as they are",
        ),
        notes=_notes(
            fit, needed=needed, waits=waits, start=start, benchmark=benchmark, score=score
        ),
        inputs={
            "chip_years": years,
            "chip_log_sd": width,
            "memory_gb": memory_gb,
            "memory_share": memory_share,
            "weight_bits": weight_bits,
            "device_price": device_price,
            "budget": device_price if budget is None else budget,
            "device_date": start.isoformat(),
            "benchmark": benchmark,
            "score": score,
            "percentile": percentile,
            "seed": seed,
        },
        tables={"path": _path(start, ahead, runs, waits)},
        **trust(fit),
    )


def _path(start: dt.date, ahead: np.ndarray, runs: np.ndarray, waits: np.ndarray) -> pd.DataFrame:
    """Return what the device can run in time, up to some years after it reaches the score."""
    middle = float(np.quantile(waits, 0.5, method="inverted_cdf"))
    shown = ahead <= max(4.0, 1.5 * middle if np.isfinite(middle) else HORIZON_YEARS / 2)
    low, median, high = np.exp(np.quantile(runs[:, shown], [0.025, 0.5, 0.975], axis=0))
    days = pd.to_timedelta(np.round(ahead[shown] * DAYS_PER_YEAR), unit="D")
    return pd.DataFrame(
        {
            "date": pd.Timestamp(start) + days,
            "median": median,
            "eti95_lb": low,
            "eti95_ub": high,
        }
    )


def needed_log_size(fit: "Fit", *, benchmark: str, score: float) -> tuple[int, np.ndarray]:
    """Return the effective parameters at which a reference model has a score.

    Parameters
    ----------
    fit : Fit
        A fit with loss law and score link.
    benchmark : str
        One of the fit's.
    score : float
        Share of items solved, 0 to 1.

    Returns
    -------
    tuple of int and ndarray
        Which benchmark it is, and natural logs, (draw,), chains one after the other; infinite in
        draws in which no size is enough, minus infinity where any is.

    Raises
    ------
    DataNeedError
        For a fit without curves.
    InputError
        For a benchmark that the fit does not have, or a score outside 0 to 1.
    """
    wanted = positive("score", score, most=1.0)
    ruler = Ruler.from_posterior(fit.posterior, fit.spec)
    if benchmark not in ruler.benchmarks:
        known = ", ".join(ruler.benchmarks)
        raise InputError(f"this run has no benchmark {benchmark!r}; it has {known}")
    which = ruler.benchmarks.index(benchmark)
    return which, ruler.log_size_for(wanted, which)[:, 0]


def _device_parameters(
    *,
    memory_gb: float,
    memory_share: float,
    weight_bits: float,
    device_price: float,
    budget: float | None,
) -> float:
    """Return how many parameters the budget's device holds."""
    memory = positive("memory_gb", memory_gb) * positive("memory_share", memory_share, most=1.0)
    price = positive("device_price", device_price)
    spent = price if budget is None else positive("budget", budget)
    return 8e9 * memory / positive("weight_bits", weight_bits) * spent / price


def _notes(
    fit: "Fit",
    *,
    needed: np.ndarray,
    waits: np.ndarray,
    start: dt.date,
    benchmark: str,
    score: float,
) -> tuple[str, ...]:
    notes = []
    last = last_release(fit)
    first = release_dates(fit.constants).min().date()
    middle = float(np.quantile(waits, 0.5, method="inverted_cdf"))
    if start < first:
        notes.append(f"extrapolates in time: the first LLM of the data is of {first}")
    if start > last or (
        np.isfinite(middle) and day_of(start) + middle * DAYS_PER_YEAR > day_of(last)
    ):
        notes.append(f"extrapolates in time: the last LLM of the data is of {last}")
    if middle == 0:
        notes.append("reached already at the device's date, in half of the draws or more")
    runs = fit.data.reference_runs
    largest = float("nan") if runs is None else float(runs["n_params"].max())
    if np.quantile(needed, 0.5, method="inverted_cdf") > np.log(largest):
        notes.append(
            f"extrapolates in size: the largest reference run has {largest:.2g} parameters"
        )
    never, small = np.isinf(waits).mean(), np.isneginf(needed).mean()
    if never:
        years = f"within {HORIZON_YEARS:g} years of {iso_day(day_of(start))}"
        notes.append(f"{benchmark} {score:g} is not reached {years} in {never:.1%} of the draws")
    if small:
        notes.append(f"{benchmark} {score:g} asks for no size at all in {small:.1%} of draws")
    return tuple(notes)
