"""Three engines: batteries, chips and models, each doubling at its own pace, and all at once."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.corollaries.article import DAYS_PER_MONTH, Figure, constant, figure, months
from bayesdensing.corollaries.estimates import doubling_row, positive, spread_about
from bayesdensing.corollaries.result import Corollary, trust
from bayesdensing.errors import InputError
from bayesdensing.laws.trend import DAYS_PER_YEAR, rate_of_doubling

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["engines"]

#: Years over which the constant of batteries counts.
_BATTERY_YEARS = 20.0


def engines(
    fit: "Fit",
    *,
    battery_factor: float | None = None,
    battery_years: float = _BATTERY_YEARS,
    chip_months: float | None = None,
    spread: float = 0.1,
    seed: int = 0,
) -> Corollary:
    """Return the doubling times of batteries, chips and model density, and of their product.

    Parameters
    ----------
    fit : Fit
        A fit with a trend.
    battery_factor : float, optional
        By how much the energy density of batteries rose in `battery_years`; the default is the
        article's 4 in 20 years.
    battery_years : float
        Over how many years.
    chip_months : float, optional
        Doubling time of a chip's transistors (months); the default is the article's 18.
    spread : float
        Sd of the natural log of these two doubling times, which were printed without intervals.
    seed : int
        Seed of their draws.

    Returns
    -------
    Corollary
        Rows ``battery_doubling``, ``chip_doubling``, ``density_doubling``,
        ``chip_and_density_doubling`` and ``compound_doubling`` (days).

    Raises
    ------
    DataNeedError
        For a fit without a trend.
    InputError
        For numbers that are not above 0.
    """
    given = constant("battery_energy_density_factor", fit.data)
    chip = constant("transistor_density_doubling", fit.data)
    factor = positive("battery_factor", given.value if battery_factor is None else battery_factor)
    if factor <= 1:
        raise InputError(f"battery_factor = {factor:g} is not above 1: batteries do not grow")
    years = positive("battery_years", battery_years)
    in_months = positive("chip_months", chip.value if chip_months is None else chip_months)
    width = positive("spread", spread, zero=True)

    density = fit.growth_rate()
    rng = np.random.default_rng(seed)
    battery_days = years * DAYS_PER_YEAR * np.log(2) / np.log(factor)
    printed = {"battery": battery_days, "chip": in_months * DAYS_PER_MONTH}
    rates = {
        name: spread_about(rate_of_doubling(days), log_sd=width, like=density, rng=rng)
        for name, days in printed.items()
    }
    rates["density"] = density
    rates["chip_and_density"] = rates["chip"] + density
    rates["compound"] = rates["battery"] + rates["chip_and_density"]
    draws = xr.Dataset(
        {f"{name}_rate": rate.assign_attrs(units="1/yr") for name, rate in rates.items()}
    )
    rows = (
        doubling_row(
            "battery_doubling",
            "energy density of batteries",
            rates["battery"],
            Figure(
                value=_BATTERY_YEARS * DAYS_PER_YEAR * np.log(2) / np.log(given.value),
                says=f"{given.value:g} times in {_BATTERY_YEARS:g} years",
                source=given.source,
            ),
        ),
        doubling_row(
            "chip_doubling",
            "transistors of a chip",
            rates["chip"],
            Figure(
                value=chip.value * DAYS_PER_MONTH,
                says=f"{chip.value:g} months",
                source=chip.source,
            ),
        ),
        doubling_row(
            "density_doubling",
            "capability density of models",
            density,
            months("density_doubling_headline"),
        ),
        doubling_row(
            "chip_and_density_doubling",
            "chips and models together",
            rates["chip_and_density"],
            figure("edge_doubling"),
        ),
        doubling_row(
            "compound_doubling", "batteries, chips and models together", rates["compound"]
        ),
    )
    return Corollary(
        name="engines",
        title="Batteries, chips and models: three engines, and what they do together",
        run=fit.spec.name,
        rows=rows,
        draws=draws,
        assumptions=(
            f"density: {fit.headline_label}",
            f"batteries and chips double as printed, {battery_days:,.0f} and "
            f"{printed['chip']:,.0f} days; no interval was printed with either, and a log-normal "
            f"one of log-sd {width:g} is assumed",
            "the engines are independent, and what a charge of a device can do is their product: "
            "energy per weight, operations per energy in step with transistors, and capability "
            "per parameter, each at constant price",
            "the rates go on as they are",
        ),
        notes=(
            "the article's 88 days combine 3.3 months with 2.1 years per doubling of chips, not "
            "18 months: see `edge`",
        ),
        inputs={
            "battery_factor": factor,
            "battery_years": years,
            "chip_months": in_months,
            "spread": width,
            "seed": seed,
        },
        **trust(fit),
    )
