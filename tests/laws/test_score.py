"""The score link: limits, monotone, smeared exactly, and the paper's own sigmoids."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bayesdensing.data import DataBundle, load_data
from bayesdensing.laws import score

unit = st.floats(0.01, 0.99)


@given(w=st.floats(-30, 30), step=st.floats(1e-3, 5), floor=unit, ceiling=unit)
def test_the_link_rises_between_floor_and_ceiling(
    w: float, step: float, floor: float, ceiling: float
) -> None:
    assume(ceiling - floor > 1e-3)
    low, high = (float(score.link(x, floor=floor, ceiling=ceiling)) for x in (w, w + step))
    assert floor <= low <= high <= ceiling
    if abs(w) < 10:
        assert low < high


@given(floor=unit, ceiling=unit)
def test_the_links_limits_are_floor_and_ceiling_and_its_middle_lies_between(
    floor: float, ceiling: float
) -> None:
    given = {"floor": floor, "ceiling": ceiling, "midpoint_loss": 0.3, "slope": 25.0}
    assert float(score.score(loss=1e6, **given)) == pytest.approx(floor)
    assert float(score.score(loss=-1e6, **given)) == pytest.approx(ceiling)
    assert float(score.score(loss=0.3, **given)) == pytest.approx((floor + ceiling) / 2)


def test_slope_is_in_logits_per_unit_of_loss() -> None:
    values = score.score(
        loss=np.array([0.3, 0.2]), floor=0.0, ceiling=1.0, midpoint_loss=0.25, slope=40.0
    )
    assert np.diff(score.logit(values)) == pytest.approx(4.0)


@given(p=st.floats(0.001, 0.999), effect=st.floats(-6, 6))
def test_an_evaluators_effect_moves_the_log_odds_by_itself(p: float, effect: float) -> None:
    moved = score.shifted(p, effect)
    assert float(score.logit(moved) - score.logit(p)) == pytest.approx(effect, abs=1e-7)


@given(coefficients=st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_the_smeared_mean_is_exact_to_degree_five_and_the_variance_to_degree_two(
    coefficients: list[float],
) -> None:
    # moments of a standard normal deviate: 0, 1, 0, 3, 0
    moments = np.array([1.0, 0.0, 1.0, 0.0, 3.0, 0.0])
    nodes = np.array([-np.sqrt(3), 0.0, np.sqrt(3)])
    mean, _ = score.smeared_moments(*np.polyval(coefficients[::-1], nodes))
    assert float(mean) == pytest.approx(float(np.dot(coefficients, moments)), abs=1e-9)
    a, b, c = coefficients[:3]
    _, variance = score.smeared_moments(*(a + b * nodes + c * nodes**2))
    assert float(variance) == pytest.approx(b**2 + 2 * c**2, abs=1e-9)


def test_smeared_moments_of_a_score_are_close_to_its_true_moments() -> None:
    nodes = np.sqrt(3) * np.array([-1, 0, 1])
    x = np.random.default_rng(0).normal(size=400_000)
    for w in (-3.0, 0.0, 1.5):
        link = {"floor": 0.25, "ceiling": 0.97}
        mean, variance = score.smeared_moments(*score.link(w + 0.8 * nodes, **link))
        draws = score.link(w + 0.8 * x, **link)
        assert float(mean) == pytest.approx(draws.mean(), abs=2e-3)
        assert float(variance) ** 0.5 == pytest.approx(draws.std(), rel=0.06)


def test_the_floors_prior_has_its_mode_at_chance() -> None:
    chance = np.array([0.0, 0.1, 0.25])
    one, other = score.floor_prior(chance)
    np.testing.assert_allclose((one - 1) / (one + other - 2), chance)
    np.testing.assert_allclose(one + other - 2, score.FLOOR_WEIGHT)


def test_binomial_variance_is_that_of_a_share() -> None:
    draws = np.random.default_rng(1).binomial(50, 0.3, size=200_000) / 50
    assert float(score.binomial_variance(0.3, 50)) == pytest.approx(draws.var(), rel=0.02)


@pytest.fixture(scope="module")
def packaged() -> DataBundle:
    return load_data()


@pytest.mark.parametrize("benchmark", ["MMLU", "BBH", "MATH", "MBPP", "HumanEval"])
def test_the_papers_own_sigmoids_reproduce_the_packaged_points(
    packaged: DataBundle, benchmark: str
) -> None:
    assert packaged.constants is not None
    assert packaged.loss_scores is not None
    values = packaged.constants.set_index("name")["value"]
    c, gamma, middle, d = (
        float(values[f"paper_curve.{benchmark}.sig_{n}"]) for n in ("c", "gamma", "l", "d")
    )
    points = packaged.loss_scores.query("benchmark == @benchmark and role == 'fit'")
    predicted = score.score(
        loss=points["loss"].to_numpy(),
        floor=d / 100,
        ceiling=(c + d) / 100,
        midpoint_loss=middle,
        slope=-gamma,
    )
    error = predicted - points["score"].to_numpy()
    assert len(points) == 10
    assert np.sqrt(np.mean(error**2)) < 0.05
    # the printed curve is a least-squares fit, so its errors balance
    assert abs(error.mean()) < 0.01


@pytest.mark.parametrize("chance", [0.0, 0.25])
def test_prior_curves_fall_with_the_loss_between_floor_and_ceiling(chance: float) -> None:
    losses = np.linspace(0.01, 3.0, 40)
    curves = score.prior_curve(losses, chance=chance, draws=300)
    assert curves.shape == (300, 40)
    assert ((curves >= 0) & (curves <= 1)).all()
    assert (np.diff(curves, axis=1) <= 0).all()
    far = score.prior_curve(np.array([-1e9, 1e9]), chance=chance, draws=300)
    assert ((curves <= far[:, :1]) & (curves >= far[:, 1:])).all()
    assert far[:, 0].mean() == pytest.approx(0.97, abs=0.01)
    assert np.median(far[:, 1]) == pytest.approx(chance, abs=0.02)


def test_prior_curves_follow_seed_and_pivot() -> None:
    losses = np.linspace(0.1, 1.0, 5)
    one, again, other = (score.prior_curve(losses, draws=4, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    # only the ratio of loss and pivot counts
    scaled = score.prior_curve(losses * 7, pivot_loss=7.0, draws=4, seed=1)
    np.testing.assert_allclose(scaled, one, rtol=1e-9)
