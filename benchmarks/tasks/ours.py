"""Our sampler: with its pilots, and once more given the coordinates as peers are."""

from pathlib import Path
from typing import Any

from bayesdensing.inference.engine import Draws
from bayesdensing.sampling import sampler_of
from benchmarks.posterior import summarise
from benchmarks.walks import load_posterior, save_coordinates

__all__ = ["GIVEN_SHARE", "run"]

#: Share of our warm-up that is left for step size and diagonal where the coordinates are given.
GIVEN_SHARE = 6


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Sample the posterior.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, optionally ``draws`` and ``tune``; ``warmth`` is a file to write.

    Returns
    -------
    dict
        ``compile_s``, ``full`` and ``given``, each with seconds, steps and moments.
    """
    spec, _, assembled = load_posterior(options)
    settings = spec.sampler
    draws, tune = options.get("draws", settings.draws), options.get("tune", settings.tune)
    sampler = sampler_of(assembled)
    plan = {
        "draws": draws,
        "chains": settings.chains,
        "target_accept": settings.target_accept,
        "seed": options["seed"],
    }
    full = sampler.sample(tune=tune, **plan)
    save_coordinates(Path(options["warmth"]), full.warmth)
    given = sampler.sample(tune=tune // GIVEN_SHARE, warmth=full.warmth, **plan)
    return {
        "compile_s": sampler.compile_seconds,
        "dimensions": sampler.size,
        "full": _record(full),
        "given": _record(given),
    }


def _record(draws: Draws) -> dict[str, Any]:
    return {
        "seconds": draws.seconds,
        "steps_per_draw": float(draws.stats["n_steps"].median()),
        "steps": int(draws.stats["n_steps"].sum()),
        "divergences": int(draws.stats["diverging"].sum()),
        **summarise(draws.posterior),
    }
