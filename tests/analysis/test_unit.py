"""The likelihood of an LLM's scores is that of the PyMC model, and its integral is right."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from pymc.initial_point import make_initial_point_fn
from scipy import integrate, stats

from bayesdensing.analysis.score_model import ScoreModel
from bayesdensing.analysis.unit import (
    UnitScores,
    density_nodes,
    log_likelihood,
    log_sizes,
    marginal_log_likelihood,
)
from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import score_design
from bayesdensing.data import DataBundle
from bayesdensing.laws.deviation import ends_met
from bayesdensing.spec import Spec

BENCHMARKS = ("MMLU", "BBH")
FIXED = {"rule": "fixed", "value": 5e12}


def posterior_of(points: list[dict[str, np.ndarray]], model: pm.Model) -> xr.Dataset:
    names = list(points[0])
    dims = {n: ("chain", "draw", *model.named_vars_to_dims.get(n, ())) for n in names}
    values = {n: (dims[n], np.array([p[n] for p in points])[None]) for n in names}
    coords = {d: np.array(list(c or ())) for d, c in model.coords.items()}
    return xr.Dataset(values, coords=coords)


def draws_and_logp(spec: Spec, bundle: DataBundle, *, count: int) -> tuple[Any, Any, np.ndarray]:
    """Return assembled model, a posterior of dispersed points, and their logp of the scores."""
    model = assemble(spec, bundle).model
    start = make_initial_point_fn(
        model=model, jitter_rvs=set(model.free_RVs), return_transformed=True
    )
    wanted = [n for n in model.named_vars if n not in ("log_loss", "link_score", "score")]
    graph = model.replace_rvs_by_values([model[n] for n in wanted])
    run = model.compile_fn(
        [model.logp(vars=[model["score"]], sum=True), *graph],
        inputs=model.value_vars, mode="FAST_COMPILE",
    )  # fmt: skip
    rng = np.random.default_rng(1)
    found = []
    for seed in range(count):
        point = {n: v + 0.3 * rng.normal(size=np.shape(v)) for n, v in start(seed).items()}
        found.append(run(point))
    points = [dict(zip(wanted, rest, strict=True)) for _, *rest in found]
    return model, posterior_of(points, model), np.array([float(logp) for logp, *_ in found])


def units_of_design(spec: Spec, bundle: DataBundle) -> list[UnitScores]:
    design = score_design(spec, bundle, BENCHMARKS)
    llm = design.pair_llm[design.obs_pair]
    return [
        UnitScores(
            log_n=float(design.log_n[i]),
            years=float(design.years[i]),
            benchmark=design.obs_benchmark[llm == i],
            evaluator=design.obs_evaluator[llm == i],
            score=design.score[llm == i],
            log_active_share=float(design.log_active_share[i]),
            family=int(design.family[i]),
        )
        for i in range(len(design.llms))
    ]


def tiny_spec(**axes: Any) -> Spec:
    return Spec(**({"name": "x", "blocks": ("loss", "link", "growth")} | axes))


@pytest.mark.parametrize(
    "axes",
    [
        {},
        {"growth": {"deviation": "size", "parameter_count": "active"}},
        {"reference_tokens": FIXED, "loss": {"law": "power"}},
        {"reference_tokens": FIXED, "growth": {"deviation": "size", "trend": "constant"}},
        {"growth": {"parameter_count": "estimated", "size_term": "linear"}},
        {"growth": {"benchmark_growth": "pooled", "family": "intercept"}},
        {"link": {"floor": "chance", "ceiling": "one"}, "data": {"evaluators": ("harness",)}},
    ],
    ids=str,
)
def test_it_is_the_likelihood_of_the_joint_model(axes, tiny_frames):
    spec = tiny_spec(**axes)
    bundle = DataBundle.from_frames(name="tiny", **tiny_frames())
    _, posterior, expected = draws_and_logp(spec, bundle, count=3)
    posterior.attrs = {"mean_log_n": "23.0"}
    model = ScoreModel.from_posterior(posterior, spec, np.array([14042, 6511]))
    log_density = posterior["log_density"].to_numpy()[0]
    ours = sum(
        log_likelihood(model, unit, log_density[:, [i]])
        for i, unit in enumerate(units_of_design(spec, bundle))
    )
    np.testing.assert_allclose(ours[:, 0], expected, rtol=1e-8)


def test_scores_at_an_end_count_as_in_the_joint_model(tiny_frames):
    spec, frames = tiny_spec(), tiny_frames()
    scores = frames["scores"]
    again = scores.iloc[[2, 2]].assign(evaluator=["one more", "and another"], score=[1.0, 0.3])
    scores.loc[scores.index[:2], "score"] = 0.0
    frames["scores"] = pd.concat([scores, again], ignore_index=True)
    bundle = DataBundle.from_frames(name="tiny", **frames)
    assert len(ends_met(score_design(spec, bundle, BENCHMARKS).score)) == 3
    _, posterior, expected = draws_and_logp(spec, bundle, count=3)
    model = ScoreModel.from_posterior(posterior, spec, np.array([14042, 6511]))
    log_density = posterior["log_density"].to_numpy()[0]
    ours = sum(
        log_likelihood(model, unit, log_density[:, [i]])
        for i, unit in enumerate(units_of_design(spec, bundle))
    )
    np.testing.assert_allclose(ours[:, 0], expected, rtol=1e-8)


def make_model(draws: int = 3, frontier: str = "half-normal", **changes: Any) -> ScoreModel:
    """A model of scores whose draws are random, of two benchmarks and two evaluators."""
    rng = np.random.default_rng(5)
    by_benchmark = {
        "irreducible_loss": 0.05, "n_coefficient": 30.0, "n_exponent": 0.3,
        "d_coefficient": 60.0, "d_exponent": 0.29, "floor": 0.25, "ceiling": 0.96,
        "midpoint_loss": 0.15, "link_slope": 20.0, "deviation_sd": 0.4, "overdispersion": 0.02,
        "evaluator_sd": 0.15,
    }  # fmt: skip
    of_draw = {"score_df": 3.0, "level": -0.5, "growth_rate": 1.7, "dispersion": 0.7}
    cd = ("chain", "draw")
    values: dict[str, Any] = {
        n: ((*cd, "benchmark"), v * (1 + 0.02 * rng.normal(size=(1, draws, 2))))
        for n, v in by_benchmark.items()
    }
    values |= {n: (cd, v * (1 + 0.02 * rng.normal(size=(1, draws)))) for n, v in of_draw.items()}
    values["evaluator_effect"] = (
        (*cd, "evaluator", "benchmark"), rng.normal(0, 0.1, (1, draws, 2, 2))
    )  # fmt: skip
    values |= {n: (cd, np.full((1, draws), v)) for n, v in changes.items()}
    coords = {"benchmark": list(BENCHMARKS), "evaluator": ["harness", "lab"]}
    posterior = xr.Dataset(values, coords=coords)
    spec = tiny_spec(growth={"frontier": frontier if "inefficiency_sd" in changes else "none"})
    return ScoreModel.from_posterior(posterior, spec, np.array([14042, 6511]))


def make_unit(*scores: float) -> UnitScores:
    """An LLM with a score on each benchmark; the third of three is on the first again."""
    return UnitScores(
        log_n=np.log(7e9),
        years=0.4,
        benchmark=np.array([0, 1, 0])[: len(scores)],
        evaluator=np.array([0, 0, 1])[: len(scores)],
        score=np.array(scores),
    )


@pytest.mark.parametrize(
    ("kind", "inefficiency"), [("none", 0.0), ("half-normal", 0.9), ("exponential", 0.7)]
)
@pytest.mark.parametrize("widens", [0.0, 0.8])
@pytest.mark.parametrize("scores", [(0.6, 0.5, 0.62), (0.94, 0.26), (0.25,)])
def test_the_marginal_is_the_integral_over_the_prior(scores, kind, inefficiency, widens):
    changes = {"inefficiency_sd": inefficiency} if inefficiency else {}
    changes |= {"dispersion_growth": widens} if widens else {}
    model, unit = make_model(draws=1, frontier=kind, **changes), make_unit(*scores)
    factor = np.exp(0.4 * widens)
    behind = {"exponential": stats.expon}.get(kind, stats.halfnorm)
    found = marginal_log_likelihood(model, [unit])
    for d in range(model.n_draws):
        one = model.take(slice(d, d + 1))
        centre = float(one.trend.at(unit.years)[0, 0])
        normal = stats.norm(0, factor * one.dispersion[0])
        half = behind(0, max(factor * inefficiency, 1e-9))

        def prior(residual, normal=normal, half=half):
            if not inefficiency:
                return normal.pdf(residual)
            # the residual is an even part less an inefficiency, convolved here by brute force
            part = lambda u: normal.pdf(residual + u) * half.pdf(u)  # noqa: E731
            return integrate.quad(part, 0, 20, points=(1, 3), epsabs=1e-13)[0]

        def integrand(residual, one=one, centre=centre, prior=prior):
            at = np.array([[centre + residual]])
            return prior(residual) * np.exp(log_likelihood(one, unit, at)[0, 0])

        value = integrate.quad(integrand, -20, 8, points=(-2, -1, 0, 1), limit=400, epsrel=1e-9)[0]
        assert found[d, 0] == pytest.approx(np.log(value), abs=1e-6)


def test_prior_weights_sum_to_one_behind_a_frontier_too():
    tailed = make_model(frontier="exponential", inefficiency_sd=1.2, dispersion_growth=-0.5)
    for model in (make_model(), make_model(inefficiency_sd=1.2), tailed):
        _, log_weight = density_nodes(model, replace(make_unit(0.5), years=0.4))
        np.testing.assert_allclose(np.exp(log_weight).sum(axis=1), 1, atol=1e-10)


def test_half_as_many_nodes_give_the_same_marginal():
    model, units = make_model(), [make_unit(0.6, 0.5, 0.62), make_unit(0.3)]
    fine, coarse = (marginal_log_likelihood(model, units, nodes=n) for n in (241, 61))
    np.testing.assert_allclose(fine, coarse, atol=1e-4)


def test_draws_are_taken_together():
    model = make_model(draws=5)
    unit = make_unit(0.6, 0.5)
    part = marginal_log_likelihood(model.take(np.array([3, 1])), [unit])
    np.testing.assert_array_equal(part, marginal_log_likelihood(model, [unit])[[3, 1]])


def test_an_unknown_evaluator_needs_an_effect_that_is_given():
    model = make_model()
    unit = UnitScores(
        log_n=20.0, years=0.0, benchmark=np.array([1]), evaluator=np.array([-1]),
        score=np.array([0.5]),
    )  # fmt: skip
    log_density, _ = density_nodes(model, unit)
    with pytest.raises(ValueError, match="do not know"):
        log_likelihood(model, unit, log_density)
    given = log_likelihood(model, unit, log_density, effect=np.zeros((3, 1)))
    assert np.isfinite(given).all()


# --- size, family and benchmark terms -------------------------------------------------------------


def with_terms(**values: Any) -> ScoreModel:
    model = make_model()
    return replace(model, covariates=replace(model.covariates, **values))


def prior_moments(model: ScoreModel, unit: UnitScores) -> tuple[np.ndarray, np.ndarray]:
    nodes, log_weight = density_nodes(model, unit)
    weight = np.exp(log_weight)
    mean = (weight * nodes).sum(axis=1)
    return mean, (weight * (nodes - mean[:, None]) ** 2).sum(axis=1)


def test_a_family_is_conditioned_on_or_integrated_out():
    effect = np.array([[0.5, -1.0], [0.4, -1.1], [0.6, -0.9]])
    sd = np.array([0.8, 0.9, 1.0])
    model = with_terms(families=("a", "b"), family_sd=sd, family_effect=effect)
    unit = make_unit(0.5)
    centre = model.trend.at(unit.years)[:, 0]
    alone = prior_moments(model, unit)
    np.testing.assert_allclose(alone[0], centre, rtol=1e-6)
    np.testing.assert_allclose(alone[1], model.dispersion**2 + sd**2, rtol=1e-6)
    inside = prior_moments(model, replace(unit, family=1))
    np.testing.assert_allclose(inside[0], centre + effect[:, 1], rtol=1e-6)
    np.testing.assert_allclose(inside[1], model.dispersion**2, rtol=1e-6)


def test_size_moves_the_prior_and_the_weight_moves_the_size():
    exponent, weight = np.array([0.3, -0.2, 0.1]), np.array([0.0, 0.5, 1.0])
    model = with_terms(mean_log_n=20.0, size_exponent=exponent, active_weight=weight)
    unit = replace(make_unit(0.5), log_n=23.0, log_active_share=-2.0)
    log_n = 23.0 - 2.0 * weight
    mean, _ = prior_moments(model, unit)
    shift = exponent * (log_n - 20.0)
    np.testing.assert_allclose(mean, model.trend.at(unit.years)[:, 0] + shift)
    sizes = log_sizes(model, unit, np.zeros((3, 1)))
    np.testing.assert_allclose(sizes[:, 0, 0], log_n)


def test_a_benchmark_with_growth_of_its_own_sees_another_size():
    slope = np.array([[0.2, -0.2], [0.1, -0.1], [0.0, 0.0]])
    unit = replace(make_unit(0.5, 0.5), years=1.5)
    model = with_terms(benchmark_slope=slope)
    sizes = log_sizes(model, unit, np.ones((3, 1)))[:, 0]
    np.testing.assert_allclose(sizes, unit.log_n + 1 + 1.5 * slope)
    np.testing.assert_array_equal(model.take(slice(1, 2)).covariates.benchmark_slope, slope[1:2])
