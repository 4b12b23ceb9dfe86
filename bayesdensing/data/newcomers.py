"""Scores of LLMs that a fit has not seen: a file of them, judged by the rules of a bundle."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bayesdensing.data.bundle import load_data
from bayesdensing.data.reader import RawTable, parse_csv, read_text
from bayesdensing.data.rules import check_table
from bayesdensing.data.schema import TABLES, Table
from bayesdensing.data.writer import canonical_table
from bayesdensing.errors import BundleError, Fault, nearest

__all__ = ["read_new_scores"]

_OF_MODEL = ("n_params", "n_params_active", "release_date", "family")

_SCORES, _MODELS = TABLES["scores"], TABLES["models"]
#: Rows of scores.csv with what models.csv says of the LLM; references are to no table.
_NEW_SCORES = Table(
    "new_scores",
    "one measurement of a score of an LLM that a fit has not seen",
    (
        *(c if c.name != "source" else replace(c, optional=True) for c in _SCORES.columns),
        *(replace(_MODELS.column(name), optional=True) for name in _OF_MODEL),
    ),
    key=_SCORES.key,
)


def read_new_scores(
    source: str | Path | pd.DataFrame,
    *,
    benchmarks: Sequence[str],
    known: pd.DataFrame | None = None,
    skip_unknown: bool = False,
    today: dt.date | None = None,
) -> pd.DataFrame:
    """Read measured scores of LLMs with what else their density needs.

    Parameters
    ----------
    source : str, pathlib.Path or pandas.DataFrame
        A CSV file or a table, one row per score: model, benchmark, evaluator, score, and where
        they are not in `known` n_params and release_date; optional n_params_active, family,
        n_shots, source and columns that start with ``x_``. Or the folder of a bundle.
    benchmarks : sequence of str
        Benchmarks that can be used.
    known : pandas.DataFrame, optional
        A ``models.csv`` in which sizes, dates and families that are not given are looked up.
    skip_unknown : bool
        Leave out scores on other benchmarks rather than refuse them.
    today : datetime.date, optional
        Last allowed date; the default is the current day.

    Returns
    -------
    pandas.DataFrame
        Columns model, release_date, n_params, n_params_active (counts), family (may be missing),
        benchmark, evaluator, score (0..1), n_shots; in the order of the file. What was left out
        stands in ``attrs``: ``skipped_scores``, number by benchmark, and ``skipped_llms``, those
        without a score left.

    Raises
    ------
    BundleError
        With every fault, by row and column.
    """
    raw, known = _raw_scores(source, known)
    frame, faults = check_table(_NEW_SCORES, raw, today=today)
    # what is wrong with a cell is told once: a bad size is not also a missing one
    if {fault.column for fault in faults}.isdisjoint({"model", *_OF_MODEL}):
        frame, more = _complete(frame, raw, known)
        faults += more
    faults += [] if skip_unknown else _other_benchmarks(frame, raw, benchmarks)
    every = frame
    if not faults:
        frame = frame[frame["benchmark"].isin(list(benchmarks))]
        if frame.empty:
            listed = ", ".join(benchmarks)
            faults.append(Fault(raw.file, None, "benchmark", f"no row is on any of {listed}"))
    if faults:
        raise BundleError(sorted(faults, key=lambda fault: fault.row or 0))
    columns = ["model", "release_date", "n_params", "n_params_active", "family"]
    columns += ["benchmark", "evaluator", "score", "n_shots"]
    left = frame[columns].reset_index(drop=True)
    skipped = every[~every["benchmark"].isin(list(benchmarks))]
    left.attrs = {
        "skipped_scores": skipped["benchmark"].value_counts().sort_index().to_dict(),
        "skipped_llms": sorted(set(every["model"]) - set(left["model"])),
    }
    return left


def _raw_scores(
    source: str | Path | pd.DataFrame, known: pd.DataFrame | None
) -> tuple[RawTable, pd.DataFrame | None]:
    """Return the scores as text, and the models to look their LLMs up in."""
    if isinstance(source, pd.DataFrame):
        if source.columns.has_duplicates or source.empty:
            what = "has no rows" if source.empty else "has columns of the same name"
            raise BundleError([Fault("scores", None, None, what)])
        return canonical_table("scores", source), known
    path = Path(source)
    if path.is_dir():
        bundle = load_data(path)
        if bundle.scores is None:
            raise BundleError([Fault("scores.csv", None, None, "the bundle does not hold it")])
        return canonical_table("scores.csv", bundle.scores), (
            known if bundle.models is None else bundle.models
        )
    text, faults = read_text(path)
    raw, more = parse_csv(path.name, text) if text is not None else (None, [])
    if raw is None:
        raise BundleError(faults + more)
    if more:  # ragged rows: their cells are lost to every other check
        _, found = check_table(_NEW_SCORES, raw)
        raise BundleError(sorted(more + found, key=lambda fault: fault.row or 0))
    return raw, known


def _complete(
    frame: pd.DataFrame, raw: RawTable, known: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Fill sizes and dates from an LLM's other rows, then from the models that are known."""
    faults = [fault for column in _OF_MODEL for fault in _disagreements(frame, raw, column)]
    own = frame.groupby("model", sort=False)[list(_OF_MODEL)].first()
    sized = own["n_params"].notna()
    if known is not None:
        listed = known.set_index("model").reindex(index=own.index, columns=list(_OF_MODEL))
        # the active count goes with the total that it is part of
        listed["n_params_active"] = listed["n_params_active"].mask(sized)
        own = own.fillna(listed)
    own["n_params_active"] = own["n_params_active"].fillna(own["n_params"])
    first = {str(name): i for i, name in reversed(list(enumerate(frame["model"])))}
    names = [] if known is None else known["model"].tolist()
    for column in ("n_params", "release_date"):
        for model in own.index[own[column].isna()]:
            message = f"is not given, and '{model}' is not in models.csv to look it up"
            message += _meant(str(model), names)
            faults.append(Fault(raw.file, raw.rows[first[str(model)]], column, message))
    filled = own.loc[frame["model"]].reset_index(drop=True)
    return frame.assign(**{column: filled[column] for column in _OF_MODEL}), faults


def _disagreements(frame: pd.DataFrame, raw: RawTable, column: str) -> list[Fault]:
    given = frame[frame[column].notna()]
    first = given.drop_duplicates("model").set_index("model")[column]
    differs = given.index[(given[column] != first.loc[given["model"]].to_numpy()).to_numpy()]
    return [
        Fault(
            raw.file,
            raw.rows[i],
            column,
            f"{raw.columns[column][i]} differs from what '{frame['model'][i]}' has above; "
            "one value per model",
        )
        for i in differs
    ]


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known, cutoff=0.8)
    return f" (did you mean '{near}'?)" if near else ""


def _other_benchmarks(frame: pd.DataFrame, raw: RawTable, benchmarks: Sequence[str]) -> list[Fault]:
    """Return a fault for each benchmark that cannot be used, with its first row."""
    other = frame["benchmark"][~frame["benchmark"].isin(list(benchmarks))].dropna()

    def told(name: str, count: int) -> str:
        return (
            f"'{name}' is not of the fit, which has {', '.join(benchmarks)}"
            + _meant(name, benchmarks)
            + (f" ({count - 1} more rows like this)" if count > 1 else "")
            + "; --skip-unknown leaves such rows out"
        )

    return [
        Fault(raw.file, raw.rows[rows.index[0]], "benchmark", told(str(name), len(rows)))
        for name, rows in other.groupby(other, sort=False)
    ]
