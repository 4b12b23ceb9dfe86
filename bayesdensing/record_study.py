"""Whether intervals of a growth rate hold the truth, with all values or with records alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import linregress, t

from bayesdensing.data import DataBundle
from bayesdensing.laws.trend import DAYS_PER_YEAR, rate_of_doubling
from bayesdensing.refitting import Refit, Refitter, Task
from bayesdensing.spec import Spec, load_spec

__all__ = ["METHODS", "coverage_table", "make_series", "record_study"]

#: What the study compares: a fit of all values, a fit of records that knows they are records, and
#: least squares on records.
METHODS = ("all values", "records", "least squares on records")
_SERIES, _START = "simulated", pd.Timestamp("2023-01-01")
#: Of each chain; the acceptance is that of the shipped hypothesis of records.
_DRAWS, _TUNE, _ACCEPTANCE = 1500, 1000, 0.95


def make_series(
    *, doubling_days: float, seed: int, n_llms: int = 51, years: float = 2.2, log_sd: float = 1.0
) -> DataBundle:
    """Draw a series of values about a straight trend, records flagged.

    Parameters
    ----------
    doubling_days : float
        True doubling time (days); infinite: no growth.
    seed : int
        Seed.
    n_llms : int
        Values, one a date, evenly spaced.
    years : float
        Time from the first to the last (years).
    log_sd : float
        Sd of log values about the trend.

    Returns
    -------
    DataBundle
        With ``densities`` alone.
    """
    days = np.round(np.linspace(0, years * DAYS_PER_YEAR, n_llms))
    rng = np.random.default_rng(seed)
    log_value = rate_of_doubling(doubling_days) * days / DAYS_PER_YEAR
    log_value = log_value + log_sd * rng.normal(size=n_llms)
    frame = pd.DataFrame(
        {
            "series": _SERIES,
            "model": [f"llm-{i:03d}" for i in range(n_llms)],
            "release_date": _START + pd.to_timedelta(days, unit="D"),
            "value": np.exp(log_value),
            "on_record": log_value >= np.maximum.accumulate(log_value),
            "source": "simulated",
        }
    )
    sources = pd.DataFrame({"source": ["simulated"], "citation": ["drawn by record_study"]})
    return DataBundle.from_frames(name=f"series-{seed}", densities=frame, sources=sources)


def record_study(
    *,
    n_series: int = 100,
    doubling_days: tuple[float, ...] = (np.inf, 180.0),
    workers: int = 2,
    first_seed: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Fit simulated series of known growth by each of `METHODS`.

    Parameters
    ----------
    n_series : int
        Series per doubling time.
    doubling_days : tuple of float
        True doubling times (days).
    workers : int
        Fits at a time.
    first_seed : int
        Seed of the first series.
    tell : callable
        Called with a line per method and doubling time.

    Returns
    -------
    pandas.DataFrame
        One row per series and method: ``method``, ``true_doubling_days``, ``seed``, ``true_rate``,
        ``rate``, ``eti95_lb``, ``eti95_ub`` (1/yr; for least squares the estimate and its nominal
        95 % confidence interval), ``prob_rate_not_positive`` (NaN for least squares), ``claimed``
        (growth: that probability, or a one-sided p value, below 0.025), ``n_records``,
        ``max_rhat``, ``divergences``.
    """
    rows: list[dict[str, Any]] = []
    for days in doubling_days:
        seeds = range(first_seed, first_seed + n_series)
        series = {seed: make_series(doubling_days=days, seed=seed) for seed in seeds}
        truth = {"true_doubling_days": days, "true_rate": rate_of_doubling(days)}
        for method, spec in _specs().items():
            tell(f"{method}, doubling every {days:g} days: {n_series} series")
            refitter = Refitter(spec, series[first_seed], seed=first_seed)
            tasks = [Task(str(seed), bundle, seed) for seed, bundle in series.items()]
            fits = refitter.fits(tasks, draws=_DRAWS, tune=_TUNE, workers=workers)
            rows += [{"method": method, **truth, **_row(found)} for found in fits]
        rows += [{"method": METHODS[2], **truth, **_line(s, seed)} for seed, s in series.items()]
    order = ["method", "true_doubling_days", "seed"]
    return pd.DataFrame(rows).sort_values(order, kind="stable").reset_index(drop=True)


def _specs() -> dict[str, Spec]:
    base = dict(load_spec("trend"))
    return {
        method: Spec(
            **{
                **base,
                "data": {"series": _SERIES, "records": which},
                "sampler": {"target_accept": _ACCEPTANCE},
            }
        )
        for method, which in zip(METHODS, ("all", "only"), strict=False)
    }


def _row(found: Refit) -> dict[str, Any]:
    rate = found.posterior["growth_rate"].to_numpy().ravel()
    low, middle, high = np.quantile(rate, [0.025, 0.5, 0.975])
    not_positive = float(np.mean(rate <= 0))
    return {
        "seed": found.task.seed,
        "rate": middle,
        "eti95_lb": low,
        "eti95_ub": high,
        "prob_rate_not_positive": not_positive,
        "claimed": not_positive < 0.025,
        "n_records": _n_records(found.task.data),
        "max_rhat": found.diagnostics.max_rhat,
        "divergences": found.diagnostics.divergences,
    }


def _line(bundle: DataBundle, seed: int) -> dict[str, Any]:
    """Return ordinary least squares of log records on time; NaN for fewer than three records."""
    frame = bundle.densities
    assert frame is not None  # noqa: S101 - made by make_series
    rows = frame[frame["on_record"].astype(bool)]
    found = {"seed": seed, "n_records": len(rows), "prob_rate_not_positive": np.nan}
    if len(rows) < 3:
        return {**found, "rate": np.nan, "eti95_lb": np.nan, "eti95_ub": np.nan, "claimed": False}
    years = (rows["release_date"] - _START).dt.days.to_numpy() / DAYS_PER_YEAR
    line = linregress(years, np.log(rows["value"].to_numpy()))
    reach = t.ppf(0.975, len(rows) - 2) * line.stderr
    return {
        **found,
        "rate": line.slope,
        "eti95_lb": line.slope - reach,
        "eti95_ub": line.slope + reach,
        "claimed": line.slope - reach > 0,
    }


def _n_records(bundle: object) -> int:
    assert isinstance(bundle, DataBundle)  # noqa: S101 - made by make_series
    frame = bundle.densities
    assert frame is not None  # noqa: S101 - made by make_series
    return int(frame["on_record"].sum())


def coverage_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Count how often intervals hold the truth and growth is claimed.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `record_study`.

    Returns
    -------
    pandas.DataFrame
        One row per method and true doubling time: series with an estimate, coverage of the 95 %
        interval of the rate (share), how often growth is claimed (share), median of the estimated
        doubling time (days, infinite for rates of 0 or less), median width of the interval (1/yr),
        fits with R-hat of 1.01 or more or with divergences.
    """
    counts = []
    for key, cell in rows.groupby(["true_doubling_days", "method"], sort=False):
        known = cell[cell["rate"].notna()]
        inside = known["true_rate"].between(known["eti95_lb"], known["eti95_ub"])
        rate = float(known["rate"].median())
        counts.append(
            {
                "true_doubling_days": key[0],
                "method": key[1],
                "series": len(known),
                "coverage": float(inside.mean()),
                "claimed": float(known["claimed"].mean()),
                "median_doubling_days": np.log(2) * DAYS_PER_YEAR / rate if rate > 0 else np.inf,
                "median_width": float((known["eti95_ub"] - known["eti95_lb"]).median()),
                "failed_checks": int(
                    ((cell["max_rhat"] >= 1.01) | (cell["divergences"] > 0)).sum()
                ),
            }
        )
    return pd.DataFrame(counts)
