"""Which scores are copies of another row.

A score that one table took from another is one measurement, not two. A row is taken for a copy
of a row that is kept when all of this holds: same model, same benchmark, different source, the
values differ by at most `TOLERANCE`, and the two evaluators form a pair in which agreement is
far more common than chance allows. Those pairs were found by counting: differences up to the
tolerance against differences up to eleven times the tolerance (`agreement`).
"""

import itertools
from typing import NamedTuple

import pandas as pd

__all__ = ["TOLERANCE", "agreement", "collapse", "evaluator_class"]

TOLERANCE = 6e-4
"""Scores are printed to 0.1 point (0.001): a copy rounds by 0.0005 at most, plus float noise."""

LEADERBOARD, SELF, LAB, OBS = (
    "open-llm-leaderboard-v1",
    "self-reported",
    "reported-by-*",
    "obs-scaling",
)

COPYING_PAIRS: dict[frozenset[str], str] = {
    frozenset({OBS, LEADERBOARD}): "ObsScaling took the leaderboard's numbers",
    frozenset({OBS, "evalplus"}): "ObsScaling took EvalPlus's numbers",
    frozenset({OBS, SELF}): "both quote a leaderboard row that is not itself in the data",
    frozenset({LAB, SELF}): "a lab's table quotes the developer",
    frozenset({LAB}): "two labs' tables quote one number",
    frozenset({LAB, LEADERBOARD}): "a lab's table quotes the leaderboard",
    frozenset({LAB, "evalplus"}): "a lab's table quotes EvalPlus",
    frozenset({LAB, "mmlu-pro-tiger"}): "a lab's table quotes the MMLU-Pro leaderboard",
    frozenset({LAB, "olmes-ai2"}): "a lab's table quotes the developer (AI2 runs OLMES)",
    frozenset({SELF, LEADERBOARD}): "the developer quotes the leaderboard",
}
"""Pairs of evaluators among which equal numbers are copies, with the reason."""


class _Row(NamedTuple):
    index: int
    evaluator: str
    source: str
    score: float


def evaluator_class(evaluator: str) -> str:
    """Return the evaluator, with all labs that report on others' models as one."""
    return LAB if evaluator.startswith("reported-by-") else evaluator


def _rank(evaluator: str) -> int:
    """Order by originality: public harnesses, the developer, other labs, aggregators."""
    return {SELF: 1, LAB: 2, OBS: 3}.get(evaluator_class(evaluator), 0)


def _second_hand(source: str) -> bool:
    """Tell collections of others' numbers from documents in which a number was first printed."""
    return "benchmark-stitching" in source or "llm-leaderboard@" in source


def collapse(scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split scores into distinct measurements and copies.

    Rows of a model and benchmark are gone through from the most original to the least; a row
    is a copy only of a row that is itself kept, so closeness is never chained. Stated numbers
    of shots do not matter: equal values with different stated shots are as frequent as with
    equal ones (tables often print one number of shots over all their columns). Rows of one
    source are never copies of each other.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns model, benchmark, evaluator, score (0..1), n_shots, source (full text).

    Returns
    -------
    kept : pandas.DataFrame
        In the original order.
    copies : pandas.DataFrame
        The dropped rows with kept_evaluator, kept_score, kept_source and reason.
    """
    ordered = scores.assign(
        rank=scores["evaluator"].map(_rank),
        second_hand=scores["source"].map(_second_hand),
        unshot=scores["n_shots"].isna(),
    ).sort_values(["rank", "second_hand", "unshot", "evaluator", "source", "n_shots", "score"])
    origin: dict[int, int] = {}
    kept: dict[tuple[str, str], list[_Row]] = {}
    for row in ordered.itertuples():
        this = _Row(row.Index, row.evaluator, row.source, row.score)
        rivals = kept.setdefault((row.model, row.benchmark), [])
        match = next((rival for rival in rivals if _is_copy(this, rival)), None)
        if match is None:
            rivals.append(this)
        else:
            origin[this.index] = match.index
    copies = scores.loc[sorted(origin)].copy()
    originals = scores.loc[[origin[index] for index in copies.index]]
    for name in ("evaluator", "score", "source"):
        copies[f"kept_{name}"] = originals[name].to_numpy()
    pairs = zip(copies["evaluator"], copies["kept_evaluator"], strict=True)
    copies["reason"] = [COPYING_PAIRS[_pair(first, second)] for first, second in pairs]
    return scores.drop(index=copies.index), copies


def _pair(first: str, second: str) -> frozenset[str]:
    return frozenset({evaluator_class(first), evaluator_class(second)})


def _is_copy(row: _Row, kept: _Row) -> bool:
    return (
        row.source != kept.source
        and abs(row.score - kept.score) <= TOLERANCE + 1e-12
        and _pair(row.evaluator, kept.evaluator) in COPYING_PAIRS
    )


def agreement(scores: pd.DataFrame) -> pd.DataFrame:
    """Count how often two evaluators agree, and how often chance alone would make them.

    Parameters
    ----------
    scores : pandas.DataFrame
        As for `collapse`.

    Returns
    -------
    pandas.DataFrame
        Per pair of evaluators (labs as one): ``shared`` cells, ``equal`` within the tolerance,
        and ``by_chance``, a tenth of the cells that differ by 1 to 11 tolerances.
    """
    rows = []
    for _, group in scores.groupby(["model", "benchmark"], sort=False):
        cells = list(zip(group["evaluator"], group["source"], group["score"], strict=True))
        for (a, source_a, x), (b, source_b, y) in itertools.combinations(cells, 2):
            if source_a != source_b:
                rows.append((*sorted(map(evaluator_class, (a, b))), abs(x - y) / TOLERANCE))
    pairs = pd.DataFrame(rows, columns=["first", "second", "gap"])
    grouped = pairs.groupby(["first", "second"])["gap"]
    table = grouped.agg(
        shared="size",
        equal=lambda gap: int((gap <= 1).sum()),
        by_chance=lambda gap: ((gap > 1) & (gap <= 11)).sum() / 10,
    )
    return table.reset_index()
