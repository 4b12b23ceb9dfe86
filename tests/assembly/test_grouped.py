"""Grouped Student-t observations: draws and density are of one distribution."""

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from bayesdensing.assembly.grouped import grouped_student_t

GROUP = np.array([0, 1, 1, 2, 2, 2])
OWN, SHARED = np.array([0.3, 0.2, 0.1]), np.array([0.0, 0.5, 0.2])
DF = 9.0
MEAN = np.array([1.0, 2.0, -1.0, 0.0, 0.5, 3.0])


def make(observed: np.ndarray) -> pm.Model:
    with pm.Model(coords={"obs": range(6)}) as model:
        grouped_student_t(
            "y",
            mean=MEAN,
            own_scale=np.sqrt(OWN),
            own_class=np.arange(3),
            shared_variance=SHARED,
            df=np.array(DF),
            group=GROUP,
            observed=observed,
            dims="obs",
        )
    return model


def scale_matrix() -> np.ndarray:
    same = GROUP[:, None] == GROUP
    return same * SHARED[GROUP] + np.diag(OWN[GROUP])


def test_its_density_is_the_product_over_groups() -> None:
    observed = np.array([0.5, 2.2, -0.7, 0.1, 0.2, 2.0])
    expected = sum(
        stats.multivariate_t(
            loc=MEAN[GROUP == g], shape=scale_matrix()[np.ix_(GROUP == g, GROUP == g)], df=DF
        ).logpdf(observed[GROUP == g])
        for g in range(3)
    )
    logp = make(observed).compile_logp(mode="FAST_COMPILE")
    assert float(logp({})) == pytest.approx(float(expected))


def test_its_draws_have_the_mean_and_covariance_of_its_density() -> None:
    model = make(np.zeros(6))
    draws = pm.draw(model["y"], draws=60_000, random_seed=1, mode="FAST_COMPILE")
    assert draws.shape == (60_000, 6)
    covariance = scale_matrix() * DF / (DF - 2)
    np.testing.assert_allclose(draws.mean(axis=0), MEAN, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.03)


def test_the_tails_belong_to_the_group() -> None:
    draws = pm.draw(make(np.zeros(6))["y"], draws=60_000, random_seed=2, mode="FAST_COMPILE") - MEAN
    size = (draws / np.sqrt(np.diag(scale_matrix()))) ** 2
    # squares correlate within a group that shares its tail, and not across groups
    correlation = np.corrcoef(size.T)
    assert correlation[3, 5] > 0.1
    assert abs(correlation[0, 3]) < 0.05
    marginal = stats.kstest(draws[:, 0] / np.sqrt(0.3), stats.t(DF).cdf)
    assert marginal.pvalue > 1e-3


def test_draws_follow_parameters_that_vary() -> None:
    with pm.Model(coords={"obs": range(6)}) as model:
        scale = pm.LogNormal("scale", 0, 1)
        grouped_student_t(
            "y",
            mean=MEAN * scale,
            own_scale=np.sqrt(OWN) * scale,
            own_class=np.arange(3),
            shared_variance=SHARED * scale**2,
            df=5 + scale,
            group=GROUP,
            observed=np.zeros(6),
            dims="obs",
        )
    drawn = pm.sample_prior_predictive(
        3000, model=model, random_seed=3, compile_kwargs={"mode": "FAST_COMPILE"}
    )
    ratio = drawn["prior_predictive"]["y"] / drawn["prior"]["scale"]
    np.testing.assert_allclose(ratio.mean(("chain", "draw")), MEAN, atol=0.1)


def ended(observed: np.ndarray, met: list[int], mean: np.ndarray) -> pm.Model:
    with pm.Model(coords={"obs": range(6)}) as model:
        grouped_student_t(
            "y",
            mean=mean,
            own_scale=np.sqrt(OWN) / 10,
            own_class=np.arange(3),
            shared_variance=SHARED / 100,
            df=np.array(DF),
            group=GROUP,
            observed=observed,
            dims="obs",
            at_end=pm.Data("met", np.array(met, dtype=int), dims="end", coords={"end": met}),
        )
    return model


def logp_of(model: pm.Model) -> float:
    return float(model.compile_logp(mode="FAST_COMPILE")({}))


INSIDE = np.array([0.02, 0.05, 0.9, 0.4, 0.5, 0.97])


def test_what_lies_at_an_end_counts_by_its_probability() -> None:
    observed = np.array([0.0, 0.07, 1.0, 0.3, 0.4, 0.9])
    matrix = scale_matrix() / 100
    expected = stats.t(DF, loc=INSIDE[0], scale=np.sqrt(matrix[0, 0])).logcdf(0)
    low, high = 1, 2  # one of the pair was measured, the other met the end
    expected += stats.t(DF, loc=INSIDE[low], scale=np.sqrt(matrix[low, low])).logpdf(observed[low])
    weight = matrix[low, high] / matrix[low, low]
    residual = observed[low] - INSIDE[low]
    left = (matrix[high, high] - weight * matrix[low, high]) / (DF + 1)
    scale = np.sqrt(left * (DF + residual**2 / matrix[low, low]))
    expected += stats.t(DF + 1, loc=INSIDE[high] + weight * residual, scale=scale).logsf(1)
    own = GROUP == 2
    expected += stats.multivariate_t(loc=INSIDE[own], shape=matrix[np.ix_(own, own)], df=DF).logpdf(
        observed[own]
    )
    assert logp_of(ended(observed, [0, 2], INSIDE)) == pytest.approx(float(expected), abs=0.02)


def test_without_scores_at_an_end_it_is_the_density_without_ends() -> None:
    observed = np.array([0.1, 0.07, 0.8, 0.3, 0.4, 0.9])
    matrix = scale_matrix() / 100
    expected = sum(
        stats.multivariate_t(
            loc=INSIDE[GROUP == g], shape=matrix[np.ix_(GROUP == g, GROUP == g)], df=DF
        ).logpdf(observed[GROUP == g])
        for g in range(3)
    )
    assert logp_of(ended(observed, [], INSIDE)) == pytest.approx(float(expected))


def test_draws_stay_on_the_scale_and_meet_its_ends_as_often_as_the_density_says() -> None:
    draws = pm.draw(
        ended(INSIDE, [], INSIDE)["y"], draws=40_000, random_seed=3, mode="FAST_COMPILE"
    )
    assert draws.min() == 0.0
    assert draws.max() == 1.0
    at_zero = stats.t(DF, loc=INSIDE[0], scale=np.sqrt(scale_matrix()[0, 0]) / 10).cdf(0)
    assert (draws[:, 0] == 0).mean() == pytest.approx(at_zero, abs=0.01)
