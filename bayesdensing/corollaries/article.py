"""What the article and the paper print for each corollary, and other constants, with sources."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import DataNeedError

__all__ = ["DAYS_PER_MONTH", "Constant", "Figure", "constant", "figure", "months"]

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number that was printed.

    Attributes
    ----------
    value : float
        In the unit of the row that it stands beside.
    says : str
        How it was printed.
    source : str
        Where.
    """

    value: float
    says: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A row of ``constants.csv``.

    Attributes
    ----------
    value : float
        NaN where the row is a date.
    unit : str
        Its unit.
    date : datetime.date or None
        Its date.
    source : str
        Citation.
    """

    value: float
    unit: str
    date: dt.date | None
    source: str


@lru_cache(maxsize=1)
def _packaged() -> DataBundle:
    return load_data()


def constant(name: str, data: DataBundle | None = None) -> Constant:
    """Return a constant of a bundle, or of the packaged one where the bundle does not have it.

    Parameters
    ----------
    name : str
        Its name in ``constants.csv``.
    data : DataBundle, optional
        Where to look first.

    Returns
    -------
    Constant
        Value, unit, date and citation.

    Raises
    ------
    DataNeedError
        Where neither has it.

    Examples
    --------
    >>> constant("chip_compute_per_dollar_doubling").value
    2.1
    """
    for bundle in (data, _packaged()):
        if bundle is None or bundle.constants is None:
            continue
        for found in bundle.constants.to_dict("records"):
            if found["name"] == name:
                day = found["date"]
                return Constant(
                    value=float(found["value"]),
                    unit=str(found["unit"]),
                    date=None if pd.isna(day) else day.date(),
                    source=_citation(bundle, str(found["source"])),
                )
    raise DataNeedError(f"constants.csv has no {name}")


def _citation(bundle: DataBundle, key: str) -> str:
    sources = bundle.sources
    if sources is None:
        return key
    found = sources.loc[sources["source"] == key, "citation"]
    return str(found.iloc[0]) if len(found) else key


#: Printed figures that are no constants of their own: value, how it was printed, and the constant
#: with whose source it was printed.
_PRINTED: dict[str, tuple[float, str, str]] = {
    "price_halving": (
        2.5 * DAYS_PER_MONTH,
        "2.5 months",
        "price_gpt35_level_end",
    ),
    "price_fall": (
        266.0,
        "266 times, 20 to 0.075 dollars",
        "price_gpt35_level_end",
    ),
    "edge_doubling": (
        88.0,
        "88 days (2.1 years × 3.3 months)",
        "chip_compute_per_dollar_doubling",
    ),
    "acceleration_ratio": (
        0.0073 / 0.0048,
        "+50 % (0.0073 / 0.0048 a day)",
        "density_doubling_after_chatgpt",
    ),
    "acceleration_records": (
        3.0,
        "3 records",
        "density_doubling_before_chatgpt",
    ),
    "payback_window": (
        2 * DAYS_PER_MONTH,
        "two months (MiniCPM-3-4B)",
        "training_cost_gemma_2_9b",
    ),
    "payback_visits": (1.7e9, "1.7 billion visits in two months", "training_cost_gemma_2_9b"),
    "payback_visits_per_day": (
        1.7e9 / (2 * DAYS_PER_MONTH),
        "1.7 billion visits in two months",
        "training_cost_gemma_2_9b",
    ),
}


def figure(name: str) -> Figure:
    """Return a printed figure.

    Parameters
    ----------
    name : str
        Which.

    Returns
    -------
    Figure
        In days, counts or ratios, as its name says.

    Examples
    --------
    >>> figure("edge_doubling").value
    88.0
    """
    value, says, beside = _PRINTED[name]
    return Figure(value=value, says=says, source=constant(beside).source)


def months(name: str) -> Figure:
    """Return a constant that is printed in months, in days.

    Parameters
    ----------
    name : str
        Its name in ``constants.csv``.

    Returns
    -------
    Figure
        In days of a twelfth of 365.25.

    Examples
    --------
    >>> round(months("density_doubling_headline").value, 1)
    100.4
    """
    found = constant(name)
    return Figure(
        value=found.value * DAYS_PER_MONTH, says=f"{found.value:g} months", source=found.source
    )
