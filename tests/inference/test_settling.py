"""Where chains that stayed apart start again, on targets whose masses are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from bayesdensing.inference.settling import NEGLIGIBLE_MASS, settle

DRAWS = 4000


class Target:
    """Two normals of sd 1 at 0 and 20, of given masses, as a sampler knows its target."""

    def __init__(self, *masses: float) -> None:
        self.masses = masses

    def logp_and_gradient(self, at: np.ndarray) -> tuple[float, np.ndarray]:
        parts = [m * np.exp(-((at[0] - 20 * i) ** 2) / 2) for i, m in enumerate(self.masses)]
        with np.errstate(divide="ignore"):
            return float(np.log(sum(parts))), at

    def cold(self, values: np.ndarray) -> np.ndarray:
        return values


def chains(*places: int, draws: int = DRAWS) -> Any:
    noise = np.random.default_rng(0).normal(size=(len(places), draws))
    values = noise + 20.0 * np.array(places)[:, None]
    posterior = xr.Dataset({"share": (("chain", "draw"), values)})
    return SimpleNamespace(posterior=posterior, values=lambda: values[..., None])


def test_a_region_of_negligible_mass_is_left_and_named() -> None:
    found = settle(Target(1.0, 1e-5), chains(0, 0, 1, 0), seed=1)  # type: ignore[arg-type]
    assert found is not None
    assert found.regions == 1
    (left,) = found.negligible
    assert left["chains"] == [2]
    assert left["mass"] == pytest.approx(1e-5, rel=0.2)
    assert left["differs"].startswith("share is 20")
    starts = np.asarray(found.warmth)
    assert starts.shape == (4, 1)
    assert np.abs(starts).max() < 6
    assert len(np.unique(starts)) == 4


def test_regions_with_mass_get_two_chains_each() -> None:
    found = settle(Target(1.0, 0.2), chains(0, 0, 1, 0), seed=1)  # type: ignore[arg-type]
    assert found is not None
    assert (found.regions, found.negligible) == (2, ())
    assert (np.abs(np.asarray(found.warmth).ravel() - [0, 20, 0, 20]) < 6).all()
    one, other = found.masses
    assert (one["chains"], other["chains"]) == ([0, 2], [1, 3])
    assert one["mass"] == pytest.approx(1 / 1.2, abs=4 * one["mass_error"] + 0.01)
    assert one["mass"] + other["mass"] == pytest.approx(1)
    # what one has too much, the other has too little
    assert 0 < one["mass_error"] == pytest.approx(other["mass_error"])


@pytest.mark.parametrize("share", [NEGLIGIBLE_MASS / 2, NEGLIGIBLE_MASS * 2])
def test_the_mark_is_where_it_says(share: float) -> None:
    found = settle(Target(1 - share, share), chains(0, 0, 1, 0), seed=1)  # type: ignore[arg-type]
    assert found is not None
    assert len(found.negligible) == (share < NEGLIGIBLE_MASS)


def test_chains_that_stay_together_need_none() -> None:
    assert settle(Target(1.0, 0.0), chains(0, 0, 0, 0), seed=1) is None  # type: ignore[arg-type]


def test_regions_with_mass_that_are_too_many_for_the_chains_are_left_as_they_are() -> None:
    assert settle(Target(1.0, 1.0), chains(0, 0, 1), seed=1) is None  # type: ignore[arg-type]


def test_where_masses_cannot_be_told_nothing_is_left_out() -> None:
    few = chains(0, 0, 1, 0, draws=16)
    assert settle(Target(1.0, 1e-5), few, seed=1) is None  # type: ignore[arg-type]
