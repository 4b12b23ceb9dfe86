"""A hypothesis and data to draws with their checks: one model, sampled once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import xarray as xr

from bayesdensing.assembly import Assembled, assemble
from bayesdensing.inference import Diagnostics, Sampler, diagnose, with_modes

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference.progress import SilentReporter
    from bayesdensing.spec import Spec

__all__ = ["Sampled", "sample_joint", "sampler_of"]


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Draws with what they were drawn from and whether they can be trusted.

    Attributes
    ----------
    assembled : Assembled
        The model.
    posterior, stats : xarray.Dataset
        Draws and sampler statistics, dims (chain, draw, ...).
    diagnostics : Diagnostics
        The checks.
    compile_seconds, sample_seconds : float
        Seconds of compiling and of sampling.
    reference : xarray.Dataset or None
        Draws of the loss law from the reference runs alone, where they were sampled first.
    """

    assembled: Assembled
    posterior: xr.Dataset
    stats: xr.Dataset
    diagnostics: Diagnostics
    compile_seconds: float
    sample_seconds: float
    reference: xr.Dataset | None = None


def sampler_of(assembled: Assembled) -> Sampler:
    """Compile a model with its hints.

    Parameters
    ----------
    assembled : Assembled
        The model.

    Returns
    -------
    Sampler
        Ready to sample.
    """
    geometry = assembled.geometry
    return Sampler(
        assembled.model,
        shifts=geometry.shifts,
        log_stretches=geometry.log_stretches,
        latents=geometry.latents,
    )


def sample_joint(
    spec: "Spec", bundle: "DataBundle", *, seed: int, report: "SilentReporter"
) -> Sampled:
    """Sample the posterior of all blocks of a hypothesis together.

    Parameters
    ----------
    spec : Spec
        The hypothesis.
    bundle : DataBundle
        The data.
    seed : int
        Seed.
    report : SilentReporter
        Where progress goes.

    Returns
    -------
    Sampled
        Draws and their checks.
    """
    assembled = assemble(spec, bundle)
    report.say("compiling the model ...")
    sampler = sampler_of(assembled)
    report.say(f"compiled in {sampler.compile_seconds:.0f} s: {sampler.size} parameters")
    settings = spec.sampler
    draws = sampler.sample(
        seed=seed,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        target_accept=settings.target_accept,
        progress=report.advance,
    )
    report.say("checking the draws")
    record = diagnose(draws.posterior, draws.stats)
    return Sampled(
        assembled=assembled,
        posterior=draws.posterior,
        stats=draws.stats,
        diagnostics=with_modes(record, draws.posterior, draws.stats),
        compile_seconds=sampler.compile_seconds,
        sample_seconds=draws.seconds,
    )
