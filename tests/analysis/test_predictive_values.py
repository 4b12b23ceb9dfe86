"""Losses and published values drawn anew are as wide as the model has them; wrong ones fail."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing.analysis.predictive_values import (
    loss_predictive_check,
    published_predictive_check,
)
from bayesdensing.data import DataBundle
from bayesdensing.errors import DataNeedError
from bayesdensing.laws.loss import loss
from bayesdensing.simulation import simulate, typical_values
from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_fit

LAW = ("irreducible_loss", "n_coefficient", "n_exponent", "d_coefficient", "d_exponent")


@pytest.fixture(scope="module")
def template(tiny_frames):
    return DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=60))


def known(world, names, **more):
    """A fit that knows the truth: its draws all are it."""
    truth = world.truth[names].expand_dims(chain=2, draw=100).assign(more)
    empty = make_fit()
    tree = empty.idata.copy()
    tree["posterior"] = truth.assign_coords(chain=range(2), draw=range(100))
    return replace(empty, spec=world.spec, data=world.data, idata=tree)


@pytest.fixture(scope="module")
def losses(template):
    spec = load_spec("loss_law")
    every = typical_values(load_spec("joint"), template)
    given = {name: value for name, value in every.items() if name in spec.priors}
    world = simulate(spec, template, seed=3, given=given)
    return known(world, [*LAW, "loss_noise", "loss_df", "size_effect_sd"])


@pytest.fixture(scope="module")
def values(template):
    spec = load_spec("trend")
    world = simulate(
        spec, template, seed=3, given={"level": 0, "growth_rate": 1, "dispersion": 0.4}
    )
    fit = known(world, ["level", "growth_rate", "dispersion"])
    rows = world.data.densities.set_index("model").loc[world.truth["llm"].to_numpy()]
    days = (rows["release_date"] - rows["release_date"].mean()).dt.total_seconds() / 86400
    interval = np.log(rows["value_hi95"] / rows["value_lo95"])
    constants = xr.Dataset(
        {
            "years": ("llm", days.to_numpy() / 365.25),
            "log_value": ("llm", np.log(rows["value"].to_numpy())),
            "log_error": ("llm", interval.to_numpy() / 3.92),
        },
        coords={"llm": rows.index.to_numpy()},
    )
    tree = fit.idata.copy()
    tree["constant_data"] = constants
    return replace(fit, idata=tree)


def changed_losses(fit, change):
    frames = fit.data.frames
    runs = frames["reference_runs"]
    frames["reference_runs"] = runs.assign(loss=runs["loss"] * change(runs))
    return replace(fit, data=DataBundle.from_frames(name="changed", **frames))


def changed_values(fit, change):
    tree = fit.idata.copy()
    tree["constant_data"] = fit.constants.assign(log_value=change(fit.constants["log_value"]))
    return replace(fit, idata=tree)


def test_losses_of_the_true_law_pass_and_hold_their_benchmarks(losses):
    found = loss_predictive_check(losses)
    assert found.passed, found.text
    assert found.table["benchmark"].tolist() == ["MMLU", "BBH"]
    assert found.table["n_scores"].tolist() == [15, 15]


def test_replicated_losses_are_as_wide_as_size_effect_and_noise(losses):
    table = loss_predictive_check(losses, draws=200).table.set_index("benchmark")
    draws = losses.posterior.isel(chain=0, draw=0)
    for name, row in table.iterrows():
        noise, shared = (
            float(draws[v].sel(benchmark=name)) for v in ("loss_noise", "size_effect_sd")
        )
        df = float(draws["loss_df"])
        expected = np.hypot(noise, shared) * np.sqrt(df / (df - 2))
        middle = np.sqrt(row["sd_lb"] * row["sd_ub"])
        assert 0.5 * expected < middle < 1.3 * expected


def test_mean_losses_are_those_of_the_law(losses):
    row = loss_predictive_check(losses).table.set_index("benchmark").loc["BBH"]
    runs = losses.data.reference_runs
    runs = runs[runs["benchmark"] == "BBH"]
    law = {n: float(losses.posterior[n].sel(benchmark="BBH")[0, 0]) for n in LAW}
    mean = np.log(loss(n_params=runs["n_params"], n_tokens=runs["n_tokens"], **law)).mean()
    assert row["mean_lb"] < mean < row["mean_ub"]
    assert row["mean"] == pytest.approx(np.log(runs["loss"]).mean())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda runs: np.where(runs["benchmark"] == "BBH", 1.2, 1.0), "of BBH"),
        (lambda runs: np.where(np.arange(len(runs)) % 2, 1.15, 1 / 1.15), "sd of"),
    ],
)
def test_losses_of_another_law_fail(losses, change, part):
    found = loss_predictive_check(changed_losses(losses, change))
    assert not found.passed
    assert part in found.text


def test_values_of_the_true_trend_pass_as_one_group(values):
    found = published_predictive_check(values)
    assert found.passed, found.text
    (row,) = found.table.to_dict("records")
    assert row["n_scores"] == 60
    sd = np.hypot(0.4, 0.6 / 1.96)
    assert row["sd_lb"] < sd < row["sd_ub"]


@pytest.mark.parametrize(
    "change",
    [lambda log: log + 0.6, lambda log: log + xr.where(log["llm"].astype(str) > "llm-29", 1, -1)],
)
def test_values_of_another_trend_fail(values, change):
    assert not published_predictive_check(changed_values(values, change)).passed


def test_a_fit_without_what_is_drawn_anew_is_refused():
    for check in (loss_predictive_check, published_predictive_check):
        with pytest.raises(DataNeedError):
            check(make_fit())


def test_the_seed_says_what_is_drawn(values):
    first, again, other = (published_predictive_check(values, seed=s).table for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first["mean_lb"].iloc[0] != other["mean_lb"].iloc[0]
