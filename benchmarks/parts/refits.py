"""Fits a minute where outcomes are swapped into one compiled model, as calibration does."""

import statistics
from typing import Any

from benchmarks.children import run_task
from benchmarks.plan import Plan
from benchmarks.tables import Table, number, spread

__all__ = ["measure", "tables"]

_FITS = 24
#: Of each chain: about a hundred effective draws of the headline come out of four.
_LENGTH = {"fit_draws": 150, "fit_tune": 200}


def measure(plan: Plan) -> dict[str, Any]:
    """Fit worlds on the packaged data's design, several times.

    Parameters
    ----------
    plan : Plan
        Settings.

    Returns
    -------
    dict
        ``length`` and ``runs``: a record each.
    """
    options = {"data": None, "fits": _FITS, **_LENGTH, **plan.lengths}
    runs = [
        run_task("refits", {**options, "seed": plan.seed + 1000 * i}, minutes=plan.minutes)
        for i in range(plan.runs)
    ]
    return {"length": {"fits": _FITS, **_LENGTH}, "runs": [run.to_dict() for run in runs]}


def tables(found: dict[str, Any]) -> dict[str, Table]:
    """Return the table of fits a minute.

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
    fits = [fit for run in runs for fit in run["fits"]]
    rows = [
        ["fits a minute", spread([60 * len(run["fits"]) / run["fits_s"] for run in runs])],
        ["seconds before the first of them", spread([run["first_s"] for run in runs])],
        ["headline's effective draws a fit", spread([f["headline_ess_bulk"] for f in fits])],
        ["headline's R-hat", spread([f["headline_rhat"] for f in fits], 4)],
        ["fits without divergences", f"{sum(f['divergences'] == 0 for f in fits)} of {len(fits)}"],
    ]
    for name, label in (("in_0.5", "50 %"), ("in_0.95", "95 %")):
        inside = statistics.mean(f[name] for f in fits)
        rows.append([f"truths inside the {label} interval", f"{number(100 * inside)} %"])
    length = found["length"]
    head = f"{length['fits']} fits a run, {length['fit_tune']} + {length['fit_draws']} a chain"
    return {"refits": Table([head, "median (range)"], rows)}
