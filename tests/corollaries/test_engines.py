"""Three engines: rates add up, and what was printed stands beside."""

import numpy as np
import pytest

from bayesdensing.corollaries import engines
from bayesdensing.errors import DataNeedError, InputError
from tests.analysis.synthetic import make_fit


def test_known_rates_are_recovered_and_add_up():
    rate = np.log(2) * 365.25 / 100  # doubles in 100 days
    fit = make_fit(rate=np.random.default_rng(1).normal(rate, 0.05, (4, 250)))
    found = engines(fit, spread=0.0)
    assert found.row("battery_doubling").middle == pytest.approx(10 * 365.25)
    assert found.row("chip_doubling").middle == pytest.approx(1.5 * 365.25)
    truth = 1 / (1 / 100 + 1 / (1.5 * 365.25) + 1 / (10 * 365.25))
    low, high = found.row("compound_doubling").estimate.eti95
    assert low < truth < high
    assert high - low < 10
    # without the engine of models there is no such pace
    assert found.row("chip_doubling").middle > 5 * truth


def test_spread_widens_what_was_printed_without_an_interval():
    fit = make_fit()
    low, high = engines(fit, spread=0.1).row("chip_doubling").estimate.eti95
    assert np.log(high / low) / 2 / 1.96 == pytest.approx(0.1, rel=0.1)
    assert engines(fit, spread=0.1).row("chip_doubling").article.value == pytest.approx(547.875)


def test_inputs_replace_what_was_printed():
    found = engines(make_fit(), battery_factor=2, battery_years=5, chip_months=24, spread=0.0)
    assert found.row("battery_doubling").middle == pytest.approx(5 * 365.25)
    assert found.row("chip_doubling").middle == pytest.approx(2 * 365.25)
    assert found.inputs["chip_months"] == 24


@pytest.mark.parametrize(
    ("inputs", "part"),
    [
        ({"battery_factor": 1}, "not above 1"),
        ({"chip_months": -3}, "not above 0"),
        ({"spread": float("nan")}, "finite"),
        ({"chip_months": "soon"}, "not a number"),
    ],
)
def test_bad_inputs_are_named(inputs, part):
    with pytest.raises(InputError, match=part):
        engines(make_fit(), **inputs)


def test_growth_that_may_be_none_has_an_open_interval():
    fit = make_fit(rate=np.random.default_rng(1).normal(0.2, 1.0, (4, 250)))
    assert np.isinf(engines(fit).row("density_doubling").estimate.eti95[1])


def test_a_fit_without_a_trend_is_refused():
    with pytest.raises(DataNeedError, match="growth rate"):
        engines(make_fit(leave_out=("growth_rate",)))
