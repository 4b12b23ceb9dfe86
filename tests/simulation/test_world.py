"""Simulated bundles: valid data, drawn by the law, beside the truth they were made from."""

import json

import numpy as np
import pandas as pd
import pytest

from bayesdensing.data import load_data, validate_bundle
from bayesdensing.errors import BundleError
from bayesdensing.laws.loss import loss
from bayesdensing.simulation import make_world, settings, simulate, typical_values
from bayesdensing.simulation.study import Setting
from bayesdensing.spec import load_spec

NAMES = ("joint", "joint_frontier", "joint_cut", "no_growth", "loss_law", "trend")


@pytest.fixture(scope="module")
def world(template):
    joint = load_spec("joint")
    given = typical_values(joint, template, doubling_days=100)
    return simulate(joint, template, seed=4, given=given, name="made")


@pytest.mark.parametrize("name", NAMES)
def test_a_world_of_any_hypothesis_is_a_valid_bundle_that_says_it_is_simulated(
    name, template, tmp_path
):
    made = simulate(load_spec(name), template, seed=4)
    folder = made.save(tmp_path / "world")
    assert not validate_bundle(folder)
    loaded = load_data(folder)
    assert loaded.sha256 == made.data.sha256
    for table in loaded.frames.values():
        if "source" in table:
            assert table["source"].str.startswith("simulated after ").all()


def test_limits_that_are_known_are_not_set(template):
    limits = load_spec("known_limits")
    given = typical_values(limits, template, doubling_days=100)
    assert not {"floor", "ceiling"} & set(given)
    truth = simulate(limits, template, seed=4, given=given).truth
    assert (truth["ceiling"] == 1).all()
    free = typical_values(load_spec("joint"), template)["floor"]
    np.testing.assert_allclose(truth["floor"], free - 0.01)


def test_the_seed_says_which_world(template):
    joint = load_spec("joint")
    first, again, other = (simulate(joint, template, seed=s).data.sha256 for s in (1, 1, 2))
    assert first == again != other


def test_scores_are_shares(template):
    for seed in range(3):  # from the prior, where noise would carry many beyond the ends
        scores = simulate(load_spec("joint"), template, seed=seed).data.scores
        assert scores["score"].between(0, 1).all()


def test_losses_scatter_about_the_true_law(world):
    runs = world.data.reference_runs
    law = {
        name: world.truth[name].sel(benchmark=runs["benchmark"].to_numpy()).to_numpy()
        for name in (
            "irreducible_loss",
            "n_coefficient",
            "n_exponent",
            "d_coefficient",
            "d_exponent",
        )
    }
    exact = loss(n_params=runs["n_params"], n_tokens=runs["n_tokens"], **law)
    off = np.log(runs["loss"] / exact)
    assert 0.005 < off.std() < 0.04
    assert off.abs().max() < 0.2


def test_denser_llms_score_higher(world):
    scores = world.data.scores.merge(world.data.models, on="model")
    density = scores["model"].map(world.to_dict()["density"])
    size = np.log(scores["n_params"] * density)
    assert np.corrcoef(size, scores["score"])[0, 1] > 0.7


def test_the_truth_is_written_beside_the_data(world, tmp_path):
    folder = world.save(tmp_path / "made")
    told = json.loads((folder / "truth.json").read_text())
    assert told["seed"] == 4
    assert told["spec"] == "joint"
    assert told["spec_sha256"] == load_spec("joint").sha256
    assert told["headline"]["doubling_time_days"] == pytest.approx(100)
    assert told["headline"]["growth_rate_per_year"] == pytest.approx(np.log(2) * 3.6525)
    assert told["parameters"]["pivot_loss[MMLU]"] == pytest.approx(0.40)
    assert told["parameters"]["evaluator_effect[lab, BBH]"] == pytest.approx(
        float(world.truth["evaluator_effect"].sel(evaluator="lab", benchmark="BBH"))
    )
    assert not any(name.startswith("log_density") for name in told["parameters"])
    assert set(told["density"]) == set(world.data.models["model"])
    assert told["set"]["doubling_time_days"] == 100


def test_a_world_replaces_a_world_and_nothing_else(world, template, tmp_path):
    folder = world.save(tmp_path / "made")
    other = simulate(load_spec("joint"), template, seed=5)
    assert load_data(other.save(folder)).sha256 == other.data.sha256
    real = template.to_directory(tmp_path / "real")
    with pytest.raises((FileExistsError, BundleError)):
        world.save(real)
    assert load_data(real).sha256 == template.sha256


def test_the_study_has_sixteen_worlds_of_four_growth_rates_each_with_its_seed():
    every = settings()
    assert len({s.seed for s in every}) == len({s.name for s in every}) == 16
    assert {s.doubling_days for s in every} == {60, 120, 250, np.inf}
    assert every[-1].name == "never-200llms-3evaluators"


def test_a_world_of_the_study_has_the_size_and_growth_of_its_setting(template):
    setting = Setting(doubling_days=np.inf, n_llms=20, n_evaluators=3, seed=9)
    made = make_world(load_spec("joint"), template, setting)
    assert len(made.data.models) == 20
    assert made.data.scores["evaluator"].nunique() == 3
    assert float(made.truth["growth_rate"]) == 0
    assert made.to_dict()["headline"]["doubling_time_days"] == np.inf


def test_intervals_of_published_values_stay_as_wide_as_they_were(template):
    made = simulate(load_spec("trend"), template, seed=2).data.densities
    was = template.densities.set_index("model").loc[made["model"]].reset_index()
    ratios = [np.log(t["value_hi95"] / t["value_lo95"]) for t in (made, was)]
    np.testing.assert_allclose(*ratios, rtol=1e-6)
    pd.testing.assert_series_equal(made["release_date"], was["release_date"])
