"""Medians and intervals, and a growth rate's ends as those of a doubling time."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from bayesdensing.analysis.intervals import Estimate, estimate, quantiles

DAYS = np.log(2) * 365.25


def draws(values):
    return xr.DataArray(np.atleast_2d(np.asarray(values, dtype=float)), dims=("chain", "draw"))


def test_equal_tails_of_known_draws():
    found = estimate(draws(np.arange(101)))
    assert found.median == 50
    assert found.eti50 == (25, 75)
    assert found.eti89 == pytest.approx((5.5, 94.5))
    assert found.eti95 == pytest.approx((2.5, 97.5))


def test_a_positive_rate_maps_and_its_ends_change_places():
    rate = Estimate(median=2.0, eti50=(1.0, 4.0), eti89=(0.5, 5.0), eti95=(0.25, 8.0))
    days = rate.to_doubling_days()
    assert days.median == pytest.approx(DAYS / 2)
    assert days.eti50 == pytest.approx((DAYS / 4, DAYS))
    assert days.eti95 == pytest.approx((DAYS / 8, DAYS / 0.25))


def test_a_rate_interval_that_reaches_zero_gives_an_infinite_upper_end():
    rate = Estimate(median=0.5, eti50=(0.2, 1.0), eti89=(0.0, 2.0), eti95=(-0.1, 3.0))
    days = rate.to_doubling_days()
    assert np.isfinite(days.eti50).all()
    assert days.eti89 == (pytest.approx(DAYS / 2), np.inf)
    assert days.eti95 == (pytest.approx(DAYS / 3), np.inf)


def test_a_rate_below_zero_never_doubles():
    rate = Estimate(median=-1.0, eti50=(-2.0, 0.0), eti89=(-3.0, -0.1), eti95=(-4.0, 0.1))
    days = rate.to_doubling_days()
    assert days.median == np.inf
    assert days.eti50 == days.eti89 == (np.inf, np.inf)
    assert days.eti95 == (pytest.approx(DAYS / 0.1), np.inf)


@given(st.lists(st.decimals(-5, 5, places=6).map(float), min_size=1, max_size=40))
def test_ends_are_in_order_and_none_is_undefined(rates):
    days = estimate(draws(rates)).to_doubling_days()
    for lower, upper in (days.eti50, days.eti89, days.eti95):
        assert 0 < lower <= upper
    assert days.eti95[0] <= days.eti89[0] <= days.eti50[0] <= days.median
    assert days.median <= days.eti50[1] <= days.eti89[1] <= days.eti95[1]


def test_a_draw_that_is_no_number_makes_everything_undefined():
    found = estimate(draws([1.0, np.nan]))
    assert np.isnan([found.median, *found.eti50, *found.eti95]).all()
    assert np.isnan(found.to_doubling_days().median)


def test_quantiles_keep_units_and_say_what_they_are():
    values = xr.DataArray(
        np.arange(202.0).reshape(1, 101, 2), dims=("chain", "draw", "llm"), attrs={"units": "1"}
    )
    lower, upper = quantiles(values, probability=0.5)
    assert lower.values.tolist() == [50, 51]
    assert upper.values.tolist() == [150, 151]
    assert lower.attrs == {"units": "1", "interval_kind": "ETI", "interval_probability": 0.5}
