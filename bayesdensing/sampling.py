"""A hypothesis and data to draws with their checks: one model, sampled once."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import xarray as xr

from bayesdensing.assembly import Assembled, assemble
from bayesdensing.inference import Diagnostics, Sampler, approximate, diagnose, settle, with_modes
from bayesdensing.inference.modes import with_masses

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference.engine import Draws, Warmth
    from bayesdensing.inference.progress import SilentReporter
    from bayesdensing.spec import Spec

__all__ = ["FEW_DIVERGENCES", "QUICK", "Sampled", "sample_joint", "sample_quick", "sampler_of"]

#: Share of transitions that may diverge for smaller steps to be tried: more are no accident, and
#: smaller steps can hide them. The second draws are judged as any are: none of theirs may diverge.
FEW_DIVERGENCES = 0.02

#: R-hat below which chains are taken to be in one place, which they have not sampled enough.
_IN_ONE_PLACE = 1.1
#: Draws over all chains in which a fit should pass its checks.
_ENOUGH = 4000

#: Sampler settings of a quick fit, whatever the hypothesis says.
QUICK: dict[str, Any] = {"draws": 250, "tune": 200, "chains": 4, "target_accept": 0.85}
_METHOD = "short chains from starts with latents integrated out"


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
        loose=geometry.loose,
        populations=geometry.populations,
    )


def sample_joint(
    spec: "Spec",
    bundle: "DataBundle",
    *,
    seed: int,
    report: "SilentReporter",
    cores: int | None = None,
) -> Sampled:
    """Sample the posterior of all blocks of a hypothesis together.

    Where a few transitions diverge the posterior is sampled once more in smaller steps, where
    chains that agree fall short of the checks once more in coordinates learned from all their
    draws, from where they ended, and where chains from dispersed starts stayed in several
    regions once more from those that hold posterior mass; only those draws are kept, and judged.

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
    cores : int, optional
        Chains at a time; as many as the machine has cores where not given.

    Returns
    -------
    Sampled
        Draws and their checks.
    """
    assembled = assemble(spec, bundle)
    with report.step("compiling the model"):
        sampler = sampler_of(assembled)
    report.say(f"compiled in {sampler.compile_seconds:.0f} s: {sampler.size} parameters")
    settings = spec.sampler
    sample = partial(
        sampler.sample,
        seed=seed,
        draws=settings.draws,
        chains=settings.chains,
        cores=cores,
        progress=report.advance,
        dispersed=settings.starts == "dispersed",
    )
    draws = sample(tune=settings.tune, target_accept=settings.target_accept)
    with report.step("checking the draws"):
        record = diagnose(draws.posterior, draws.stats)
        again = _once_more(spec, sampler, draws, record, seed=seed)
    seconds = draws.seconds
    masses: tuple[dict[str, Any], ...] = ()
    if again is not None:
        report.say(f"{again.reason}: sampling again {again.how}")
        draws = sample(
            tune=settings.tune // 2, target_accept=again.target_accept, warmth=again.warmth
        )
        record = diagnose(draws.posterior, draws.stats)
        record = replace(record, negligible_modes=again.negligible)
        masses = again.masses
        seconds += draws.seconds
    return Sampled(
        assembled=assembled,
        posterior=draws.posterior,
        stats=draws.stats,
        diagnostics=with_masses(with_modes(record, draws.posterior, draws.stats), masses),
        compile_seconds=sampler.compile_seconds,
        sample_seconds=seconds,
    )


def sample_quick(
    spec: "Spec", bundle: "DataBundle", *, seed: int, report: "SilentReporter"
) -> Sampled:
    """Approximate the posterior of all blocks of a hypothesis together, in seconds.

    Parameters
    ----------
    spec : Spec
        The hypothesis, with the sampler settings `QUICK`; its information is not cut.
    bundle : DataBundle
        The data.
    seed : int
        Seed.
    report : SilentReporter
        Where progress goes.

    Returns
    -------
    Sampled
        Draws, few and labelled as approximate, and whether they may be used: above all their
        growth rate, or level and dispersion where nothing grows.
    """
    from bayesdensing.inference.quick import sample_quickly

    assembled = assemble(spec, bundle)
    with report.step("compiling the model"):
        sampler = sampler_of(assembled)
    settings = spec.sampler
    draws = sample_quickly(
        sampler, seed=seed, progress=report.advance, **settings.model_dump(exclude={"starts"})
    )
    focus = ("level", "dispersion") if spec.growth.trend == "constant" else ("growth_rate",)
    record = approximate(draws.posterior, draws.stats, method=_METHOD, focus=focus)
    return Sampled(
        assembled=assembled,
        posterior=draws.posterior,
        stats=draws.stats,
        diagnostics=record,
        compile_seconds=sampler.compile_seconds,
        sample_seconds=draws.seconds,
    )


@dataclass(frozen=True, kw_only=True)
class _Again:
    """Why and how a posterior is sampled once more."""

    reason: str
    how: str
    warmth: "Warmth"
    target_accept: float
    negligible: tuple[dict[str, Any], ...] = ()
    masses: tuple[dict[str, Any], ...] = ()


def _once_more(
    spec: "Spec", sampler: Sampler, draws: "Draws", record: Diagnostics, *, seed: int
) -> _Again | None:
    """Say how draws that did not pass their checks may be bettered, if at all."""
    settings = spec.sampler
    size = settings.draws * settings.chains
    accept = settings.target_accept
    if settings.starts == "dispersed" and not record.max_rhat < _IN_ONE_PLACE:
        settled = settle(sampler, draws, seed=seed)
        if settled is not None:
            regions = settled.regions + len(settled.negligible)
            return _Again(
                reason=f"chains stayed in {regions} regions, {settled.regions} with posterior mass",
                how="from these",
                warmth=settled.warmth,
                target_accept=accept,
                negligible=settled.negligible,
                masses=settled.masses,
            )
    if 0 < record.divergences <= FEW_DIVERGENCES * size:
        accept = _smaller_steps(accept)
        return _Again(
            reason=f"{record.divergences} divergent transitions",
            how=f"in smaller steps (target_accept {accept:.3f})",
            warmth=draws.warmth,
            target_accept=accept,
        )
    if _fell_short(record) and size >= _ENOUGH and settings.starts == "near":
        return _Again(
            reason=record.reasons[0],
            how="in coordinates learned from these draws",
            warmth=draws.relearn(),
            target_accept=accept,
        )
    return None


def _fell_short(record: Diagnostics) -> bool:
    """Whether chains agree and none diverges, but they are too short for their checks."""
    return not record.converged and not record.divergences and record.max_rhat < _IN_ONE_PLACE


def _smaller_steps(target_accept: float) -> float:
    """Return a target with a quarter of the rejections: steps about half as long."""
    return 1 - (1 - target_accept) / 4
