"""The headline, with growth, without, and where there is none to speak of."""

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.headline import headline


def posterior(rate):
    return xr.Dataset({"growth_rate": (("chain", "draw"), np.asarray(rate, dtype=float))})


def test_the_probability_counts_a_rate_of_zero():
    found = headline(posterior([[-1.0, 0.0], [1.0, 2.0]]), label="a trend")
    assert found.prob_rate_not_positive == 0.5
    assert found.label == "a trend"


def test_no_growth_at_all_never_doubles():
    found = headline(posterior(np.zeros((4, 10))), label="constant")
    assert found.prob_rate_not_positive == 1
    assert found.growth_rate_per_year.eti95 == (0, 0)
    assert found.doubling_time_days.eti95 == (np.inf, np.inf)


def test_without_a_trend_everything_is_null_but_the_keys_stay():
    found = headline(xr.Dataset(), label="no rate").to_dict()
    assert found == {
        "doubling_time_days": None,
        "growth_rate_per_year": None,
        "prob_rate_not_positive": None,
        "label": "no rate",
        "segments": [],
    }


def test_draws_that_are_no_numbers_are_said_to_be():
    found = headline(posterior([[1.0, np.nan]]), label="a trend")
    assert np.isnan(found.prob_rate_not_positive)
    assert "not defined" in found.label


def test_one_chain_is_enough():
    found = headline(posterior([[np.log(2)] * 3]), label="a trend")
    assert found.doubling_time_days.median == pytest.approx(365.25)
