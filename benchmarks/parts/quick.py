"""``fit --quick``: its time, how far its median is from the full fit's, whether its check fires."""

import json
import shutil
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.children import run_task
from benchmarks.parts.peers import make_world
from benchmarks.parts.start import command
from benchmarks.plan import Plan
from benchmarks.tables import Table, number, spread
from benchmarks.worlds import World

__all__ = ["measure", "tables"]

#: Simulated worlds: LLMs and evaluators of each, the seed being its number.
_WORLDS = ((30, 2), (60, 3), (100, 3), (150, 5), (300, 5))
#: Series on which a quick fit may miss one of two modes, the seed being the number.
_SERIES = 12
#: The hypothesis fitted to them. The full fit walks from mode to mode, and does so for long.
_ONE_CHANGE = """
extends = "trend"
title = "The growth rate changes once"
description = "At a date that is estimated."

[growth]
trend = "changepoint"

[sampler]
draws = 10000
tune = 4000
target_accept = 0.95
"""
#: How far a quick median may lie from the full fit's, as a share of it.
_WRONG = 0.1


def measure(plan: Plan) -> dict[str, Any]:
    """Fit in full and quickly: the packaged data several times, each simulated world once.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``cases`` and ``series``: a record each, with ``full`` and ``quick``, lists of runs.
    """
    home = plan.scratch / "home"
    cases = [{"name": "packaged data", **_fitted(None, plan, home, runs=plan.runs)}]
    for seed, (n_llms, n_evaluators) in enumerate(_WORLDS, start=1):
        world = World(n_llms, n_evaluators, seed=seed)
        folder, _ = make_world(asdict(world), plan.scratch / f"world-{seed}")
        name = f"world of {n_llms} LLMs, {n_evaluators} evaluators"
        cases.append({"name": name, **_fitted(folder, plan, home, runs=1)})
    return {"cases": cases, "series": _series(plan, home)}


def _series(plan: Plan, home: Path) -> list[dict[str, Any]]:
    """Fit one change of growth to series that have two."""
    spec = plan.scratch / "one_change.toml"
    spec.write_text(_ONE_CHANGE, encoding="utf-8")
    cases = []
    for seed in range(1, _SERIES + 1):
        folder = plan.scratch / f"series-{seed}"
        made = run_task("series", {"seed": seed, "folder": str(folder)})
        if made.result is None:
            raise RuntimeError(f"no series: {made.failure}")
        case = {
            kind: [_run(folder, plan, home, seed=plan.seed, quick=kind == "quick", spec=str(spec))]
            for kind in ("full", "quick")
        }
        cases.append({**made.result, **case})
    return cases


def _fitted(data: Path | None, plan: Plan, home: Path, *, runs: int) -> dict[str, Any]:
    """Fit in full first, which leaves compiled code for the quick ones."""
    out: dict[str, Any] = {
        "full": [_run(data, plan, home, seed=plan.seed, quick=False)],
        "quick": [],
    }
    # the first quick run of a home compiles nothing, but reads all that later ones have at hand
    _run(data, plan, home, seed=plan.seed, quick=True)
    for run in range(runs):
        out["quick"].append(_run(data, plan, home, seed=plan.seed + run, quick=True))
    return out


def _run(
    data: Path | None, plan: Plan, home: Path, *, seed: int, quick: bool, spec: str = "joint"
) -> dict[str, Any]:
    out = plan.scratch / "run"
    words = ["fit", spec, "--out", str(out), "--seed", str(seed), "--quiet"]
    words += ["--quick"] if quick else []
    words += [] if data is None else ["--data", str(data)]
    shutil.rmtree(out, ignore_errors=True)  # a fit that fails must not leave another's numbers
    told = command(words, home=home, minutes=plan.minutes)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    return {
        "seconds": told.seconds,
        "code": told.code,
        "days": summary["headline"]["doubling_time_days"]["median"],
    }


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of cases and series.

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
    for case in found["cases"]:
        (full,), quick = case["full"], case["quick"]
        days = statistics.median(run["days"] for run in quick)
        passed = sum(run["code"] == 0 for run in quick)
        rows.append([
            case["name"], number(full["days"], 4), number(days, 4),
            f"{100 * _apart(full, days):.1f} %",
            "yes" if full["code"] == 0 else "no", f"{passed} of {len(quick)}",
            spread([run["seconds"] for run in quick]), number(full["seconds"], 2),
        ])  # fmt: skip
    head = [
        "doubling time, days", "full", "quick", "apart", "full converged", "quick check passed",
        "quick (s)", "full, cold (s)",
    ]  # fmt: skip
    return {
        "quick": Table(head, rows),
        "quick-series": _series_table(found["series"]),
        "quick-check": _check_table(found["series"]),
    }


def _apart(full: dict[str, Any], days: float) -> float:
    return abs(days / full["days"] - 1)


def _series_table(series: list[dict[str, Any]]) -> Table:
    """Lay the quick fit of each series beside its full one."""
    rows = []
    for case in series:
        (full,), (quick,) = case["full"], case["quick"]
        rows.append([
            case["name"], number(full["days"], 4), number(quick["days"], 4),
            f"{100 * _apart(full, quick['days']):.1f} %",
            "yes" if full["code"] == 0 else "no", "no" if quick["code"] == 0 else "yes",
        ])  # fmt: skip
    head = ["doubling time, days", "full", "quick", "apart", "full converged", "quick check fired"]
    return Table(head, rows)


def _check_table(series: list[dict[str, Any]]) -> Table:
    """Count where the check fired, among quick medians that are wrong and among the others."""
    fired: dict[bool, list[bool]] = {True: [], False: []}
    for case in series:
        (full,), (quick,) = case["full"], case["quick"]
        if full["code"] == 0:
            fired[_apart(full, quick["days"]) > _WRONG].append(quick["code"] != 0)
    rows = [
        [f"{100 * _WRONG:.0f} % apart or less", f"{sum(fired[False])} of {len(fired[False])}"],
        ["further apart", f"{sum(fired[True])} of {len(fired[True])}"],
    ]
    return Table(["quick median, against a full fit that converged", "check fired"], rows)
