"""Prices fall as density grows: how fast, and what share of the fall density does not explain."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.corollaries.article import figure, months
from bayesdensing.corollaries.estimates import doubling_row, row
from bayesdensing.corollaries.price_lines import LeastSquares, least_squares, prices_of
from bayesdensing.corollaries.result import Corollary, Row, trust
from bayesdensing.data import DataBundle, load_data
from bayesdensing.data.price_file import read_prices
from bayesdensing.fitting import DEFAULT_SEED
from bayesdensing.fitting import fit as fit_model
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import Spec, load_spec

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["price", "price_bundle", "price_fit"]

_SERIES = "tokens per dollar"
#: Pairs of draws at most for which every draw is repeated equally often.
_MOST_PAIRS = 1_000_000
#: A handful of records leaves long tails: more draws than of most hypotheses, at little cost.
_SAMPLER = {"target_accept": 0.98, "draws": 8000, "tune": 3000}


def price(
    fit: "Fit",
    *,
    prices: str | Path | pd.DataFrame | None = None,
    capability: str | None = None,
    seed: int = DEFAULT_SEED,
    progress: bool = False,
) -> Corollary:
    """Return how fast prices of one capability halve, beside what density alone implies.

    Parameters
    ----------
    fit : Fit
        A fit with a trend of density.
    prices : str, pathlib.Path or pandas.DataFrame, optional
        File, table or bundle of prices; the default are those of the fit's bundle, else the
        packaged ones.
    capability : str, optional
        Threshold of capability whose prices are taken; the default is the one with the most
        prices.
    seed : int
        Seed of the fit of the prices.
    progress : bool
        Report the progress of that fit on stderr.

    Returns
    -------
    Corollary
        Rows ``end_points_halving``, ``cheapest_line_halving``, ``all_prices_halving`` (least
        squares, days), ``price_halving``, ``density_halving`` (posteriors, days),
        ``rate_difference`` (1/yr), ``prob_faster``, ``unexplained_share``, ``observed_fall``
        and ``density_fall`` (ratios).

    Raises
    ------
    BundleError
        For a file of prices that does not serve.
    DataNeedError
        For a fit without a trend, or too few prices.
    InputError
        For a capability that no price has.
    """
    density = fit.growth_rate()
    shipped = load_data().prices
    assert shipped is not None  # noqa: S101 - the packaged bundle holds prices
    own = fit.data.prices
    given = read_prices(prices) if prices is not None else shipped if own is None else own
    chosen, rows = prices_of(given, capability)
    lines = least_squares(rows)
    of_prices = price_fit(rows, seed=seed, progress=progress)
    draws = _draws(density, of_prices.growth_rate(), days=lines.days, seed=seed)
    packaged = prices is None and chosen == "GPT-3.5 or better" and given.equals(shipped)
    return Corollary(
        name="price",
        title=f"How fast prices of {chosen} halve, and how fast by density alone",
        run=fit.spec.name,
        rows=_rows(draws, lines, packaged=packaged),
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}",
            "a price at constant capability falls as the parameters that it needs, so that density "
            "alone halves it as fast as density doubles",
            "prices arrive at random, log-normal about a straight line, and what is seen is "
            "which of them undercut all before (docs/records.md); a line through records falls "
            "even where prices do not",
            "prices and LLMs are independent given the two trends; the prices are those that "
            "were collected, of well-known models",
            "what density does not explain holds hardware, software, margins, subsidies and "
            "smaller models trained for longer; it is negative where prices fall more slowly",
        ),
        notes=_notes(rows, given, chosen),
        inputs={
            "prices": "of the data" if prices is None else _name(prices),
            "capability": chosen,
            "seed": seed,
        },
        tables={
            "prices": rows[["model", "date", "usd_per_mtok", "capability", "on_record"]],
            "path": _path(rows, of_prices, draws),
        },
        **trust(fit, of_prices),
    )


def price_bundle(rows: pd.DataFrame) -> DataBundle:
    """Return prices as a series that grows: tokens per dollar.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns model, date, usd_per_mtok, on_record.

    Returns
    -------
    DataBundle
        With ``densities`` alone: of a model with several prices each is a row of its own.
    """
    names = rows["model"].astype(str)
    twice = names.duplicated(keep=False)
    names = names.where(~twice, names + " " + rows["date"].dt.strftime("%Y-%m-%d"))
    series = pd.DataFrame(
        {
            "series": _SERIES,
            "model": names,
            "release_date": rows["date"],
            "value": 1e6 / rows["usd_per_mtok"],
            "on_record": rows["on_record"],
            "source": "prices",
        }
    )
    sources = pd.DataFrame({"source": ["prices"], "citation": ["API prices, as tokens per dollar"]})
    return DataBundle.from_frames(name="prices", densities=series, sources=sources)


def price_fit(rows: pd.DataFrame, *, seed: int = DEFAULT_SEED, progress: bool = False) -> "Fit":
    """Fit the trend behind the cheapest-so-far prices, knowing that they are records.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `prices_of`.
    seed : int
        Seed of the sampler.
    progress : bool
        Report progress on stderr.

    Returns
    -------
    Fit
        Of tokens per dollar, whose growth is the fall of prices.
    """
    given = dict(load_spec("records"))
    data = {"series": _SERIES, "records": "only"}
    spec = Spec(**{**given, "name": "prices", "data": data, "sampler": _SAMPLER})
    return fit_model(spec, price_bundle(rows), seed=seed, progress=progress)


def _draws(density: xr.DataArray, of_prices: xr.DataArray, *, days: float, seed: int) -> xr.Dataset:
    """Pair draws of two posteriors that know nothing of each other, each as often as the others."""
    n = math.lcm(density.size, of_prices.size)
    if n > _MOST_PAIRS:
        n = max(density.size, of_prices.size)
    rng = np.random.default_rng(seed)
    own = np.resize(density.to_numpy().ravel(), n)
    fall = rng.permutation(np.resize(of_prices.to_numpy().ravel(), n))
    with np.errstate(divide="ignore", invalid="ignore"):
        unexplained = np.where(fall > 0, 1 - own / fall, np.where(own > 0, -np.inf, 1.0))
    years = days / DAYS_PER_YEAR
    values = {
        "price_rate": (fall, "1/yr"),
        "density_rate": (own, "1/yr"),
        "rate_difference": (fall - own, "1/yr"),
        "unexplained_share": (unexplained, "1"),
        "density_fall": (np.exp(own * years), "ratio"),
    }
    return xr.Dataset(
        {
            name: (("chain", "draw"), value[None], {"units": units})
            for name, (value, units) in values.items()
        }
    )


def _path(rows: pd.DataFrame, of_prices: "Fit", draws: xr.Dataset) -> pd.DataFrame:
    """Return prices in time: the trend behind the records, and the first with density alone."""
    first = rows[rows["on_record"]].iloc[0]
    dates = pd.date_range(first["date"], rows["date"].max(), periods=40).round("D")
    years = (dates - first["date"]).days.to_numpy() / DAYS_PER_YEAR
    grown = np.exp(draws["density_rate"].to_numpy().reshape(-1, 1) * years)
    trend = of_prices.trend(dates, max_draws=4000).to_numpy().reshape(-1, len(dates))
    columns: dict[str, np.ndarray] = {}
    for name, values in (("trend", 1e6 / trend), ("density", first["usd_per_mtok"] / grown)):
        low, median, high = np.quantile(values, [0.055, 0.5, 0.945], axis=0)
        columns |= {f"{name}_median": median, f"{name}_lower": low, f"{name}_upper": high}
    return pd.DataFrame({"date": dates, **columns})


def _rows(draws: xr.Dataset, lines: LeastSquares, *, packaged: bool) -> tuple[Row, ...]:
    """Return the rows; the article's figures stand beside its own prices alone."""
    printed = figure("price_halving") if packaged else None
    return (
        Row(
            quantity="end_points_halving",
            label="price halves: first to last of the cheapest, point estimate",
            unit="days",
            value=lines.end_points,
            article=printed,
        ),
        Row(
            quantity="cheapest_line_halving",
            label="price halves: least squares on the cheapest so far",
            unit="days",
            value=lines.cheapest,
            article=printed,
        ),
        Row(
            quantity="all_prices_halving",
            label="price halves: least squares on all prices",
            unit="days",
            value=lines.every,
        ),
        doubling_row(
            "price_halving",
            "price halves: the trend behind the records",
            draws["price_rate"],
            printed,
        ),
        doubling_row(
            "density_halving",
            "price halves: by density alone",
            draws["density_rate"],
            months("density_doubling_headline"),
        ),
        row(
            "rate_difference",
            "prices fall faster than density grows by",
            "1/yr",
            draws["rate_difference"],
        ),
        Row(
            quantity="prob_faster",
            label="probability that prices fall faster than density grows",
            unit="1",
            value=float((draws["rate_difference"] > 0).mean()),
        ),
        row(
            "unexplained_share",
            "share of the fall (of its rate) that density does not explain",
            "1",
            draws["unexplained_share"],
        ),
        Row(
            quantity="observed_fall",
            label=f"first over last of the cheapest, {lines.days:,.0f} days",
            unit="ratio",
            value=lines.fall,
            article=figure("price_fall") if packaged else None,
        ),
        row(
            "density_fall",
            "fall in that time by density alone",
            "ratio",
            draws["density_fall"],
        ),
    )


def _notes(rows: pd.DataFrame, given: pd.DataFrame, chosen: str) -> tuple[str, ...]:
    best = rows[rows["on_record"]]
    names = ", ".join(
        f"{m} ({d:%Y-%m-%d})" for m, d in zip(best["model"], best["date"], strict=True)
    )
    notes = [f"{len(best)} of {len(rows)} prices were the cheapest of their time: {names}"]
    others = given["capability"].fillna("not stated").value_counts().drop(chosen)
    if len(others):
        told = ", ".join(f"{name!r} ({count} prices)" for name, count in others.items())
        notes.append(f"other capabilities in the file, one at a time by --capability: {told}")
    return tuple(notes)


def _name(prices: str | Path | pd.DataFrame) -> str:
    return "table" if isinstance(prices, pd.DataFrame) else Path(prices).name
