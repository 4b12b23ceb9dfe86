"""One log density with its gradient on the packaged data, against floors."""

import statistics
from typing import Any

from benchmarks.children import run_task
from benchmarks.plan import Plan
from benchmarks.tables import Table, number, spread

__all__ = ["measure", "tables"]

_LINES = {
    "gradient_s": "log density with its gradient",
    "compiled_floor_s": "floor: its exponentials and logarithms alone, compiled loop",
    "simd_floor_s": "floor: the same by NumPy's vector instructions",
    "products_s": "products with the walk's two matrices, there and back",
}


def measure(plan: Plan) -> dict[str, Any]:
    """Sample once for the points, then time several times.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``runs``: a record each.

    Raises
    ------
    RuntimeError
        Where there are no points to time at.
    """
    warmth = str(plan.scratch / "gradient.npz")
    options = {"data": None, "seed": plan.seed, "warmth": warmth}
    run_task("ours", {**options, **plan.lengths}, minutes=plan.minutes).needed("points")
    runs = [run_task("gradient", options, minutes=plan.minutes) for _ in range(plan.runs)]
    return {"runs": [run.to_dict() for run in runs]}


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of times and of evaluations.

    Parameters
    ----------
    found : dict
        What `measure` returned.

    Returns
    -------
    dict of str to Table
        By the marker in the page.
    """
    runs = [run for run in found["runs"] if "failure" not in run]
    if not runs:
        return {}
    whole = statistics.median(run["gradient_s"] for run in runs)
    rows = []
    for key, label in _LINES.items():
        ratio = whole / statistics.median(run[key] for run in runs)
        rows.append([
            label, spread([1e6 * run[key] for run in runs]),
            "" if key == "gradient_s" else number(ratio, 2),
        ])  # fmt: skip
    first = runs[0]
    counts = [[name, f"{times:,}"] for name, times in sorted(first["evaluations"].items())]
    counts.append(["counted as exponentials", f"{first['exps']:,}"])
    counts.append(["counted as logarithms", f"{first['logs']:,}"])
    return {
        "gradient": Table([f"{first['dimensions']} dimensions", "µs", "gradient ÷ it"], rows),
        "evaluations": Table(["function", "evaluations a call"], counts),
    }
