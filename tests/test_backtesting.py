"""Back-tests: what was out by a date is all that a fit sees; forecasts of measured scores."""

import numpy as np
import pandas as pd
import pytest

from bayesdensing import backtesting
from bayesdensing.analysis.baselines import BASELINES
from bayesdensing.assembly.design import benchmarks_of, score_design
from bayesdensing.backtesting import COLUMNS, backtest, predicted_scores, until
from bayesdensing.errors import DataNeedError
from bayesdensing.spec import load_spec
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_data

CUT = pd.Timestamp("2023-12-31")


@pytest.fixture
def data(tiny_frames):
    from bayesdensing.data import DataBundle

    return DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=40))


def test_a_bundle_until_a_date_has_nothing_of_later_llms(data):
    early = until(data, CUT)
    assert early.models["release_date"].max() <= CUT
    assert set(early.scores["model"]) <= set(early.models["model"])
    assert len(early.models) == (data.models["release_date"] <= CUT).sum()
    assert len(early.reference_runs) == len(data.reference_runs)


def test_a_row_a_date_and_method(data, monkeypatch):
    seen = []

    def stand_in(spec, bundle, **_):
        seen.append(bundle.models["release_date"].max())
        return make_scored_fit()

    monkeypatch.setattr(backtesting, "fit", stand_in)
    told = []
    table = backtest("joint", data, cut_offs=["2024-06-30", CUT], tell=told.append)
    assert tuple(table.columns) == COLUMNS
    assert table["method"].tolist() == ["joint", *BASELINES] * 2
    assert table["cut_off"].is_monotonic_increasing
    assert max(seen) <= pd.Timestamp("2024-06-30")
    told_of = table["n_scores"] > 0
    assert told_of[table["method"] == "joint"].all()
    assert (table["coverage50"] <= table["coverage95"])[told_of].all()
    assert table.loc[~told_of, "crps"].isna().all()
    assert told[0].startswith("fitting ")
    with pytest.raises(DataNeedError, match="scores to forecast"):
        backtest("joint", data, cut_offs=["2030-01-01"])
    with pytest.raises(DataNeedError, match="no growth block"):
        backtest("loss_law", data, cut_offs=[CUT])


def test_forecasts_of_scores_cover_scores_that_the_fit_itself_drew():
    fit = make_scored_fit(n_llms=60, draws=300)
    spec, data = load_spec("joint"), make_data(n_llms=60)
    names = benchmarks_of(spec, data)
    design = score_design(spec, data, names)
    llm = design.pair_llm[design.obs_pair]
    rng = np.random.default_rng(4)

    def drawn():
        return predicted_scores(
            fit, design, names, llm, design.obs_benchmark, design.obs_evaluator, rng=rng
        )

    low, high = np.quantile(drawn(), [0.25, 0.75], axis=0)
    truth = drawn()
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.5, abs=0.03)
    # scores of one LLM hang together, those of two do not
    matrix = np.corrcoef(truth.T)
    np.fill_diagonal(matrix, np.nan)
    same = llm[:, None] == llm
    assert np.nanmean(matrix[same]) > 0.2
    assert abs(np.nanmean(matrix[~same])) < 0.05
