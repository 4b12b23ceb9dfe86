"""Published values of a model: one series with dates and errors."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesdensing.assembly.design.admission import refuse_few_values, table_of
from bayesdensing.assembly.design.rows import (
    log_errors,
    one_of,
    years_of,
)
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = ["PublishedDesign", "published_design"]


@dataclass(frozen=True)
class PublishedDesign:
    """One series of published values.

    Attributes
    ----------
    llms : tuple of str
        Names.
    years : ndarray, shape (llm,)
        Years since the mean date.
    reference_date : pandas.Timestamp
        Mean release date.
    released : pandas.DatetimeIndex, shape (llm,)
        Release dates.
    log_value, log_error : ndarray, shape (llm,)
        Log of the value and the sd of its error; 0 where no interval is given.
    series : str
        Name of the series.
    rows : ndarray of int, shape (llm,)
        Where each stands in the table.
    """

    llms: tuple[str, ...]
    years: np.ndarray
    reference_date: pd.Timestamp
    released: pd.DatetimeIndex
    log_value: np.ndarray
    log_error: np.ndarray
    series: str
    rows: np.ndarray


def published_design(spec: Spec, bundle: DataBundle) -> PublishedDesign:
    """Return one series of published values.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    PublishedDesign
        Arrays; rows by date.

    Raises
    ------
    DataNeedError
        Where the series is not clear, or has fewer than three values or a single date.
    """
    frame = table_of(bundle, "densities")
    series = one_of(frame, "series", spec.data.series, file="densities.csv")
    rows = frame[frame["series"] == series].sort_values(["release_date", "model"])
    rows = refuse_few_values(spec, rows, series=series)
    released = pd.DatetimeIndex(rows["release_date"])
    years, reference = years_of(released)
    return PublishedDesign(
        llms=tuple(rows["model"]),
        years=years,
        reference_date=reference,
        released=released,
        log_value=np.log(rows["value"].to_numpy()),
        log_error=log_errors(rows),
        series=series,
        rows=rows.index.to_numpy(),
    )
