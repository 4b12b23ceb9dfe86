"""Our sampler: with its pilots, and once more given the coordinates as peers are."""

from pathlib import Path
from typing import Any

from bayesdensing.inference import Sampler
from bayesdensing.inference.engine import Draws, Warmth
from bayesdensing.sampling import sampler_of
from benchmarks.posterior import summarise
from benchmarks.walks import load_posterior, save_warmth

__all__ = ["GIVEN_SHARE", "run", "sample_given"]

#: Of so many iterations of our warm-up one is left for step size and diagonal where the
#: coordinates are given.
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
    sampler = sampler_of(assembled)
    full = sampler.sample(
        seed=options["seed"],
        draws=options.get("draws", settings.draws),
        tune=options.get("tune", settings.tune),
        chains=settings.chains,
        target_accept=settings.target_accept,
    )
    save_warmth(Path(options["warmth"]), full.warmth)
    return {
        "compile_s": sampler.compile_seconds,
        "dimensions": sampler.size,
        "full": _record(full),
        "given": sample_given(sampler, settings, full.warmth, options),
    }


def sample_given(
    sampler: Sampler, settings: Any, warmth: Warmth, options: dict[str, Any]
) -> dict[str, Any]:
    """Sample without pilots.

    Parameters
    ----------
    sampler : Sampler
        The compiled model.
    settings : SamplerSettings
        Those of the hypothesis.
    warmth : Warmth
        Where chains start, and in which coordinates.
    options : dict
        ``seed``, optionally ``draws`` and ``tune``.

    Returns
    -------
    dict
        Seconds, steps and moments.
    """
    draws = sampler.sample(
        seed=options["seed"],
        draws=options.get("draws", settings.draws),
        tune=options.get("tune", settings.tune) // GIVEN_SHARE,
        chains=settings.chains,
        target_accept=settings.target_accept,
        warmth=warmth,
    )
    return _record(draws)


def _record(draws: Draws) -> dict[str, Any]:
    return {
        "seconds": draws.seconds,
        "steps_per_draw": float(draws.stats["n_steps"].median()),
        "steps": int(draws.stats["n_steps"].sum()),
        "divergences": int(draws.stats["diverging"].sum()),
        **summarise(draws.posterior),
    }
