"""Which rows of a bundle a hypothesis uses: suites, benchmarks, LLMs, dates."""

import numpy as np
import pandas as pd

from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import Spec

__all__ = [
    "benchmarks_of",
    "chance_of",
    "codes_of",
    "eligible_llms",
    "eligible_scores",
    "enough_dates",
    "items_of",
    "log_errors",
    "one_of",
    "released_within",
    "suite_rows",
    "table_of",
    "years_of",
]

_LEFT_OUT = ("pruned", "quantized", "pruned+distilled")


def table_of(bundle: DataBundle, name: str) -> pd.DataFrame:
    """Return a table that the hypothesis cannot do without.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    name : str
        Its name, without ``.csv``.

    Returns
    -------
    pandas.DataFrame
        All its rows.

    Raises
    ------
    DataNeedError
        Where the bundle does not hold it.
    """
    frame = bundle.frames.get(name)
    if frame is None:
        raise DataNeedError(f"{name}.csv is missing: this hypothesis needs it")
    return frame


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
            f"no benchmark has rows in all of: {', '.join(f'{n}.csv' for n in have)}"
        )
    first = next(iter(needs.values()))
    return tuple(dict.fromkeys(b for b in first["benchmark"] if b in common))


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


def eligible_llms(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    """Return the LLMs that the hypothesis admits.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    pandas.DataFrame
        Rows of models.csv.
    """
    llms = table_of(bundle, "models")
    keep = pd.Series(data=True, index=llms.index)
    if spec.data.base_only:
        keep &= llms["is_base"]
    if not spec.data.compressed:
        keep &= ~llms["compression"].isin(_LEFT_OUT)
    return released_within(spec, llms[keep])


def released_within(spec: Spec, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows between the hypothesis's first and last release date.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    rows : pandas.DataFrame
        With ``release_date``.

    Returns
    -------
    pandas.DataFrame
        The rows.
    """
    if spec.data.released_from is not None:
        rows = rows[rows["release_date"] >= pd.Timestamp(spec.data.released_from)]
    if spec.data.released_until is not None:
        rows = rows[rows["release_date"] <= pd.Timestamp(spec.data.released_until)]
    return rows


def eligible_scores(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    """Return the scores of the LLMs that the hypothesis admits.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.

    Returns
    -------
    pandas.DataFrame
        Rows of scores.csv, on any benchmark.

    Raises
    ------
    DataNeedError
        For an evaluator who has no scores there.
    """
    scores = table_of(bundle, "scores")
    if spec.data.evaluators:
        known = sorted(scores["evaluator"].unique())
        for name in spec.data.evaluators:
            if name not in known:
                shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
                raise DataNeedError(
                    f"scores.csv: no evaluator {name!r} of [data] evaluators; there are: {shown}"
                )
        scores = scores[scores["evaluator"].isin(spec.data.evaluators)]
    return scores[scores["model"].isin(eligible_llms(spec, bundle)["model"])]


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


def enough_dates(rows: pd.DataFrame, what: str) -> None:
    """Refuse what no trend can be laid through.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``release_date``.
    what : str
        What the rows are, in words.

    Raises
    ------
    DataNeedError
        For fewer than three rows or a single date.
    """
    if len(rows) < 3:
        raise DataNeedError(f"only {len(rows)} {what} are left: a trend needs three")
    if rows["release_date"].nunique() < 2:
        raise DataNeedError(f"the {what} share one release date: a trend needs two")


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
