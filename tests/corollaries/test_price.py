"""Prices: the published point figures, files of one's own, and worlds of known halving."""

import importlib

import numpy as np
import pandas as pd
import pytest

from bayesdensing.corollaries import price
from bayesdensing.corollaries.price import price_bundle
from bayesdensing.corollaries.price_lines import least_squares, prices_of
from bayesdensing.data import load_data
from bayesdensing.data.price_file import read_prices
from bayesdensing.errors import BundleError, DataNeedError, InputError
from bayesdensing.record_study import make_series
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def packaged():
    return prices_of(load_data().prices, None)


def as_prices(series):
    """Prices whose tokens per dollar are a series."""
    return pd.DataFrame(
        {
            "model": series["model"],
            "date": series["release_date"],
            "usd_per_mtok": 1e6 / series["value"],
            "capability": "made up",
        }
    )


class TestPointFigures:
    def test_the_packaged_prices_halve_as_was_printed(self, packaged):
        capability, rows = packaged
        assert (capability, len(rows)) == ("GPT-3.5 or better", 10)
        lines = least_squares(rows)
        assert round(lines.end_points) == 77
        assert round(lines.cheapest) == 76
        assert lines.fall == pytest.approx(266.67, abs=0.01)
        assert lines.every > lines.cheapest

    def test_records_found_are_the_published_ones(self, packaged):
        published = load_data().prices.set_index("model")["on_record"]
        _, rows = packaged
        found = rows.set_index("model")["on_record"]
        assert (found == published[found.index]).all()

    def test_a_line_through_known_prices_is_found(self):
        dates = pd.date_range("2023-01-01", periods=6, freq="60D")
        days = np.arange(6) * 60
        rows = pd.DataFrame({"date": dates, "usd_per_mtok": 10 * 0.5 ** (days / 90)})
        lines = least_squares(rows.assign(on_record=True))
        assert lines.end_points == pytest.approx(90)
        assert lines.cheapest == pytest.approx(90)

    def test_prices_that_rise_never_halve(self):
        rows = as_prices(make_series(doubling_days=50, seed=1).densities).assign(on_record=False)
        rows["usd_per_mtok"] = 1 / rows["usd_per_mtok"]
        rows.loc[[0, 1], "on_record"] = True
        assert np.isinf(least_squares(rows).every)


class TestFiles:
    def test_a_file_needs_neither_flags_nor_sources(self, tmp_path):
        file = tmp_path / "prices.csv"
        file.write_text("model,date,usd_per_mtok\na,2024-01-01,3\nb,2024-02-01,1\n")
        rows = read_prices(file)
        assert rows["usd_per_mtok"].tolist() == [3, 1]
        assert rows["capability"].isna().all()

    def test_faults_are_named_by_row_and_column(self, tmp_path):
        file = tmp_path / "prices.csv"
        file.write_text("model,date,usd_per_mtok\na,2024-01-01,0\nb,soon,1\n")
        with pytest.raises(BundleError) as caught:
            read_prices(file)
        assert "prices.csv, row 2, column usd_per_mtok" in str(caught.value)
        assert "prices.csv, row 3, column date" in str(caught.value)

    def test_a_bundle_and_a_table_serve_too(self, tmp_path):
        prices = load_data().prices
        folder = load_data().to_directory(tmp_path / "bundle")
        pd.testing.assert_frame_equal(read_prices(folder), read_prices(prices))
        with pytest.raises(BundleError, match="no rows"):
            read_prices(prices.iloc[:0])

    def test_an_unknown_capability_is_told_the_known_ones(self):
        with pytest.raises(InputError, match=r"'MMLU >= 42' \(2\)"):
            prices_of(load_data().prices, "AGI")

    def test_two_records_make_no_rate(self):
        with pytest.raises(DataNeedError, match="a rate needs 3"):
            prices_of(load_data().prices, "MMLU >= 42")

    def test_a_model_with_two_prices_is_two_rows(self, packaged):
        _, rows = packaged
        rows = rows.assign(model="one model")
        rows["date"] = pd.date_range("2023-01-01", periods=len(rows))
        assert price_bundle(rows).densities["model"].is_unique

    def test_of_one_day_only_the_cheapest_is_a_record(self):
        given = pd.DataFrame(
            {
                "model": list("abcd"),
                "date": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-02-01", "2024-03-01"]),
                "usd_per_mtok": [4.0, 3.0, 2.0, 1.0],
                "capability": None,
            }
        )
        _, rows = prices_of(given, None)
        assert rows.loc[rows["on_record"], "model"].tolist() == ["a", "c", "d"]


@pytest.mark.slow
class TestRecovery:
    def test_known_halving_is_in_the_interval_and_density_explains_a_known_share(self):
        series = make_series(doubling_days=90.0, seed=5, log_sd=0.7).densities
        true_rate = np.log(2) * 365.25 / 90
        density = np.random.default_rng(1).normal(true_rate / 2, 0.02, (4, 250))
        found = price(make_fit(rate=density), prices=as_prices(series), seed=1)
        low, high = found.row("price_halving").estimate.eti95
        assert low < 90 < high
        low, high = found.row("unexplained_share").estimate.eti95
        assert low < 0.5 < high
        assert found.draws.sizes["draw"] % 32_000 == 0  # every draw of the prices, equally often
        assert found.converged, found.warning

    def test_prices_that_do_not_fall_are_not_said_to(self):
        series = make_series(doubling_days=np.inf, seed=1).densities
        found = price(make_fit(), prices=as_prices(series), seed=1)
        # a line through the cheapest falls all the same: whatever comes later can undercut
        assert found.row("cheapest_line_halving").middle < 400
        assert np.isinf(found.row("price_halving").estimate.eti95[1])


def test_the_articles_figures_stand_beside_its_own_prices_alone(monkeypatch):
    module = importlib.import_module("bayesdensing.corollaries.price")
    monkeypatch.setattr(module, "price_fit", lambda rows, **_: make_fit())
    found = price(make_fit())
    assert found.row("end_points_halving").article.value == pytest.approx(76.1, abs=0.1)
    assert found.row("observed_fall").article.value == 266
    assert found.tables["path"]["trend_median"].iloc[0] > 0
    own = price(make_fit(), prices=load_data().prices)
    assert own.row("end_points_halving").article is None
    assert own.inputs["prices"] == "table"


def test_draws_of_two_posteriors_are_paired_without_losing_any(monkeypatch):
    module = importlib.import_module("bayesdensing.corollaries.price")
    monkeypatch.setattr(module, "price_fit", lambda rows, **_: make_fit(chains=1, draws=30))
    density = make_fit(chains=2, draws=10)
    draws = price(density).draws
    assert draws.sizes["draw"] == 60
    values, counts = np.unique(draws["density_rate"], return_counts=True)
    assert (counts == 3).all()
    np.testing.assert_allclose(values, np.unique(density.growth_rate()))
