"""What a model needs of a bundle: arrays, indices and coordinates, chosen by the hypothesis.

Everything here comes from the design (which LLM, benchmark, evaluator, size, date); outcomes are
carried along but decide nothing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.trend import DAYS_PER_YEAR
from bayesdensing.spec import Spec

__all__ = [
    "LossDesign",
    "PointDesign",
    "PublishedDesign",
    "ScoreDesign",
    "benchmarks_of",
    "loss_design",
    "point_design",
    "published_design",
    "score_design",
]

_LEFT_OUT = ("pruned", "quantized", "pruned+distilled")


@dataclass(frozen=True)
class LossDesign:
    """Reference runs of one suite.

    Attributes
    ----------
    log_n, log_d, log_loss : ndarray, shape (reference_run,)
        Natural logs of parameters, tokens and loss.
    benchmark : ndarray of int, shape (reference_run,)
        Index of the benchmark.
    group : ndarray of int, shape (reference_run,)
        Group of the rows that share size and benchmark.
    group_benchmark : ndarray of int, shape (group,)
        Benchmark of each group.
    labels : tuple of str
        A name per row, "run | benchmark".
    rows : ndarray of int, shape (reference_run,)
        Where each stands in the table.
    log_pivot_n, log_pivot_d : float
        Logs of the geometric means over rows.
    repeated : bool
        Most sizes have several runs, so what they share can be told from noise.
    n_runs : int
        Distinct runs.
    loss_unit : str
        Unit of the losses.
    """

    log_n: np.ndarray
    log_d: np.ndarray
    log_loss: np.ndarray
    benchmark: np.ndarray
    group: np.ndarray
    group_benchmark: np.ndarray
    labels: tuple[str, ...]
    rows: np.ndarray
    log_pivot_n: float
    log_pivot_d: float
    repeated: bool
    n_runs: int
    loss_unit: str


@dataclass(frozen=True)
class PointDesign:
    """Points that tie loss to score; those with role ``fit``.

    Attributes
    ----------
    loss, score : ndarray, shape (link_point,)
        Loss in its unit and score, 0 to 1.
    benchmark : ndarray of int, shape (link_point,)
        Index of the benchmark.
    n_items : ndarray, shape (link_point,)
        Items of the benchmark (count).
    labels : tuple of str
        A name per row.
    rows : ndarray of int, shape (link_point,)
        Where each stands in the table.
    """

    loss: np.ndarray
    score: np.ndarray
    benchmark: np.ndarray
    n_items: np.ndarray
    labels: tuple[str, ...]
    rows: np.ndarray


@dataclass(frozen=True)
class ScoreDesign:
    """Measured scores of LLMs, grouped in pairs of an LLM and a benchmark.

    Attributes
    ----------
    llms, evaluators : tuple of str
        Names.
    log_n : ndarray, shape (llm,)
        Natural log of the parameter count that the hypothesis uses.
    years : ndarray, shape (llm,)
        Years since the reference date.
    reference_date : pandas.Timestamp
        Mean release date.
    released : pandas.DatetimeIndex, shape (llm,)
        Release dates.
    pair_llm, pair_benchmark, pair_count : ndarray of int, shape (pair,)
        LLM, benchmark and number of measurements.
    n_items : ndarray, shape (pair,)
        Items of the pair's benchmark.
    score : ndarray, shape (score_obs,)
        Scores, 0 to 1.
    obs_pair, obs_benchmark, obs_evaluator : ndarray of int, shape (score_obs,)
        Pair, benchmark and evaluator of each.
    labels : tuple of str
        A name per score.
    rows : ndarray of int, shape (score_obs,)
        Where each stands in the table.
    """

    llms: tuple[str, ...]
    evaluators: tuple[str, ...]
    log_n: np.ndarray
    years: np.ndarray
    reference_date: pd.Timestamp
    released: pd.DatetimeIndex
    pair_llm: np.ndarray
    pair_benchmark: np.ndarray
    pair_count: np.ndarray
    n_items: np.ndarray
    score: np.ndarray
    obs_pair: np.ndarray
    obs_benchmark: np.ndarray
    obs_evaluator: np.ndarray
    labels: tuple[str, ...]
    rows: np.ndarray


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


def _table(bundle: DataBundle, name: str) -> pd.DataFrame:
    frame = bundle.frames.get(name)
    if frame is None:
        raise DataNeedError(f"{name}.csv is missing: this hypothesis needs it")
    return frame


def _one_of(frame: pd.DataFrame, column: str, chosen: str | None, *, file: str) -> str:
    """Return the chosen suite or series, the only one where none is chosen."""
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


def _suite_rows(spec: Spec, bundle: DataBundle, name: str) -> pd.DataFrame:
    frame = _table(bundle, name)
    suite = spec.data.suite
    if suite is None and "loss" in spec.blocks and name != "reference_runs":
        # the link follows the runs' suite
        suite = _one_of(_table(bundle, "reference_runs"), "suite", None, file="reference_runs.csv")
    return frame[frame["suite"] == _one_of(frame, "suite", suite, file=f"{name}.csv")]


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
        needs["reference_runs"] = _suite_rows(spec, bundle, "reference_runs")
    if "link" in spec.blocks:
        points = _suite_rows(spec, bundle, "loss_scores")
        needs["loss_scores"] = points[points["role"] == "fit"]
    if "growth" in spec.blocks:
        needs["scores"] = _eligible_scores(spec, bundle)
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


def _codes(values: pd.Series, order: tuple[str, ...]) -> np.ndarray:
    return np.asarray(pd.Categorical(values, categories=list(order)).codes, dtype=np.int64)


def loss_design(spec: Spec, bundle: DataBundle, benchmarks: tuple[str, ...]) -> LossDesign:
    """Return the reference runs of a hypothesis.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    LossDesign
        Arrays and indices.
    """
    rows = _suite_rows(spec, bundle, "reference_runs")
    rows = rows[rows["benchmark"].isin(benchmarks)]
    log_n = np.log(rows["n_params"].to_numpy())
    log_d = np.log(rows["n_tokens"].to_numpy())
    benchmark = _codes(rows["benchmark"], benchmarks)
    keys = np.stack([benchmark.astype(float), rows["n_params"].to_numpy()])
    groups, group = np.unique(keys, axis=1, return_inverse=True)
    n_sizes = rows["n_params"].nunique()
    settings = rows.drop_duplicates(["n_params", "n_tokens"])
    return LossDesign(
        log_n=log_n,
        log_d=log_d,
        log_loss=np.log(rows["loss"].to_numpy()),
        benchmark=benchmark,
        group=group,
        group_benchmark=groups[0].astype(int),
        labels=tuple(rows["run"] + " | " + rows["benchmark"]),
        rows=rows.index.to_numpy(),
        log_pivot_n=float(log_n.mean()),
        log_pivot_d=float(log_d.mean()),
        repeated=len(settings) >= 2 * n_sizes and n_sizes >= 3,
        n_runs=rows["run"].nunique(),
        loss_unit=", ".join(sorted(rows["loss_unit"].unique())),
    )


def point_design(spec: Spec, bundle: DataBundle, benchmarks: tuple[str, ...]) -> PointDesign:
    """Return the loss-score points of a hypothesis, those with role ``fit``.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    PointDesign
        Arrays and indices.
    """
    rows = _suite_rows(spec, bundle, "loss_scores")
    rows = rows[(rows["role"] == "fit") & rows["benchmark"].isin(benchmarks)]
    code = _codes(rows["benchmark"], benchmarks)
    return PointDesign(
        loss=rows["loss"].to_numpy(),
        score=rows["score"].to_numpy(),
        benchmark=code,
        n_items=_items(bundle, benchmarks)[code],
        labels=tuple(rows["point"] + " | " + rows["benchmark"]),
        rows=rows.index.to_numpy(),
    )


def _items(bundle: DataBundle, benchmarks: tuple[str, ...]) -> np.ndarray:
    frame = _table(bundle, "benchmarks").set_index("benchmark")
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
    _items(bundle, benchmarks)
    frame = _table(bundle, "benchmarks").set_index("benchmark")
    return frame.loc[list(benchmarks), "chance"].to_numpy(dtype=float)


def _eligible_llms(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    llms = _table(bundle, "models")
    keep = pd.Series(data=True, index=llms.index)
    if spec.data.base_only:
        keep &= llms["is_base"]
    if not spec.data.compressed:
        keep &= ~llms["compression"].isin(_LEFT_OUT)
    return _released_within(spec, llms[keep])


def _released_within(spec: Spec, rows: pd.DataFrame) -> pd.DataFrame:
    if spec.data.released_from is not None:
        rows = rows[rows["release_date"] >= pd.Timestamp(spec.data.released_from)]
    if spec.data.released_until is not None:
        rows = rows[rows["release_date"] <= pd.Timestamp(spec.data.released_until)]
    return rows


def _eligible_scores(spec: Spec, bundle: DataBundle) -> pd.DataFrame:
    scores = _table(bundle, "scores")
    return scores[scores["model"].isin(_eligible_llms(spec, bundle)["model"])]


def score_design(spec: Spec, bundle: DataBundle, benchmarks: tuple[str, ...]) -> ScoreDesign:
    """Return the measured scores of a hypothesis.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    benchmarks : tuple of str
        Benchmarks, in the order of the model.

    Returns
    -------
    ScoreDesign
        Arrays and indices; LLMs by release date.

    Raises
    ------
    DataNeedError
        Where fewer than three LLMs or a single date remain.
    """
    scores = _eligible_scores(spec, bundle)
    scores = scores[scores["benchmark"].isin(benchmarks)]
    evidence = scores.groupby("model")["benchmark"].nunique()
    enough = evidence.index[evidence >= spec.data.min_scores]
    llms = _eligible_llms(spec, bundle)
    llms = llms[llms["model"].isin(enough)].sort_values(["release_date", "model"])
    _enough_dates(llms, "LLMs with scores")
    names = tuple(llms["model"])
    rows = scores[scores["model"].isin(names)].copy()
    rows["llm"] = _codes(rows["model"], names)
    rows["code"] = _codes(rows["benchmark"], benchmarks)
    rows = rows.sort_values(["llm", "code", "evaluator", "n_shots", "source"], kind="stable")
    pair = rows.groupby(["llm", "code"], sort=True).ngroup().to_numpy()
    pairs = rows.drop_duplicates(["llm", "code"])
    evaluators = tuple(sorted(rows["evaluator"].unique()))
    column = "n_params" if spec.growth.parameter_count == "total" else "n_params_active"
    released = pd.DatetimeIndex(llms["release_date"])
    years, reference = _years(released)
    return ScoreDesign(
        llms=names,
        evaluators=evaluators,
        log_n=np.log(llms[column].to_numpy()),
        years=years,
        reference_date=reference,
        released=released,
        pair_llm=pairs["llm"].to_numpy(),
        pair_benchmark=pairs["code"].to_numpy(),
        pair_count=np.bincount(pair),
        n_items=_items(bundle, benchmarks)[pairs["code"].to_numpy()],
        score=rows["score"].to_numpy(),
        obs_pair=pair,
        obs_benchmark=rows["code"].to_numpy(),
        obs_evaluator=_codes(rows["evaluator"], evaluators),
        labels=_labels(rows),
        rows=rows.index.to_numpy(),
    )


def _labels(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name each score; the second of an evaluator on one pair is told from the first."""
    names = rows["model"] + " | " + rows["benchmark"] + " | " + rows["evaluator"]
    nth = names.groupby(names).cumcount() + 1
    return tuple(names.where(nth == 1, names + " (" + nth.astype(str) + ")"))


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
    frame = _table(bundle, "densities")
    series = _one_of(frame, "series", spec.data.series, file="densities.csv")
    rows = frame[frame["series"] == series].sort_values(["release_date", "model"])
    rows = _released_within(spec, rows)
    _enough_dates(rows, f"values of series {series}")
    released = pd.DatetimeIndex(rows["release_date"])
    years, reference = _years(released)
    width = np.log(rows["value_hi95"].to_numpy()) - np.log(rows["value_lo95"].to_numpy())
    return PublishedDesign(
        llms=tuple(rows["model"]),
        years=years,
        reference_date=reference,
        released=released,
        log_value=np.log(rows["value"].to_numpy()),
        log_error=np.nan_to_num(width / (2 * 1.959964)),
        series=series,
        rows=rows.index.to_numpy(),
    )


def _enough_dates(rows: pd.DataFrame, what: str) -> None:
    if len(rows) < 3:
        raise DataNeedError(f"only {len(rows)} {what} are left: a trend needs three")
    if rows["release_date"].nunique() < 2:
        raise DataNeedError(f"the {what} share one release date: a trend needs two")


def _years(released: pd.DatetimeIndex) -> tuple[np.ndarray, pd.Timestamp]:
    # whole days, so that the reference date can be stated as a date
    reference = pd.Timestamp(released.to_series().mean()).normalize()
    return np.asarray((released - reference).days / DAYS_PER_YEAR, dtype=float), reference
