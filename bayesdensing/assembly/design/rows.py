"""Which rows of a bundle a hypothesis uses: suites, benchmarks, series."""

import numpy as np
import pandas as pd

from bayesdensing.assembly.design.admission import eligible_scores, refuse_few_llms, table_of
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import Spec

__all__ = [
    "benchmarks_of",
    "chance_of",
    "codes_of",
    "items_of",
    "log_errors",
    "one_of",
    "suite_rows",
    "years_of",
]

_SHOWN = 6  # names that a message lists


def one_of(frame: pd.DataFrame, column: str, chosen: str | None, *, file: str) -> str:
    """Return the chosen suite or series, the only one where none is chosen.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    column : str
        ``suite`` or ``series``.
    chosen : str or None
        What the hypothesis names.
    file : str
        Name of the file, for messages.

    Returns
    -------
    str
        One of the column's values.

    Raises
    ------
    DataNeedError
        Where it is not there, or several are and none is named.
    """
    names = sorted(frame[column].unique())
    axis = f"[data] {column}"
    if chosen is None:
        if len(names) == 1:
            return str(names[0])
        raise DataNeedError(
            f"{file}: several {column} values, name one as {axis}: {', '.join(names)}"
        )
    if chosen not in names:
        raise DataNeedError(f"{file}: no {column} {chosen!r}; there are: {', '.join(names)}")
    return chosen


def suite_rows(spec: Spec, bundle: DataBundle, name: str) -> pd.DataFrame:
    """Return the rows of a table that belong to the hypothesis's suite.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    name : str
        ``reference_runs`` or ``loss_scores``.

    Returns
    -------
    pandas.DataFrame
        Rows of one suite.

    Raises
    ------
    DataNeedError
        Where there are several suites and none is named.
    """
    frame = table_of(bundle, name)
    suite = spec.data.suite
    if suite is None and "loss" in spec.blocks and name != "reference_runs":
        # the link follows the runs' suite
        suite = one_of(table_of(bundle, "reference_runs"), "suite", None, file="reference_runs.csv")
    return frame[frame["suite"] == one_of(frame, "suite", suite, file=f"{name}.csv")]


def benchmarks_of(spec: Spec, bundle: DataBundle) -> tuple[str, ...]:
    """Return the benchmarks of a hypothesis: those named, else those that all blocks have.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    tuple of str
        Benchmarks in the order of the spec, else of the bundle.

    Raises
    ------
    DataNeedError
        Where a block has no rows on a named benchmark, or none is common to all blocks.
    """
    needs: dict[str, pd.DataFrame] = {}
    if "loss" in spec.blocks:
        needs["reference_runs"] = suite_rows(spec, bundle, "reference_runs")
    if "link" in spec.blocks:
        points = suite_rows(spec, bundle, "loss_scores")
        needs["loss_scores"] = points[points["role"] == "fit"]
    if "growth" in spec.blocks:
        needs["scores"] = eligible_scores(spec, bundle)
        refuse_few_llms(spec, bundle, needs["scores"])
    have = {name: set(frame["benchmark"]) for name, frame in needs.items()}
    if spec.data.benchmarks:
        for name, found in have.items():
            absent = [b for b in spec.data.benchmarks if b not in found]
            if absent:
                raise DataNeedError(f"{name}.csv: no usable rows on {', '.join(absent)}")
        return spec.data.benchmarks
    common = set.intersection(*have.values())
    if not common:
        raise DataNeedError(
            "no benchmark has rows in all of: "
            + ", ".join(f"{name}.csv ({_listed(found)})" for name, found in have.items())
        )
    first = next(iter(needs.values()))
    return tuple(dict.fromkeys(b for b in first["benchmark"] if b in common))


def _listed(names: set[str]) -> str:
    """Return names in words, the first of many."""
    shown = sorted(names)[:_SHOWN] + ["..."] * (len(names) > _SHOWN)
    return ", ".join(shown) or "none that this hypothesis can use"


def codes_of(values: pd.Series, order: tuple[str, ...]) -> np.ndarray:
    """Return where each value stands in an order.

    Parameters
    ----------
    values : pandas.Series
        Names.
    order : tuple of str
        Names in their order.

    Returns
    -------
    ndarray of int, shape (value,)
        Positions.
    """
    return np.asarray(pd.Categorical(values, categories=list(order)).codes, dtype=np.int64)


def items_of(bundle: DataBundle, benchmarks: tuple[str, ...]) -> np.ndarray:
    """Return the items of benchmarks.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    ndarray, shape (benchmark,)
        Items (count).

    Raises
    ------
    DataNeedError
        Where benchmarks.csv lacks one.
    """
    frame = table_of(bundle, "benchmarks").set_index("benchmark")
    absent = [b for b in benchmarks if b not in frame.index]
    if absent:
        raise DataNeedError(f"benchmarks.csv: no row for {', '.join(absent)}")
    return frame.loc[list(benchmarks), "n_items"].to_numpy(dtype=float)


def chance_of(bundle: DataBundle, benchmarks: tuple[str, ...]) -> np.ndarray:
    """Return the score of guessing.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    ndarray, shape (benchmark,)
        Chance level, 0 to 1.
    """
    items_of(bundle, benchmarks)
    frame = table_of(bundle, "benchmarks").set_index("benchmark")
    return frame.loc[list(benchmarks), "chance"].to_numpy(dtype=float)


def log_errors(rows: pd.DataFrame) -> np.ndarray:
    """Return the sd of the errors of published values on the log scale.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of ``densities.csv``.

    Returns
    -------
    ndarray, shape (row,)
        From the 95 % interval, as of a normal; 0 where none is given.
    """
    width = np.log(rows["value_hi95"].to_numpy()) - np.log(rows["value_lo95"].to_numpy())
    return np.asarray(np.nan_to_num(width / (2 * 1.959964)))


def years_of(released: pd.DatetimeIndex) -> tuple[np.ndarray, pd.Timestamp]:
    """Return years since the mean release date, rounded down to the day.

    Parameters
    ----------
    released : pandas.DatetimeIndex, shape (llm,)
        Release dates.

    Returns
    -------
    tuple of ndarray and pandas.Timestamp
        Years (llm,), and the date that is 0.
    """
    # whole days, so that the reference date can be stated as a date
    reference = pd.Timestamp(released.to_series().mean()).normalize()
    return np.asarray((released - reference).days / DAYS_PER_YEAR, dtype=float), reference
