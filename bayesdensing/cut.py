"""Cut inference: the reference runs' posterior passed on without feedback.

The loss law is sampled from the reference runs alone; under each of several of its draws the rest
of the model is sampled as if that law were known; the draws are pooled with equal weights. That is
no posterior of any one model: what scores say about the law is ignored on purpose (Plummer 2015,
"Cuts in Bayesian graphical models", Statistics and Computing 25, section 3.1: multiple imputation).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.analysis.readings import REFERENCE_DRAW
from bayesdensing.assembly import assemble, reference_alone
from bayesdensing.inference import Diagnostics, diagnose, with_modes
from bayesdensing.inference.pooling import interleaved, worst_of
from bayesdensing.sampling import Sampled, sampler_of

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference import Draws, Sampler
    from bayesdensing.inference.engine import Warmth
    from bayesdensing.inference.progress import SilentReporter
    from bayesdensing.spec import Spec

__all__ = ["sample_cut"]

#: Warm-up of each fit but the first, which starts where that one ended; a fit that does not pass
#: its checks is sampled again, so many times as long.
_WARM_TUNE, _LONGER = 400, (1, 2, 4)

#: One draw in so many is pooled. All of them are checked, but what the pool is good for is limited
#: by the number of reference draws, and a run of all draws would fill half a gigabyte.
_POOLED_EVERY = 4


def sample_cut(
    spec: "Spec", bundle: "DataBundle", *, seed: int, report: "SilentReporter"
) -> Sampled:
    """Sample the reference posterior, then the rest under several draws of it.

    Parameters
    ----------
    spec : Spec
        A hypothesis whose information flow is cut.
    bundle : DataBundle
        The data.
    seed : int
        Seed.
    report : SilentReporter
        Where progress goes.

    Returns
    -------
    Sampled
        The model of everything but the loss law; pooled draws of all fits, interleaved, with the
        coordinate ``reference_draw`` on ``draw``; the worst of the reference posterior's checks and
        of each fit's own; the reference posterior.
    """
    count = spec.information.reference_draws
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(count + 1)]
    before, rest = assemble(reference_alone(spec, bundle), bundle), assemble(spec, bundle)
    with report.step("compiling the loss law and the rest"):
        alone, sampler = sampler_of(before), sampler_of(rest)
    compiling = alone.compile_seconds + sampler.compile_seconds
    report.say(f"compiled in {compiling:.0f} s: {alone.size} and {sampler.size} parameters")
    settings = spec.sampler
    reference = alone.sample(
        seed=seeds[0],
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        target_accept=settings.target_accept,
        progress=report.advance,
    )
    record = diagnose(reference.posterior, reference.stats)
    records = {"reference runs alone": with_modes(record, reference.posterior, reference.stats)}
    fits: list[Draws] = []
    for number, law in enumerate(_spread(reference.posterior, count), start=1):
        name = f"reference draw {number} of {count}"
        report.say(name)
        drawn, records[name] = _sample_given(
            law,
            sampler,
            spec,
            seed=seeds[number],
            warmth=fits[0].warmth if fits else None,
            report=report,
        )
        fits.append(drawn)
    return Sampled(
        assembled=rest,
        posterior=interleaved([fit.posterior for fit in fits], name=REFERENCE_DRAW),
        stats=interleaved([fit.stats for fit in fits], name=REFERENCE_DRAW),
        diagnostics=worst_of(records),
        compile_seconds=compiling,
        sample_seconds=reference.seconds + sum(fit.seconds for fit in fits),
        reference=reference.posterior,
    )


def _sample_given(
    law: xr.Dataset,
    sampler: "Sampler",
    spec: "Spec",
    *,
    seed: int,
    warmth: "Warmth | None",
    report: "SilentReporter",
) -> tuple["Draws", Diagnostics]:
    """Sample the rest under one loss law, longer where that is needed to pass the checks.

    Only draws that are to be pooled come back, the law beside them.
    """
    settings = spec.sampler
    given = {name: law[name].to_numpy() for name in sampler.data_names if name in law}
    seconds = 0.0
    for longer in _LONGER:
        drawn = sampler.sample(
            seed=seed,
            draws=settings.draws * longer,
            tune=settings.tune if warmth is None else _WARM_TUNE * longer,
            chains=settings.chains,
            target_accept=settings.target_accept,
            data=given,
            warmth=warmth,
            progress=report.advance,
        )
        seconds += drawn.seconds
        record = diagnose(drawn.posterior, drawn.stats)
        if record.converged:
            break
    record = with_modes(record, drawn.posterior, drawn.stats)
    # every fit weighs the same, however long it took
    kept = slice(None, None, longer * _POOLED_EVERY)
    posterior, stats = drawn.posterior.isel(draw=kept), drawn.stats.isel(draw=kept)
    pooled = replace(drawn, posterior=_with_law(posterior, law), stats=stats, seconds=seconds)
    return pooled, record


def _spread(posterior: xr.Dataset, count: int) -> list[xr.Dataset]:
    """Return so many draws, evenly over all chains."""
    flat = posterior.stack(sample=("chain", "draw"))
    at = np.linspace(0, flat.sizes["sample"] - 1, count + 2).round().astype(int)[1:-1]
    return [flat.isel(sample=i).drop_vars(("sample", "chain", "draw")) for i in at]


def _with_law(posterior: xr.Dataset, law: xr.Dataset) -> xr.Dataset:
    """Put the loss law that was given beside the draws made under it."""
    like = posterior[["chain", "draw"]]
    given: Mapping[str, xr.DataArray] = {
        str(name): value.broadcast_like(like).transpose("chain", "draw", ...)
        for name, value in law.data_vars.items()
        if name not in posterior
    }
    return posterior.assign(given)
