"""The reference side of a model: runs that fix the loss law, points that tie loss to score."""

from dataclasses import dataclass

import numpy as np

from bayesdensing.assembly.design.rows import codes_of, items_of, suite_rows
from bayesdensing.data import DataBundle
from bayesdensing.spec import Spec

__all__ = ["LossDesign", "PointDesign", "loss_design", "point_design"]


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
    rows = suite_rows(spec, bundle, "reference_runs")
    rows = rows[rows["benchmark"].isin(benchmarks)]
    log_n = np.log(rows["n_params"].to_numpy())
    log_d = np.log(rows["n_tokens"].to_numpy())
    benchmark = codes_of(rows["benchmark"], benchmarks)
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
    rows = suite_rows(spec, bundle, "loss_scores")
    rows = rows[(rows["role"] == "fit") & rows["benchmark"].isin(benchmarks)]
    code = codes_of(rows["benchmark"], benchmarks)
    return PointDesign(
        loss=rows["loss"].to_numpy(),
        score=rows["score"].to_numpy(),
        benchmark=code,
        n_items=items_of(bundle, benchmarks)[code],
        labels=tuple(rows["point"] + " | " + rows["benchmark"]),
        rows=rows.index.to_numpy(),
    )
