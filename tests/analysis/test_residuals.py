"""Residuals from the trend: their zero, their unit, and what they are held against."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.residuals import (
    residual_check,
    residual_trends,
    standardised_residuals,
)
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.frontier import frontier_of
from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_fit

OVER = ("chain", "draw")


def with_parts(fit, *, models=None, constants=None, **variables):
    """The fit with other variables of its posterior, other constants, another table of LLMs."""
    data = fit.data
    if models is not None:
        data = replace(data, _frames={**data.frames, "models": models})
    groups = {
        "posterior": fit.posterior.assign(variables),
        "constant_data": fit.constants if constants is None else constants,
    }
    return replace(fit, data=data, idata=xr.DataTree.from_dict(groups))


def with_residuals(z, *, families=None):
    """A fit whose standardised residuals are `z` (llm), the same in each draw."""
    fit = make_fit(n_llms=len(z))
    draws = fit.posterior
    mean = draws["level"] + draws["growth_rate"] * fit.constants["years"]
    log_density = mean + draws["dispersion"] * xr.DataArray(z, dims="llm")
    models = None if families is None else fit.data.models.assign(family=families)
    return with_parts(fit, models=models, log_density=log_density)


def test_residuals_are_distances_in_dispersions_by_date_of_release():
    z = np.random.default_rng(2).normal(size=12)
    table = with_residuals(z).residuals()
    np.testing.assert_allclose(table["residual_mean"], z)
    np.testing.assert_allclose(table["residual_eti89_lb"], z)
    assert table["release_date"].is_monotonic_increasing
    assert table.loc["llm-04", ["family", "organization"]].tolist() == ["family-1", "lab"]
    assert table.attrs["interval_kind"] == "ETI"


def test_intervals_are_those_of_the_draws():
    fit = make_fit()
    draws = standardised_residuals(fit)
    table = fit.residuals()
    lower = draws.quantile(0.055, OVER)
    np.testing.assert_allclose(table["residual_eti89_lb"], lower.sel(llm=table.index.to_numpy()))


@pytest.mark.parametrize("name", ["half-normal", "exponential"])
@pytest.mark.parametrize("widens", [0.0, 0.4])
def test_a_frontier_is_centred_on_its_mean_llm(name, widens):
    spec = load_spec("joint")
    dispersion = "changing" if widens else "constant"
    growth = spec.growth.model_copy(update={"frontier": name, "dispersion": dispersion})
    fit = make_fit(n_llms=4000, draws=2, chains=1, spec=spec.model_copy(update={"growth": growth}))
    scales = {"dispersion": 0.5, "inefficiency_sd": 1.5}
    distance = frontier_of(name).sample(np.random.default_rng(3), **scales, size=(4000,))
    distance = distance * np.exp(widens * fit.constants["years"].to_numpy())
    scales["dispersion_growth"] = widens
    draws = fit.posterior
    trend = draws["level"] + draws["growth_rate"] * fit.constants["years"]
    variables = {name: xr.full_like(draws["level"], scale) for name, scale in scales.items()}
    variables["log_density"] = trend + xr.DataArray(distance, dims="llm")
    residuals = standardised_residuals(with_parts(fit, **variables))
    assert float(residuals.mean()) == pytest.approx(0, abs=0.05)
    assert float(residuals.std()) == pytest.approx(1, abs=0.05)


def test_a_slope_in_size_is_found_with_its_unit():
    sizes = np.log10(make_fit(n_llms=60).n_params)
    noise = np.random.default_rng(4).normal(0, 0.3, 60)
    z = -1.2 * (sizes - sizes.mean()).to_numpy() + noise
    row = residual_trends(with_residuals(z)).loc["slope_log10_size"]
    assert row["median"] == pytest.approx(-1.2, abs=0.2)
    assert not row["zero_inside"]
    assert not row["chance_inside"]
    assert row["chance_eti95_lb"] < 0 < row["chance_eti95_ub"]


def test_a_bend_in_time_is_no_slope_but_a_drift_is():
    years = make_fit(n_llms=60).constants["years"].to_numpy()
    bent = residual_trends(with_residuals(np.cos(4 * years) - np.cos(4 * years).mean()))
    assert bent.loc["slope_date", "chance_inside"]
    drift = residual_trends(with_residuals(0.8 * (years - years.mean())))
    assert drift.loc["slope_date", "median"] == pytest.approx(0.8)
    assert not drift.loc["slope_date", "chance_inside"]


def test_families_are_held_against_llms_dealt_out_anew():
    family = np.repeat([f"f{i}" for i in range(20)], 3)
    rng = np.random.default_rng(5)
    own, shared = rng.normal(size=60), np.repeat(rng.normal(size=20), 3)
    alike = residual_trends(with_residuals(own, families=family)).loc["family_sd"]
    apart = residual_trends(with_residuals(0.4 * own + shared, families=family)).loc["family_sd"]
    assert alike["chance_inside"]
    assert not apart["chance_inside"]
    means = (0.4 * own + shared).reshape(20, 3).mean(axis=1)
    assert apart["median"] == pytest.approx(means.std())
    assert not apart["zero_inside"]


def test_a_family_of_one_says_nothing_about_families():
    z = np.random.default_rng(6).normal(size=12)
    pairs = ["a"] * 5 + ["b"] * 5 + ["c", "d"]
    before = residual_trends(with_residuals(z, families=pairs)).loc["family_sd", "median"]
    z[10:] = 50
    after = residual_trends(with_residuals(z, families=pairs)).loc["family_sd", "median"]
    assert after == pytest.approx(before)
    alone = residual_trends(with_residuals(z, families=["a"] * 5 + list("bcdefgh")))
    assert "family_sd" not in alone.index


def test_what_the_llms_cannot_tell_is_left_out():
    fit = make_fit()
    constants = fit.constants.drop_vars(["n_params", "n_scores"]) * 0
    strangers = fit.data.models.assign(model=[f"other-{i}" for i in range(12)])
    bare = with_parts(fit, constants=constants, models=strangers)
    assert residual_trends(bare).empty
    assert bare.residuals()["family"].isna().all()
    assert "n_params" not in bare.residuals()


def test_dealing_is_repeatable():
    first, second = (residual_trends(make_fit(), seed=7) for _ in range(2))
    assert first.equals(second)
    assert not first.equals(residual_trends(make_fit(), seed=8))


def test_a_fit_without_densities_has_no_residuals():
    with pytest.raises(DataNeedError, match="no residuals: it lacks log_density"):
        make_fit(leave_out=("log_density",)).residuals()


def test_the_check_fails_where_a_statistic_differs_from_chance_and_says_which():
    family = np.repeat([f"f{i}" for i in range(20)], 3)
    rng = np.random.default_rng(5)
    own, shared = rng.normal(size=60), np.repeat(rng.normal(size=20), 3)
    alike = residual_check(with_residuals(own, families=family))
    assert alike.passed
    assert alike.text.startswith("0 of 3 statistics differ from chance")
    apart = residual_check(with_residuals(0.4 * own + shared, families=family))
    assert not apart.passed
    count = (~apart.table["chance_inside"].astype(bool)).sum()
    assert apart.text.startswith(f"{count} of 3 statistics differ from chance")
    assert not apart.table.loc["family_sd", "chance_inside"]
    assert f"family_sd {apart.table.loc['family_sd', 'median']:+.2f}" in apart.text


def test_what_a_family_or_a_size_explains_is_no_residual():
    fit = make_fit()
    llms = fit.posterior["llm"].to_numpy()
    index = np.repeat([0, 1, -1], 4)
    log_n = np.log(fit.constants["n_params"].to_numpy())
    shape = (fit.posterior.sizes["chain"], fit.posterior.sizes["draw"])
    effect = np.broadcast_to([0.7, -0.4], (*shape, 2))
    exponent = np.full(shape, 0.2)
    explained = 0.2 * (log_n - 23.0) + np.array([0.7, -0.4, 0.0])[index]
    moved = fit.posterior.assign(
        log_density=fit.posterior["log_density"] + xr.DataArray(explained, coords={"llm": llms}),
        family_effect=(("chain", "draw", "family"), effect),
        family_sd=(("chain", "draw"), np.full(shape, 0.5)),
        size_exponent=(("chain", "draw"), exponent),
    ).assign_coords(family=["a", "b"])
    moved.attrs = {**fit.posterior.attrs, "mean_log_n": "23.0"}
    tree = {
        "posterior": moved,
        "constant_data": fit.constants.assign(family_index=("llm", index)),
    }
    with_terms = replace(fit, idata=xr.DataTree.from_dict(tree))
    found, before = standardised_residuals(with_terms), standardised_residuals(fit)
    in_family = index >= 0
    np.testing.assert_allclose(found[..., in_family], before[..., in_family], atol=1e-9)
    ratio = (found / before)[..., ~in_family]
    dispersion = fit.posterior["dispersion"]
    expected = dispersion / np.sqrt(dispersion**2 + 0.25)
    np.testing.assert_allclose(ratio, expected.to_numpy()[..., None] * np.ones(4), rtol=1e-9)
