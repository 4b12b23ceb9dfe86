"""Every shipped hypothesis: a sane prior, a fit that looks like its data, and the truth found.

Whatever lies in models/ is tested; the worlds are small and the fits short (worlds.py).
"""

from dataclasses import replace

import numpy as np
import pytest

from bayesdensing.analysis.predictive import posterior_predictive_check
from bayesdensing.checking import check
from bayesdensing.laws.trend import doubling_days
from bayesdensing.paths import packaged_models_dir
from bayesdensing.simulation import prior_predictive_check
from bayesdensing.spec import load_spec
from tests.hypotheses.worlds import (
    DOUBLING_DAYS,
    INSIDE,
    MORE_SEEDS,
    fitted,
    make_world,
    recovered,
    short,
)

NAMES = sorted(path.stem for path in packaged_models_dir().glob("*.toml"))
#: Those that differ from one of the others in a number, in the data that are used, or in a law that
#: has tests of its own: fitted by `make test-all` alone.
VARIATIONS = {
    "accelerating", "active", "changepoint_chatgpt", "changing_dispersion", "compressed_in",
    "frontier_exponential", "joint_1T", "joint_5T", "known_limits", "one_evaluator", "saturating",
}  # fmt: skip
#: What is drawn anew of the data that a fit with these blocks saw.
PREDICTIVE = {
    ("loss", "link", "growth"): "posterior predictive",
    ("loss",): "posterior predictive of losses",
    ("published",): "posterior predictive of values",
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.exhaustive if name in VARIATIONS else ())
        for name in NAMES
    ]
)
def case(case_of, request):
    return case_of(request.param)


def test_variations_are_shipped():
    assert set(NAMES) > VARIATIONS


@pytest.mark.parametrize("name", NAMES)
def test_the_prior_expects_possible_data(name, design):
    found = prior_predictive_check(load_spec(name), design)
    assert found.passed, found.text


@pytest.mark.slow
def test_data_drawn_anew_look_like_the_data(case):
    found = {result.name: result for result in check(case.fit, draws=200)}
    only = case.spec.data.records == "only"
    result = found["posterior predictive of records" if only else PREDICTIVE[case.spec.blocks]]
    assert result.passed, result.text


@pytest.mark.slow
def test_the_truth_is_recovered(case, design):
    answers = [recovered(case.fit, case.world)]
    if answers[0].get("densities", 1.0) < INSIDE:
        worlds = [make_world(case.spec, design, seed=seed) for seed in MORE_SEEDS]
        answers += [recovered(fitted(case.spec, world), world) for world in worlds]
    assert all(answers)
    # share of LLMs whose 95 % interval holds their density, over all worlds
    inside = [found.pop("densities") for found in answers if "densities" in found]
    assert not inside or np.mean(inside) >= INSIDE, inside
    assert all(all(found.values()) for found in answers), answers


@pytest.mark.slow
def test_the_rate_is_that_of_the_claim(case):
    if "growth_rate" not in case.fit.posterior:
        assert case.fit.headline().growth_rate_per_year is None
        return
    rate = case.fit.growth_rate().to_numpy()
    found = case.fit.headline()
    if case.spec.growth.trend == "constant":
        assert (rate == 0).all()
        assert np.isinf(found.doubling_time_days.median)
        return
    if case.spec.growth.shape.bends:
        assert found.segments
        assert found.label.startswith("mean rate over the last 24 months")
    else:
        days = float(doubling_days(case.world.truth["growth_rate"]))
        assert days == pytest.approx(DOUBLING_DAYS)
    # an interval of the rate that reaches 0 is one of the doubling time without an end
    low, _ = found.growth_rate_per_year.eti95
    assert np.isinf(found.doubling_time_days.eti95[1]) == (low <= 0)


# --- what the tests above would say of a fit that is wrong ----------------------------------------


@pytest.mark.slow
def test_a_fit_to_another_world_does_not_recover_this_ones_truth(case_of, design):
    joint = case_of("joint")
    other = make_world(joint.spec, design, days=30.0)
    assert not recovered(joint.fit, other)["rate"]
    never = make_world(short("no_growth"), design)
    assert recovered(joint.fit, never)["densities"] < INSIDE


@pytest.mark.slow
def test_another_law_is_not_recovered(case_of, design):
    law = case_of("loss_law")
    steeper = make_world(law.spec, design)
    truth = steeper.truth.assign(n_exponent=steeper.truth["n_exponent"] * 3)
    answers = recovered(law.fit, replace(steeper, truth=truth))
    assert not answers["n_exponent"]
    assert not answers["losses"]


@pytest.mark.slow
def test_scores_that_were_tampered_with_do_not_look_like_those_drawn_anew(case_of):
    fit = case_of("joint").fit
    tree = fit.idata.copy()
    scores = tree["observed_data"]["score"]
    labels = [str(label).split(" | ") for label in scores["score_obs"].to_numpy()]
    llms = {llm for llm, *_ in labels}
    half = sorted(llms)[::2]
    hit = np.array([llm in half and evaluator == "harness" for llm, _, evaluator in labels])
    tampered = np.where(hit, np.clip(scores - 0.15, 0, 1), scores)
    changed = tree["observed_data"].to_dataset().assign(score=("score_obs", tampered))
    tree["observed_data"] = changed
    found = posterior_predictive_check(replace(fit, idata=tree), draws=200)
    assert 0.2 < hit.mean() < 0.6
    assert not found.passed, found.text
