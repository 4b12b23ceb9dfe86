"""Cut inference: the reference runs' posterior passed on without feedback.

The loss law is sampled from the reference runs alone; under each of several of its draws the rest
of the model is sampled as if that law were known; the draws are pooled with equal weights. That is
no posterior of any one model: what scores say about the law is ignored on purpose (Plummer 2015,
"Cuts in Bayesian graphical models", Statistics and Computing 25, section 3.1: multiple imputation).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.assembly import Assembled, assemble, reference_alone
from bayesdensing.inference import Diagnostics, Sampler, diagnose, with_modes
from bayesdensing.inference.pooling import interleaved, worst_of

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference import Draws
    from bayesdensing.inference.progress import SilentReporter
    from bayesdensing.spec import Spec

__all__ = ["REFERENCE_DRAW", "CutDraws", "sample_cut", "sampler_of"]

#: Coordinate that says under which draw of the reference posterior a draw was made.
REFERENCE_DRAW = "reference_draw"

#: Warm-up of each fit but the first, which starts where that one ended; a fit that does not pass
#: its checks is sampled again, so many times as long.
_WARM_TUNE, _LONGER = 400, (1, 2, 4)


@dataclass(frozen=True)
class CutDraws:
    """What cut inference gives.

    Attributes
    ----------
    assembled : Assembled
        The model of everything but the loss law.
    posterior, stats : xarray.Dataset
        Draws and sampler statistics of all fits, dims (chain, draw, ...), interleaved.
    reference : xarray.Dataset
        Draws of the reference posterior, dims (chain, draw, ...).
    diagnostics : Diagnostics
        The worst of the reference posterior's and of each fit's own.
    compile_seconds, sample_seconds : float
        Seconds of compiling and of sampling, all fits together.
    """

    assembled: Assembled
    posterior: xr.Dataset
    stats: xr.Dataset
    reference: xr.Dataset
    diagnostics: Diagnostics
    compile_seconds: float
    sample_seconds: float


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


def sample_cut(
    spec: "Spec", bundle: "DataBundle", *, seed: int, report: "SilentReporter"
) -> CutDraws:
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
    CutDraws
        Pooled draws and the checks of each fit.
    """
    count = spec.information.reference_draws
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(count + 1)]
    report.say("compiling the loss law and the rest ...")
    alone = sampler_of(assemble(reference_alone(spec, bundle), bundle))
    rest = assemble(spec, bundle)
    sampler = sampler_of(rest)
    compiling = alone.compile_seconds + sampler.compile_seconds
    report.say(f"compiled in {compiling:.0f} s: {alone.size} and {sampler.size} parameters")
    settings = spec.sampler
    options = {"chains": settings.chains, "target_accept": settings.target_accept}
    reference = alone.sample(
        seed=seeds[0], draws=settings.draws, tune=settings.tune, progress=report.advance, **options
    )
    record = diagnose(reference.posterior, reference.stats)
    records = {"reference runs alone": with_modes(record, reference.posterior, reference.stats)}
    chosen = _spread(reference.posterior, count)
    fits, warmth = [], None
    for number, law in enumerate(chosen):
        report.say(f"reference draw {number + 1} of {count}")
        given = {name: law[name].to_numpy() for name in sampler.data_names}
        for longer in _LONGER:
            drawn = sampler.sample(
                seed=seeds[number + 1],
                draws=settings.draws * longer,
                tune=settings.tune if warmth is None else _WARM_TUNE * longer,
                data=given,
                warmth=warmth,
                progress=report.advance,
                **options,
            )
            record = diagnose(drawn.posterior, drawn.stats)
            drawn = _thinned(drawn, longer)
            if record.converged:
                break
        warmth = warmth or drawn.warmth
        records[f"reference draw {number + 1}"] = record
        fits.append(replace(drawn, posterior=_with_law(drawn.posterior, law)))
    return CutDraws(
        assembled=rest,
        posterior=interleaved([fit.posterior for fit in fits], name=REFERENCE_DRAW),
        stats=interleaved([fit.stats for fit in fits], name=REFERENCE_DRAW),
        reference=reference.posterior,
        diagnostics=worst_of(records),
        compile_seconds=compiling,
        sample_seconds=reference.seconds + sum(fit.seconds for fit in fits),
    )


def _spread(posterior: xr.Dataset, count: int) -> list[xr.Dataset]:
    """Return so many draws, evenly over all chains."""
    flat = posterior.stack(sample=("chain", "draw"))
    at = np.linspace(0, flat.sizes["sample"] - 1, count + 2).round().astype(int)[1:-1]
    return [flat.isel(sample=i).drop_vars(("sample", "chain", "draw")) for i in at]


def _thinned(drawn: "Draws", step: int) -> "Draws":
    """Keep every step-th draw, so that all fits weigh the same."""
    kept = slice(None, None, step)
    return replace(
        drawn, posterior=drawn.posterior.isel(draw=kept), stats=drawn.stats.isel(draw=kept)
    )


def _with_law(posterior: xr.Dataset, law: xr.Dataset) -> xr.Dataset:
    """Put the loss law that was given beside the draws made under it."""
    missing = law.drop_vars([name for name in law.data_vars if name in posterior])
    like = posterior[["chain", "draw"]]
    return posterior.assign(
        {name: value.broadcast_like(like).transpose("chain", "draw", ...)
         for name, value in missing.data_vars.items()}
    )  # fmt: skip
