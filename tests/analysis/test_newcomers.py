"""Density of LLMs that a fit has not seen: what it rests on, and when it is one-sided."""

from dataclasses import replace

import numpy as np
import pytest

from bayesdensing.analysis.observed import observed_scores, units_of
from bayesdensing.data import BundleError
from bayesdensing.errors import DataNeedError
from tests.analysis.scored import make_scored_fit, new_rows
from tests.analysis.synthetic import BENCHMARKS, make_fit


@pytest.fixture(scope="module")
def fit():
    return make_scored_fit(draws=250)


def test_a_higher_score_means_a_higher_density(fit):
    rows = [(f"m{s}", b, "harness", s) for s in (0.4, 0.6, 0.8) for b in BENCHMARKS]
    found = fit.density_of(new_rows(*rows))
    assert found.table["density_median"].loc[["m0.4", "m0.6", "m0.8"]].is_monotonic_increasing
    assert (found.table["bound"] == "").all()
    assert found.effects.empty
    row = found.table.loc["m0.6"]
    draws = np.exp(found.draws["log_density"].sel(llm="m0.6"))
    ends = np.quantile(draws, [0.055, 0.945])
    np.testing.assert_allclose(
        row[["density_eti89_lb", "density_eti89_ub"]].tolist(), ends, rtol=1e-3
    )
    assert row["effective_parameters_median"] == pytest.approx(7e9 * row["density_median"])
    assert row["n_scores"] == 2


def test_scores_at_the_floor_say_at_most_and_leave_the_rest_to_the_trend(fit):
    floor = new_rows(*[("low", b, "harness", 0.22) for b in BENCHMARKS])
    found = fit.density_of(floor)
    row = found.table.loc["low"]
    assert row["bound"] == "at most"
    assert found.scores["at_floor"].min() > 0.8
    assert found.scores["at_ceiling"].max() == 0
    log_density = found.draws["log_density"].to_numpy()[:, 0]
    assert row["density_bound"] == pytest.approx(np.exp(np.quantile(log_density, 0.95)))
    assert row["density_eti89_lb"] < row["density_bound"]


def test_scores_at_the_ceiling_say_at_least(fit):
    found = fit.density_of(new_rows(*[("high", b, "harness", 0.99) for b in BENCHMARKS]))
    row = found.table.loc["high"]
    assert row["bound"] == "at least"
    log_density = found.draws["log_density"].to_numpy()[:, 0]
    assert row["density_bound"] == pytest.approx(np.exp(np.quantile(log_density, 0.05)))


def test_one_score_off_the_end_makes_the_answer_two_sided(fit):
    scores = [("mixed", "MMLU", "harness", 0.22), ("mixed", "BBH", "harness", 0.5)]
    row = fit.density_of(new_rows(*scores)).table.loc["mixed"]
    assert row["bound"] == ""
    assert np.isnan(row["density_bound"])


def test_an_evaluator_that_scores_high_gets_an_effect_above_zero(fit):
    levels = np.linspace(0.4, 0.7, 10)
    rows = [(f"m{i}", b, "harness", s) for i, s in enumerate(levels) for b in BENCHMARKS]
    rows += [(f"m{i}", "MMLU", "stranger", s + 0.05) for i, s in enumerate(levels)]
    found = fit.density_of(new_rows(*rows))
    (effect,) = found.effects.to_dict("records")
    assert (effect["evaluator"], effect["benchmark"], effect["n_scores"]) == (
        "stranger",
        "MMLU",
        10,
    )
    harness = float(
        fit.posterior["evaluator_effect"].sel(evaluator="harness", benchmark="MMLU").mean()
    )
    assert effect["eti89_lb"] > harness
    assert found.draws["evaluator_effect"].dims == ("draw", "new_effect")
    assert (found.scores["effect"] == "new").sum() == 10


def test_a_known_evaluator_is_new_where_the_fit_has_no_score_of_it(fit):
    keep = [i for i, label in enumerate(observed_scores(fit).labels) if "BBH | self" not in label]
    tree = fit.idata.copy()
    tree["observed_data"] = tree["observed_data"].to_dataset().isel(score_obs=keep)
    without = type(fit)(**{**vars_of(fit), "idata": tree})
    rows = new_rows(("a", "BBH", "self-reported", 0.5), ("a", "MMLU", "self-reported", 0.5))
    assert fit.density_of(rows).effects.empty
    assert without.density_of(rows).effects["benchmark"].tolist() == ["BBH"]


def vars_of(fit):
    return {name: getattr(fit, name) for name in fit.__dataclass_fields__}


def test_an_llm_of_the_fit_is_looked_up_and_marked(fit):
    table = new_rows(("llm-03", "MMLU", "harness", 0.6), ("other", "MMLU", "harness", 0.6))
    found = fit.density_of(table.drop(columns=["n_params", "release_date"]).iloc[:1])
    assert found.table["in_fit"].tolist() == [True]
    known = fit.data.models.set_index("model").loc["llm-03"]
    assert found.table["n_params"].tolist() == [known["n_params"]]
    assert found.table["release_date"].tolist() == [known["release_date"]]
    assert fit.density_of(table).table["in_fit"].to_dict() == {"llm-03": True, "other": False}


def test_active_parameters_are_used_where_the_hypothesis_does(fit):
    spec = fit.spec.model_copy(
        update={"growth": fit.spec.growth.model_copy(update={"parameter_count": "active"})}
    )
    active = type(fit)(**{**vars_of(fit), "spec": spec})
    rows = new_rows(("moe", "MMLU", "harness", 0.6), n_params_active=1e9)
    dense, sparse = (f.density_of(rows).table.loc["moe"] for f in (fit, active))
    assert (dense["n_params"], sparse["n_params"]) == (7e9, 1e9)
    # the same size explains the score, whatever it is divided by, but for the trend's pull
    ratio = sparse["effective_parameters_median"] / dense["effective_parameters_median"]
    assert 0.2 < ratio < 1
    assert sparse["density_median"] > 2 * dense["density_median"]


def test_the_same_seed_gives_the_same_answer(fit):
    rows = new_rows(("a", "MMLU", "stranger", 0.6))
    first, again = (fit.density_of(rows, seed=3).draws for _ in range(2))
    assert first.identical(again)


def test_benchmarks_of_others_are_refused_or_skipped(fit):
    rows = new_rows(("a", "MMLU", "harness", 0.6), ("a", "GSM8K", "harness", 0.6))
    with pytest.raises(BundleError, match="GSM8K"):
        fit.density_of(rows)
    assert len(fit.density_of(rows, skip_unknown=True).scores) == 1


def test_a_fit_without_scores_says_so():
    with pytest.raises(DataNeedError, match="has no scores"):
        make_fit(leave_out=["evaluator_effect"]).density_of(new_rows(("a", "MMLU", "x", 0.5)))
    with pytest.raises(DataNeedError, match="it lacks overdispersion, evaluator_sd, score_df"):
        make_fit().density_of(new_rows(("a", "MMLU", "x", 0.5)))


def test_labels_are_read_whatever_names_hold(fit):
    units = units_of(fit)
    assert [len(unit.score) for unit in units] == [4, 2] * 6
    posterior = fit.posterior.assign_coords(
        llm=[f"a | {name}" for name in fit.posterior["llm"].values],
        evaluator=["har | ness", "self-reported"],
    )
    observed = fit.idata["observed_data"].to_dataset()
    labels = [f"a | {x}".replace("harness", "har | ness") for x in observed["score_obs"].values]
    labels[1] += " (2)"
    tree = fit.idata.copy()
    tree["posterior"] = posterior
    tree["observed_data"] = observed.assign_coords(score_obs=labels)
    found = observed_scores(type(fit)(**{**vars_of(fit), "idata": tree}))
    expected = observed_scores(fit)
    np.testing.assert_array_equal(found.llm, expected.llm)
    np.testing.assert_array_equal(found.evaluator, expected.evaluator)


def test_a_family_that_the_fit_knows_tells_of_a_new_llm():
    plain = make_scored_fit(draws=250)
    shape = (plain.posterior.sizes["chain"], plain.posterior.sizes["draw"])
    posterior = plain.posterior.assign(
        family_effect=(("chain", "draw", "family"), np.full((*shape, 2), [1.5, -1.5])),
        family_sd=(("chain", "draw"), np.full(shape, 1.0)),
    ).assign_coords(family=["strong", "weak"])
    tree = plain.idata.copy()
    tree["posterior"] = posterior
    fit = replace(plain, idata=tree)
    found = {
        family: fit.density_of(new_rows(("new", "MMLU", "harness", 0.6), family=family)).table
        for family in ("strong", "weak", "another")
    }
    median = {family: float(t["density_median"].iloc[0]) for family, t in found.items()}
    width = {
        family: float(np.log(t["density_eti95_ub"] / t["density_eti95_lb"]).iloc[0])
        for family, t in found.items()
    }
    assert median["strong"] > median["another"] > median["weak"]
    assert width["another"] > max(width["strong"], width["weak"])
    unnamed = fit.density_of(new_rows(("new", "MMLU", "harness", 0.6))).table
    assert float(unnamed["density_median"].iloc[0]) == pytest.approx(median["another"])


def test_a_count_that_is_estimated_differs_by_draw():
    plain = make_scored_fit(draws=250)
    growth = plain.spec.growth.model_copy(update={"parameter_count": "estimated"})
    shape = (plain.posterior.sizes["chain"], plain.posterior.sizes["draw"])
    weight = np.random.default_rng(1).uniform(0.2, 0.6, shape)
    tree = plain.idata.copy()
    tree["posterior"] = plain.posterior.assign(active_weight=(("chain", "draw"), weight))
    fit = replace(plain, idata=tree, spec=plain.spec.model_copy(update={"growth": growth}))
    table = fit.density_of(new_rows(("moe", "MMLU", "harness", 0.6), n_params_active=7e8)).table
    assert table["n_params"].iloc[0] == pytest.approx(7e9 * 0.1 ** np.median(weight), rel=0.02)
