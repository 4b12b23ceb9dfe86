"""The shrinking window: how long until half the parameters match a model, and what it must earn."""

import datetime as dt
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.analysis.readings import flat_draws
from bayesdensing.analysis.tables import release_dates
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.corollaries.article import constant, figure, months
from bayesdensing.corollaries.estimates import doubling_row, first_crossing, positive, row
from bayesdensing.corollaries.result import Corollary, Row, trust
from bayesdensing.corollaries.timing import as_date, last_release, standing, years_since
from bayesdensing.errors import InputError
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["payback"]

#: How long a match is looked for, and in which steps (years).
HORIZON_YEARS, STEP_YEARS = 40.0, 0.1
_ARTICLES_LLM = "gemma-2-9b"
_ARTICLES_CURRENCY = "RMB"
_ARTICLES_SIZE = 9.24e9


def payback(
    fit: "Fit",
    *,
    llm: str | None = None,
    n_params: float | None = None,
    release_date: str | dt.date | None = None,
    fraction: float = 0.5,
    percentile: float = 50.0,
    training_cost: float | None = None,
    currency: str = _ARTICLES_CURRENCY,
    margin_per_visit: float | None = None,
) -> Corollary:
    """Return how long a model stays unmatched by smaller ones, and the visits that pay it back.

    Parameters
    ----------
    fit : Fit
        A fit with a trend; with densities of LLMs where `llm` is given.
    llm : str, optional
        An LLM of the fit, whose own density is used; the default is the article's, gemma-2-9b,
        where the fit has it and neither size nor date are given.
    n_params, release_date : float, str or datetime.date, optional
        Parameters (count) and date of a model that lies where `percentile` says; not with `llm`.
    fraction : float
        Of the parameters that are to match it, above 0 and below 1.
    percentile : float
        Which LLM of its date matches it: 50 is that of the trend, 90 one that is denser than
        90 % of those released then.
    training_cost : float, optional
        In `currency`; the default is the article's 1.85 million RMB.
    currency : str
        Of cost and margin, both to be given where it is not the article's.
    margin_per_visit : float, optional
        What a visit leaves after its own costs; the default is what the article's figures
        imply, its cost over its 1.7 billion visits.

    Returns
    -------
    Corollary
        Rows ``window`` (days until an LLM of equal standing with that share of the parameters
        matches), ``own_window`` (days until one of the percentile matches this very LLM) and
        ``seen_window`` (days until an LLM of the data did), ``prob_seen``, ``visits``,
        ``visits_per_day``.

    Raises
    ------
    DataNeedError
        For a fit without a trend.
    InputError
        For inputs that do not serve.
    """
    rate = fit.growth_rate()
    articles = constant("training_cost_gemma_2_9b", fit.data)
    if currency != _ARTICLES_CURRENCY and (training_cost is None or margin_per_visit is None):
        raise InputError(
            f"currency = {currency!r}: give training_cost and margin_per_visit in it; the "
            f"article's own are in {_ARTICLES_CURRENCY}"
        )
    share = positive("fraction", fraction)
    if share >= 1:
        raise InputError(f"fraction = {fraction:g} is not below 1")
    model = _model(fit, llm=llm, n_params=n_params, release_date=release_date)
    cost = positive(
        "training_cost",
        articles.value if training_cost is None else training_cost,
    )
    printed = constant("training_cost_gemma_2_9b").value / figure("payback_visits").value
    margin = positive("margin_per_visit", printed if margin_per_visit is None else margin_per_visit)

    trend = TrendDraws.from_posterior(fit.posterior, fit.spec)
    ahead = np.arange(0.0, HORIZON_YEARS + STEP_YEARS / 2, STEP_YEARS)
    years = years_since(fit, model.released) + ahead
    path, above = trend.ahead(years, seed=0), standing(fit, percentile, years=years)
    needed = -np.log(share)
    window = _days(first_crossing(ahead, path, path[:, 0] + needed), like=rate)
    visits = cost / margin
    draws = xr.Dataset(
        {"density_rate": rate, "window": window, "visits_per_day": _per_day(visits, window)}
    )
    notes = list(model.taken)
    tables: dict[str, pd.DataFrame] = {}
    if model.log_density is not None:
        own = first_crossing(ahead, path + above, model.log_density + needed)
        draws["own_window"] = _days(own, like=rate)
        seen, matched = _seen(fit, model, share)
        draws["seen_window"] = _days(seen, like=rate)
        tables["matched"] = matched
        notes += _seen_notes(fit, model, matched)
    if percentile != 50:
        notes.append(f"own_window: until an LLM denser than {percentile:g} % of its date matches")
    return Corollary(
        name="payback",
        title="How long a model stays unmatched by smaller ones, and what it must earn meanwhile",
        run=fit.spec.name,
        rows=_rows(draws, model, share=share, visits=visits, articles=training_cost is None),
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}",
            f"a model is worth running until one with {share:g} of its parameters does as well",
            "window: that model stands as high among the LLMs of its date as this one did; "
            "own_window: it is one of the percentile asked for, whatever this one was",
            "seen_window: LLMs of the data that are as capable, with at most that share of the "
            "parameters; those that are not in the data cannot be seen",
            f"each visit leaves {margin:.3g} {currency} after its own costs"
            + (
                ", which is what the article's cost and visits imply"
                if margin_per_visit is None
                else ""
            ),
            "visits come evenly over the window, and money costs nothing",
        ),
        notes=tuple(notes),
        inputs={
            "llm": model.name,
            "n_params": model.n_params,
            "release_date": model.released.isoformat(),
            "fraction": share,
            "percentile": percentile,
            "training_cost": cost,
            "currency": currency,
            "margin_per_visit": margin,
        },
        tables=tables,
        **trust(fit),
    )


@dataclass(frozen=True, kw_only=True)
class _Model:
    """The model whose window is asked for.

    Attributes
    ----------
    name : str or None
        Its name in the fit; None for one that is described.
    n_params : float
        Parameters (count).
    released : datetime.date
        Release date.
    log_density : ndarray, shape (draw,), or None
        Natural log of its density, where the fit has it.
    taken : tuple of str
        What was not given and is taken, in words.
    """

    name: str | None
    n_params: float
    released: dt.date
    log_density: np.ndarray | None
    taken: tuple[str, ...] = ()


def _model(
    fit: "Fit", *, llm: str | None, n_params: float | None, release_date: str | dt.date | None
) -> _Model:
    described = n_params is not None or release_date is not None
    if llm is not None and described:
        raise InputError("give an LLM, or parameters and a date, not both")
    names = fit.posterior["llm"].to_numpy().astype(str).tolist() if "llm" in fit.posterior else []
    sized = fit.n_params is not None
    if llm is None and not described and _ARTICLES_LLM in names and sized:
        llm = _ARTICLES_LLM
    if llm is None:
        taken = []
        last = last_release(fit)
        if n_params is None:
            own = f"{_ARTICLES_LLM}'s, {_ARTICLES_SIZE:.3g}"
            taken.append(f"n_params is not given: {own}, is taken")
        if release_date is None:
            taken.append(f"release_date is not given: the last of the data, {last}, is taken")
        released = last if release_date is None else as_date("release_date", release_date)
        first = release_dates(fit.constants).min().date()
        if released > last:
            taken.append(f"extrapolates in time: the last LLM of the data is of {last}")
        if released < first:
            taken.append(f"extrapolates in time: the first LLM of the data is of {first}")
        return _Model(
            name=None,
            n_params=positive("n_params", _ARTICLES_SIZE if n_params is None else n_params),
            released=released,
            log_density=None,
            taken=tuple(taken),
        )
    if llm not in names or not sized:
        near = difflib.get_close_matches(llm, names, n=1, cutoff=0.6)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise InputError(f"this run has no LLM {llm!r}{hint}")
    i = names.index(llm)
    return _Model(
        name=llm,
        n_params=float(np.round(np.median(flat_sizes(fit)[:, i]))),
        released=release_dates(fit.constants)[i].date(),
        log_density=flat_draws(fit.posterior["log_density"], "llm")[:, i],
    )


def flat_sizes(fit: "Fit") -> np.ndarray:
    """Return the parameters of every LLM, as the hypothesis counts them.

    Parameters
    ----------
    fit : Fit
        A fit with sizes.

    Returns
    -------
    ndarray, shape (draw or 1, llm)
        Counts.
    """
    sizes = fit.n_params
    assert sizes is not None  # noqa: S101 - asked for fits with sizes alone
    if "chain" in sizes.dims:
        return flat_draws(sizes, "llm")
    return sizes.to_numpy()[None, :]


def _seen(fit: "Fit", model: _Model, share: float) -> tuple[np.ndarray, pd.DataFrame]:
    """Return years until an LLM of the data matched it, and which LLM was the first, how often."""
    assert model.log_density is not None  # noqa: S101 - asked for LLMs of the fit alone
    names = fit.posterior["llm"].to_numpy().astype(str)
    released = release_dates(fit.constants)
    sizes = np.median(flat_sizes(fit), axis=0)
    later = (released >= pd.Timestamp(model.released)) & (sizes <= share * model.n_params)
    later &= names != model.name
    order = np.flatnonzero(later)[np.argsort(released[later], kind="stable")]
    log_density = flat_draws(fit.posterior["log_density"], "llm")[:, order]
    effective = log_density + np.log(sizes[order])
    target = model.log_density + np.log(model.n_params)
    reaches = effective >= target[:, None]
    waits = (released[order] - pd.Timestamp(model.released)).days.to_numpy() / DAYS_PER_YEAR
    first = np.argmax(reaches, axis=1) if len(order) else np.zeros(len(target), dtype=int)
    any_ = reaches.any(axis=1)
    found = np.where(any_, waits[first] if len(order) else np.inf, np.inf)
    counts = np.bincount(first[any_], minlength=len(order)) / len(target)
    table = pd.DataFrame(
        {
            "llm": names[order],
            "release_date": released[order],
            "n_params": sizes[order],
            "prob_matches": reaches.mean(axis=0),
            "prob_first": counts,
        }
    )
    return found, table[table["prob_matches"] >= 0.01].reset_index(drop=True)


def _seen_notes(fit: "Fit", model: _Model, matched: pd.DataFrame) -> list[str]:
    last = last_release(fit)
    if matched.empty:
        return [f"no LLM of the data up to {last} with so few parameters matches {model.name}"]
    best = matched.sort_values("prob_first", ascending=False, kind="stable").iloc[0]
    return [
        f"the first to match {model.name} is most often {best['llm']} "
        f"({best['release_date']:%Y-%m-%d}, in {best['prob_first']:.0%} of the draws)"
    ]


def _days(years: np.ndarray, *, like: xr.DataArray) -> xr.DataArray:
    days = (years * DAYS_PER_YEAR).reshape(like.shape)
    return like.copy(data=days).assign_attrs(units="days", long_name="")


def _per_day(visits: float, window: xr.DataArray) -> xr.DataArray:
    """Return visits per day; none are urgent where the window never closes."""
    days = window.to_numpy()
    return window.copy(data=np.where(np.isinf(days), 0.0, visits / days)).assign_attrs(
        units="visits per day"
    )


def _rows(
    draws: xr.Dataset, model: _Model, *, share: float, visits: float, articles: bool
) -> tuple[Row, ...]:
    its = model.name == _ARTICLES_LLM
    name = model.name or f"a model of {model.n_params:.3g} parameters"
    printed = figure("payback_window") if its and share == 0.5 else None
    rows = [
        doubling_row(
            "density_doubling",
            "capability density of models",
            draws["density_rate"],
            months("density_doubling_headline"),
        ),
        row(
            "window",
            f"{share:g} of the parameters match, at equal standing",
            "days",
            draws["window"],
            printed,
        ),
    ]
    if "own_window" in draws:
        rows += [
            row("own_window", f"the trend's LLM of {share:g} of them matches {name}", "days",
                draws["own_window"], printed),
            row("seen_window", f"an LLM of the data of {share:g} of them matched {name}", "days",
                draws["seen_window"], printed),
            Row(quantity="prob_seen", label="probability that one in the data did", unit="1",
                value=float(np.isfinite(draws["seen_window"]).mean())),
        ]  # fmt: skip
    rows += [
        Row(
            quantity="visits",
            label="visits that pay the training back",
            unit="count",
            value=visits,
            article=figure("payback_visits") if its and articles else None,
        ),
        row(
            "visits_per_day",
            "visits a day to do so within `window`",
            "per day",
            draws["visits_per_day"],
            figure("payback_visits_per_day") if its and articles and share == 0.5 else None,
        ),
    ]
    return tuple(rows)
