"""The loss-curve plot, by the numbers that it returns."""

from dataclasses import replace

import numpy as np
import pytest

from bayesdensing.analysis import readings
from bayesdensing.plots import loss_curves
from bayesdensing.plots.loss_curves import _spread
from tests.analysis.synthetic import make_fit

OVER = ("chain", "draw")


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture(scope="module")
def plot(fit):
    return loss_curves(fit, max_draws=1000)


def test_runs_are_those_of_the_data(plot, fit):
    data, runs = plot.data, fit.data.reference_runs
    assert sorted(data["run_loss"].values) == sorted(runs["loss"])
    assert set(data["run_benchmark"].values) == {"MMLU", "BBH"}
    np.testing.assert_allclose(data["run_ratio"], 20)


def axes_of(plot):
    return [axes for axes in plot.figure.axes if axes.get_title(loc="left")]


def test_curves_are_quantiles_of_the_law_at_ratios_that_occur(plot, fit):
    assert plot.data["ratio"].values.tolist() == [20]
    sizes = plot.data["n_params"].values
    curve = readings.loss_curve(fit.posterior, n_params=sizes, tokens=lambda n: 20 * n)
    ours = plot.data.sel(ratio=20)
    np.testing.assert_allclose(ours["curve_median"], curve.median(OVER))
    np.testing.assert_allclose(ours["curve_upper"], curve.quantile(0.945, OVER))
    np.testing.assert_allclose(sizes[[0, -1]], [1e7, 1e9])


def test_the_reference_curve_is_the_hypothesis_and_goes_to_the_largest_llm(plot, fit):
    sizes = plot.data["reference_n_params"].values
    assert sizes[-1] == pytest.approx(fit.density_table()["effective_parameters_median"].max())
    curve = fit.loss_curve(sizes)
    np.testing.assert_allclose(plot.data["reference_median"], curve.median(OVER))
    np.testing.assert_allclose(plot.data["reference_lower"], curve.quantile(0.055, OVER))


def test_beyond_the_runs_sizes_or_tokens_is_extrapolation(plot):
    # the runs end at 1e9 parameters and 2e10 tokens, which the rule's 60 N reaches sooner
    sizes = plot.data["reference_n_params"]
    assert (plot.data["extrapolated"] == (60 * sizes > 2e10)).all()
    assert "Dashed: extrapolation" in plot.figure.get_supxlabel()
    solid = [line for line in axes_of(plot)[0].lines if line.get_linestyle() == "-"][-1]
    drawn = np.isfinite(solid.get_ydata())
    assert (drawn == ~plot.data["extrapolated"].values).all()


def test_a_loss_law_alone_has_no_reference_curve():
    plot = loss_curves(make_fit(spec="loss_law", leave_out=("log_density", "growth_rate")))
    assert "reference_median" not in plot.data
    assert "xtrapol" not in plot.figure.get_supxlabel()
    assert plot.figure.get_suptitle().startswith("Runs lie a median")
    assert "LLMs" not in plot.figure.get_suptitle()


def test_the_title_says_how_far_runs_lie_from_the_law():
    fit = make_fit(spec="loss_law")
    runs = fit.data.reference_runs
    exact = 0.05 + 30 * runs["n_params"] ** -0.3 + 60 * runs["n_tokens"] ** -0.29
    frames = {**fit.data.frames, "reference_runs": runs.assign(loss=exact * 1.1)}
    shifted = replace(fit, data=replace(fit.data, _frames=frames))
    said = loss_curves(shifted).figure.get_suptitle()
    assert float(said.split("median ")[1].split(" %")[0]) == pytest.approx(10, abs=1.5)


def test_benchmarks_can_be_chosen(fit):
    plot = loss_curves(fit, benchmarks=["BBH"])
    assert plot.data["benchmark"].values.tolist() == ["BBH"]
    assert set(plot.data["run_benchmark"].values) == {"BBH"}
    assert "1 of 2 benchmarks" in plot.figure.get_supxlabel()


@pytest.mark.parametrize(
    ("asked", "said"), [(["GSM8K"], "this fit has no GSM8K; it has MMLU, BBH"), ([], "room for 1")]
)
def test_benchmarks_that_cannot_be_drawn_are_named(fit, asked, said):
    with pytest.raises(ValueError, match=said):
        loss_curves(fit, benchmarks=asked)


def test_of_many_benchmarks_six_are_drawn():
    plot = loss_curves(make_fit(benchmarks=[f"task-{i}" for i in range(8)]))
    assert [axes.get_title(loc="left") for axes in axes_of(plot)] == [f"task-{i}" for i in range(6)]
    assert "6 of 8 benchmarks" in plot.figure.get_supxlabel()


def test_ratios_are_some_of_those_that_occur():
    assert _spread(np.array([10.001, 15, 20, 30, 40, 60, 9.999]), count=3) == [10, 30, 60]
    assert _spread(np.array([20.0, 20.0]), count=3) == [20]
    assert _spread(np.array([1.0, 2.0, 1000.0]), count=2) == [1, 1000]


def test_what_did_not_converge_is_marked():
    plot = loss_curves(make_fit(diagnostics={"converged": False}))
    assert any("NOT CONVERGED" in text.get_text() for text in plot.figure.texts)
