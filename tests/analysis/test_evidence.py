"""Runs, points and LLMs' scores beside the curves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bayesdensing.analysis import evidence
from bayesdensing.errors import DataNeedError
from tests.analysis.synthetic import make_fit

OVER = ("chain", "draw")


@pytest.fixture(scope="module")
def fit():
    return make_fit()


def with_frame(fit, name, frame):
    frames = {**fit.data.frames, name: frame}
    return replace(fit, data=replace(fit.data, _frames=frames))


def test_a_run_stands_beside_the_law_at_its_own_size_and_tokens(fit):
    rows = evidence.reference_runs(fit, max_draws=None)
    assert rows["benchmark"].tolist() == ["MMLU"] * 3 + ["BBH"] * 3
    row = rows.iloc[4]
    p = fit.posterior.sel(benchmark="BBH")
    law = (
        p["irreducible_loss"]
        + p["n_coefficient"] * row["n_params"] ** -p["n_exponent"]
        + p["d_coefficient"] * row["n_tokens"] ** -p["d_exponent"]
    )
    assert row["loss_median"] == pytest.approx(float(law.median()))
    assert row["tokens_per_parameter"] == pytest.approx(20)


def test_a_point_stands_beside_the_link_at_its_loss(fit):
    rows = evidence.loss_score_points(fit, max_draws=None)
    row = rows[(rows["benchmark"] == "BBH") & (rows["role"] == "held_out")].iloc[0]
    p = fit.posterior.sel(benchmark="BBH")
    share = 1 / (1 + np.exp(p["link_slope"] * (row["loss"] - p["midpoint_loss"])))
    link = p["floor"] + (p["ceiling"] - p["floor"]) * share
    assert row["score_median"] == pytest.approx(float(link.median()))


def test_an_llm_stands_at_the_loss_of_its_effective_parameters(fit):
    rows = evidence.llm_scores(fit, max_draws=None)
    assert len(rows) == 24
    row = rows.iloc[5]
    size = fit.effective_parameters().sel(llm=row["llm"])
    p = fit.posterior.sel(benchmark=row["benchmark"])
    law = (
        p["irreducible_loss"]
        + p["n_coefficient"] * size ** -p["n_exponent"]
        + p["d_coefficient"] * (60 * size) ** -p["d_exponent"]
    )
    assert row["loss_median"] == pytest.approx(float(law.median()))


def test_measurements_of_one_llm_are_averaged(fit):
    scores = fit.data.scores
    again = scores.assign(score=scores["score"] / 2, evaluator="another")
    doubled = with_frame(fit, "scores", pd.concat([scores, again], ignore_index=True))
    once, twice = (evidence.llm_scores(f)["score"] for f in (fit, doubled))
    np.testing.assert_allclose(twice, 0.75 * once)


def test_other_suites_benchmarks_and_llms_are_left_out(fit):
    runs, scores = fit.data.reference_runs, fit.data.scores
    strange = pd.concat(
        [runs, runs.assign(suite="other", loss=9.0), runs.assign(benchmark="GSM8K")],
        ignore_index=True,
    )
    kept = evidence.reference_runs(with_frame(fit, "reference_runs", strange))
    assert kept["loss"].tolist() == evidence.reference_runs(fit)["loss"].tolist()
    more = pd.concat([scores, scores.assign(model="stranger")], ignore_index=True)
    assert len(evidence.llm_scores(with_frame(fit, "scores", more))) == len(scores)


def test_fewer_draws_say_nearly_the_same(fit):
    few, all_draws = (evidence.reference_runs(fit, max_draws=n)["loss_median"] for n in (200, None))
    np.testing.assert_allclose(few, all_draws, rtol=0.02)


@pytest.mark.parametrize(
    ("read", "missing", "said"),
    [
        (evidence.reference_runs, "n_exponent", "no loss law"),
        (evidence.loss_score_points, "floor", "no score link"),
        (evidence.llm_scores, "log_density", "no loss of an LLM"),
    ],
)
def test_a_fit_without_the_block_says_so(read, missing, said):
    with pytest.raises(DataNeedError, match=said):
        read(make_fit(leave_out=(missing,)))


def test_data_without_the_table_say_so(fit):
    frames = {name: frame for name, frame in fit.data.frames.items() if name != "loss_scores"}
    bare = replace(fit, data=replace(fit.data, _frames=frames))
    with pytest.raises(DataNeedError, match=r"loss_scores\.csv is missing"):
        evidence.loss_score_points(bare)
