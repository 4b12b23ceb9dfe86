"""What a fit gives back: labelled, with units, nothing dropped."""

import numpy as np
import pandas as pd
import pytest

from bayesdensing.analysis import ConvergenceWarning
from bayesdensing.errors import DataNeedError
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def fit():
    return make_fit()


def test_doubling_time_keeps_every_draw_and_is_infinite_without_growth():
    rate = np.array([[np.log(2), 0.0, -1.0], [2 * np.log(2), 1e-12, np.log(2) / 2]])
    days = make_fit(rate=rate, chains=2, draws=3).doubling_time()
    assert days.dims == ("chain", "draw")
    assert days.attrs["units"] == "days"
    expected = [[365.25, np.inf, np.inf], [182.625, np.log(2) * 365.25e12, 730.5]]
    np.testing.assert_allclose(days.values, expected)


def test_growth_rate_is_that_of_the_posterior(fit):
    rate = fit.growth_rate()
    assert rate.dims == ("chain", "draw")
    assert rate.attrs["units"] == "1/yr"
    np.testing.assert_array_equal(rate, fit.idata["posterior/growth_rate"])


def test_probability_of_no_growth():
    assert make_fit(rate=[[-1.0, 0.0, 1.0, 2.0]], chains=1, draws=4).prob_rate_not_positive() == 0.5


def test_effective_parameters_are_density_times_parameters(fit):
    density, effective = fit.density(), fit.effective_parameters()
    assert effective.dims == density.dims == ("chain", "draw", "llm")
    assert effective.attrs["units"] == "parameters"
    models = fit.data.models.set_index("model")["n_params"]
    one = {"llm": "llm-03"}
    np.testing.assert_allclose(effective.sel(one), density.sel(one) * models["llm-03"])


def test_density_table_has_a_row_for_each_llm_by_date(fit):
    table = fit.density_table()
    assert table.index.tolist() == [f"llm-{i:02d}" for i in range(12)]
    models = fit.data.models.set_index("model")
    assert (table["release_date"] == models["release_date"]).all()
    assert (table["n_params"] == models["n_params"]).all()
    assert (table["n_scores"] == 2).all()
    draws = fit.density().sel(llm="llm-05").values.ravel()
    row = table.loc["llm-05"]
    assert row["density_median"] == pytest.approx(np.median(draws))
    expected = np.quantile(draws, [0.055, 0.945])
    ends = [row["density_eti89_lb"], row["density_eti89_ub"]]
    np.testing.assert_allclose(ends, expected, rtol=1e-3)
    ratio = row["effective_parameters_eti95_ub"] / row["density_eti95_ub"]
    assert ratio == pytest.approx(row["n_params"])


def test_trend_passes_the_level_at_the_reference_date(fit):
    dates = pd.DatetimeIndex(["2024-01-01", "2025-01-01"])
    trend = fit.trend(dates)
    assert trend.dims == ("chain", "draw", "date")
    level = fit.idata["posterior/level"]
    np.testing.assert_allclose(np.log(trend.isel(date=0)), level, atol=1e-12)
    growth = np.log(trend.isel(date=1) / trend.isel(date=0))
    np.testing.assert_allclose(growth, fit.growth_rate() * 366 / 365.25)


def test_loss_curve_follows_the_token_rule(fit):
    curve = fit.loss_curve([1e9, 1e10])
    assert curve.dims == ("chain", "draw", "benchmark", "n_params")
    assert curve.attrs["units"] == "nats"
    one = fit.posterior.isel(chain=0, draw=0, benchmark=0)
    n, d = 1e9, 60e9
    expected = (
        one["irreducible_loss"]
        + one["n_coefficient"] * n ** -one["n_exponent"]
        + one["d_coefficient"] * d ** -one["d_exponent"]
    )
    assert float(curve[0, 0, 0, 0]) == pytest.approx(float(expected))


def test_a_fixed_rule_gives_the_same_tokens_to_every_size(fit):
    rule = fit.spec.reference_tokens.model_copy(update={"rule": "fixed", "value": 5e12})
    fixed = make_fit(spec=fit.spec.model_copy(update={"reference_tokens": rule}))
    assert fixed.reference_tokens(np.array([1e9, 1e10])) == 5e12
    assert fixed.loss_curve([1e9, 1e10]).sizes["n_params"] == 2


def test_score_curve_rises_from_floor_to_ceiling(fit):
    curve = fit.score_curve(max_draws=40)
    assert curve.sizes["chain"] == 4
    assert curve.sizes["draw"] == 10
    assert (curve.diff("n_params") > 0).all()
    assert (curve > 0.2).all()
    assert (curve < 1).all()
    assert fit.score_curve([1e9], max_draws=1).sizes["draw"] == 1


@pytest.mark.parametrize("sizes", [[0.0], [-1e9], [np.nan], [[1e9]]])
def test_sizes_that_are_none_are_refused(fit, sizes):
    with pytest.raises(ValueError, match="above 0"):
        fit.loss_curve(sizes)


def test_a_hypothesis_without_growth_says_so_for_every_reading():
    fit = make_fit(spec="loss_law", leave_out=("growth_rate", "level", "log_density", "floor"))
    readings = (fit.growth_rate, fit.doubling_time, fit.density, fit.prob_rate_not_positive,
                fit.effective_parameters, fit.density_table, fit.score_curve)  # fmt: skip
    for reading in readings:
        with pytest.raises(DataNeedError, match="this hypothesis has no"):
            reading()
    assert fit.loss_curve().sizes["benchmark"] == 2


def test_summary_repeats_the_convergence_warning():
    bad = {"converged": False, "reasons": ("R-hat 1.2 of level is not below 1.01",)}
    fit = make_fit(diagnostics=bad)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning, match="R-hat 1.2 of level"):
            table = fit.summary()
    assert table.attrs["converged"] is False


def test_the_model_is_built_once_and_late():
    calls = []
    fit = make_fit()
    object.__setattr__(fit, "model_factory", lambda: calls.append(1) or "model")
    assert not calls
    assert fit.model == fit.model == "model"
    assert calls == [1]


def test_repr_says_whether_to_trust_it(fit):
    assert "4 chains of 250 draws, converged" in repr(fit)
    assert "NOT CONVERGED" in repr(make_fit(diagnostics={"converged": False}))
