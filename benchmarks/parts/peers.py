"""Effective draws per second of sampling, ours and peers', on one posterior each."""

import dataclasses
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.children import run_task
from benchmarks.plan import Plan
from benchmarks.posterior import distance, pooled
from benchmarks.tables import Table, number, spread
from benchmarks.worlds import SMALL

__all__ = ["NAMES", "make_world", "measure", "sample_peer", "tables"]

NAMES = {
    "full": "ours, pilots included",
    "given": "ours, given the coordinates",
    "plain": "`pm.sample()` on the model as it is",
    "numpyro": "NumPyro, given the coordinates",
    "stan": "Stan, given the coordinates",
}
#: Effective draws at which the plain model's draws are no longer lengthened.
_ENOUGH = {"packaged": 100, "small": 400}


def measure(plan: Plan) -> dict[str, Any]:
    """Sample the packaged posterior and a small world's, ours and peers in turn.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        For each posterior a list of runs; a run maps a sampler to its record. ``distances`` says by
        posterior and sampler how far its draws lie from ours, over all runs.
    """
    small, _ = make_world(dataclasses.asdict(SMALL), plan.scratch / "small")
    programs = build_programs(plan) if "stan" in plan.peers else {}
    found: dict[str, Any] = {"minutes": plan.minutes, "enough": _ENOUGH, "programs": programs}
    found["distances"] = {}
    for name, data in (("packaged", None), ("small", str(small))):
        found[name] = []
        for run in range(plan.runs):
            options = {
                "data": data,
                "seed": plan.seed + run,
                "warmth": str(plan.scratch / f"{name}-{run}.npz"),
                "enough": _ENOUGH[name],
            }
            # the order turns, so that no sampler is always the one after another
            turn = run % max(len(plan.peers), 1)
            found[name].append(_paired(plan, options, (*plan.peers[turn:], *plan.peers[:turn])))
        found["distances"][name] = _distances(found[name])
    return found


def make_world(world: Mapping[str, Any], folder: Path) -> tuple[Path, dict[str, Any]]:
    """Draw a world in a process of its own.

    Parameters
    ----------
    world : mapping
        Fields of `benchmarks.worlds.World`.
    folder : pathlib.Path
        Where to.

    Returns
    -------
    tuple of pathlib.Path and dict
        The bundle's folder, and how large it is.

    Raises
    ------
    RuntimeError
        Where it cannot be drawn.
    """
    return folder, run_task("world", {**world, "folder": str(folder)}).needed("world")


def build_programs(plan: Plan) -> dict[str, Any]:
    """Compile the Stan program apart, so that its compiler's memory is not counted as Stan's.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        Seconds and version, or the failure.
    """
    folder = plan.scratch / "programs"
    return run_task("stan_build", {"programs": str(folder)}, minutes=plan.minutes).to_dict()


def sample_peer(name: str, plan: Plan, options: Mapping[str, Any]) -> dict[str, Any]:
    """Sample a posterior with a peer.

    Parameters
    ----------
    name : str
        Task.
    plan : Plan
        Settings.
    options : mapping
        ``data``, ``seed``, ``warmth``, ``enough``.

    Returns
    -------
    dict
        The task's record, or its failure.
    """
    told = {
        **options,
        "programs": str(plan.scratch / "programs"),
        "minutes": plan.minutes,
        # what is given to the plain model are PyMC's defaults, whatever the hypothesis says
        **({} if name == "plain" else plan.lengths),
    }
    # the plain model keeps to its cap by itself, and keeps what it has
    slack = 2 if name == "plain" else 1
    return run_task(name, told, minutes=plan.minutes * slack).to_dict()


def _paired(plan: Plan, options: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Run our sampler and each peer once."""
    ours = run_task("ours", {**options, **plan.lengths}, minutes=plan.minutes).to_dict()
    if "failure" in ours:
        return {"full": ours}
    rest = {"compile_s": ours["compile_s"], "peak_bytes": ours["peak_bytes"]}
    found = {name: {**rest, **ours[name]} for name in ("full", "given")}
    for name in order:
        found[name] = sample_peer(name, plan, options)
    return found


def _distances(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare every sampler's draws with ours; the moments are taken off the records."""
    moments: dict[str, list[dict[str, list[float]]]] = {}
    for run in runs:
        for name, record in run.items():
            if (found := record.pop("parameters", None)) is not None:
                moments.setdefault(name, []).append(found)
    every = {name: pooled(found) for name, found in moments.items()}
    return {
        name: dataclasses.asdict(distance(every["full"], found))
        for name, found in every.items()
        if name != "full"
    }


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of speed and of steps.

    Parameters
    ----------
    found : dict
        What `measure` returned.

    Returns
    -------
    dict of str to Table
        By the marker in the page.
    """
    out = {}
    for posterior in ("packaged", "small"):
        runs = found[posterior]
        out[f"peers-{posterior}"] = _speed(runs, found["distances"][posterior], found["programs"])
        out[f"steps-{posterior}"] = _steps(runs)
    return out


def _speed(
    runs: list[dict[str, Any]], distances: dict[str, Any], programs: dict[str, Any]
) -> Table:
    head = [
        "sampler", "smallest ESS/s", "headline ESS/s", "ours ÷ it, smallest ESS/s", "seconds",
        "smallest ESS", "R-hat", "largest z", "compile (s)", "peak (MB)",
    ]  # fmt: skip
    rows = []
    for name, label in NAMES.items():
        records = [run[name] for run in runs if name in run]
        if not records:
            continue
        done = [record for record in records if "failure" not in record]
        if not done:
            rows.append([label, records[0]["failure"] or "failed", *["–"] * (len(head) - 2)])
            continue
        basis = "full" if name in ("full", "plain") else "given"
        ratios = [
            _rate(run[basis], "min_ess_bulk") / _rate(run[name], "min_ess_bulk")
            for run in runs
            if name in run and "failure" not in run[name]
        ]
        rows.append([
            label,
            spread([_rate(record, "min_ess_bulk") for record in done]),
            spread([_rate(record, "headline_ess_bulk") for record in done]),
            "" if name == basis else spread(ratios),
            spread([record["seconds"] for record in done]),
            _smallest(done),
            number(max(record["max_rhat"] for record in done), 4),
            _apart(distances.get(name)),
            number(programs.get("compile_s"))
            if name == "stan"
            else spread([record.get("compile_s") for record in done]),
            number(max(record["peak_bytes"] for record in done) / 1e6),
        ])  # fmt: skip
    return Table(head, rows)


def _smallest(done: list[dict[str, Any]]) -> str:
    middle = number(statistics.median(record["min_ess_bulk"] for record in done))
    # fewer than asked for where the time ran out
    return f"{middle} (capped)" if any(record.get("capped") for record in done) else middle


def _rate(record: dict[str, Any], what: str) -> float:
    return float(record[what] / record["seconds"])


def _apart(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    verdict = "equal" if found["equal"] else f"not equal: {found['of']}"
    return f"{number(found['largest_z'])} of {found['compared']}, {verdict}"


def _steps(runs: list[dict[str, Any]]) -> Table:
    head = [
        "sampler", "steps a draw (median)", "steps per effective draw, worst parameter",
        "steps per effective draw, headline", "headline ESS a draw", "gradient (µs)", "divergences",
    ]  # fmt: skip
    rows = []
    for name, label in NAMES.items():
        done = [run[name] for run in runs if name in run and "failure" not in run[name]]
        if done:
            rows.append([
                label,
                spread([record["steps_per_draw"] for record in done]),
                spread([record["steps"] / record["min_ess_bulk"] for record in done]),
                spread([record["steps"] / record["headline_ess_bulk"] for record in done]),
                spread([record["headline_ess_bulk"] / record["draws"] for record in done]),
                spread([_micro(record.get("gradient_s")) for record in done]),
                str(sum(record["divergences"] for record in done)),
            ])  # fmt: skip
    return Table(head, rows)


def _micro(seconds: float | None) -> float | None:
    return None if seconds is None else 1e6 * seconds
