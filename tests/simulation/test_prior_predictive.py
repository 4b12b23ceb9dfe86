"""The check of a prior passes what is sane and fails what is absurd; its figure shows it."""

import numpy as np
import pytest

from bayesdensing import plots
from bayesdensing.laws.priors import Prior
from bayesdensing.simulation import prior_predictive_check, prior_readings
from bayesdensing.spec import Spec, load_spec


def with_prior(name, dist, parameters, spec="joint"):
    raw = dict(load_spec(spec))
    return Spec(**(raw | {"priors": dict(raw["priors"]) | {name: Prior(dist, parameters)}}))


@pytest.fixture(scope="module")
def joint(template):
    return prior_readings(load_spec("joint"), template, draws=100)


def test_the_table_has_the_quantiles_of_what_was_drawn(template, joint):
    found = prior_predictive_check(load_spec("joint"), template, draws=100)
    assert found.passed
    table = found.table.set_index("quantity")
    density = joint["log_density"].to_numpy() / np.log(10)
    assert table.loc["density", "median"] == pytest.approx(np.median(density), abs=0.01)
    assert table.loc["density", "share"] == pytest.approx((abs(density) < 6).mean())
    never = (joint["growth_rate"].to_numpy() <= 0).mean()
    assert table.loc["no growth", "share"] == pytest.approx(never)
    assert f"no growth {100 * never:.1f} %" in found.text
    inside = (table["share"] >= table["at_least"]) & (table["share"] <= table["at_most"])
    assert (table["passed"] == inside).all()


def test_the_seed_says_what_is_drawn(template):
    spec = load_spec("loss_law")
    first, again, other = (prior_predictive_check(spec, template, seed=s).text for s in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("name", "dist", "parameters", "quantity"),
    [
        ("level", "Normal", {"mu": 0, "sigma": 30}, "density"),
        ("growth_rate", "Normal", {"mu": 0, "sigma": 40}, "doubling below two weeks"),
        ("growth_rate", "Normal", {"mu": 3, "sigma": 0.5}, "no growth"),
        ("growth_rate", "Normal", {"mu": 0, "sigma": 0.05}, "two weeks to ten years"),
        ("pivot_loss", "LogNormal", {"median": 1e5, "sigma": 2}, "loss at the pivot"),
        ("n_exponent", "LogNormal", {"median": 10, "sigma": 2}, "loss of a run / at the pivot"),
        ("midpoint_ratio", "LogNormal", {"median": 1e-4, "sigma": 0.1}, "off floor and ceiling"),
        ("ceiling", "Beta", {"alpha": 1, "beta": 2}, "ceiling - floor"),
    ],
)
def test_an_absurd_prior_fails_where_it_is_absurd(template, name, dist, parameters, quantity):
    spec = with_prior(name, dist, parameters)
    found = prior_predictive_check(spec, template, draws=100)
    assert not found.passed
    failed = found.table.loc[~found.table["passed"], "quantity"]
    assert failed.str.contains(quantity, regex=False).any()
    assert quantity in found.text


def test_a_constant_trend_must_not_grow_at_all(template):
    found = prior_predictive_check(load_spec("no_growth"), template, draws=100)
    assert found.passed
    assert found.table.set_index("quantity").loc["no growth", "at_least"] == 1
    growing = prior_predictive_check(load_spec("joint"), template, draws=20)
    assert growing.table.set_index("quantity").loc["no growth", "share"] < 1


def test_the_figure_shows_the_draws(joint):
    result = plots.prior_predictive(joint, max_curves=7)
    losses, scores, trend, days = result.figure.axes
    curves = joint["score_curve"].isel(benchmark=0, draw=slice(7))
    np.testing.assert_array_equal(result.data["score_curve"], curves)
    assert [len(axes.lines) for axes in (losses, scores, trend)] == [7, 7, 7]
    np.testing.assert_array_equal(scores.lines[3].get_ydata(), curves.isel(draw=3))
    shown = float(result.data["share"].sum())
    rest = sum(float(result.data[name]) for name in ("shorter", "longer", "no_growth"))
    assert shown + rest == pytest.approx(1)
    assert sum(bar.get_height() for bar in days.patches) == pytest.approx(100 * shown)
    assert "7 of 100 draws" in result.figure.get_supxlabel()


@pytest.mark.parametrize(("name", "panels"), [("loss_law", 1), ("trend", 2)])
def test_the_figure_has_the_panels_that_the_hypothesis_has(template, name, panels):
    result = plots.prior_predictive(prior_readings(load_spec(name), template, draws=10))
    assert len(result.figure.axes) == panels
    assert name in result.figure.get_suptitle()
