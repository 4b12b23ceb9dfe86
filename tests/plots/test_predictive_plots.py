"""Plots of the checks of scores show the numbers of the checks."""

from dataclasses import replace

import numpy as np
import pytest

from bayesdensing import plots
from bayesdensing.analysis.loo_pit import loo_pit_check
from bayesdensing.analysis.predictive import predictive_table
from tests.analysis.scored import make_scored_fit


@pytest.fixture(scope="module")
def fit():
    return make_scored_fit(n_llms=20, draws=60)


def texts(figure):
    found = [figure.get_suptitle(), figure.get_supxlabel()]
    return " ".join(found + [axes.get_title(loc="left") for axes in figure.axes])


def test_each_group_has_an_interval_and_a_point_in_each_panel(fit):
    result = plots.posterior_predictive(fit)
    table = predictive_table(fit)
    assert result.data["observed"].dims == ("group", "statistic")
    np.testing.assert_array_equal(result.data["lower"].sel(statistic="sd"), table["sd_lb"])
    np.testing.assert_array_equal(result.data["p"].sel(statistic="mean"), table["mean_p"])
    shown = [line.get_xdata() for axes in result.figure.axes for line in axes.lines]
    points = sum(len(x) for x in shown if len(x) != 2 or not np.array_equal(x, [0, 1]))
    assert points == 3 * len(table)
    labels = [tick.get_text() for tick in result.figure.axes[0].get_yticklabels()]
    assert labels[0] == f"MMLU · harness ({table['n_scores'].iloc[0]})"


def test_pits_are_drawn_for_all_scores_and_each_benchmark(fit):
    result = plots.loo_pit(fit)
    assert result.data["of"].values.tolist() == ["all", "MMLU", "BBH"]
    axes = result.figure.axes[2]
    np.testing.assert_array_equal(
        axes.lines[-1].get_ydata(), result.data["departure"].sel(of="BBH")
    )
    words = texts(result.figure)
    assert "all scores: n = 60, 20 LLMs" in words
    assert "have k > 0.7" in words


def test_the_title_of_pits_says_what_the_check_says(fit):
    assert loo_pit_check(fit).passed
    assert "fall where they are predicted" in texts(plots.loo_pit(fit).figure)
    tree = fit.idata.copy()
    tree["posterior"] = fit.posterior.assign(level=fit.posterior["level"] + 3)
    off = replace(fit, idata=tree)
    assert not loo_pit_check(off).passed
    assert "do not fall as predicted: all scores" in texts(plots.loo_pit(off).figure)


def test_a_fit_that_did_not_converge_is_marked():
    fit = make_scored_fit(n_llms=8, draws=30, diagnostics={"converged": False})
    for plot in (plots.posterior_predictive, plots.loo_pit):
        assert any("NOT CONVERGED" in text.get_text() for text in plot(fit).figure.texts)
