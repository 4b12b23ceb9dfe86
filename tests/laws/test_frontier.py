"""Frontiers: densities of the composed error, their moments, their draws."""

import numpy as np
import pytest
from scipy import integrate, stats

from bayesdensing.laws.frontier import FRONTIERS, frontier_of
from bayesdensing.laws.spread import spread_factor

INEFFICIENCY = {"half-normal": stats.halfnorm, "exponential": stats.expon}
BEHIND = tuple(INEFFICIENCY)


@pytest.mark.parametrize("name", BEHIND)
@pytest.mark.parametrize("scales", [(0.5, 0.9), (0.9, 0.2), (0.05, 1.5)])
@pytest.mark.parametrize("residual", [-4.0, -0.7, 0.0, 0.1])
def test_it_is_scatter_less_inefficiency(name, scales, residual):
    dispersion, scale = scales
    even, behind = stats.norm(0, dispersion), INEFFICIENCY[name](0, scale)
    points = tuple(p for p in (-residual, -residual + dispersion) if p > 0)
    expected, _ = integrate.quad(
        lambda u: even.pdf(residual + u) * behind.pdf(u), 0, 30, points=points, limit=500
    )
    found = frontier_of(name).log_density(residual, dispersion=dispersion, inefficiency_sd=scale)
    assert float(np.exp(found)) == pytest.approx(expected, rel=1e-6)


def test_without_a_frontier_it_is_normal():
    found = FRONTIERS["none"].log_density(np.array([-1.0, 0.3]), dispersion=0.7)
    np.testing.assert_allclose(found, stats.norm(0, 0.7).logpdf([-1.0, 0.3]))


@pytest.mark.parametrize("name", FRONTIERS)
def test_draws_have_the_moments_that_are_stated(name):
    kind = frontier_of(name)
    drawn = kind.sample(
        np.random.default_rng(1), dispersion=0.5, inefficiency_sd=1.2, size=(200_000,)
    )
    assert -drawn.mean() == pytest.approx(float(kind.mean_inefficiency(1.2)), abs=0.01)
    variance = 0.25 + float(kind.variance_inefficiency(1.2))
    assert drawn.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("name", BEHIND)
def test_beyond_its_reach_there_is_next_to_nothing(name):
    kind = frontier_of(name)
    beyond = INEFFICIENCY[name].sf(kind.mean_share + kind.reach)
    assert beyond < 2.1e-9


@pytest.mark.parametrize("name", BEHIND)
def test_an_inefficiency_that_vanishes_leaves_the_normal(name):
    residual = np.array([-2.0, -0.4, 0.0, 1.1])
    found = frontier_of(name).log_density(residual, dispersion=0.6, inefficiency_sd=1e-5)
    np.testing.assert_allclose(found, stats.norm(0, 0.6).logpdf(residual), atol=1e-4)


def test_the_scales_change_by_a_factor_a_year():
    found = spread_factor(years=np.array([-1.0, 0.0, 2.0]), dispersion_growth=np.log(2))
    np.testing.assert_allclose(found, [0.5, 1, 4])
