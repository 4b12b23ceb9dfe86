"""The trend: doubling times at the edges, and what the prior lets growth be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdensing.laws import trend


def test_doubling_days_at_the_edges() -> None:
    rates = [np.log(2), 2 * np.log(2), 0.0, -0.0, -1.0, -np.inf, np.inf, np.nan]
    expected = [365.25, 182.625, np.inf, np.inf, np.inf, np.inf, 0.0, np.nan]
    np.testing.assert_allclose(trend.doubling_days(rates), expected)


def test_doubling_days_keeps_the_shape() -> None:
    assert trend.doubling_days(1.0).shape == ()
    assert trend.doubling_days(np.ones((2, 3))).shape == (2, 3)


@given(rate=st.floats(1e-6, 1e3))
def test_a_quantity_doubles_in_its_doubling_time(rate: float) -> None:
    years = float(trend.doubling_days(rate)) / trend.DAYS_PER_YEAR
    straight = trend.trend_of("exponential")
    grown = straight.path(np.array([years]), {"level": 0.3, "growth_rate": rate})[0] - 0.3
    assert grown == pytest.approx(np.log(2), rel=1e-9)


def test_prior_trends_double_within_weeks_or_never() -> None:
    years = np.array([-1.0, 0.0, 1.0])
    curves = trend.prior_curve(years, draws=4000)
    assert curves.shape == (4000, 3)
    days = trend.doubling_days(curves[:, 2] - curves[:, 1])
    assert np.isinf(days).mean() == pytest.approx(0.5, abs=0.03)
    assert 20 < np.quantile(days, 0.01) < 60
    np.testing.assert_allclose(curves[:, 2] - curves[:, 1], curves[:, 1] - curves[:, 0])
    assert np.std(curves[:, 1]) == pytest.approx(2.5, rel=0.05)


def test_a_constant_prior_trend_is_flat() -> None:
    curves = trend.prior_curve(np.linspace(-3, 3, 7), kind="constant", draws=20)
    np.testing.assert_array_equal(curves, np.repeat(curves[:, :1], 7, axis=1))


def test_prior_trends_follow_the_seed() -> None:
    years = np.linspace(-1, 1, 3)
    one, again, other = (trend.prior_curve(years, draws=4, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
