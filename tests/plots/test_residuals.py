"""The residual plot, by the numbers that it returns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.analysis.residuals import residual_trends
from bayesdensing.plots import residuals
from bayesdensing.plots.residuals import _title
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture(scope="module")
def plot(fit):
    return residuals(fit)


def test_points_are_those_of_the_table(plot, fit):
    table = fit.residuals()
    assert plot.data["llm"].values.tolist() == table.index.tolist()
    np.testing.assert_allclose(plot.data["residual_mean"], table["residual_mean"])
    np.testing.assert_allclose(plot.data["residual_lower"], table["residual_eti89_lb"])
    np.testing.assert_allclose(plot.data["n_params"], table["n_params"])


def test_lines_have_the_median_slope_and_pass_through_the_middle(plot, fit):
    trends, table = residual_trends(fit), fit.residuals()
    data, middle = plot.data, table["residual_mean"].mean()
    years = (data["line_date"] - data["line_date"][0]).values / np.timedelta64(1, "D") / 365.25
    rise = np.diff(data["line_at_date"])[0] / years[1]
    assert rise == pytest.approx(trends.loc["slope_date", "median"])
    x = np.log10(data["line_n_params"].values)
    slope, intercept = np.polyfit(x, data["line_at_size"].values, 1)
    assert slope == pytest.approx(trends.loc["slope_log10_size", "median"])
    assert intercept + slope * np.log10(table["n_params"]).mean() == pytest.approx(middle)


def test_families_are_sorted_by_their_mean(plot, fit):
    means = fit.residuals().groupby("family")["residual_mean"].mean().sort_values()
    assert plot.data["drawn_family"].values.tolist() == means.index.tolist()
    np.testing.assert_allclose(plot.data["family_mean"], means)
    labels = [label.get_text() for label in plot.figure.axes[2].get_yticklabels()]
    assert labels == means.index.tolist()


def test_small_families_and_the_smallest_of_many_are_not_drawn(fit):
    models = fit.data.models.assign(family=["a"] * 5 + ["b"] * 3 + ["c"] * 2 + ["d", "e"])
    data = replace(fit.data, _frames={**fit.data.frames, "models": models})
    drawn = residuals(replace(fit, data=data)).data["drawn_family"].values
    assert sorted(drawn) == ["a", "b"]
    most = residuals(replace(fit, data=data), max_families=1).data["drawn_family"].values
    assert most.tolist() == ["a"]


def test_without_sizes_and_families_dates_remain(fit):
    constants = fit.constants.drop_vars(["n_params", "n_scores"])
    groups = {"posterior": fit.posterior, "constant_data": constants}
    strangers = fit.data.models.assign(model=[f"other-{i}" for i in range(12)])
    data = replace(fit.data, _frames={**fit.data.frames, "models": strangers})
    plot = residuals(replace(fit, data=data, idata=xr.DataTree.from_dict(groups)))
    assert len(plot.figure.axes) == 1
    assert "line_at_size" not in plot.data
    assert "famil" not in plot.figure.get_supxlabel()
    assert plot.to_png()


@pytest.mark.parametrize(
    ("date", "size", "family", "said"),
    [
        (True, True, False, "Residuals: no slope in date or size beyond chance; families differ"),
        (
            True,
            False,
            True,
            "Residuals: fall with size; no slope in date beyond chance; families within chance",
        ),
        (None, None, None, "Residuals from the trend"),
        (False, None, None, "Residuals: fall with date"),
    ],
)
def test_the_title_says_what_residuals_go_with(date, size, family, said):
    found = {"slope_date": date, "slope_log10_size": size, "family_sd": family}
    rows = {
        name: {"median": -1.0, "chance_inside": inside}
        for name, inside in found.items()
        if inside is not None
    }
    columns = ["median", "chance_inside"]
    assert _title(pd.DataFrame.from_dict(rows, orient="index", columns=columns)) == said


def test_slopes_and_kinds_of_intervals_are_written_out(plot, fit):
    row = residual_trends(fit).loc["slope_date"]
    title = plot.figure.axes[0].get_title(loc="left").replace("−", "-")
    assert f"slope {row['median']:+.2f} sd per year (95 % ETI {row['eti95_lb']:+.2f}" in title
    caption = plot.figure.get_supxlabel()
    assert "89 % ETI" in caption
    assert "Sd between families" in caption
