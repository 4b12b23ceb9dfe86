"""Scores that no fit of LLMs counts: those on benchmarks without a reference curve."""

from collections.abc import Collection

from bayesdensing.data.bundle import DataBundle

__all__ = ["left_out_line", "scores_left_out"]

_SHOWN = 5  # benchmarks that a line names


def scores_left_out(
    bundle: DataBundle, used: Collection[str] | None = None
) -> dict[str, dict[str, int]]:
    """Count the scores on benchmarks that do not count, by reason.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    used : collection of str, optional
        Benchmarks of a fit; the default is every one with rows in both reference tables.

    Returns
    -------
    dict of str to dict of str to int
        By reason, in words: number of scores (count) by benchmark, the most first. Empty without
        scores.csv, and without ``used`` where a reference table is missing altogether.
    """
    frames = bundle.frames
    scores, runs, points = (frames.get(n) for n in ("scores", "reference_runs", "loss_scores"))
    if scores is None or (used is None and (runs is None or points is None)):
        return {}
    have = {
        "reference_runs.csv": set() if runs is None else set(runs["benchmark"]),
        "loss_scores.csv (role fit)": set()
        if points is None
        else set(points.loc[points["role"] == "fit", "benchmark"]),
    }
    found: dict[str, dict[str, int]] = {}
    for benchmark, count in scores["benchmark"].value_counts(sort=True).items():
        missing = [file for file, names in have.items() if benchmark not in names]
        if benchmark in used if used is not None else not missing:
            continue
        reason = f"no rows in {' and '.join(missing)}" if missing else "not of this hypothesis"
        found.setdefault(reason, {})[str(benchmark)] = int(count)
    return found


def left_out_line(bundle: DataBundle, used: Collection[str] | None = None) -> str:
    """Say how many scores on which benchmarks do not count, and why.

    Parameters
    ----------
    bundle : DataBundle
        The data.
    used : collection of str, optional
        As `scores_left_out` takes it.

    Returns
    -------
    str
        Such as ``41 scores on 1 benchmark, no rows in reference_runs.csv: EvalPlus 41``; empty
        where all count.
    """
    parts = []
    for reason, counts in scores_left_out(bundle, used).items():
        total = sum(counts.values())
        named = [f"{name} {count}" for name, count in list(counts.items())[:_SHOWN]]
        more = len(counts) - len(named)
        named += [f"{more} more"] if more else []
        parts.append(
            f"{total:,} score{'s' * (total != 1)} on {len(counts)} "
            f"benchmark{'s' * (len(counts) != 1)}, {reason}: {', '.join(named)}"
        )
    return "; ".join(parts)
