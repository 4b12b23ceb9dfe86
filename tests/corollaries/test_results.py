"""What all corollaries share: names, tables, JSON, files and figures."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayesdensing as bd
from bayesdensing import corollaries
from bayesdensing.analysis.intervals import Estimate
from bayesdensing.corollaries.article import constant, figure, months
from bayesdensing.corollaries.estimates import order_estimate, positive
from bayesdensing.corollaries.inference_cost import cost_factor, cost_ratio
from bayesdensing.corollaries.result import DATE, Corollary, Row, day_of, iso_day
from bayesdensing.errors import DataNeedError, InputError
from tests.analysis.synthetic import make_fit

INF = float("inf")


@pytest.fixture
def made():
    estimate = Estimate(median=2.0, eti50=(1.0, 3.0), eti89=(0.5, INF), eti95=(0.2, INF))
    dated = Estimate(median=10.0, eti50=(0.0, 20.0), eti89=(0.0, INF), eti95=(0.0, INF))
    return Corollary(
        name="engines",
        title="made up",
        run="joint",
        converged=True,
        usable=True,
        warning="",
        rows=(
            Row(quantity="time", label="a time", unit="days", estimate=estimate),
            Row(quantity="when", label="a date", unit=DATE, estimate=dated),
            Row(quantity="count", label="a count", unit="count", value=3.0,
                article=figure("edge_doubling")),
        ),
        draws=xr.Dataset(),
        assumptions=("none",),
        tables={"more": pd.DataFrame({"llm": ["a"], "date": pd.to_datetime(["2024-01-01"])})},
    )  # fmt: skip


def test_infinity_is_null_and_dates_are_iso_dates(made):
    told = made.to_dict()
    json.dumps(told, allow_nan=False)
    time, when, count = told["rows"]
    assert time["eti95"] == [0.2, None]
    assert when["median"] == "1970-01-11"
    assert when["eti89"] == ["1970-01-01", None]
    assert (count["value"], count["article"]) == (3.0, 88.0)
    assert "Nature" in count["article_source"]
    assert told["tables"]["more"] == [{"llm": "a", "date": "2024-01-01"}]
    assert told["interval_kind"] == "ETI"


def test_files_are_written_whole(made, tmp_path):
    made.save(tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "engines-more.csv", "engines.csv", "engines.json",
    ]  # fmt: skip
    table = pd.read_csv(tmp_path / "new" / "engines.csv", index_col="quantity")
    assert table.loc["when", "median"] == "1970-01-11"
    assert json.loads((tmp_path / "new" / "engines.json").read_text()) == made.to_dict()


def test_rows_have_names(made):
    assert made.row("time").middle == 2.0
    with pytest.raises(KeyError):
        made.row("nothing")


def test_every_name_is_a_function_and_a_figure():
    assert set(corollaries.NAMES) <= set(corollaries.__all__)
    assert bd.corollary is corollaries.corollary
    for name in corollaries.NAMES:
        assert callable(getattr(bd.plot.corollaries, name))


def test_unknown_names_and_inputs_are_told_the_known_ones():
    with pytest.raises(InputError, match="there are price, acceleration"):
        bd.corollary("prices", make_fit())
    with pytest.raises(InputError, match="engines takes no chip_year; it takes battery_factor"):
        bd.corollary("engines", make_fit(), chip_year=2)


def test_a_corollary_of_a_run_that_did_not_converge_says_so():
    fit = make_fit(diagnostics={"converged": False, "reasons": ("R-hat 1.2 of level",)})
    found = bd.corollary("engines", fit)
    assert not found.usable
    assert "R-hat 1.2" in found.warning
    assert "NOT CONVERGED" in bd.plot.corollary(found).figure.get_suptitle()


@pytest.mark.parametrize("name", ["price", "edge", "payback", "engines"])
def test_a_fit_without_a_trend_is_refused_plainly(name):
    with pytest.raises(DataNeedError, match="no growth rate"):
        bd.corollary(name, make_fit(leave_out=("growth_rate",)))


def test_constants_come_with_their_sources_and_may_be_a_bundles_own():
    assert constant("chip_compute_per_dollar_doubling").value == 2.1
    assert constant("chatgpt_release").date.isoformat() == "2022-11-30"
    assert months("density_doubling_after_chatgpt").value == pytest.approx(97.4)
    with pytest.raises(DataNeedError, match="no speed_of_light"):
        constant("speed_of_light")
    own = pd.DataFrame(
        {"name": ["chip_compute_per_dollar_doubling"], "value": [3.0], "unit": "years",
         "source": "me"}
    )  # fmt: skip
    data = bd.DataBundle.from_frames(name="own", constants=own)
    assert constant("chip_compute_per_dollar_doubling", data).value == 3.0
    assert constant("chip_compute_per_dollar_doubling", data).source == "me"


def test_quantiles_of_infinite_draws_are_never_nan():
    found = order_estimate([1.0, 2.0, INF, INF])
    assert (found.median, found.eti95) == (2.0, (1.0, INF))
    assert iso_day(INF) is None
    assert iso_day(day_of(pd.Timestamp("2026-02-28").date())) == "2026-02-28"
    assert iso_day(1e12) is None


def test_numbers_are_numbers():
    assert positive("x", "3") == 3
    assert positive("x", 0, zero=True) == 0
    for bad in (True, None, float("inf"), -1, 0):
        with pytest.raises(InputError, match="x = "):
            positive("x", bad)


class TestInferenceCost:
    def test_dense_models_of_16_bits_cost_what_they_have(self):
        assert cost_factor(n_params=7e9, n_params_active=7e9) == 1
        assert cost_factor(n_params=7e9, n_params_active=7e9, ratio=0.1) == pytest.approx(1)

    def test_four_bits_are_equation_7(self):
        k1, k2 = 2.45, 1.0
        expected = (k1 + k2) / (k1 / 4 + k2)
        assert cost_factor(n_params=1, n_params_active=1, weight_bits=4) == pytest.approx(expected)

    def test_experts_are_equation_6(self):
        n, active, k1, k2 = 46.7e9, 12.9e9, 2.45, 1.0
        expected = n * (k1 + k2) / (n * k1 + active * k2)
        assert cost_factor(n_params=n, n_params_active=active) == pytest.approx(expected)
        assert expected > 1

    def test_hardware_scales_the_papers_ratio(self):
        assert cost_ratio() == 2.45
        assert cost_ratio(tflops=2 * 82.58) == pytest.approx(4.9)
        assert cost_ratio(terabytes_per_second=2.02) == pytest.approx(1.225)
        assert cost_ratio(tokens=200) == pytest.approx(1.225)
        with pytest.raises(InputError):
            cost_ratio(tokens=0)
        with np.errstate(all="raise"):
            assert cost_factor(n_params=1.0, n_params_active=0.5, ratio=1e-9) == pytest.approx(2.0)
