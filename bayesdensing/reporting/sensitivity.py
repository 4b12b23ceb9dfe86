"""The summary of a sensitivity analysis that lies beside a run, where there is one."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bayesdensing.reporting.words import days

if TYPE_CHECKING:
    from bayesdensing.analysis import Fit

__all__ = ["Moved", "sensitivity_beside"]

_MOST = 12
_NEEDED = (
    "axis", "choice", "doubling_time_days", "eti95_lb", "eti95_ub", "shift_sd", "converged",
    "spec_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """What a sensitivity analysis says of a run.

    Attributes
    ----------
    text : str
        How many choices were varied and how far the median went.
    rows : list of dict of str
        The choices that move the rate most: axis, choice, median, interval, shift.
    """

    text: str
    rows: list[dict[str, str]]


def sensitivity_beside(fit: "Fit", folder: Path) -> Moved | None:
    """Read ``sensitivity-NAME/sensitivity.csv`` beside a run.

    Parameters
    ----------
    fit : Fit
        The run's fit.
    folder : pathlib.Path
        The run.

    Returns
    -------
    Moved or None
        None where there is no such table, or one of another hypothesis, or one that cannot be read.
    """
    path = folder.parent / f"sensitivity-{fit.spec.name}" / "sensitivity.csv"
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError):
        return None
    if not set(_NEEDED) <= set(table.columns):
        return None
    if fit.spec.sha256 not in set(table["spec_sha256"].astype(str)):
        return None
    varied = table[table["shift_sd"].notna() & (table["shift_sd"] != 0)]
    sound = varied[varied["converged"].astype(str) == "True"]
    if not len(sound):
        return None
    order = sound["shift_sd"].abs().sort_values(ascending=False).index
    low, high = sound["doubling_time_days"].min(), sound["doubling_time_days"].max()
    text = (
        f"{len(varied)} choices were made otherwise, one at a time; the median went from "
        f"{days(float(low))} to {days(float(high))} days. {len(varied) - len(sound)} of these fits "
        "did not pass their checks and are left out here."
    )
    return Moved(text, [_row(row) for row in sound.loc[order[:_MOST]].to_dict("records")])


def _row(row: dict[Any, Any]) -> dict[str, str]:
    upper = float(row["eti95_ub"])
    return {
        "axis": str(row["axis"]),
        "choice": str(row["choice"]),
        "median": days(float(row["doubling_time_days"])),
        "interval": f"{days(float(row['eti95_lb']))} to "
        f"{days(upper if math.isfinite(upper) else math.inf)}",
        "shift": f"{float(row['shift_sd']):+.1f}",
    }
