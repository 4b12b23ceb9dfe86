"""The bend is one-to-one, smooth, and takes skewness out."""

import numpy as np
import pytest
from scipy import stats

from bayesdensing.inference.bend import Bend


def random_bend(rng: np.random.Generator, size: int) -> Bend:
    return Bend(rng.normal(size=size), rng.uniform(0.1, 3, size), rng.uniform(-0.85, 0.85, size))


def test_it_goes_there_and_back_however_far() -> None:
    rng = np.random.default_rng(1)
    bend = random_bend(rng, 6)
    straight = rng.normal(size=(50, 6)) * np.geomspace(1e-3, 1e4, 50)[:, None]
    np.testing.assert_allclose(bend.straightened(bend.bent(straight)), straight, rtol=1e-7)
    assert (np.diff(bend.bent(np.sort(straight, axis=0)), axis=0) > 0).all()


def test_without_skew_it_changes_nothing() -> None:
    values = np.random.default_rng(2).normal(size=(3, 4)) * 100
    bend = Bend.identity(4)
    np.testing.assert_array_equal(bend.bent(values), values)
    np.testing.assert_array_equal(bend.straightened(values), values)


@pytest.mark.parametrize("sign", [-1, 1])
def test_draws_of_a_skewed_margin_are_nearly_symmetric_in_its_coordinates(sign: int) -> None:
    rng = np.random.default_rng(3)
    # the log of a quantity that data hardly tell from zero
    draws = sign * np.log(rng.gamma(0.7, size=(4000, 1)))
    skew = stats.skew(draws[:, 0])
    straight = Bend.of_draws(draws).straightened(draws)[:, 0]
    assert abs(skew) > 1
    assert abs(stats.skew(straight)) < 0.4 * abs(skew)
    low, middle, high = np.quantile(straight, (0.1, 0.5, 0.9))
    assert high - middle == pytest.approx(middle - low, rel=0.02)


def test_symmetric_draws_are_hardly_bent() -> None:
    draws = np.random.default_rng(4).normal(size=(20_000, 3))
    assert np.abs(Bend.of_draws(draws).skew).max() < 0.1


def test_draws_that_stood_still_are_not_bent() -> None:
    bend = Bend.of_draws(np.ones((8, 2)))
    np.testing.assert_array_equal(bend.skew, 0)
    np.testing.assert_array_equal(bend.bent(np.array([3.0, 1.0])), [3.0, 1.0])


def test_even_the_most_skewed_draws_leave_it_increasing() -> None:
    draws = np.concatenate([np.zeros(80), np.geomspace(1, 1e6, 20)])[:, None]
    bend = Bend.of_draws(draws)
    assert np.abs(bend.skew).max() < 1
    assert (np.diff(bend.bent(np.linspace(-1e6, 1e6, 999)[:, None]), axis=0) > 0).all()
