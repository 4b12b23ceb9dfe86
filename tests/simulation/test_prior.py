"""Draws from the prior: repeatable, as wide as the stated priors, and fixed where asked."""

import numpy as np
import pytest
import xarray as xr

from bayesdensing.errors import SpecError
from bayesdensing.simulation import prior_draws
from bayesdensing.spec import load_spec


@pytest.fixture(scope="module")
def many(template):
    return prior_draws(load_spec("joint"), template, draws=3000, seed=5)


def one(template, spec="joint", **given):
    names = {key.replace("__", "["): value for key, value in given.items()}
    return prior_draws(load_spec(spec), template, seed=1, given=names).isel(chain=0, draw=0)


def test_the_seed_says_what_is_drawn(template):
    joint = load_spec("joint")
    first, again, other = (prior_draws(joint, template, draws=3, seed=s) for s in (1, 1, 2))
    xr.testing.assert_identical(first, again)
    assert not np.allclose(first["log_density"], other["log_density"])


def test_the_rates_prior_is_the_stated_one(many):
    rate = many["growth_rate"].to_numpy().ravel()
    sd = 2.5
    assert abs(rate.mean()) < 4 * sd / np.sqrt(rate.size)
    assert rate.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * rate.size))


@pytest.mark.parametrize("name", ["n_exponent", "dispersion", "link_sd", "pivot_loss", "ceiling"])
def test_medians_are_those_of_the_stated_priors(many, name):
    below = many[name].to_numpy() < load_spec("joint").priors[name].ppf(0.5)
    # of several benchmarks the draws hang together: as few as there are draws of one
    assert below.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(3000))


def test_densities_lie_about_the_trend_by_their_dispersion(many, template):
    days = template.models["release_date"] - template.models["release_date"].mean()
    years = xr.DataArray(
        days.dt.days / 365.25, dims="llm", coords={"llm": template.models["model"]}
    )
    mean = many["level"] + many["growth_rate"] * years
    z = ((many["log_density"] - mean) / many["dispersion"]).to_numpy()
    # dates are whole days, the mean date need not be
    assert abs(z.mean()) < 0.05
    assert z.std() == pytest.approx(1, abs=0.03)


def test_a_whole_variable_is_held_fixed_and_what_depends_on_it_follows(template):
    drawn = one(template, dispersion=0.0001, level=2.0, growth_rate=0.0)
    np.testing.assert_allclose(drawn["log_density"], 2.0, atol=0.01)
    assert float(drawn["growth_rate"]) == 0


def test_one_entry_is_held_fixed_and_the_others_are_drawn(template):
    joint = load_spec("joint")
    given = {"pivot_loss[MMLU]": 0.7, "d_share[BBH]": 0.3, "evaluator_effect[lab, BBH]": 0.2}
    drawn = prior_draws(joint, template, draws=3, seed=1, given=given)
    for name, at, value in (
        ("pivot_loss", {"benchmark": "MMLU"}, 0.7),
        ("d_share", {"benchmark": "BBH"}, 0.3),
        ("evaluator_effect", {"evaluator": "lab", "benchmark": "BBH"}, 0.2),
    ):
        np.testing.assert_allclose(drawn[name].sel(at), value)
    assert drawn["pivot_loss"].sel(benchmark="BBH").std() > 0
    # the coefficient follows the share that was set
    b = drawn.sel(benchmark="BBH")
    assert (b["d_coefficient"] > 0).all()


def test_a_list_is_one_value_a_benchmark(template):
    drawn = one(template, pivot_loss=[0.3, 0.6])
    np.testing.assert_allclose(drawn["pivot_loss"], [0.3, 0.6])


@pytest.mark.parametrize(("days", "rate"), [(365.25, np.log(2)), (np.inf, 0.0)])
def test_a_doubling_time_stands_for_a_rate(template, days, rate):
    drawn = one(template, doubling_time_days=days)
    assert float(drawn["growth_rate"]) == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize("days", [0, -5, float("nan")])
def test_a_doubling_time_that_is_none_is_an_error(template, days):
    with pytest.raises(SpecError, match=r"doubling_time_days: .* is no doubling time"):
        one(template, doubling_time_days=days)


def test_an_unknown_name_gets_the_possible_ones(template):
    with pytest.raises(SpecError, match=r"xyz: cannot be set; possible: doubling_time_days, .*"):
        one(template, xyz=1)
    with pytest.raises(SpecError, match=r"no benchmark 'MATH'; there are: MMLU, BBH"):
        prior_draws(load_spec("joint"), template, given={"pivot_loss[MATH]": 1})
    with pytest.raises(
        SpecError, match=r"evaluator_effect has one value per evaluator and benchmark"
    ):
        prior_draws(load_spec("joint"), template, given={"evaluator_effect[lab]": 1})
    with pytest.raises(SpecError, match="score: cannot be set"):
        one(template, score=0.5)


def test_a_cut_draws_what_the_joint_hypothesis_draws(template):
    cut, joint = (prior_draws(load_spec(n), template, seed=3) for n in ("joint_cut", "joint"))
    xr.testing.assert_equal(cut, joint)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"dispersion": -1.0}, "dispersion lies above 0"),
        ({"score_df": 0.0}, "score_df lies above 0"),
        ({"growth_rate": np.nan}, "is no value of a parameter"),
        ({"growth_rate": np.inf}, "is no value of a parameter"),
        ({"growth_rate": 500.0}, "cannot be simulated"),
        ({"d_share": 2.0}, "lies between 0 and 1"),
        ({"growth_rate": 2.0, "doubling_time_days": 100.0}, "both set"),
    ],
)
def test_a_value_that_cannot_be_is_an_error_that_names_it(template, given, part):
    with pytest.raises(SpecError, match=part):
        prior_draws(load_spec("joint"), template, given=given)


def test_a_rate_that_is_held_at_zero_cannot_be_set(template):
    with pytest.raises(SpecError, match="doubling_time_days: cannot be set"):
        prior_draws(load_spec("no_growth"), template, given={"doubling_time_days": 100.0})


def test_centres_of_values_given_one_by_one_are_no_truths(template):
    drawn = prior_draws(load_spec("joint"), template, given={"n_exponent": 0.3})
    assert not {"n_exponent_centre", "n_exponent_spread"} & set(drawn)
    assert "d_exponent_centre" in drawn
    kept = prior_draws(
        load_spec("joint"), template, given={"n_exponent": 0.3, "n_exponent_centre": 0.4}
    )
    assert float(kept["n_exponent_centre"].squeeze()) == 0.4
