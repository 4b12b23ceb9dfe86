"""Whether the check of quick fits fires where they are wrong: on posteriors of two modes."""

from typing import Any

from benchmarks.children import run_task
from benchmarks.parts.quick import apart, fitted
from benchmarks.plan import Plan
from benchmarks.tables import Table, number

__all__ = ["FITTED_ONCE", "measure", "tables"]

#: `Plan.runs` is of no account here.
FITTED_ONCE = True

#: Series: dispersion and seed. The smaller the dispersion, the higher what lies between the modes.
_SERIES = tuple((dispersion, seed) for dispersion in (0.5, 0.3) for seed in (1, 2, 3, 4))
#: Quick fits of each, with seeds of their own.
_QUICK = 3
#: The hypothesis fitted to them. The full fit walks from mode to mode, and does so for long.
_ONE_CHANGE = """
extends = "trend"
title = "The growth rate changes once"
description = "At a date that is estimated."

[growth]
trend = "changepoint"

[sampler]
draws = 20000
tune = 4000
target_accept = 0.95
"""
#: How far a quick median may lie from the full fit's, as a share of it.
_WRONG = 0.1


def measure(plan: Plan) -> dict[str, Any]:
    """Fit one change of growth to series that have two, in full and quickly.

    Parameters
    ----------
    plan : Plan
        Settings; not the number of runs.

    Returns
    -------
    dict
        ``series``: a record each, with ``full``, a run, and ``quick``, a list of runs.
    """
    home = plan.scratch / "home"
    spec = plan.scratch / "one_change.toml"
    spec.write_text(_ONE_CHANGE, encoding="utf-8")
    cases = []
    for dispersion, seed in _SERIES:
        folder = plan.scratch / f"series-{dispersion}-{seed}"
        options = {"seed": seed, "dispersion": dispersion, "folder": str(folder)}
        made = run_task("series", options).needed("series")
        full = fitted(folder, plan, home, seed=plan.seed, quick=False, spec=str(spec))
        quick = [
            fitted(folder, plan, home, seed=plan.seed + run, quick=True, spec=str(spec))
            for run in range(_QUICK)
        ]
        cases.append({**made, "full": full, "quick": quick})
    return {"series": cases}


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of series and of the check.

    Parameters
    ----------
    found : dict
        What `measure` returned.

    Returns
    -------
    dict of str to Table
        By the marker in the page.
    """
    rows = []
    fired: dict[tuple[bool, bool], list[bool]] = {}
    for case in found["series"]:
        full, cells = case["full"], []
        for run in case["quick"]:
            away, fires = apart(full, run["days"]), run["code"] != 0
            cells.append(f"{100 * away:.1f} %, {'fires' if fires else 'passes'}")
            fired.setdefault((away > _WRONG, full["code"] == 0), []).append(fires)
        converged = "yes" if full["code"] == 0 else "no"
        rows.append([case["name"], number(full["days"], 4), converged, *cells])

    def count(wrong: bool, converged: bool) -> str:
        found = fired.get((wrong, converged), [])
        return f"{sum(found)} of {len(found)}"

    heads = [f"quick {k}: apart, check" for k in range(1, _QUICK + 1)]
    counts = [
        [f"{words} {100 * _WRONG:.0f} %", count(wrong, True), count(wrong, False)]
        for wrong, words in ((False, "within"), (True, "off by more than"))
    ]
    against = ["quick median, check fires", "the full fit converged", "it did not"]
    return {
        "trust": Table(["series", "full (days)", "full converged", *heads], rows),
        "trust-check": Table(against, counts),
    }
