"""``fit --quick``: how long the command takes, and how far its median lies from the full fit's."""

import json
import shutil
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.parts.peers import make_world
from benchmarks.parts.start import command
from benchmarks.plan import Plan
from benchmarks.tables import Table, number, spread
from benchmarks.worlds import World

__all__ = ["apart", "fitted", "measure", "tables"]

#: Simulated worlds: LLMs and evaluators of each, the seed being its number.
_WORLDS = ((30, 2), (60, 3), (100, 3), (150, 5), (300, 5))


def measure(plan: Plan) -> dict[str, Any]:
    """Fit in full and quickly: the packaged data several times, each simulated world once.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``cases``: a record each, with ``full`` and ``quick``, lists of runs.
    """
    home = plan.scratch / "home"
    cases = [{"name": "packaged data", **_both(None, plan, home, runs=plan.runs)}]
    for seed, (n_llms, n_evaluators) in enumerate(_WORLDS, start=1):
        world = World(n_llms, n_evaluators, seed=seed)
        folder, _ = make_world(asdict(world), plan.scratch / f"world-{seed}")
        name = f"world of {n_llms} LLMs, {n_evaluators} evaluators"
        cases.append({"name": name, **_both(folder, plan, home, runs=1)})
    return {"cases": cases}


def _both(data: Path | None, plan: Plan, home: Path, *, runs: int) -> dict[str, Any]:
    """Fit in full first, which leaves compiled code for the quick ones."""
    out: dict[str, Any] = {
        "full": [fitted(data, plan, home, seed=plan.seed, quick=False)],
        "quick": [],
    }
    # the first quick run of a home compiles nothing, but reads all that later ones have at hand
    fitted(data, plan, home, seed=plan.seed, quick=True)
    for run in range(runs):
        out["quick"].append(fitted(data, plan, home, seed=plan.seed + run, quick=True))
    return out


def fitted(
    data: Path | None, plan: Plan, home: Path, *, seed: int, quick: bool, spec: str = "joint"
) -> dict[str, Any]:
    """Run ``fit``.

    Parameters
    ----------
    data : pathlib.Path or None
        The bundle; None: the packaged data.
    plan : Plan
        Settings.
    home : pathlib.Path
        The home folder.
    seed : int
        Seed.
    quick : bool
        With ``--quick``.
    spec : str
        The hypothesis.

    Returns
    -------
    dict
        ``seconds``, exit ``code`` and the median doubling time (``days``).
    """
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
        "days": float(summary["headline"]["doubling_time_days"]["median"]),
    }


def apart(full: dict[str, Any], days: float) -> float:
    """Return how far a doubling time lies from a full fit's.

    Parameters
    ----------
    full : dict
        What `fitted` returned of the full fit.
    days : float
        Doubling time (days).

    Returns
    -------
    float
        The difference as a share of the full fit's.
    """
    return abs(days / float(full["days"]) - 1)


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the table of cases.

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
            f"{100 * apart(full, days):.1f} %",
            "yes" if full["code"] == 0 else "no", f"{passed} of {len(quick)}",
            spread([run["seconds"] for run in quick]), number(full["seconds"], 2),
        ])  # fmt: skip
    head = [
        "doubling time, days", "full", "quick", "apart", "full converged", "quick check passed",
        "quick (s)", "full, cold (s)",
    ]  # fmt: skip
    return {"quick": Table(head, rows)}
