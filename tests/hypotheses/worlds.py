"""A small world of known truth for each hypothesis, a short fit to it, and what counts as found."""

from dataclasses import dataclass

import numpy as np

from bayesdensing.analysis import Fit
from bayesdensing.analysis.intervals import quantiles
from bayesdensing.data import DataBundle
from bayesdensing.fitting import fit
from bayesdensing.laws.loss import loss
from bayesdensing.simulation import World, simulate, typical_values
from bayesdensing.simulation.prior import generative
from bayesdensing.spec import Spec, load_spec

DOUBLING_DAYS = 150.0
N_LLMS = 25
SEED = 11
#: Share of LLMs whose 95 % interval has to hold their true density.
INSIDE = 0.85
#: Seeds of further worlds. All densities of a world share its ruler, so that one world tells little
#: of how often their intervals hold the truth: one that falls short is judged with these two.
MORE_SEEDS = (21, 31)
#: Short: what is asked is where the truth lies, not whether every draw passes its checks.
SAMPLER = {"draws": 300, "tune": 500, "chains": 2}
LAW = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")


@dataclass(frozen=True)
class Case:
    """A hypothesis, data drawn from it, and a fit of it to them."""

    spec: Spec
    world: World
    fit: Fit


def short(name: str) -> Spec:
    """Return a shipped hypothesis that is sampled briefly."""
    raw = dict(load_spec(name)) | {"sampler": SAMPLER}
    if raw["information"].flow == "cut":
        raw["information"] = {"flow": "cut", "reference_draws": 4}
    return Spec(**raw)


def make_world(
    spec: Spec, template: DataBundle, *, days: float = DOUBLING_DAYS, seed: int = SEED
) -> World:
    """Draw the world of a hypothesis on the design of the template."""
    if spec.is_series_alone:
        given = {"level": 0.3, "dispersion": 0.4, "doubling_time_days": days}
        if spec.data.records == "only":
            given["arrival_rate"] = 20.0
    elif "growth" in spec.blocks:
        given = typical_values(generative(spec), template, doubling_days=days)
    else:
        every = typical_values(load_spec("joint"), template)
        given = {name: value for name, value in every.items() if name in spec.priors}
    return simulate(spec, template, seed=seed, given=given, name=spec.name)


def fitted(spec: Spec, world: World) -> Fit:
    return fit(spec, world.data, seed=SEED, progress=False)


def recovered(found: Fit, world: World) -> dict[str, bool | float]:
    """Say of everything that the hypothesis is about whether the fit holds the truth."""
    answers: dict[str, bool | float] = {}
    if "growth_rate" in found.posterior:
        answers["rate"] = inside(found, world, "growth_rate", probability=0.999)
    if "growth" in found.spec.blocks:
        lower, upper = quantiles(found.posterior["log_density"], probability=0.95)
        truth = world.truth["log_density"].sel(llm=lower["llm"])
        answers["densities"] = float(((lower <= truth) & (truth <= upper)).mean())
    for name in ("active_weight", "size_exponent", "family_sd", "growth_rate_by_benchmark"):
        if name in found.posterior:
            answers[name] = inside(found, world, name, probability=0.999)
    if found.spec.blocks == ("loss",):
        for name in ("n_exponent", "d_exponent", "irreducible_loss"):
            answers[name] = inside(found, world, name, probability=0.999)
        answers["losses"] = losses_inside(found, world)
    return answers


def inside(found: Fit, world: World, name: str, *, probability: float) -> bool:
    lower, upper = quantiles(found.posterior[name], probability=probability)
    truth = world.truth[name]
    return bool(((lower <= truth) & (truth <= upper)).all())


def losses_inside(found: Fit, world: World) -> bool:
    """Whether the true law's losses at the runs lie in the fit's 99.9 % intervals."""
    runs = world.data.reference_runs
    assert runs is not None
    names = runs["benchmark"].to_numpy()
    at = {"n_params": runs["n_params"].to_numpy(), "n_tokens": runs["n_tokens"].to_numpy()}

    def losses(draws):
        law = {n: draws[n].sel(benchmark=names).transpose(..., "benchmark") for n in LAW}
        return loss(**at, **{n: value.to_numpy() for n, value in law.items()})

    values = losses(found.posterior)
    ends = np.quantile(values.reshape(-1, values.shape[-1]), [0.0005, 0.9995], axis=0)
    truth = losses(world.truth)
    return bool(((ends[0] <= truth) & (truth <= ends[1])).all())
