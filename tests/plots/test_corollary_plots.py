"""Figures of corollaries, by the numbers that they return."""

import numpy as np
import pandas as pd
import pytest

from bayesdensing import plots
from bayesdensing.corollaries import acceleration, compression, edge, engines, payback
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit
from tests.corollaries.changing import changed
from tests.corollaries.compressed import with_children


def shown(axes):
    return " ".join(text.get_text() for text in axes.texts)


def test_rows_are_drawn_as_they_are():
    found = engines(make_fit())
    plot = plots.corollary(found)
    np.testing.assert_allclose(plot.data["median"], found.table["median"].astype(float))
    np.testing.assert_allclose(plot.data["eti95"][:, 1], found.table["eti95_ub"].astype(float))
    assert np.isnan(plot.data["article"][-1])
    assert f"{found.row('compound_doubling').middle:.0f} days" in plot.figure.get_suptitle()
    assert plot.to_png()


def test_an_interval_without_an_end_is_an_arrow():
    fit = make_fit(rate=np.random.default_rng(1).normal(0.3, 1.0, (4, 250)))
    plot = plots.corollary(engines(fit))
    assert "∞" in shown(plot.figure.axes[0])
    assert plot.to_png()


def test_the_edge_is_drawn_in_time_with_what_a_score_needs():
    found = edge(make_fit(), benchmark="MMLU", score=0.7)
    data = plots.corollary(found).data
    np.testing.assert_allclose(data["effective_median"], found.tables["path"]["median"])
    needed = found.row("needed_effective_parameters").estimate
    np.testing.assert_allclose(data["needed"], needed.eti95)
    assert (np.diff(data["effective_median"]) > 0).all()
    never = edge(make_fit(), benchmark="MMLU", score=0.999)
    assert plots.corollary(never).to_png()


def test_ratios_are_counted_with_those_off_the_axis():
    rng = np.random.default_rng(1)
    found = acceleration(changed(rng.normal(1.0, 0.5, 200), rng.normal(2, 0.5, 200)))
    data = plots.corollary(found).data
    assert float(data["share"].sum() + data["beyond"]) == pytest.approx(1)
    assert float(data["beyond"]) > 0


def test_who_matched_first_is_drawn_where_there_is_anybody():
    fit = make_fit()
    sizes, years = fit.constants["n_params"].values, fit.constants["years"].values
    largest = str(fit.posterior["llm"].values[np.argmax(sizes * (years < 0))])
    found = payback(fit, llm=largest)
    data = plots.corollary(found).data
    first = found.tables["matched"]["prob_first"]
    assert float(data["prob_first"].max()) == pytest.approx(first.max())
    alone = plots.corollary(payback(fit, n_params=1e9))
    assert len(alone.figure.axes) == 1


def test_every_pair_and_method_has_a_line():
    fit = with_children(
        make_scored_fit(draws=40), {"pruned": [-1.0] * 3, "quantized, 4": [0.0] * 2}
    )
    found = compression(fit)
    data = plots.corollary(found).data
    kinds = pd.Series(data["kind"].values).value_counts().to_dict()
    assert kinds == {"pair": 5, "mean": 2, "new": 2}
    pairs = data.isel(line=np.flatnonzero(data["kind"] == "pair"))
    table = found.tables["pairs"].set_index("llm")
    np.testing.assert_allclose(pairs["median"], table.loc[pairs["name"].values, "ratio_median"])
    assert len(plots.corollary(found).figure.axes) == 2
