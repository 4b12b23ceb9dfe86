"""Trends of draws: evaluated in one place, with the rates of their stretches."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.analysis.headline import headline
from bayesdensing.analysis.trends import TrendDraws, log_trend, segment_rates, trend_curve
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import Spec

ATTRS = {
    "reference_date": "2024-01-01",
    "data_start": "2022-01-01",
    "data_end": "2025-07-01",
    "quantity": "made",
}
RNG = np.random.default_rng(3)
SHAPE = (2, 5)


def spec_of(trend: str, **growth: object) -> Spec:
    return Spec(name="x", blocks=("published",), growth={"trend": trend, **growth})


def draws_of(**values: float) -> xr.Dataset:
    data = {
        name: (("chain", "draw"), value + 0.1 * RNG.normal(size=SHAPE))
        for name, value in values.items()
    }
    return xr.Dataset(data, attrs=ATTRS)


def test_a_straight_trend_is_level_and_rate():
    draws = draws_of(level=0.5, growth_rate=1.0)
    years = xr.DataArray([0.0, 2.0], dims="date")
    found = log_trend(draws, spec_of("exponential"), years)
    assert found.dims == ("chain", "draw", "date")
    np.testing.assert_allclose(found[..., 0], draws["level"])
    np.testing.assert_allclose(found[..., 1], draws["level"] + 2 * draws["growth_rate"])
    assert segment_rates(draws, spec_of("exponential")) == ()


def test_the_stretches_of_a_known_change_have_the_rates_of_their_parameters():
    spec = spec_of("changepoint", change_date=date(2022, 11, 30))
    draws = draws_of(level=0.0, growth_rate_before=0.4, growth_rate_after=2.0)
    before, after = segment_rates(draws, spec)
    np.testing.assert_allclose(before.growth_rate, draws["growth_rate_before"])
    np.testing.assert_allclose(after.growth_rate, draws["growth_rate_after"])
    assert (before.start, before.end) == (date(2022, 1, 1), date(2022, 11, 30))
    assert (after.start, after.end) == (date(2022, 11, 30), date(2025, 7, 1))
    posterior = draws.assign(growth_rate=draws["growth_rate_after"])
    told = headline(posterior, label="x", segments=(before, after)).to_dict()["segments"]
    assert [part["name"] for part in told] == ["before the change", "after the change"]
    assert {"from", "to", "doubling_time_days", "prob_rate_not_positive"} <= set(told[0])


def test_an_unknown_change_parts_the_dates_at_its_median():
    draws = draws_of(level=0.0, growth_rate_before=0.4, growth_rate_after=2.0)
    draws["change_share"] = (("chain", "draw"), np.full(SHAPE, 0.5))
    before, after = segment_rates(draws, spec_of("changepoint"))
    assert before.end == after.start == date(2023, 10, 1)
    assert "posterior median 2023-10-01" in before.name


def test_the_stretches_of_a_parabola_have_its_mean_rates():
    draws = draws_of(level=0.0, growth_rate_middle=1.0, acceleration=-0.5)
    spec = spec_of("accelerating")
    parts = segment_rates(draws, spec)
    last = parts[-1]
    middle = ((last.start - date(2024, 1, 1)).days + (last.end - date(2024, 1, 1)).days) / 2
    expected = draws["growth_rate_middle"] + draws["acceleration"] * middle / 365.25
    np.testing.assert_allclose(last.growth_rate, expected, atol=1e-3)


def test_the_curve_is_in_the_unit_of_the_quantity():
    draws = draws_of(level=0.5, growth_rate=1.0)
    curve = trend_curve(draws, pd.DatetimeIndex(["2024-01-01"]), spec=spec_of("exponential"))
    np.testing.assert_allclose(curve[..., 0], np.exp(draws["level"]))
    assert curve.attrs["long_name"] == "trend of made"


def test_draws_are_taken_in_the_order_asked_for():
    trend = TrendDraws.from_posterior(draws_of(level=0.5, growth_rate=1.0), spec_of("exponential"))
    some = np.array([7, 2])
    np.testing.assert_allclose(trend.take(some).at(1.5), trend.at(1.5)[some])
    np.testing.assert_allclose(trend.mean_rate(-1.0, 1.0), trend.values["growth_rate"][:, 0])


def test_draws_without_the_trend_are_refused():
    with pytest.raises(DataNeedError, match="no trend: it lacks acceleration"):
        TrendDraws.from_posterior(
            draws_of(level=0.0, growth_rate_middle=1.0), spec_of("accelerating")
        )
