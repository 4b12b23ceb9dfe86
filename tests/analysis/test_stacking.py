"""Stacking weights against known optima, quantiles of mixtures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdensing.analysis.stacking import difference, mixture_estimate, stacking_weights


def test_weights_of_two_disjoint_predictors_are_their_shares() -> None:
    # a predicts 30 units, b the other 10; sum log (w p + (1 - w) q) has its maximum in closed form
    p, q = 0.9, 0.1
    elpd = np.log(np.concatenate([np.tile([p, q], (30, 1)), np.tile([q, p], (10, 1))]))
    # 30 (p-q) / (q + w (p-q)) = 10 (p-q) / (p - w (p-q))
    known = (30 * p - 10 * q) / (40 * (p - q))
    assert stacking_weights(elpd) == pytest.approx([known, 1 - known], abs=1e-5)


def test_what_is_worse_everywhere_gets_nothing() -> None:
    worse = np.array([0.0, -0.5, -3.0])
    elpd = np.random.default_rng(1).normal(size=(50, 1)) + worse
    assert stacking_weights(elpd) == pytest.approx([1, 0, 0], abs=1e-6)


def test_one_hypothesis_gets_all() -> None:
    assert stacking_weights(np.full((3, 1), -1e4)) == pytest.approx([1])


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_no_other_mixture_predicts_better(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    elpd = rng.normal(scale=3, size=(20, count)) - 500
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))

    def value(weights: np.ndarray) -> float:
        return float(np.log(density @ weights).sum())

    best = value(stacking_weights(elpd))
    others = rng.dirichlet(np.full(count, 0.5), size=200)
    assert best >= max(value(w) for w in others) - 1e-4


def test_difference_and_its_error() -> None:
    apart, se = difference(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]))
    assert (apart, se) == pytest.approx((-3, np.sqrt(3 * 1.0)))
    assert np.isnan(difference(np.ones(1), np.zeros(1))[1])


def test_mixture_has_the_quantiles_of_pooled_draws() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 20_000), rng.normal(4, 2, 10_000)
    found = mixture_estimate([a, b], np.array([0.25, 0.75]))
    pooled = np.concatenate([a[: 10_000 // 3], b])
    assert found.median == pytest.approx(np.median(pooled), abs=0.08)
    assert found.eti95 == pytest.approx(np.quantile(pooled, [0.025, 0.975]), abs=0.12)


def test_weight_of_zero_leaves_no_trace() -> None:
    a = np.linspace(0, 1, 1001)
    found = mixture_estimate([a, a + 100], np.array([1.0, 0.0]))
    assert found.eti95 == pytest.approx((0.025, 0.975), abs=2e-3)
