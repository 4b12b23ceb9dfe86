"""Parameters as a table: names, numbers, and statistics that are not defined."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.analysis.tables import parameter_table
from bayesdensing.inference import diagnose
from tests.analysis.synthetic import make_fit


def test_names_are_those_of_the_top_level():
    table = parameter_table(make_fit().posterior)
    assert {"growth_rate", "n_exponent[MMLU]", "evaluator_effect[self-reported, MMLU]"} <= set(
        table.index
    )
    assert not any("llm" in name for name in table.index)
    assert table.index.is_unique


def test_numbers_are_those_of_the_draws():
    fit = make_fit()
    draws = fit.posterior["evaluator_effect"].sel(evaluator="harness", benchmark="BBH").values
    row = parameter_table(fit.posterior).loc["evaluator_effect[harness, BBH]"]
    assert row["median"] == np.median(draws)
    assert row["mean"] == pytest.approx(draws.mean())
    assert row["sd"] == pytest.approx(draws.std(ddof=1))
    assert row["eti89_lb"] == pytest.approx(np.quantile(draws, 0.055))
    assert row["eti50_ub"] == pytest.approx(np.quantile(draws, 0.75))
    assert 0.99 < row["rhat"] < 1.02
    assert row["ess_bulk"] > 500


def test_where_chains_and_draws_lie_does_not_matter():
    posterior = make_fit().posterior
    turned = posterior.transpose("llm", "evaluator", "benchmark", "draw", "chain")
    one, two = parameter_table(posterior), parameter_table(turned)
    np.testing.assert_allclose(two.loc[one.index, "median"], one["median"])


@pytest.mark.parametrize("shape", [(1, 50), (4, 3), (1, 1)])
def test_few_chains_or_draws_leave_statistics_undefined_not_the_numbers(shape):
    draws = np.random.default_rng(1).normal(size=shape)
    posterior = xr.Dataset({"level": (("chain", "draw"), draws)})
    row = parameter_table(posterior).loc["level"]
    assert np.isfinite(row["median"])
    assert np.isnan(row["rhat"])


def test_a_constant_and_a_variable_without_numbers():
    posterior = xr.Dataset(
        {
            "growth_rate": (("chain", "draw"), np.zeros((4, 100))),
            "level": (("chain", "draw"), np.full((4, 100), np.nan)),
        }
    )
    table = parameter_table(posterior)
    assert table.loc["growth_rate", "sd"] == 0
    assert np.isnan(table.loc["growth_rate", "rhat"])
    assert table.loc["level"].isna().all()


def test_no_parameters_no_rows():
    table = parameter_table(xr.Dataset({"z": (("chain", "draw", "other"), np.zeros((1, 2, 3)))}))
    assert table.empty
    assert "eti89_lb" in table


def test_statistics_of_the_checks_are_those_that_the_table_would_work_out() -> None:
    rng = np.random.default_rng(3)
    draws = {name: rng.normal(size=(4, 200)) for name in ("level", "slope", "odd")}
    draws["odd"][1, 7] = np.inf
    draws["growth_rate"] = np.zeros((4, 200))
    posterior = xr.Dataset({name: (("chain", "draw"), values) for name, values in draws.items()})
    stats = posterior[["level"]].rename(level="energy")
    stats = stats.assign(diverging=stats["energy"] > 99, maxdepth_reached=stats["energy"] > 99)
    known = diagnose(posterior, stats).statistics
    assert known is not None
    table = parameter_table(posterior, statistics=known)
    pd.testing.assert_frame_equal(table, parameter_table(posterior))
    assert table.loc[["odd", "growth_rate"], ["rhat", "ess_bulk", "ess_tail"]].isna().all(axis=None)
    assert table.loc["slope", "ess_bulk"] > 500


def test_a_table_of_densities_can_be_changed_without_changing_the_fit() -> None:
    fit = make_fit()
    table = fit.density_table()
    table.loc[:, "n_scores"] = 0
    assert (fit.density_table()["n_scores"] > 0).all()
