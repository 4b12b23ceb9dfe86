"""Compressed LLMs beside their parents: changes of known size are found, none is made up."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bayesdensing.corollaries import compression
from bayesdensing.corollaries.compression_likelihood import Likelihood
from bayesdensing.corollaries.compression_model import changes_given
from bayesdensing.corollaries.compression_pairs import find_pairs, published_without_scores
from bayesdensing.data import load_data
from bayesdensing.errors import DataNeedError, InputError
from tests.analysis.scored import make_scored_fit
from tests.corollaries.compressed import with_children


@pytest.fixture(scope="module")
def family(scored):
    rng = np.random.default_rng(7)
    return {
        "pruned": (-1.0 + 0.1 * rng.normal(size=8)).tolist(),
        "quantized, 4": (0.1 * rng.normal(size=6)).tolist(),
    }


@pytest.fixture(scope="module")
def found(scored, family):
    return compression(with_children(scored, family), shared=0.0, shared_quantized=0.0)


def test_a_known_change_is_recovered_by_method_and_by_pair(found, family):
    for method, quantity in (("pruned", "pruned"), ("quantized, 4", "quantized, 4 bits")):
        low, high = found.row(f"ratio[{quantity}]").estimate.eti95
        assert low < np.exp(np.mean(family[method])) < high
        new = found.row(f"new_pair[{quantity}]").estimate.eti95
        assert new[1] / new[0] > high / low  # a pair not yet seen is less certain than the mean
    truth = np.concatenate([family["pruned"], family["quantized, 4"]])
    low, high = np.quantile(found.draws["change"], [0.025, 0.975], axis=(0, 1))
    order = found.draws["pair"].to_numpy().argsort()
    inside = (low[order] < truth) & (truth < high[order])
    assert inside.mean() >= 0.85


def test_pruning_is_told_from_what_changes_nothing(found):
    assert found.row("prob_lower[pruned]").middle > 0.97
    assert 0.02 < found.row("prob_lower[quantized, 4 bits]").middle < 0.98
    assert found.row("ratio[pruned]").estimate.eti95[1] < 1


def test_bits_and_cost_are_on_the_table_of_quantised_llms_alone(found):
    table = found.tables["pairs"].set_index("llm")
    quantised = table["weight_bits"] == 4
    np.testing.assert_allclose(
        table.loc[quantised, "ratio_per_bit_median"], 4 * table.loc[quantised, "ratio_median"]
    )
    by_cost = table.loc[quantised, "ratio_by_cost_median"] / table.loc[quantised, "ratio_median"]
    np.testing.assert_allclose(by_cost, 3.45 / (2.45 / 4 + 1))
    assert table.loc[~quantised, "ratio_per_bit_median"].isna().all()
    assert found.row("pairs").value == len(table) == 14


@pytest.mark.slow
def test_intervals_hold_as_many_truths_as_they_say():
    inside, means = [], []
    for seed in range(12):
        fit = make_scored_fit(n_llms=14, draws=100, seed=seed + 1)
        truth = -0.6 + 0.3 * np.random.default_rng(seed).normal(size=12)
        found = compression(with_children(fit, {"pruned": truth.tolist()}, seed=seed), shared=0.0)
        low, high = np.quantile(found.draws["change"], [0.055, 0.945], axis=(0, 1))
        order = found.draws["pair"].to_numpy().argsort()
        inside += ((low[order] < truth) & (truth < high[order])).tolist()
        ends = found.row("ratio[pruned]").estimate.eti89
        means.append(ends[0] < np.exp(-0.6) < ends[1])
    # of 144 pairs, less than independent ones tell: those of a world share its ruler
    assert 0.80 <= np.mean(inside) <= 0.97
    assert sum(means) >= 8


def test_counter_examples_are_named(scored):
    amounts = {"pruned": [2.0, -0.5, -0.5, -0.5]}
    found = compression(with_children(scored, amounts), shared=0.0)
    table = found.tables["pairs"].set_index("llm")
    assert table["prob_denser"].idxmax() == "child-00"
    assert any("child-00" in note for note in found.notes)


def test_published_pairs_without_scores_stand_beside():
    apart = published_without_scores(SimpleNamespace(data=load_data())).set_index("llm")["ratio"]
    assert apart.round(2).to_dict() == {
        "Gemma2-9B-GPTQ": 0.50,
        "Llama3.1-8B-GPTQ": 0.54,
        "Llama3.1-8B-gguf": 0.35,
    }


def test_departures_that_are_shared_do_not_blur_a_pair(scored):
    fit = with_children(scored, {"quantized, 4": [0.0] * 6})
    frames = fit.data.frames
    scores = frames["scores"].copy()
    parents = fit.data.models.set_index("model")["parent"]
    by_cell = scores[scores["evaluator"] == "harness"].set_index(["model", "benchmark"])["score"]
    child = scores["model"].str.startswith("child")
    # what the parent scored, its child scores too
    scores.loc[child, "score"] = [
        by_cell[parents[model], benchmark]
        for model, benchmark in scores.loc[child, ["model", "benchmark"]].to_numpy()
    ]
    copies = replace(fit, data=replace(fit.data, _frames={**frames, "scores": scores}))
    found = {r: compression(copies, shared_quantized=r) for r in (0.0, 0.95)}
    wide, narrow = (found[r].row("ratio[quantized, 4 bits]").estimate.eti89 for r in (0.0, 0.95))
    assert narrow[0] < 1 < narrow[1]
    assert narrow[1] / narrow[0] < wide[1] / wide[0]


def test_parents_that_the_fit_has_not_seen_are_placed_by_their_scores(scored, family):
    fit = with_children(scored, {"pruned": [-1.0] * 3})
    models = fit.data.models
    adopted = models["model"].replace({"llm-00": "stranger"})
    frames = fit.data.frames
    frames["models"] = models.assign(
        model=adopted, parent=models["parent"].replace({"llm-00": "stranger"})
    )
    scores = frames["scores"]
    frames["scores"] = scores.assign(model=scores["model"].replace({"llm-00": "stranger"}))
    found = compression(replace(fit, data=replace(fit.data, _frames=frames)))
    own = found.tables["pairs"].set_index("parent").loc["stranger"]
    assert own["ratio_eti95_lb"] < np.exp(-1.0) < own["ratio_eti95_ub"]


def test_pairs_need_a_benchmark_in_common(scored, family):
    fit = with_children(scored, {"pruned": [-1.0, -1.0]})
    frames = fit.data.frames
    scores = frames["scores"]
    frames["scores"] = scores[(scores["model"] != "child-01")]
    alone = replace(fit, data=replace(fit.data, _frames=frames))
    pairs, _, left_out = find_pairs(alone)
    assert pairs["llm"].tolist() == ["child-00"]
    assert left_out == ["child-01"]
    assert "child-01" in " ".join(compression(alone).notes)
    with pytest.raises(DataNeedError, match="no compressed LLM"):
        compression(scored)


def test_bad_inputs_are_named(scored):
    with pytest.raises(InputError, match="more than 1"):
        compression(scored, shared=1.5)


class TestHierarchy:
    """Of likelihoods that are known exactly."""

    @staticmethod
    def normal(middle, sd, *, draws=4000):
        nodes = np.linspace(-6, 6, 121)
        log_p = -(((nodes - np.asarray(middle)[:, None]) / np.asarray(sd)[:, None]) ** 2) / 2
        shape = (draws, len(middle))
        return Likelihood(
            start=np.full(shape, nodes[0]),
            step=np.full(shape, nodes[1] - nodes[0]),
            log_p=np.broadcast_to(log_p - log_p.max(1, keepdims=True), (*shape, 121)),
            parent=np.zeros(shape),
        )

    def test_draws_agree_with_quadrature(self):
        middle, sd = np.array([-0.9, -0.2, 0.1, -0.5]), np.array([0.3, 0.2, 0.4, 0.25])
        found = changes_given(self.normal(middle, sd), np.zeros(4, dtype=int), seed=1)
        mu, tau = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(0.01, 2.5, 250), indexing="ij")
        scale = np.sqrt(sd**2 + tau[..., None] ** 2)
        log_p = -((middle - mu[..., None]) ** 2 / 2 / scale**2 + np.log(scale)).sum(-1)
        p = np.exp(log_p - mu**2 / 2 - (tau / 0.5) ** 2 / 2)
        p /= p.sum()
        assert found.mean[:, 0].mean() == pytest.approx((p * mu).sum(), abs=0.02)
        assert found.spread[:, 0].mean() == pytest.approx((p * tau).sum(), abs=0.02)
        sd_of_mean = np.sqrt((p * mu**2).sum() - (p * mu).sum() ** 2)
        assert found.mean[:, 0].std() == pytest.approx(sd_of_mean, rel=0.06)
        shrunk = p[..., None] * (middle * tau[..., None] ** 2 + mu[..., None] * sd**2) / scale**2
        np.testing.assert_allclose(found.change.mean(0), shrunk.sum((0, 1)), atol=0.02)

    def test_methods_know_nothing_of_each_other(self):
        both = self.normal([-2.0, -2.0, 1.0, 1.0], [0.1] * 4)
        found = changes_given(both, np.array([0, 0, 1, 1]), seed=1)
        assert found.mean.mean(0) == pytest.approx([-1.9, 0.95], abs=0.15)

    def test_flat_likelihoods_leave_the_prior(self):
        found = changes_given(self.normal([0.0], [1e6]), np.zeros(1, dtype=int), seed=1)
        assert found.mean[:, 0].std() == pytest.approx(1.0, rel=0.06)
        assert found.spread.mean() == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=0.03)

    def test_one_sided_likelihoods_are_bounds(self):
        one = self.normal([0.0, 0.0, 0.0], [0.3, 0.3, 0.3], draws=50)
        log_p = np.array(one.log_p)
        log_p[:, 0, :61] = 0.0
        log_p[:, 1, 60:] = 0.0
        bounded = replace(one, log_p=log_p)
        assert bounded.bounds().tolist() == ["at most", "at least", ""]
