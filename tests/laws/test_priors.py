"""Priors: their quantiles, draws and PyMC variables are of one distribution."""

import copy
import pickle
from types import ModuleType

import numpy as np
import pymc as pm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from bayesdensing.laws import DISTRIBUTIONS, Prior, deviation, loss, score, trend

EXAMPLES = {
    "Normal": ({"mu": -1.0, "sigma": 2.0}, stats.norm(-1, 2)),
    "StudentT": ({"nu": 3.0, "mu": 1.0, "sigma": 0.5}, stats.t(3, 1, 0.5)),
    "LogNormal": ({"median": 0.3, "sigma": 0.5}, stats.lognorm(0.5, scale=0.3)),
    "LogitNormal": ({"median": 0.2, "sigma": 1.5}, None),
    "HalfNormal": ({"sigma": 0.4}, stats.halfnorm(scale=0.4)),
    "Gamma": ({"alpha": 2.0, "beta": 0.1}, stats.gamma(2, scale=10)),
    "Beta": ({"alpha": 97.0, "beta": 3.0}, stats.beta(97, 3)),
}
PROBABILITIES = np.array([0.01, 0.055, 0.3, 0.5, 0.8, 0.945, 0.99])


def example(dist: str) -> Prior:
    return Prior(dist, EXAMPLES[dist][0])


def cdf(dist: str, x: np.ndarray) -> np.ndarray:
    reference = EXAMPLES[dist][1]
    if reference is None:
        return stats.norm(special.logit(0.2), 1.5).cdf(special.logit(x))
    return reference.cdf(x)


def test_there_is_an_example_of_every_distribution() -> None:
    assert set(EXAMPLES) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_quantiles_and_intervals_are_those_of_the_distribution(dist: str) -> None:
    prior = example(dist)
    np.testing.assert_allclose(cdf(dist, prior.ppf(PROBABILITIES)), PROBABILITIES, rtol=1e-8)
    np.testing.assert_allclose(prior.interval(0.89), prior.ppf([0.055, 0.945]))
    assert prior.ppf(np.full((2, 3), 0.5)).shape == (2, 3)


@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_draws_are_of_the_distribution_and_of_the_seed(dist: str) -> None:
    prior = example(dist)
    draws = prior.sample(np.random.default_rng(4), (50, 40))
    assert draws.shape == (50, 40)
    assert stats.kstest(draws.ravel(), lambda x: cdf(dist, x)).pvalue > 1e-3
    np.testing.assert_array_equal(draws, prior.sample(np.random.default_rng(4), (50, 40)))


@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_the_models_own_variable_is_of_the_same_distribution(dist: str) -> None:
    with pm.Model(coords={"benchmark": ["a", "b"]}):
        scalar = example(dist).rv("x")
        vector = example(dist).rv("y", dims="benchmark")
    draws = pm.draw([scalar, vector], draws=2000, random_seed=5)
    assert [d.shape for d in draws] == [(2000,), (2000, 2)]
    for values in draws:
        assert stats.kstest(values.ravel(), lambda x: cdf(dist, x)).pvalue > 1e-3
    assert abs(np.corrcoef(draws[1].T)[0, 1]) < 0.1


@pytest.mark.parametrize(("dist", "median"), [("LogNormal", 0.3), ("LogitNormal", 0.2)])
def test_a_median_is_a_median(dist: str, median: float) -> None:
    assert float(example(dist).ppf(0.5)) == pytest.approx(median)


@pytest.mark.parametrize(
    ("dist", "params", "message"),
    [
        ("Cauchy", {}, "unknown distribution 'Cauchy'"),
        ("Normal", {"mu": 0.0}, "Normal takes mu, sigma"),
        ("Normal", {"mu": 0.0, "sigma": 1.0, "tau": 1.0}, "Normal takes mu, sigma"),
        ("Normal", {"mu": 0.0, "sigma": 0.0}, "sigma = 0.0 is not allowed"),
        ("Normal", {"mu": np.nan, "sigma": 1.0}, "mu = nan is not allowed"),
        ("Normal", {"mu": np.inf, "sigma": 1.0}, "mu = inf is not allowed"),
        ("HalfNormal", {"sigma": -1.0}, "sigma = -1.0 is not allowed"),
        ("LogNormal", {"median": 0.0, "sigma": 1.0}, "median = 0.0 is not allowed"),
        ("LogitNormal", {"median": 1.0, "sigma": 1.0}, "must lie between 0 and 1"),
        ("StudentT", {"nu": 0.0, "mu": 0.0, "sigma": 1.0}, "nu = 0.0 is not allowed"),
        ("Gamma", {"alpha": 1.0, "beta": -0.1}, "beta = -0.1 is not allowed"),
    ],
)
def test_impossible_priors_are_refused(dist: str, params: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Prior(dist, params)


@given(mu=st.floats(-9, 9), sigma=st.floats(0.01, 9))
def test_equal_priors_hash_alike_and_survive_pickling(mu: float, sigma: float) -> None:
    prior = Prior("Normal", {"sigma": sigma, "mu": mu})
    same = Prior("Normal", {"mu": mu, "sigma": sigma})
    for twin in (same, pickle.loads(pickle.dumps(prior)), copy.deepcopy(prior)):  # noqa: S301
        assert twin == prior
        assert hash(twin) == hash(prior)
        assert str(twin) == str(prior)
    assert prior != Prior("Normal", {"mu": mu, "sigma": sigma + 1})
    assert prior != Prior("StudentT", {"nu": 3, "mu": mu, "sigma": sigma})


def test_a_prior_cannot_be_changed() -> None:
    prior = pickle.loads(pickle.dumps(example("Normal")))  # noqa: S301
    with pytest.raises(TypeError):
        prior.params["mu"] = 2.0
    with pytest.raises(AttributeError):
        prior.dist = "Gamma"


def test_a_prior_keeps_no_hold_on_what_it_was_made_from() -> None:
    params = {"mu": 0.0, "sigma": 1.0}
    prior = Prior("Normal", params)
    params["mu"] = 5.0
    assert prior.params["mu"] == 0.0


@pytest.mark.parametrize("law", [loss, score, trend, deviation])
def test_every_default_has_a_reason_of_a_known_kind(law: ModuleType) -> None:
    assert set(law.REASONS) == set(law.PRIORS)
    for reason in law.REASONS.values():
        assert reason.split(":")[0] in {"structural", "order of magnitude", "external", "weak"}


def test_no_two_laws_share_the_name_of_a_prior() -> None:
    names = [name for law in (loss, score, trend, deviation) for name in law.PRIORS]
    assert len(set(names)) == len(names)
