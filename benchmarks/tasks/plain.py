"""The model as it is assembled, sampled by ``pm.sample()`` with its defaults."""

import os
import time
from typing import Any

import pymc as pm

from benchmarks.posterior import summarise
from benchmarks.walks import load_posterior

__all__ = ["run"]

_DRAWS = 1000  # the default of pm.sample, as is its warm-up
_CHAINS = 4


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Sample, longer and longer until the smallest effective sample size is enough.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, ``enough`` (effective draws) and ``minutes``: no attempt is begun that
        would not end in time.

    Returns
    -------
    dict
        The last attempt: seconds, steps and moments; ``capped`` where the time ran out before.
    """
    began = time.perf_counter()
    _, _, assembled = load_posterior(options)
    draws, tune = options.get("draws", _DRAWS), options.get("tune", 1000)
    cap = 60.0 * options["minutes"]
    while True:
        found = _attempt(assembled.model, seed=options["seed"], draws=draws, tune=tune)
        if found["min_ess_bulk"] >= options["enough"]:
            return {**found, "capped": False}
        left = cap - (time.perf_counter() - began)
        each = found["seconds"] / (draws + tune)
        draws = min(4 * draws, int(0.8 * left / each) - tune)
        if draws <= found["draws"] // _CHAINS:
            return {**found, "capped": True}


def _attempt(model: pm.Model, *, seed: int, draws: int, tune: int) -> dict[str, Any]:
    trace = pm.sample(
        draws=draws, tune=tune, chains=_CHAINS, cores=min(_CHAINS, os.cpu_count() or 1),
        model=model, random_seed=seed, progressbar=False,
    )  # fmt: skip
    stats = trace["sample_stats"].to_dataset()
    return {
        "seconds": float(trace["posterior"].attrs["sampling_time"]),
        "library": trace["posterior"].attrs.get("inference_library"),
        "steps_per_draw": float(stats["n_steps"].median()),
        "steps": int(stats["n_steps"].sum()),
        "divergences": int(stats["diverging"].sum()),
        "tune": tune,
        **summarise(trace["posterior"].to_dataset()),
    }
