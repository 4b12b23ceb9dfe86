"""Priors beside the draws that belong to them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from bayesdensing.analysis.prior_posterior import contraction_table, densities, posterior_draws
from tests.analysis.synthetic import make_fit

OVER = ("chain", "draw")


def with_draws(fit, **variables):
    posterior = fit.posterior.assign(
        {name: (OVER, np.reshape(values, (4, 250))) for name, values in variables.items()}
    )
    groups = {"posterior": posterior, "constant_data": fit.constants}
    return replace(fit, idata=xr.DataTree.from_dict(groups))


def from_prior(fit, name):
    """Draws at 1,000 even quantiles of the prior, so that nothing is left to chance."""
    return fit.spec.priors[name].ppf((np.arange(1000) + 0.5) / 1000)


def test_draws_of_the_prior_itself_are_not_contracted():
    fit = make_fit()
    names = ("growth_rate", "dispersion", "link_sd", "loss_df", "level")
    table = contraction_table(with_draws(fit, **{name: from_prior(fit, name) for name in names}))
    np.testing.assert_allclose(table.loc[list(names), "contraction"], 0, atol=0.01)
    np.testing.assert_allclose(table.loc[list(names), "overlap"], 1, atol=0.01)


def test_contraction_and_overlap_are_those_of_known_normals():
    fit = make_fit()
    prior = fit.spec.priors["growth_rate"].params
    q = (np.arange(1000) + 0.5) / 1000
    half = stats.norm(prior["mu"], prior["sigma"] / 2).ppf(q)
    away = stats.norm(prior["mu"] + prior["sigma"], prior["sigma"]).ppf(q)
    narrow = contraction_table(with_draws(fit, growth_rate=half)).loc["growth_rate"]
    moved = contraction_table(with_draws(fit, growth_rate=away)).loc["growth_rate"]
    assert narrow["contraction"] == pytest.approx(0.5, abs=0.01)
    assert moved["contraction"] == pytest.approx(0, abs=0.01)
    assert moved["overlap"] == pytest.approx(2 * stats.norm.cdf(-0.5), abs=0.02)
    far = contraction_table(with_draws(fit, growth_rate=half + 50)).loc["growth_rate"]
    assert far["overlap"] == pytest.approx(0, abs=1e-6)


def test_a_pooled_parameter_is_read_at_its_centre():
    centre = np.full(1000, 0.31)
    fit = with_draws(make_fit(), n_exponent_centre=centre)
    draws = posterior_draws(fit)
    assert draws["n_exponent"].keys() == {""}
    np.testing.assert_allclose(draws["n_exponent"][""], centre)
    assert draws["pivot_loss"].keys() == {"MMLU", "BBH"}


def test_midpoint_and_slope_are_read_in_the_units_of_their_priors():
    fit = make_fit()
    draws = posterior_draws(fit)
    p = fit.posterior.sel(benchmark="BBH")
    np.testing.assert_allclose(
        draws["midpoint_ratio"]["BBH"], np.ravel(p["midpoint_loss"] / p["pivot_loss"])
    )
    np.testing.assert_allclose(
        draws["steepness"]["BBH"], np.ravel(p["link_slope"] * p["midpoint_loss"])
    )


def test_without_runs_the_midpoint_is_in_the_fitted_points_mean_loss():
    fit = make_fit(leave_out=("pivot_loss",))
    ratio = posterior_draws(fit)["midpoint_ratio"]["MMLU"]
    typical = np.exp(np.log([0.4, 0.2, 0.1]).mean())
    midpoint = np.ravel(fit.posterior["midpoint_loss"].sel(benchmark="MMLU"))
    np.testing.assert_allclose(ratio, midpoint / typical)


def test_the_two_spreads_share_a_prior():
    spread = np.full(1000, 0.2)
    fit = with_draws(make_fit(), n_exponent_spread=spread, d_exponent_spread=2 * spread)
    table = contraction_table(fit)
    assert table.loc["exponent_spread[size]", "median"] == pytest.approx(0.2)
    assert table.loc["exponent_spread[tokens]", "median"] == pytest.approx(0.4)


def test_a_prior_without_draws_is_left_out():
    draws = posterior_draws(make_fit(leave_out=("level",)))
    assert not {"level", "exponent_spread", "score_df"} & set(draws)


def test_curves_are_densities_on_their_scale():
    fit = make_fit()
    data = densities(fit)
    assert data["prior"].values.tolist() == list(posterior_draws(fit))
    for name in data["prior"].values:
        one = data.sel(prior=name)
        x = np.log(one["prior_x"]) if one["scale"] == "log" else one["prior_x"]
        assert np.trapezoid(one["prior_density"], x) == pytest.approx(1, abs=0.03), name
    for name in data["parameter"].values:
        one = data.sel(parameter=name)
        log = data["scale"].sel(prior=one["prior_of"].item()) == "log"
        edges = np.log(one["posterior_edge"]) if log else one["posterior_edge"]
        mass = float((one["posterior_density"] * np.diff(edges)).sum())
        assert mass == pytest.approx(0.998, abs=0.002), name


def test_a_density_is_the_priors_own():
    data = densities(make_fit()).sel(prior="growth_rate")
    wanted = stats.norm(0, 2.5).pdf(data["prior_x"])
    np.testing.assert_allclose(data["prior_density"], wanted, atol=0.002)


def test_draws_that_are_all_the_same_have_a_histogram():
    data = densities(with_draws(make_fit(), growth_rate=np.full(1000, 1.5)))
    edges = data["posterior_edge"].sel(parameter="growth_rate")
    assert float(edges.min()) < 1.5 < float(edges.max())
    assert contraction_table(with_draws(make_fit(), growth_rate=np.full(1000, 1.5))).loc[
        "growth_rate", "contraction"
    ] == pytest.approx(1)
