"""Records of a series of published values: the standing record at every date of the series."""

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
from bayesdensing.errors import DataNeedError
from bayesdensing.laws import records
from bayesdensing.spec import Spec

__all__ = ["RecordDesign", "record_design"]


@dataclass(frozen=True)
class RecordDesign:
    """The records of one series.

    Attributes
    ----------
    dates : tuple of str
        Dates of the series from its first record to the end of observation, ISO.
    years : ndarray, shape (release,)
        The same in years since their mean.
    reference_date : pandas.Timestamp
        Their mean.
    released : pandas.DatetimeIndex, shape (release,)
        The same as dates.
    standing : ndarray, shape (release,)
        Log of the standing record; a rise is a new record.
    log_error : ndarray, shape (release,)
        Sd of the error of the standing record's log.
    usual_error : float
        Root mean square of the errors of all values of the series, seen on record or not.
    node_years, node_weight : ndarray, shape (node,)
        Dates and weights of the integral over the time of observation (years).
    node_before : ndarray of int, shape (node,)
        Last of `years` before each.
    llms : tuple of str
        Names of those on record.
    record : ndarray of int, shape (llm,)
        Where the record of each lies among `years`.
    series : str
        Name of the series.
    rows : ndarray of int, shape (llm,)
        Where each stands in the table.
    """

    dates: tuple[str, ...]
    years: np.ndarray
    reference_date: pd.Timestamp
    released: pd.DatetimeIndex
    standing: np.ndarray
    log_error: np.ndarray
    usual_error: float
    node_years: np.ndarray
    node_weight: np.ndarray
    node_before: np.ndarray
    llms: tuple[str, ...]
    record: np.ndarray
    series: str
    rows: np.ndarray


def record_design(spec: Spec, bundle: DataBundle) -> RecordDesign:
    """Return the records of one series.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data; observation ends with the last date of the series, on record or not.

    Returns
    -------
    RecordDesign
        Arrays, by date.

    Raises
    ------
    DataNeedError
        Where no value is flagged, where flagged values do not rise with time or are not all
        records, and where there is no time between the first record and the last date.
    """
    frame = table_of(bundle, "densities")
    series = one_of(frame, "series", spec.data.series, file="densities.csv")
    rows = frame[frame["series"] == series].sort_values(["release_date", "value", "model"])
    rows = refuse_few_values(spec, rows, series=series)
    flagged = rows[rows["on_record"].fillna(value=False).astype(bool)]
    if flagged.empty:
        raise DataNeedError(f"no value of series {series} is flagged on_record in densities.csv")
    _refuse_what_is_no_record(flagged, rows, series)
    released = pd.DatetimeIndex(
        sorted(rows.loc[rows["release_date"] >= flagged["release_date"].min(), "release_date"])
    ).unique()
    if len(released) < 2:
        raise DataNeedError(f"records of series {series} need two dates or more")
    years, reference = years_of(released)
    error = pd.Series(log_errors(rows), index=rows.index)
    place = np.asarray(released.searchsorted(flagged["release_date"]))
    standing = np.full(len(released), -np.inf)
    standing[place] = np.log(flagged["value"].to_numpy())
    own = np.zeros(len(released))
    own[place] = error.loc[flagged.index]
    latest = np.maximum.accumulate(np.where(np.isfinite(standing), np.arange(len(standing)), 0))
    at, weight, before = records.time_nodes(years)
    return RecordDesign(
        dates=tuple(day.date().isoformat() for day in released),
        years=years,
        reference_date=reference,
        released=released,
        standing=np.maximum.accumulate(standing),
        log_error=own[latest],
        usual_error=float(np.sqrt(np.mean(error**2))),
        node_years=at,
        node_weight=weight,
        node_before=before,
        llms=tuple(flagged["model"]),
        record=place,
        series=series,
        rows=flagged.index.to_numpy(),
    )


def _refuse_what_is_no_record(flagged: pd.DataFrame, rows: pd.DataFrame, series: str) -> None:
    best = flagged["value"].to_numpy()
    dates = flagged["release_date"].to_numpy()
    falls = (np.diff(best) <= 0) | (flagged["release_date"].diff().dt.days.to_numpy()[1:] <= 0)
    if falls.any():
        one, other = (flagged.iloc[int(np.argmax(falls)) + i] for i in (0, 1))
        raise DataNeedError(
            f"values of series {series} flagged on_record do not rise with time: {one['model']} "
            f"({one['release_date'].date()}) {one['value']:g}, {other['model']} "
            f"({other['release_date'].date()}) {other['value']:g}"
        )
    later = rows[(rows["release_date"] >= dates[0]) & ~rows.index.isin(flagged.index)]
    stands = best[np.searchsorted(dates, later["release_date"].to_numpy(), side="right") - 1]
    beyond = later[later["value"].to_numpy() > stands]
    if len(beyond):
        one = beyond.iloc[0]
        raise DataNeedError(
            f"{one['model']} of series {series} lies above the record before it and is not flagged "
            "on_record: the flags are not those of all records"
        )
