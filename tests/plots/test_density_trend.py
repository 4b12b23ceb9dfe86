"""What the trend plot shows, by the numbers that it returns."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from bayesdensing.plots import density_trend
from bayesdensing.plots.density_trend import _records, _spread
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture(scope="module")
def plot(fit):
    return density_trend(fit)


def texts(plot):
    figure = plot.figure
    return [text.get_text() for text in figure.texts] + [
        figure.get_suptitle(),
        figure.get_supxlabel(),
    ]


def test_points_are_those_of_the_density_table(plot, fit):
    table = fit.density_table()
    assert plot.data["llm"].values.tolist() == table.index.tolist()
    np.testing.assert_allclose(plot.data["density_median"], table["density_median"])
    np.testing.assert_allclose(plot.data["density_upper"], table["density_eti89_ub"])


def test_bands_are_quantiles_of_the_trend(plot, fit):
    dates = pd.DatetimeIndex(plot.data["date"].values[[0, -1]])
    trend = fit.trend(dates)
    over = ("chain", "draw")
    ends = plot.data.isel(date=[0, -1])
    np.testing.assert_allclose(ends["trend_median"], trend.median(over))
    lower = trend.quantile(0.055, over)
    np.testing.assert_allclose(ends["trend_lower"].sel(probability=0.89), lower)
    assert (plot.data["trend_lower"] < plot.data["trend_median"]).all()


def test_it_states_headline_intervals_and_the_ruler(plot, fit):
    said = " ".join(texts(plot))
    median = fit.headline().doubling_time_days.median
    assert f"doubles every {median:.0f} days (89 % ETI" in said
    assert "60 tokens per effective parameter" in said
    legend = [text.get_text() for text in plot.figure.axes[0].get_legend().get_texts()]
    assert "trend, 89 % ETI" in legend
    assert "LLM, median; bar: 89 % ETI" in legend
    assert plot.figure.axes[0].get_ylabel() == "capability density (effective ÷ actual parameters)"
    assert "NOT CONVERGED" not in said


def test_labels_are_records_and_do_not_overlap(plot, fit):
    named = plot.data.attrs["labels"]
    medians = fit.density_table()["density_median"]
    records = medians[medians == medians.cummax()].index
    assert named
    assert set(named) <= set(records)
    plot.figure.draw_without_rendering()
    axes = plot.figure.axes[0]
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert len(boxes) == len(named) <= 5
    boxes.append(axes.get_legend().get_window_extent())
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_labels_cover_no_point_and_their_lines_end_there(plot, fit):
    table = fit.density_table()
    days = (table["release_date"] - pd.Timestamp(0)) / pd.Timedelta(days=1)
    plot.figure.draw_without_rendering()
    axes = plot.figure.axes[0]
    dots = axes.transData.transform(np.column_stack([days, table["density_median"]]))
    rings = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert len(rings) == len(axes.texts)
    for text in axes.texts:
        box = Text.get_window_extent(text)
        assert not ((box.min < dots) & (dots < box.max)).all(axis=1).any()
        own = table.index.get_loc(text.get_text())
        assert text.xy == (days.iloc[own], table["density_median"].iloc[own])
        assert np.hypot(*(np.clip(dots[own], box.min, box.max) - dots[own])) < 260


def test_labels_are_spread_over_the_dates():
    table = make_fit().density_table()
    names = table.index.tolist()
    assert _spread(table, names, count=2) == [names[0], names[-1]]
    assert len(_spread(table, names, count=5)) == 5
    assert _spread(table, names, count=1) == [names[-1]]
    assert _spread(table, names, count=0) == []
    assert _spread(table, names, count=len(names)) == names


def test_a_record_is_the_best_of_its_date():
    days = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-02-01", "2024-03-01"])
    table = pd.DataFrame(
        {"release_date": days, "density_median": [1.0, 2.0, 1.5, 3.0]}, index=list("abcd")
    )
    assert _records(table) == ["b", "d"]


def test_no_labels_where_none_are_wanted(fit):
    assert density_trend(fit, max_labels=0).data.attrs["labels"] == []


@pytest.mark.parametrize("modes", [(), ({"name": "m", "chains": [0, 1], "differs": "x"},)])
def test_what_did_not_converge_is_marked(modes):
    plot = density_trend(make_fit(diagnostics={"converged": False, "modes": modes}))
    marks = "".join(text.get_text() for text in plot.figure.texts)
    assert "NOT CONVERGED" in marks
    assert ("MULTIMODAL" in marks) == bool(modes)


def test_a_trend_without_growth_says_so():
    plot = density_trend(make_fit(rate=np.zeros((4, 250)), spec="no_growth"))
    assert plot.figure.get_suptitle() == "Capability density does not grow"


def test_unlikely_growth_is_not_called_a_doubling():
    rate = np.random.default_rng(1).normal(-0.1, 1, (4, 250))
    assert "less likely than not" in density_trend(make_fit(rate=rate)).figure.get_suptitle()


def test_a_png_is_1200_pixels_wide_and_always_the_same(plot):
    image = plot.to_png()
    assert image == plot.to_png()
    assert image.startswith(b"\x89PNG")
    assert int.from_bytes(image[16:20], "big") == 1200


def test_save_writes_what_the_name_asks_for(plot, tmp_path):
    assert plot.save(tmp_path / "trend.pdf").read_bytes().startswith(b"%PDF")


def test_a_published_series_keeps_its_name_and_has_no_ruler():
    fit = make_fit(spec="trend")
    fit.posterior.attrs["quantity"] = "battery"
    plot = density_trend(fit)
    assert plot.figure.get_suptitle().startswith("battery doubles every")
    assert plot.figure.axes[0].get_ylabel() == "battery (unit of the series)"
    assert "12 published values" in plot.figure.get_supxlabel()
