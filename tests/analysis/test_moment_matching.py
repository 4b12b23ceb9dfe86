"""Weights and moved draws against a posterior that is known in closed form."""

import numpy as np
import pytest
from scipy import stats

from bayesdensing.analysis.leave_out import good_k, log_mean_exp, psis, summed
from bayesdensing.analysis.moment_matching import moment_match

SD, DRAWS = 1.0, 4000


def conjugate(outlier: float) -> tuple[np.ndarray, np.ndarray]:
    """Normal values of known sd under a flat prior: draws of the mean, and the values."""
    values = np.append(np.random.default_rng(1).normal(size=9), outlier)
    rng = np.random.default_rng(2)
    return rng.normal(values.mean(), SD / np.sqrt(10), size=(DRAWS, 1)), values


def exact(values: np.ndarray, unit: int) -> float:
    rest = np.delete(values, unit)
    sd = SD * np.sqrt(1 + 1 / len(rest))
    return float(stats.norm(rest.mean(), sd).logpdf(values[unit]))


def test_weights_find_the_exact_predictions() -> None:
    mean, values = conjugate(outlier=1.0)
    elpd, k = psis(stats.norm(mean, SD).logpdf(values))
    assert (k < good_k(DRAWS)).all()
    assert elpd == pytest.approx([exact(values, i) for i in range(10)], abs=0.03)


def test_moved_draws_find_what_weights_do_not() -> None:
    mean, values = conjugate(outlier=9.0)
    log_likelihood = stats.norm(mean, SD).logpdf(values)
    elpd, k = psis(log_likelihood)
    assert k[-1] > good_k(DRAWS)

    def density(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        terms = stats.norm(at, SD).logpdf(values)
        return terms.sum(axis=1), terms[:, -1]

    moved, k_moved = moment_match(mean, density)
    truth = exact(values, 9)
    assert k_moved < 0.7
    assert abs(moved - truth) < 0.1 < abs(elpd[-1] - truth)


def test_moved_draws_of_correlated_values() -> None:
    # mean and slope of a line; the last of the values lies far off and has leverage
    rng = np.random.default_rng(3)
    x = np.append(rng.uniform(-1, 1, 14), 2.5)
    y = np.append(1 + x[:-1] + rng.normal(size=14), -4.0)
    design = np.stack([np.ones_like(x), x], axis=1)
    inverse = np.linalg.inv(design.T @ design)
    draws = rng.multivariate_normal(inverse @ design.T @ y, inverse, size=DRAWS)

    def density(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        terms = stats.norm(at @ design.T, SD).logpdf(y)
        return terms.sum(axis=1), terms[:, -1]

    rest, own = design[:-1], design[-1]
    cov = np.linalg.inv(rest.T @ rest)
    truth = stats.norm(own @ cov @ rest.T @ y[:-1], np.sqrt(1 + own @ cov @ own)).logpdf(y[-1])
    elpd, k = moment_match(draws, density)
    assert k < 0.7
    assert elpd == pytest.approx(truth, abs=0.1)


def test_strata_keep_their_weight() -> None:
    # under a cut the reference draws keep equal weights, however badly one of them predicts
    log_likelihood = np.repeat([-1.0, -5.0], 500)[:, None] + 1e-3 * np.random.default_rng(4).normal(
        size=(1000, 1)
    )
    elpd, _ = psis(log_likelihood, strata=np.repeat([0, 1], 500))
    assert elpd[0] == pytest.approx(np.log((np.exp(-1) + np.exp(-5)) / 2), abs=1e-3)
    assert psis(log_likelihood)[0][0] < elpd[0] - 1


def test_sums_and_means() -> None:
    found = summed(np.arange(6.0).reshape(2, 3), [np.array([0, 2]), np.array([1])])
    assert found.tolist() == [[2, 1], [8, 4]]
    assert log_mean_exp(np.log([[1.0], [3.0]])) == pytest.approx(np.log(2))


def test_what_is_averaged_may_be_another_density_than_what_is_taken_away() -> None:
    rng = np.random.default_rng(4)
    # 30 values of one family about its effect f, the last of which is left out; flat prior of f
    n, sd, between = 30, 0.5, 2.0
    values = 1.0 + sd * rng.normal(size=n)
    effect = rng.normal(values.mean(), sd / np.sqrt(n), 4000)
    taken = stats.norm(effect, sd).logpdf(values[-1])[:, None]
    # its family not known: the effect integrated out about 0
    apart = np.full_like(taken, stats.norm(0, np.hypot(sd, between)).logpdf(values[-1]))
    elpd, _ = psis(taken, predictive=apart)
    assert elpd[0] == pytest.approx(apart[0, 0])
    inside, _ = psis(taken, predictive=taken)
    rest = values[:-1]
    exact = stats.norm(rest.mean(), sd * np.sqrt(1 + 1 / (n - 1))).logpdf(values[-1])
    assert inside[0] == pytest.approx(exact, abs=0.02)
