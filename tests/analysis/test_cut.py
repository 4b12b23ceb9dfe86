"""Pooled draws of a cut: R-hat, effective sample sizes, how far reference draws lie apart."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis._arviz import convergence
from bayesdensing.analysis.cut import between_reference_draws
from bayesdensing.analysis.readings import thin
from bayesdensing.analysis.tables import parameter_table


def pooled(
    *, count: int = 24, chains: int = 4, draws: int = 100, between: float = 1.0, seed: int = 0,
    **law: Any,
) -> xr.Dataset:  # fmt: skip
    """Return independent draws of sd 1 about centres of sd `between`, and the centres."""
    rng = np.random.default_rng(seed)
    centres = between * rng.normal(size=count)
    which = np.tile(np.arange(count), draws)
    shape = (chains, len(which))
    return xr.Dataset(
        {
            "growth_rate": (("chain", "draw"), 5 + centres[which] + rng.normal(size=shape)),
            "n_exponent": (("chain", "draw"), np.broadcast_to(5 + centres[which], shape)),
        }
    ).assign_coords(reference_draw=("draw", which))


@pytest.mark.parametrize("between", [0.0, 0.2, 1.0, 5.0])
def test_the_effective_size_gives_the_error_of_the_pooled_mean(between: float) -> None:
    runs = [pooled(between=between, draws=50, chains=2, seed=seed) for seed in range(60)]
    means = [float(run["growth_rate"].mean()) for run in runs]
    # of independent draws the truth is known: V / (V_between / K + V_within / n)
    exact = (between**2 + 1) / (between**2 / 24 + 1 / (24 * 2 * 50))
    claimed = np.array([parameter_table(run).loc["growth_rate", "ess_bulk"] for run in runs])
    assert np.median(claimed) == pytest.approx(exact, rel=0.35)
    sd = np.sqrt((between**2 + 1) / np.median(claimed))
    assert np.std(means) == pytest.approx(sd, rel=0.35)


def test_what_a_reference_draw_holds_fixed_has_as_many_effective_draws_as_there_are() -> None:
    row = parameter_table(pooled()).loc["n_exponent"]
    assert row["ess_bulk"] == pytest.approx(24)
    assert row["ess_tail"] == pytest.approx(24)
    assert np.isnan(row["rhat"])


def test_its_r_hat_is_that_of_the_reference_posterior() -> None:
    rng = np.random.default_rng(3)
    apart = xr.Dataset(
        {"n_exponent": (("chain", "draw"), rng.normal(size=(4, 200)) + np.arange(4)[:, None])}
    )
    row = parameter_table(pooled(), reference=apart).loc["n_exponent"]
    expected = convergence(apart)["n_exponent"].sel(statistic="rhat")
    assert row["rhat"] == pytest.approx(float(expected))
    assert row["rhat"] > 1.2


def test_reference_draws_that_differ_are_no_lack_of_convergence() -> None:
    draws = pooled(between=20.0)
    assert parameter_table(draws).loc["growth_rate", "rhat"] < 1.01
    # nor are other spreads under them
    scale = 1 + draws["reference_draw"] / 10
    centre = draws["n_exponent"]
    wider = draws.assign(growth_rate=centre + scale * (draws["growth_rate"] - centre))
    assert parameter_table(wider).loc["growth_rate", "rhat"] < 1.01


def test_chains_that_differ_under_the_same_reference_draw_are() -> None:
    draws = pooled()
    apart = draws["growth_rate"] + xr.DataArray([0.0, 0.0, 0.0, 1.0], dims="chain")
    found = parameter_table(draws.assign(growth_rate=apart))
    assert found.loc["growth_rate", "rhat"] > 1.05


def test_medians_are_those_under_each_reference_draw() -> None:
    draws = pooled(between=1.0, draws=400)
    found = between_reference_draws(draws)
    assert found is not None
    days = [
        np.log(2) / np.median(part["growth_rate"]) * 365.25
        for _, part in draws.groupby("reference_draw")
    ]
    assert found.count == 24
    assert (found.shortest, found.longest) == pytest.approx((min(days), max(days)))
    assert found.error == pytest.approx(np.std(days, ddof=1) / np.sqrt(24))
    assert between_reference_draws(draws.drop_vars("reference_draw")) is None


def test_a_median_without_growth_leaves_the_error_unknown() -> None:
    draws = pooled(draws=20)
    found = between_reference_draws(draws.assign(growth_rate=draws["growth_rate"] - 5))
    assert found is not None
    assert found.longest == found.error == np.inf


@pytest.mark.parametrize("max_draws", [96, 192, 400, 1000])
def test_fewer_draws_still_hold_every_reference_draw_alike(max_draws: int) -> None:
    few = thin(pooled(draws=100), max_draws=max_draws)
    labels, counts = np.unique(few["reference_draw"], return_counts=True)
    assert few.sizes["chain"] * few.sizes["draw"] <= max_draws
    assert len(labels) == min(24, few.sizes["draw"])
    assert counts.max() - counts.min() <= 1
