"""Leave-one-LLM-out PITs: weights, integrals, the band that counts LLMs, not scores."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bayesdensing.analysis.loo_pit import (
    band_table,
    deviation_band,
    loo_pit,
    loo_pit_check,
    pit_departures,
)
from bayesdensing.analysis.observed import observed_scores, score_model, units_of
from bayesdensing.analysis.unit import (
    density_nodes,
    log_sizes,
    marginal_log_likelihood,
    pair_moments,
)
from bayesdensing.laws.score import shifted
from tests.analysis.scored import make_scored_fit


@pytest.fixture(scope="module")
def fit():
    return make_scored_fit(n_llms=60, draws=100)


@pytest.fixture(scope="module")
def found(fit):
    return loo_pit(fit)


def test_every_score_has_a_pit_and_every_llm_a_k(fit, found):
    assert found.sizes == {"score_obs": 180, "unit": 60}
    assert ((found["pit"] >= 0) & (found["pit"] <= 1)).all()
    assert np.isfinite(found["pareto_k"]).all()
    assert found["unit"].values.tolist() == fit.posterior["llm"].values.tolist()


def test_an_llm_that_is_left_out_weighs_draws_by_how_badly_they_explain_it():
    fit = make_scored_fit(n_llms=12, draws=200)
    # draws differ in level alone, little enough for plain importance weights to serve
    level = np.random.default_rng(1).normal(-0.5, 0.2, (2, 200))
    tree = fit.idata.copy()
    tree["posterior"] = fit.posterior.assign(level=(("chain", "draw"), level))
    wide = replace(fit, idata=tree)
    found, model, units = loo_pit(wide), score_model(wide), units_of(wide)
    weight = np.exp(-marginal_log_likelihood(model, units))
    weight /= weight.sum(axis=0)
    for i, unit in enumerate(units):
        of = observed_scores(wide).llm == i
        expected = weight[:, i] @ _predicted(model, unit)
        np.testing.assert_allclose(found["pit"].values[of], expected, atol=5e-3)


def _predicted(model, unit):
    """Return P(a score at most the measured one | draw) by a long sum, (draw, score)."""
    nodes, log_weight = density_nodes(model, unit, nodes=481)
    mean, shared = pair_moments(model, log_sizes(model, unit, nodes), unit.benchmarks)
    effect = model.evaluator_effect[:, unit.evaluator, unit.benchmark][:, None]
    own = model.overdispersion[:, None, unit.benchmark] ** 2
    scale = np.sqrt(own + shared[..., unit.pair])
    distance = (unit.score - shifted(mean[..., unit.pair], effect)) / scale
    below = stats.t(model.score_df[:, None, None]).cdf(distance)
    return (np.exp(log_weight)[..., None] * below).sum(axis=1)


def test_scores_of_the_model_itself_pass(fit):
    check = loo_pit_check(fit)
    assert check.passed, check.text
    assert check.table["of"].tolist() == ["all", "MMLU", "BBH"]
    assert check.table["n_scores"].tolist() == [180, 90, 90]
    assert check.table["n_llms"].tolist() == [60, 60, 60]


def test_a_dispersion_that_is_too_wide_is_seen(fit):
    tree = fit.idata.copy()
    tree["posterior"] = fit.posterior.assign(dispersion=4 * fit.posterior["dispersion"])
    check = loo_pit_check(replace(fit, idata=tree))
    assert not check.passed
    assert not check.table["within"].all()


def test_scores_at_the_very_ends_are_spread_over_what_is_cut(fit):
    tree = fit.idata.copy()
    observed = tree["observed_data"].to_dataset()
    score = observed["score"].to_numpy().copy()
    score[:2] = [0.0, 1.0]
    tree["observed_data"] = observed.assign(score=("score_obs", score))
    ends = replace(fit, idata=tree)
    one, other = (loo_pit(ends, seed=seed)["pit"].values for seed in (1, 2))
    is_cut = (score <= 0) | (score >= 1)
    assert (one[is_cut] != other[is_cut]).all()
    np.testing.assert_array_equal(one[~is_cut], other[~is_cut])
    assert one[0] < 0.05
    assert one[1] > 0.95


def test_the_band_holds_uniform_pits_as_often_as_it_says_though_llms_repeat_themselves():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(60), 4)
    left = 0
    for _ in range(200):
        # four scores of an LLM that hardly differ: counting scores would make the band half as wide
        pit = stats.norm.cdf(
            0.95**0.5 * rng.normal(size=60)[unit] + 0.05**0.5 * rng.normal(size=240)
        )
        departure, band = deviation_band(pit, unit, error=0.1, simulations=300)
        left += np.abs(departure).max() > band
    assert 5 <= left <= 40


def test_the_band_is_narrower_for_more_llms():
    rng = np.random.default_rng(2)
    few, many = (
        deviation_band(rng.random(n), np.arange(n), error=0.05)[1] for n in (50, 800)
    )  # fmt: skip
    assert many < few / 3
    assert few == pytest.approx(1.358 / np.sqrt(50), rel=0.25)  # Kolmogorov's


def test_the_table_says_where_pits_depart(found):
    uniform = (np.arange(180) + 0.5) / 180
    low = found.assign(pit=("score_obs", np.random.default_rng(1).permutation(uniform) ** 2))
    table = band_table(pit_departures(low)).set_index("of")
    assert not table.loc["all", "within"]
    # squares of uniform numbers lie below x with probability sqrt(x), most above x at 1/4
    assert table.loc["all", "largest"] == pytest.approx(0.25, abs=0.01)
    assert table.loc["all", "at"] == pytest.approx(0.25, abs=0.06)
