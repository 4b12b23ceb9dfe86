"""The score-link plot, by the numbers that it returns."""

import numpy as np
import pytest

from bayesdensing.analysis import evidence, readings
from bayesdensing.plots import score_links
from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_fit

OVER = ("chain", "draw")


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture(scope="module")
def plot(fit):
    return score_links(fit)


def test_points_and_llms_are_those_of_the_data(plot, fit):
    data = plot.data
    assert data["point_score"].values.tolist() == evidence.loss_score_points(fit)["score"].tolist()
    assert sorted(set(data["point_role"].values)) == ["fit", "held_out"]
    llms = evidence.llm_scores(fit)
    assert data["llm_score"].values.tolist() == llms["score"].tolist()
    np.testing.assert_allclose(data["llm_loss"], llms["loss_median"].clip(upper=0.8))


def test_llms_far_beyond_the_points_stand_at_the_edge():
    fit = make_fit()
    fit.posterior["irreducible_loss"] = fit.posterior["irreducible_loss"] + 5
    data = score_links(fit).data
    np.testing.assert_allclose(data["llm_loss"], 0.8)
    assert float(data["link_loss"].max()) == pytest.approx(0.8 * 1.05)


def test_bands_are_quantiles_of_the_link(plot, fit):
    curve = readings.link_curve(fit.posterior, loss=plot.data["link_loss"])
    np.testing.assert_allclose(plot.data["link_median"], curve.median(OVER))
    np.testing.assert_allclose(plot.data["link_lower"], curve.quantile(0.055, OVER))
    np.testing.assert_allclose(plot.data["floor_median"], fit.posterior["floor"].median(OVER))


def test_every_point_lies_within_the_axes(plot):
    for axes, benchmark in zip(plot.figure.axes[1:], ("MMLU", "BBH"), strict=True):
        assert axes.get_title(loc="left") == benchmark
        right, left = axes.get_xlim()[::-1]
        assert right < left
        for kind in ("point", "llm"):
            mine = plot.data[f"{kind}_benchmark"].values == benchmark
            losses = plot.data[f"{kind}_loss"].values[mine]
            assert losses.min() > right
            assert losses.max() < left


def test_held_out_points_are_open_and_explained(plot):
    axes = plot.figure.axes[1]
    held = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [line.get_xdata().tolist() for line in held] == [[0.05]]
    legend = [text.get_text() for text in plot.figure.axes[0].get_legend().get_texts()]
    assert {"point, fitted", "point, held out", "LLM", "link, 89 % ETI"} <= set(legend)


def test_the_title_tells_distances_of_fitted_and_held_out_points(plot, fit):
    points = evidence.loss_score_points(fit)
    distance = (points["score"] - points["score_median"]).abs() * 100
    fitted, held = (distance[points["role"] == role].median() for role in ("fit", "held_out"))
    said = plot.figure.get_suptitle()
    assert f"median {fitted:.1f} points" in said
    assert f"{held:.1f} where held out" in said


def test_a_link_alone_has_no_llms():
    spec = load_spec("joint")
    priors = {n: p for n, p in spec.priors.items() if n in ("ceiling", "midpoint_ratio")}
    link = type(spec)(name="link", blocks=("link",), priors=priors)
    plot = score_links(make_fit(spec=link, leave_out=("log_density", "n_exponent")))
    assert "llm_score" not in plot.data
    assert "LLM" not in plot.figure.get_supxlabel()


def test_one_benchmark_fills_one_panel():
    plot = score_links(make_fit(benchmarks=("MMLU",)))
    assert len(plot.figure.axes) == 2
    assert plot.to_png()
