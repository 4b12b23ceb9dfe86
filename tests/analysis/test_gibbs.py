"""Densities of new LLMs and effects of new evaluators, drawn in turn."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bayesdensing.analysis.gibbs import draw_on_nodes, sample_new
from bayesdensing.analysis.newcomers import SWEEPS
from bayesdensing.analysis.unit import UnitScores, density_nodes, log_likelihood
from tests.analysis.test_unit import make_model, make_unit


@pytest.mark.parametrize("spacing", [0.05, 1.0])
def test_draws_on_nodes_follow_the_density_however_coarse_the_nodes(spacing):
    nodes = np.tile(np.arange(-8, 8.01, spacing), (20_000, 1))
    drawn = draw_on_nodes(np.random.default_rng(1), nodes, stats.norm(0.3, 1).logpdf(nodes) - 900)
    assert drawn.mean() == pytest.approx(0.3, abs=0.03)
    assert drawn.std() == pytest.approx(1, abs=0.02)
    if spacing < 1:
        assert stats.kstest(drawn, stats.norm(0.3, 1).cdf).pvalue > 1e-3


def same_draw(count):
    """A model whose draws are all the same one, so that what is drawn has one distribution."""
    return make_model().take(np.zeros(count, dtype=int))


def test_with_known_evaluators_it_is_the_posterior_of_the_density():
    model, unit = same_draw(4000), make_unit(0.6, 0.5, 0.62)
    drawn = sample_new(
        model, [unit], [np.full(3, -1)], sweeps=1, rng=np.random.default_rng(1)
    ).log_density[:, 0]  # fmt: skip
    nodes, log_weight = density_nodes(model.take(slice(0, 1)), unit, nodes=801)
    log_p = log_weight + log_likelihood(model.take(slice(0, 1)), unit, nodes)
    cdf = np.cumsum(np.exp(log_p[0] - log_p.max()))
    result = stats.kstest(drawn, lambda x: np.interp(x, nodes[0], cdf / cdf[-1]))
    assert result.pvalue > 1e-3


def of_new_evaluator(n_llms):
    """LLMs that one new evaluator scored high on the first benchmark, and a known one as usual."""
    rng = np.random.default_rng(2)
    units, cells = [], []
    for i in range(n_llms):
        score = 0.45 + 0.03 * (i % 8)
        units.append(
            UnitScores(
                log_n=np.log(7e9),
                years=0.4,
                benchmark=np.array([0, 0, 1]),
                evaluator=np.array([0, -1, 0]),
                score=np.array([score, score + 0.06 + 0.01 * rng.normal(), score]),
            )
        )
        cells.append(np.array([-1, 0, -1]))
    return units, cells


def test_a_new_effect_is_that_of_the_integral_over_the_densities():
    model, (units, cells) = same_draw(4000), of_new_evaluator(6)
    drawn = sample_new(model, units, cells, sweeps=SWEEPS, rng=np.random.default_rng(1)).effect
    one = model.take(slice(0, 1))
    effects = np.linspace(-1, 1.5, 401)
    log_p = stats.norm(0, one.evaluator_sd[0, 0]).logpdf(effects)
    for unit in units:
        nodes, log_weight = density_nodes(one, unit)
        at = one.evaluator_effect[:, [0, 0, 0], unit.benchmark]
        for k, value in enumerate(effects):
            effect = np.where(unit.evaluator < 0, value, at)
            log_p[k] += np.logaddexp.reduce(
                log_likelihood(one, unit, nodes, effect=effect)[0] + log_weight[0]
            )
    cdf = np.cumsum(np.exp(log_p - log_p.max()))
    result = stats.kstest(drawn[:, 0], lambda x: np.interp(x, effects, cdf / cdf[-1]))
    assert result.pvalue > 1e-3


@pytest.mark.parametrize("only_new", [False, True])
def test_the_sweeps_are_enough(only_new):
    model, (units, cells) = same_draw(900), of_new_evaluator(8)
    if only_new:  # the hardest: nothing but the prior tells the effects from the densities
        cells = [np.array([0, 0, 1])] * len(units)
    few, many = (
        sample_new(model, units, cells, sweeps=sweeps, rng=np.random.default_rng(seed))
        for sweeps, seed in ((SWEEPS, 1), (4 * SWEEPS, 2))
    )
    for a, b in ((few.effect, many.effect), (few.log_density, many.log_density)):
        sd = b.std(axis=0)
        np.testing.assert_allclose(a.mean(axis=0) / sd, b.mean(axis=0) / sd, atol=0.2)
        np.testing.assert_allclose(a.std(axis=0) / sd, 1, atol=0.12)


def test_draws_in_parts_keep_their_order(monkeypatch):
    units, cells = of_new_evaluator(3)
    level = np.random.default_rng(3).normal(0, 5, 40)
    model = make_model(draws=40)
    values = {**model.trend.values, "level": level[:, None]}
    model = replace(model, trend=replace(model.trend, values=values), dispersion=np.full(40, 0.01))
    monkeypatch.setattr("bayesdensing.analysis.gibbs._MAX_ENTRIES", 9_000)
    drawn = sample_new(model, units, cells, sweeps=2, rng=np.random.default_rng(1))
    assert drawn.effect.shape == (40, 1)
    # with so little dispersion each density is that of its own draw's trend
    expected = level + 0.4 * model.trend.values["growth_rate"][:, 0]
    np.testing.assert_allclose(drawn.log_density.T, np.tile(expected, (3, 1)), atol=0.08)
