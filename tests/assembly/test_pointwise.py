"""What leaving an LLM out takes from the log density, against the likelihood of its scores."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import UnitScores, log_likelihood
from bayesdensing.assembly import design as designs
from bayesdensing.assembly.pointwise import LLM_WEIGHT, PublishedDensity, assemble_weighted
from bayesdensing.data import DataBundle
from bayesdensing.spec import load_spec

Frames = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=6))


def test_weight_of_zero_takes_the_scores_of_an_llm_away(bundle: DataBundle) -> None:
    spec = load_spec("joint")
    model = assemble_weighted(spec, bundle).model
    named = [*model.free_RVs, *model.deterministics]
    outputs = [model.logp(), *model.replace_rvs_by_values(named)]
    # the fast modes call NumPy with all terms of the sum at once, more than it takes
    evaluate: Any = model.compile_fn(outputs, on_unused_input="ignore")
    point = model.initial_point()
    with_all, *values = evaluate(point)
    llm = 1
    weight = np.ones(6)
    weight[llm] = 0
    model.set_data(LLM_WEIGHT, weight)
    without = evaluate(point)[0]

    dims = [model.named_vars_to_dims.get(v.name, ()) for v in named]
    posterior = xr.Dataset(
        {
            v.name: (("chain", "draw", *of), np.asarray(value)[None, None])
            for v, of, value in zip(named, dims, values, strict=True)
        },
        coords={d: np.array(model.coords[d]) for d in ("llm", "benchmark", "evaluator")},
    )
    benchmarks = designs.benchmarks_of(spec, bundle)
    design = designs.score_design(spec, bundle, benchmarks)
    own = design.pair_llm[design.obs_pair] == llm
    scores = ScoreModel.from_posterior(posterior, spec, np.array([14042.0, 6511.0]))
    unit = UnitScores(
        log_n=float(design.log_n[llm]),
        years=float(design.years[llm]),
        benchmark=design.obs_benchmark[own],
        evaluator=design.obs_evaluator[own],
        score=design.score[own],
    )
    log_density = posterior["log_density"].to_numpy()[0, :, llm : llm + 1]
    expected = log_likelihood(scores, unit, log_density)[0, 0]
    assert with_all - without == pytest.approx(expected, rel=1e-9)


def test_density_of_published_values_is_that_of_the_model(bundle: DataBundle) -> None:
    spec = load_spec("trend")
    density = PublishedDensity.of(spec, bundle)
    design = designs.published_design(spec, bundle)
    rng = np.random.default_rng(1)
    natural = {
        "level": rng.normal(size=(2, 5)),
        "growth_rate": rng.normal(size=(2, 5)),
        "dispersion": rng.lognormal(size=(2, 5)),
    }
    posterior = xr.Dataset({name: (("chain", "draw"), v) for name, v in natural.items()})
    values = density.values_of(posterior)
    total, terms = density.at(values)
    flat = {name: v.ravel()[:, None] for name, v in natural.items()}
    mean = flat["level"] + flat["growth_rate"] * design.years
    sd = np.sqrt(flat["dispersion"] ** 2 + design.log_error**2)
    assert terms == pytest.approx(stats.norm(mean, sd).logpdf(design.log_value))
    prior = sum(np.log(spec.priors[name].pdf(v)) for name, v in flat.items())[:, 0]
    # a scale is walked on the log scale
    assert total == pytest.approx(terms.sum(axis=1) + prior + np.log(flat["dispersion"][:, 0]))
