"""Many fits: worlds of one design, their outcomes swapped into one compiled model."""

import os
import time
from typing import Any

import numpy as np
import xarray as xr

from bayesdensing.analysis.intervals import quantiles
from bayesdensing.inference.diagnostics import diagnose
from bayesdensing.refitting import Refit, Refitter, Task
from bayesdensing.simulation import simulate, typical_values
from benchmarks.walks import load_posterior

__all__ = ["run"]

_PROBABILITIES = (0.5, 0.95)


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Fit the data, draw worlds from the posterior on the same design, and fit those.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, ``fits``, ``fit_draws`` and ``fit_tune`` a chain.

    Returns
    -------
    dict
        ``first_s``: compiling and the template's fit; ``fits_s``: all others, with their checks,
        their worlds not counted; and a record of each.
    """
    spec, data, _ = load_posterior(options)
    began = time.perf_counter()
    refitter = Refitter(spec, data, seed=options["seed"])
    first = time.perf_counter() - began
    names = [*typical_values(spec, data)]
    truths = _truths(refitter.template_posterior, names, options)
    tasks = [
        Task(str(i), simulate(spec, data, seed=options["seed"] + i, given=given).data, i)
        for i, given in enumerate(truths)
    ]
    began = time.perf_counter()
    made = refitter.fits(
        tasks,
        draws=options["fit_draws"],
        tune=options["fit_tune"],
        workers=os.cpu_count() or 1,
    )
    records = [_record(found, truths[int(found.task.key)]) for found in made]
    return {"first_s": first, "fits_s": time.perf_counter() - began, "fits": records}


def _truths(
    posterior: xr.Dataset, names: list[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    rng = np.random.default_rng(options["seed"])
    flat = posterior[names].stack(sample=("chain", "draw"))
    at = rng.choice(flat.sizes["sample"], options["fits"], replace=False)
    return [{n: flat[n].isel(sample=int(i)).to_numpy() for n in names} for i in at]


def _record(found: Refit, truth: dict[str, Any]) -> dict[str, Any]:
    rate = found.posterior["growth_rate"]
    headline = diagnose(found.posterior[["growth_rate"]], found.stats)
    inside = {}
    for probability in _PROBABILITIES:
        low, high = quantiles(rate, probability=probability)
        inside[f"in_{probability:g}"] = bool(low <= float(truth["growth_rate"]) <= high)
    return {
        "seconds": found.seconds,
        "divergences": headline.divergences,
        "headline_ess_bulk": headline.min_ess_bulk,
        "headline_rhat": headline.max_rhat,
        "max_rhat": found.diagnostics.max_rhat,
        **inside,
    }
