"""The prior-posterior plot, by the numbers that it returns."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.prior_posterior import contraction_table
from bayesdensing.plots import prior_posterior
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def fit():
    return make_fit()


@pytest.fixture(scope="module")
def plot(fit):
    return prior_posterior(fit)


def panels(plot):
    return {axes.get_title(loc="left"): axes for axes in plot.figure.axes[1:]}


def test_each_prior_has_a_panel_with_its_members(plot):
    every = panels(plot)
    assert list(every) == plot.data["prior"].values.tolist()
    counts = {name: len(axes.patches) for name, axes in every.items()}
    assert counts["pivot_loss"] == 2
    assert counts["growth_rate"] == 1


def test_curves_are_densities_over_their_maximum(plot):
    data = plot.data
    assert (data["prior_height"].max("point") == 1).all()
    assert (data["posterior_height"].max("bin") == 1).all()
    scale = data["posterior_density"].max("bin")
    np.testing.assert_allclose(data["posterior_height"] * scale, data["posterior_density"])
    drawn = panels(plot)["growth_rate"].patches[0].get_data()
    one = data.sel(parameter="growth_rate")
    np.testing.assert_allclose(drawn.values, one["posterior_height"])
    np.testing.assert_allclose(drawn.edges, one["posterior_edge"])


def test_contraction_is_that_of_the_table(plot, fit):
    table = contraction_table(fit)
    np.testing.assert_allclose(plot.data["contraction"], table["contraction"])
    text = panels(plot)["growth_rate"].texts[0].get_text()
    assert text == f"{table.loc['growth_rate', 'contraction']:.2f}"
    both = table[table["prior"] == "pivot_loss"]["contraction"].mean()
    assert panels(plot)["pivot_loss"].texts[0].get_text() == f"{both:.2f}"


def test_parameters_of_positive_scale_have_a_log_axis(plot):
    scales = {name: axes.get_xscale() for name, axes in panels(plot).items()}
    assert scales["dispersion"] == "log"
    assert scales["growth_rate"] == scales["ceiling"] == "linear"


def test_the_title_names_priors_that_the_data_left_as_they_were(fit):
    rng = np.random.default_rng(1)
    prior = fit.spec.priors["growth_rate"].sample(rng, (4, 250))
    posterior = fit.posterior.assign(growth_rate=(("chain", "draw"), prior))
    posterior["ceiling"] = 0.96 + 0.1 * (posterior["ceiling"] - 0.96)
    groups = {"posterior": posterior, "constant_data": fit.constants}
    untold = prior_posterior(replace(fit, idata=xr.DataTree.from_dict(groups)))
    assert untold.figure.get_suptitle() == "The data hardly narrowed the prior of growth_rate"
    groups["posterior"] = posterior.assign(growth_rate=fit.posterior["growth_rate"])
    told_fit = replace(fit, idata=xr.DataTree.from_dict(groups))
    least = contraction_table(told_fit).groupby("prior")["contraction"].mean().idxmin()
    wanted = f"The data narrowed every prior; least {least} (by "
    assert prior_posterior(told_fit).figure.get_suptitle().startswith(wanted)


def test_the_legend_tells_benchmarks_apart_while_they_are_few():
    def named(fit):
        legend = prior_posterior(fit).figure.axes[0].get_legend()
        return [text.get_text() for text in legend.get_texts()]

    assert named(make_fit())[2:] == ["MMLU", "BBH"]
    many = make_fit(benchmarks=[f"task-{i}" for i in range(9)])
    assert named(many) == ["prior", "posterior"]
