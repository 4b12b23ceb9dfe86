"""Short chains: exact where they can be, and not trusted where they are wrong."""

import numpy as np
import pymc as pm
import pytest

from bayesdensing.inference import Diagnostics, Sampler, approximate
from bayesdensing.inference.quick import climb, sample_quickly

Y = np.array([1.2, 0.3, 2.1, -0.4, 1.7, 0.9])
SHORT = {"draws": 200, "tune": 200}


def hierarchy() -> pm.Model:
    """Return mu ~ N(0, 1), x_i ~ N(mu, 1), y_i ~ N(x_i, 0.5): all normal."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        x = pm.Normal("x", mu, 1, shape=len(Y))
        pm.Normal("y", x, 0.5, observed=Y)
    return model


def two_modes(*, weight: float) -> pm.Model:
    """Return a mixture of two normals with sd 1 around -20 and, with the weight, around 20."""
    with pm.Model() as model:
        x = pm.Uniform("x", -60, 60, initval=0.0)
        here, there = -((x + 20) ** 2) / 2, -((x - 20) ** 2) / 2
        pm.Potential("p", pm.math.logaddexp(np.log1p(-weight) + here, np.log(weight) + there))
    return model


def funnel() -> pm.Model:
    """Return Neal's funnel, whose neck no step fits."""
    with pm.Model() as model:
        v = pm.Normal("v", 0, 3)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=9)
    return model


def checked(model: pm.Model, *, focus: str, seed: int = 1) -> Diagnostics:
    drawn = sample_quickly(Sampler(model), seed=seed, **SHORT)
    return approximate(drawn.posterior, drawn.stats, method="short chains", focus=(focus,))


@pytest.fixture(scope="module")
def normal() -> Sampler:
    return Sampler(hierarchy(), latents=["x"])


def test_the_bound_of_a_normal_hierarchy_is_highest_at_its_means(normal: Sampler) -> None:
    start = normal.starts(seed=3, chains=1)[0]
    centre, sd, bound = climb(normal.logp_and_gradient, start, latents=normal.latents)
    # y_i given mu is N(mu, 1.25); x_i given mu and y_i has precision 1 + 4
    mean = Y.sum() / 1.25 / (1 + len(Y) / 1.25)
    # the relative gain at which climbing ends leaves some of the way
    np.testing.assert_allclose(centre[0], mean, atol=0.02)
    np.testing.assert_allclose(centre[1:], (mean + 4 * Y) / 5, atol=0.02)
    np.testing.assert_allclose(sd, 5**-0.5, rtol=0.02)
    # the marginal density of mu and y, less a constant that the bound leaves out
    marginal = -0.5 * (mean**2 + np.log(2 * np.pi))
    marginal += (-0.5 * ((Y - mean) ** 2 / 1.25 + np.log(2 * np.pi * 1.25))).sum()
    constant = len(Y) * 0.5 * np.log(2 * np.pi * np.e)
    np.testing.assert_allclose(bound + constant, marginal, atol=0.01)


def test_a_normal_posterior_is_found_and_trusted(normal: Sampler) -> None:
    drawn = sample_quickly(normal, seed=1, **SHORT)
    precision = 1 + len(Y) / 1.25
    mu = drawn.posterior["mu"]
    assert mu.sizes == {"chain": 4, "draw": 200}
    assert float(mu.mean()) == pytest.approx(Y.sum() / 1.25 / precision, abs=0.1)
    assert float(mu.std()) == pytest.approx(precision**-0.5, rel=0.2)
    record = approximate(drawn.posterior, drawn.stats, method="short chains", focus=("mu",))
    assert record.approximation is not None
    assert record.approximation.focus == ("mu",)
    assert record.approximation.pareto_k < 0.4
    assert record.approximation.pareto_k_max == pytest.approx(1 - 1 / np.log10(800))
    assert (record.usable, record.converged, record.reasons) == (True, False, ())


def test_the_same_seed_gives_the_same_draws_whatever_the_cores(normal: Sampler) -> None:
    one, other = (sample_quickly(normal, seed=5, cores=c, draws=20, tune=60) for c in (1, 4))
    assert one.posterior.equals(other.posterior)


def test_two_modes_are_not_trusted() -> None:
    record = checked(two_modes(weight=0.5), focus="x", seed=2)
    assert not record.usable
    assert "R-hat" in "; ".join(record.reasons)


def test_a_mode_without_mass_holds_no_chain() -> None:
    record = checked(two_modes(weight=1e-40), focus="x", seed=2)
    assert record.usable, record.reasons


def test_a_funnel_is_not_trusted() -> None:
    assert not checked(funnel(), focus="v").usable


def test_heavy_tails_are_not_trusted() -> None:
    with pm.Model() as model:
        pm.StudentT("x", nu=1, mu=0, sigma=1, shape=1)
    record = checked(model, focus="x")
    assert not record.usable
    assert "Pareto k" in "; ".join(record.reasons)
