"""Did growth speed up: the rates before and after a change, and how little the first rests on."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.analysis.tables import release_dates
from bayesdensing.analysis.trends import TrendDraws
from bayesdensing.corollaries.article import constant, figure, months
from bayesdensing.corollaries.estimates import doubling_row, row
from bayesdensing.corollaries.result import DATE, Corollary, Row, day_of, trust
from bayesdensing.corollaries.timing import years_since
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.trend import DAYS_PER_YEAR

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["acceleration"]

_HOW = (
    "fit one with `bayesdensing fit changepoint_chatgpt --out runs/changepoint_chatgpt` (known "
    "date) or `bayesdensing fit changepoint_unknown --out runs/changepoint_unknown`"
)


def acceleration(fit: "Fit") -> Corollary:
    """Return growth before and after a change of the rate, and how probable it is that it rose.

    Parameters
    ----------
    fit : Fit
        A fit whose trend is a changepoint, at a known date or an unknown one.

    Returns
    -------
    Corollary
        Rows ``doubling_before``, ``doubling_after`` (days), ``rate_ratio``, ``rate_difference``
        (1/yr), ``prob_acceleration``, ``prob_no_growth_before``, ``llms_before`` and
        ``llms_after`` (counts), and for an unknown date ``change_date``.

    Raises
    ------
    DataNeedError
        For a fit of another trend, with the command that makes one.
    """
    if "growth_rate_before" not in fit.posterior:
        raise DataNeedError(
            f"acceleration needs a run whose rate changes at a date, and {fit.spec.name} has none: "
            f"{_HOW}"
        )
    before = fit.posterior["growth_rate_before"].assign_attrs(units="1/yr")
    after = fit.posterior["growth_rate_after"].assign_attrs(units="1/yr")
    known = fit.spec.growth.change_date
    change = _change_years(fit)
    llms_before = (fit.constants["years"].to_numpy() < change[:, None]).sum(axis=1)
    n_llms = fit.constants.sizes["llm"]
    days = day_of(release_dates(fit.constants).min().date()) + DAYS_PER_YEAR * (
        change - float(fit.constants["years"].min())
    )
    draws = xr.Dataset(
        {
            "rate_before": before,
            "rate_after": after,
            "rate_difference": (after - before).assign_attrs(units="1/yr"),
            "rate_ratio": _ratio(before, after),
            "change_date": before.copy(data=days.reshape(before.shape)).assign_attrs(
                units="days since 1970-01-01"
            ),
            "llms_before": before.copy(data=llms_before.reshape(before.shape)).assign_attrs(
                units="count"
            ),
        }
    )
    return Corollary(
        name="acceleration",
        title="Whether density grew faster after a change than before",
        run=fit.spec.name,
        rows=_rows(draws, n_llms, known=known is not None),
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}",
            "the trend has one rate before and one after "
            + (
                f"{known}, ChatGPT's release or what the hypothesis names"
                if known is not None
                else "a date that is estimated, anywhere in the time of the data a priori"
            ),
            "both rates have the prior of a growth rate, and neither is bound to be the larger",
            "where the rate before is 0 or less the ratio counts as infinite if the rate rose "
            "and as 0 if it fell: no draw is dropped",
        ),
        notes=_notes(fit, draws, n_llms),
        inputs={"change_date": None if known is None else known.isoformat()},
        **trust(fit),
    )


def _change_years(fit: "Fit") -> np.ndarray:
    """Return when the rate changes, in years since the reference date, (draw,)."""
    draws = TrendDraws.from_posterior(fit.posterior, fit.spec)
    n = len(draws.values["level"])
    known = fit.spec.growth.change_date
    if known is not None:
        return np.full(n, years_since(fit, known))
    assert draws.calendar is not None  # noqa: S101 - the trend bends
    first, last = draws.calendar.span
    return np.asarray(first + draws.values["change_share"][:, 0] * (last - first))


def _ratio(before: xr.DataArray, after: xr.DataArray) -> xr.DataArray:
    old, new = before.to_numpy(), after.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(old > 0, new / old, np.where(new > old, np.inf, 0.0))
    return before.copy(data=ratio).assign_attrs(units="ratio")


def _rows(draws: xr.Dataset, n_llms: int, *, known: bool) -> tuple[Row, ...]:
    faster = float((draws["rate_difference"] > 0).mean())
    rows = [
        doubling_row(
            "doubling_before",
            "density doubles, before",
            draws["rate_before"],
            months("density_doubling_before_chatgpt"),
        ),
        doubling_row(
            "doubling_after",
            "density doubles, after",
            draws["rate_after"],
            months("density_doubling_after_chatgpt"),
        ),
        row(
            "rate_ratio",
            "rate after over rate before",
            "ratio",
            draws["rate_ratio"],
            figure("acceleration_ratio"),
        ),
        row("rate_difference", "rate after less rate before", "1/yr", draws["rate_difference"]),
        Row(
            quantity="prob_acceleration",
            label="probability of any acceleration",
            unit="1",
            value=faster,
        ),
        Row(
            quantity="prob_no_growth_before",
            label="probability that the rate before is 0 or less",
            unit="1",
            value=float((draws["rate_before"] <= 0).mean()),
        ),
    ]
    if known:
        count = int(draws["llms_before"].to_numpy().flat[0])
        rows += [
            Row(
                quantity="llms_before",
                label="LLMs before the change",
                unit="count",
                value=count,
                article=figure("acceleration_records"),
            ),
            Row(
                quantity="llms_after",
                label="LLMs after it",
                unit="count",
                value=n_llms - count,
            ),
        ]
    else:
        rows += [
            row("change_date", "date of the change", DATE, draws["change_date"]),
            row("llms_before", "LLMs before the change", "count", draws["llms_before"]),
        ]
    return tuple(rows)


def _notes(fit: "Fit", draws: xr.Dataset, n_llms: int) -> tuple[str, ...]:
    few = float(np.median(draws["llms_before"]))
    notes = [f"'before' rests on {few:g} of {n_llms} LLMs, the paper's on three records"]
    changed = fit.spec.growth.change_date
    if changed is None:
        chatgpt = constant("chatgpt_release", fit.data).date
        assert chatgpt is not None  # noqa: S101 - the row is a date
        later = float((draws["change_date"] > day_of(chatgpt)).mean())
        notes.append(
            f"the article's figures are of a change on {chatgpt}; the one found here is later in "
            f"{later:.1%} of the draws"
        )
    last = release_dates(fit.constants).max().date()
    notes.append(f"'after' is one rate up to {last}: it cannot tell a late slowing from none")
    return tuple(notes)
