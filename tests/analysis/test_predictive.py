"""Scores drawn anew: they follow the stated model, and the check sees when measured ones do not."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.observed import observed_scores
from bayesdensing.analysis.predictive import (
    posterior_predictive_check,
    predictive_table,
    replicate_scores,
)
from bayesdensing.errors import DataNeedError
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def fit():
    return make_scored_fit(n_llms=40, draws=150)


def with_scores(fit, change):
    tree = fit.idata.copy()
    observed = tree["observed_data"].to_dataset()
    seen = observed_scores(fit)
    score = np.clip(change(observed["score"].to_numpy().copy(), seen), 0, 1)
    tree["observed_data"] = observed.assign(score=("score_obs", score))
    return replace(fit, idata=tree)


def test_replicates_are_labelled_scores(fit):
    found = replicate_scores(fit, draws=100)
    assert found.dims == ("draw", "score_obs")
    assert found.sizes == {"draw": 100, "score_obs": 120}
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1
    label = str(found["score_obs"].values[7])
    parts = (str(found[name].values[7]) for name in ("llm", "benchmark", "evaluator"))
    assert label == " | ".join(parts)
    xr.testing.assert_identical(found, replicate_scores(fit, draws=100))


def test_measurements_of_one_pair_share_departure_and_items(fit):
    found = replicate_scores(fit, draws=300).to_numpy()
    seen = observed_scores(fit)
    # the first LLM is measured twice on each benchmark
    twice = np.flatnonzero((seen.llm == 0) & (seen.benchmark == 0))
    assert len(twice) == 2
    rest = found[:, twice] - found[:, twice].mean(axis=0)
    assert np.corrcoef(rest.T)[0, 1] > 0.5


def test_scores_of_the_model_itself_pass(fit):
    check = posterior_predictive_check(fit)
    assert check.passed, check.text
    table = check.table
    assert table["n_scores"].sum() == 120
    assert table[["benchmark", "evaluator"]].drop_duplicates().shape[0] == len(table)
    assert table.filter(like="_p").to_numpy().min() > 0.001
    inside = (table["mean"] > table["mean_lb"]) & (table["mean"] < table["mean_ub"])
    assert inside.mean() > 0.7


@pytest.mark.parametrize(
    ("change", "statistic"),
    [
        (lambda score, seen: score + 0.1 * (seen.evaluator == 1), "mean"),
        (lambda score, seen: score + 0.15 * (-1.0) ** np.arange(len(score)), "sd"),
        (lambda score, seen: score + 0.2 * (-1.0) ** np.arange(len(score)), "outside"),
    ],
)
def test_scores_of_another_model_do_not(fit, change, statistic):
    other = with_scores(fit, change)
    check = posterior_predictive_check(other)
    assert not check.passed
    assert check.table[f"{statistic}_p"].min() < 0.05
    assert "least probable" in check.text


def test_evaluators_with_few_scores_are_pooled():
    table = predictive_table(make_scored_fit(n_llms=6, draws=50))
    # six LLMs: the harness has six scores a benchmark, self-reports three
    assert table["evaluator"].tolist() == ["harness", "other"] * 2
    assert table["n_scores"].tolist() == [6, 3] * 2


def test_a_run_without_its_scores_says_so():
    with pytest.raises(DataNeedError, match="does not hold the scores"):
        replicate_scores(make_fit())
