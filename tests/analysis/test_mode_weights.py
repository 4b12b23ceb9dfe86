"""Weights of modes: the chains that predict better get more, and all sum to 1."""

import dataclasses
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from bayesdensing.analysis.mode_weights import WEIGHT_KIND, mode_weights, weighted_headline
from bayesdensing.analysis.summary import summarise
from bayesdensing.cli.headline import print_headline
from bayesdensing.inference.modes import MASS_KIND, with_masses
from tests.analysis.synthetic import make_fit

MODES = (
    {"name": "mode 1", "chains": [0, 2], "differs": "x"},
    {"name": "mode 2", "chains": [1, 3], "differs": "x"},
)


def two_modes(*, apart):
    """Published values whose second mode lies that far off in level."""
    rate = np.random.default_rng(0).normal(1.7, 0.1, (4, 250))
    rate[[1, 3]] += 3.0
    fit = make_fit(spec="trend", rate=rate, diagnostics={"converged": False, "modes": MODES})
    posterior, constants = fit.posterior, fit.constants
    off = xr.DataArray([0.0, apart, 0.0, apart], dims="chain")
    groups = {
        "/posterior": posterior.assign(level=posterior["level"] + off),
        "/constant_data": constants.assign(
            log_value=posterior["log_density"].isel(chain=0, draw=0, drop=True),
            log_error=0 * constants["years"] + 0.1,
        ),
    }
    return dataclasses.replace(fit, idata=xr.DataTree.from_dict(groups))


def test_a_fit_of_one_mode_has_no_weights():
    assert mode_weights(make_fit(spec="trend")) is None


def test_the_mode_that_predicts_gets_the_weight():
    found = mode_weights(two_modes(apart=25.0))
    assert found is not None
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights[0] > 0.95


def test_the_mixture_has_the_rates_of_both():
    fit = two_modes(apart=0.0)
    for weights, low, high in (([1, 0], 1.6, 1.8), ([0, 1], 4.6, 4.8)):
        mixed = weighted_headline(fit, np.array(weights, dtype=float))
        assert low < mixed.growth_rate_per_year.median < high
    both = weighted_headline(fit, np.array([0.5, 0.5])).growth_rate_per_year.eti95
    assert both[0] < 1.8
    assert both[1] > 4.6


def test_weights_are_worked_out_once(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "bayesdensing.analysis.mode_weights.mode_weights",
        lambda fit: asked.append(fit) or mode_weights(fit),
    )
    fit = two_modes(apart=0.0)
    summarise(fit)
    print_headline(Console(quiet=True), fit, folder=Path("run"))
    assert asked == [fit]


def test_the_summary_has_the_mass_of_a_mode_where_it_is_known():
    fit = two_modes(apart=0.0)
    assert "mass" not in summarise(fit)["diagnostics"]["modes"][0]
    regions = [
        {"chains": [0, 2], "mass": 0.9, "mass_error": 0.02},
        {"chains": [1, 3], "mass": 0.1, "mass_error": 0.02},
    ]
    known = with_masses(fit.diagnostics, regions)
    one, other = summarise(dataclasses.replace(fit, diagnostics=known))["diagnostics"]["modes"]
    assert (one["mass"], other["mass"], other["mass_error"]) == (0.9, 0.1, 0.02)
    assert one["mass_kind"] == MASS_KIND != one["weight_kind"]
    assert type(known).from_dict(known.to_dict()).modes == known.modes
    console = Console(width=200, record=True, file=StringIO())
    print_headline(console, dataclasses.replace(fit, diagnostics=known), folder=Path("run"))
    assert "0.900 ± 0.020" in console.export_text()


def test_chains_that_went_elsewhere_leave_no_mass():
    record = two_modes(apart=0.0).diagnostics
    moved = [
        {"chains": [0, 1], "mass": 0.9, "mass_error": 0},
        {"chains": [2, 3], "mass": 0.1, "mass_error": 0},
    ]
    assert with_masses(record, moved) is record
    assert with_masses(record, ()) is record


def test_the_summary_gives_each_mode_its_weight_and_kind():
    record = summarise(two_modes(apart=0.0))["diagnostics"]
    assert sum(mode["weight"] for mode in record["modes"]) == pytest.approx(1)
    assert {mode["weight_kind"] for mode in record["modes"]} == {WEIGHT_KIND}
    assert record["weighted_headline"]["growth_rate_per_year"]["median"] > 0
