"""How everything grows over worlds of more and more LLMs."""

import dataclasses
from collections.abc import Callable
from typing import Any

from benchmarks.children import run_task
from benchmarks.exponents import exponent
from benchmarks.parts.peers import NAMES, build_programs, make_world, sample_peer
from benchmarks.parts.start import environment
from benchmarks.plan import Plan
from benchmarks.tables import Table, number
from benchmarks.worlds import sizes

__all__ = ["FITTED_ONCE", "measure", "tables"]

#: `Plan.runs` is of no account here.
FITTED_ONCE = True

_ENOUGH = 100
_GOAL = (1000, 600)  # LLMs, seconds


def measure(plan: Plan) -> dict[str, Any]:
    """Fit world after world; what has met its cap once is not tried on larger ones.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``worlds``: a record each, with our fit, the gradient and the peers.
    """
    programs = build_programs(plan) if "stan" in plan.peers else {}
    found: dict[str, Any] = {"minutes": plan.minutes, "programs": programs, "worlds": []}
    beyond: dict[str, str] = {}

    def tried(name: str, attempt: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if name in beyond:
            return {"failure": beyond[name]}
        record = attempt()
        if str(record.get("failure", "")).startswith("not within"):
            beyond[name] = record["failure"]
        record.pop("parameters", None)
        return record

    for world in sizes(plan.largest):
        folder = plan.scratch / f"world-{world.n_llms}"
        data, size = make_world(dataclasses.asdict(world), folder)
        warmth = plan.scratch / f"world-{world.n_llms}.npz"
        options = {
            "data": str(data), "seed": plan.seed, "warmth": str(warmth), "enough": _ENOUGH,
        }  # fmt: skip
        record = {**size, "fit": tried("fit", lambda o=options: _fit(plan, o))}  # type: ignore[misc]
        if warmth.exists():
            record["gradient"] = tried("gradient", lambda o=options: _gradient(plan, o))  # type: ignore[misc]
            given: tuple[str, ...] = ("given", *plan.peers)
        else:
            # without our coordinates there are none to give
            given = tuple(name for name in plan.peers if name == "plain")
        for name in given:
            record[name] = tried(name, lambda n=name, o=options: sample_peer(n, plan, o))  # type: ignore[misc]
        found["worlds"].append(record)
    return found


def _fit(plan: Plan, options: dict[str, Any]) -> dict[str, Any]:
    out = f"{options['data']}-run"
    lengths = [part for n, v in plan.lengths.items() for part in (f"--{n}", str(v))]
    command = ["fit", "joint", "--data", options["data"], "--out", out, "--quiet", *lengths]
    command += ["--seed", str(options["seed"])]
    told = {"command": command, "out": out, "warmth": options["warmth"]}
    # a home of their own, or a second measurement would find what the first has compiled
    home = environment(plan.scratch / "growth-home")
    return run_task("start", told, env=home, minutes=plan.minutes).to_dict()


def _gradient(plan: Plan, options: dict[str, Any]) -> dict[str, Any]:
    return run_task("gradient", options, minutes=plan.minutes).to_dict()


#: Heading, and what of a world's record stands under it.
_OURS: dict[str, Callable[[dict[str, Any]], float]] = {
    "compile (s)": lambda w: w["fit"]["compile_s"],
    "tune (s)": lambda w: w["fit"]["tune_s"],
    "sample (s)": lambda w: w["fit"]["sample_s"],
    "read out (s)": lambda w: w["fit"]["read_out_s"],
    "total (s)": lambda w: w["fit"]["total_s"],
    "peak (MB)": lambda w: w["fit"]["peak_bytes"] / 1e6,
    "gradient (µs)": lambda w: 1e6 * w["gradient"]["gradient_s"],
    "÷ compiled floor": lambda w: w["gradient"]["gradient_s"] / w["gradient"]["compiled_floor_s"],
    "steps a draw": lambda w: w["fit"]["steps_per_draw"],
    "steps per effective draw": lambda w: w["fit"]["steps"] / w["fit"]["min_ess_bulk"],
    "headline ESS a draw": lambda w: w["fit"]["headline_ess_bulk"] / w["fit"]["draws"],
}


def _rate(name: str, what: str) -> Callable[[dict[str, Any]], float]:
    def read(world: dict[str, Any]) -> float:
        record = world[name]
        seconds = record["seconds"] if name != "fit" else record["tune_s"] + record["sample_s"]
        return float(record[what] / seconds)

    return read


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the tables of our own growth and of the peers'.

    Parameters
    ----------
    found : dict
        What `measure` returned.

    Returns
    -------
    dict of str to Table
        By the marker in the page.
    """
    worlds = found["worlds"]
    head = ["", *(f"{world['n_llms']:,} LLMs" for world in worlds), "exponent (s.e.)"]
    scores = ["scores", *(f"{world['n_scores']:,}" for world in worlds), ""]
    checks = ["passed all checks", *(_passed(world["fit"]) for world in worlds), ""]
    ours = [_row(worlds, label, read) for label, read in _OURS.items()]
    rates = []
    for what, short in (("min_ess_bulk", "smallest"), ("headline_ess_bulk", "headline")):
        for name, label in NAMES.items():
            part = "fit" if name == "full" else name
            if any(part in world for world in worlds):
                rates.append(_row(worlds, f"{label}: {short} ESS/s", _rate(part, what), part))
    return {
        "growth": Table(head, [scores, checks, *ours]),
        "goal": _goal(worlds),
        "growth-peers": Table(head, [scores, *rates]),
    }


def _row(
    worlds: list[dict[str, Any]],
    label: str,
    read: Callable[[dict[str, Any]], float],
    part: str = "fit",
) -> list[str]:
    """Return a quantity in each world, or why it is not known, and its exponent."""
    cells, points = [], []
    for world in worlds:
        try:
            value = read(world)
        except KeyError:
            cells.append(str(world.get(part, world["fit"]).get("failure", "–")))
            continue
        cells.append(number(value))
        points.append((world["n_llms"], value))
    return [label, *cells, _power(points)]


def _goal(worlds: list[dict[str, Any]]) -> Table:
    """Return whether a world of a thousand LLMs is fitted within ten minutes."""
    found = next((world["fit"] for world in worlds if world["n_llms"] == _GOAL[0]), None)
    if found is None:
        answer = "not measured"
    elif "failure" in found:
        answer = f"no: {found['failure']}"
    else:
        within = found["total_s"] <= _GOAL[1] and found["converged"]
        answer = f"{'yes' if within else 'no'}: {number(found['total_s'])} s"
        answer += "" if found["converged"] else ", not all checks passed"
    goal = f"{_GOAL[0]:,} LLMs, all checks passed, within {_GOAL[1] // 60} minutes"
    return Table(["goal", "reached"], [[goal, answer]])


def _passed(fit: dict[str, Any]) -> str:
    if "failure" in fit:
        return str(fit["failure"])
    return "yes" if fit["converged"] else "no: " + "; ".join(fit["reasons"])


def _power(points: list[tuple[float, float]]) -> str:
    found = exponent(*zip(*points, strict=True)) if points else None
    if found is None:
        return "–"
    # what the arithmetic leaves of a constant is no exponent
    error = number(round(found.standard_error, 4), 2) if found.points > 2 else "–"
    return f"{round(found.value, 2) + 0.0:.2f} ({error})"
