"""From the command to the converged headline, with a cold cache and a warm one."""

import sys
from pathlib import Path
from typing import Any

from benchmarks.children import Outcome, run_command, run_task
from benchmarks.plan import Plan
from benchmarks.tables import Table, spread

__all__ = ["command", "environment", "measure", "tables"]

STAGES = ("import_s", "compile_s", "tune_s", "sample_s", "read_out_s", "total_s")
_NAMES = {
    "import_s": "import",
    "compile_s": "compile",
    "tune_s": "tune: pilots and warm-up",
    "sample_s": "sample",
    "read_out_s": "data, checks, figures, files",
    "total_s": "sum, with the clock in it",
    "command_s": "the command itself",
}


def measure(plan: Plan) -> dict[str, Any]:
    """Run the command and the same with a clock in it, cold and warm, in turn.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``cold`` and ``warm``: a list of runs each.
    """
    found: dict[str, Any] = {"cold": [], "warm": []}
    for run in range(plan.runs):
        home = {"command": plan.scratch / f"command-{run}", "clock": plan.scratch / f"clock-{run}"}
        for state in ("cold", "warm"):
            out = plan.scratch / f"run-{run}-{state}"
            words = _words(out, plan, seed=plan.seed + run)
            told = command(words, home=home["command"], minutes=plan.minutes)
            clocked = run_task(
                "start",
                {"command": words, "out": str(out)},
                env=environment(home["clock"]),
                minutes=plan.minutes,
            )
            record = {"command_s": told.seconds, "command_peak_bytes": told.peak_bytes}
            record |= {"command_code": told.code, **clocked.to_dict()}
            found[state].append(record)
    return found


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a user who has never run the program, or of the same one later.

    Parameters
    ----------
    home : pathlib.Path
        The home folder; caches of compiled code and fonts go there.

    Returns
    -------
    dict
        Variables.
    """
    home.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "PYTENSOR_FLAGS": f"base_compiledir={home / 'compiled'}",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


def _words(out: Path, plan: Plan, *, seed: int) -> list[str]:
    lengths = [part for n, v in plan.lengths.items() for part in (f"--{n}", str(v))]
    return ["fit", "joint", "--out", str(out), "--seed", str(seed), "--quiet", *lengths]


def command(words: list[str], *, home: Path, minutes: float) -> Outcome:
    """Run the program in a home folder of its own.

    Parameters
    ----------
    words : list of str
        Its arguments.
    home : pathlib.Path
        The home folder.
    minutes : float
        After which it is stopped.

    Returns
    -------
    Outcome
        Seconds, memory and exit code.
    """
    program = Path(sys.executable).with_name("bayesdensing")
    return run_command([str(program), *words], env=environment(home), minutes=minutes)


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the table of stages.

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
    for key in ("command_s", *STAGES):
        cells = [spread([run.get(key) for run in found[state]]) for state in ("cold", "warm")]
        rows.append([_NAMES[key], *cells])
    peaks = [spread([run["command_peak_bytes"] / 1e6 for run in found[s]]) for s in found]
    rows.append(["peak memory of the command (MB)", *peaks])
    converged = [
        f"{sum(bool(run.get('converged')) for run in runs)} of {len(runs)}"
        for runs in found.values()
    ]
    rows.append(["runs that passed all checks", *converged])
    return {"start": Table(["seconds, median (range)", "cold cache", "warm cache"], rows)}
