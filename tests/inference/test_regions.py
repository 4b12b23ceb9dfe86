"""Regions: stretches of chains grouped, and their mass against masses that are known."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from bayesdensing.inference.regions import find_regions, log_mass, segmented

SIZE = 3
NEAR = multivariate_normal(np.zeros(SIZE), np.diag([1.0, 0.2, 3.0]))
FAR = multivariate_normal(np.full(SIZE, 30.0), np.diag([0.5, 0.5, 0.1]))
LOGS = {"near": 2.0, "far": -9.0}


def log_density(at: np.ndarray) -> float:
    return float(logsumexp([LOGS["near"] + NEAR.logpdf(at), LOGS["far"] + FAR.logpdf(at)]))


def chains(*places: str, draws: int = 1600) -> np.ndarray:
    """Return chains that stay in a place, or leave far for near half-way."""
    rng = np.random.default_rng(0)
    near, far = (
        law.rvs(size=(len(places), draws), random_state=rng).reshape(len(places), draws, SIZE)
        for law in (NEAR, FAR)
    )
    early = np.arange(draws) < draws // 2 + 30
    found = []
    for chain, place in enumerate(places):
        in_far = {"near": False & early, "far": True | early, "leaves": early, "goes": ~early}[
            place
        ]
        found.append(np.where(in_far[:, None], far[chain], near[chain]))
    return np.array(found)


@pytest.mark.parametrize("place", ["near", "far"])
def test_the_mass_of_a_region_is_met(place: str) -> None:
    values = chains(place, draws=4000)[0]
    mass, error = log_mass(values, log_density, seed=1)
    assert mass == pytest.approx(LOGS[place], abs=0.05)
    assert error < 0.05


def test_the_mass_of_a_region_with_heavy_skew_is_met() -> None:
    values = np.random.default_rng(1).gumbel(size=(4000, 2))

    def skew(at: np.ndarray) -> float:
        return float(5.0 - (at + np.exp(-at)).sum())

    assert log_mass(values, skew, seed=1)[0] == pytest.approx(5.0, abs=0.1)


def test_too_few_draws_give_no_mass() -> None:
    mass, error = log_mass(chains("near", draws=10)[0], log_density, seed=1)
    assert np.isnan(mass)
    assert np.isnan(error)


def test_where_there_is_no_density_the_proposal_has_none() -> None:
    values = np.abs(np.random.default_rng(2).normal(size=(4000, 1)))

    def half(at: np.ndarray) -> float:
        return float(-(at[0] ** 2) / 2) if at[0] > 0 else float("nan")

    expected = np.log(np.sqrt(np.pi / 2))
    assert log_mass(values, half, seed=1)[0] == pytest.approx(expected, abs=0.05)


def test_chains_that_stay_together_are_one_region_without_a_mass() -> None:
    (region,) = find_regions(chains("near", "near"), log_density, seed=1)
    assert region.chains == (0, 1)
    assert np.isnan(region.log_mass)


def test_a_chain_that_passes_belongs_to_both_regions() -> None:
    near, far = find_regions(chains("near", "near", "leaves", "near"), log_density, seed=1)
    assert near.chains == (0, 1, 2, 3)
    assert far.chains == (2,)
    # the stretch in which it passes belongs to none
    assert len(near.segments) + len(far.segments) == 4 * 8 - 1
    assert near.values.mean() < 1 < 29 < far.values.mean()
    assert near.log_mass - far.log_mass == pytest.approx(11.0, abs=0.1)


def test_stretches_are_cut_in_order() -> None:
    values = np.arange(2 * 17, dtype=float).reshape(2, 17, 1)
    parts = segmented(values)
    assert parts.shape == (16, 2, 1)
    assert parts[0].ravel().tolist() == [1.0, 2.0]
    assert parts[8].ravel().tolist() == [18.0, 19.0]


def test_a_wide_region_that_a_chain_visits_for_a_while_is_one() -> None:
    rng = np.random.default_rng(3)
    wide = multivariate_normal(np.full(SIZE, 30.0), 25 * np.eye(SIZE))
    values = chains("near", "near")
    values[0, 600:1000] = wide.rvs(size=400, random_state=rng)

    def density(at: np.ndarray) -> float:
        return float(logsumexp([NEAR.logpdf(at), wide.logpdf(at) - 1.0]))

    near, far = find_regions(values, density, seed=1)
    assert far.chains == (0,)
    assert far.log_mass - near.log_mass == pytest.approx(-1.0, abs=0.2)


def test_what_may_be_a_region_visited_once_leaves_regions_untold() -> None:
    rng = np.random.default_rng(4)
    values = chains("near", "near", "far")
    values[0, 600:800] = 200 + 40 * rng.normal(size=(200, SIZE))  # one stretch, and back again
    assert find_regions(values, log_density, seed=1) == []
    early = chains("near", "near", "far")
    early[0, :200] = 200 + 40 * rng.normal(size=(200, SIZE))  # where a chain began
    assert find_regions(early, log_density, seed=1) == []


def test_a_chain_that_leaves_a_region_at_once_came_from_it_where_others_stayed() -> None:
    values = chains("near", "near", "far")
    values[0, :60] = values[2, :60]
    near, far = find_regions(values, log_density, seed=1)
    assert (near.chains, far.chains) == ((0, 1), (2,))
    assert len(near.segments) == 15


def test_a_slow_walk_over_one_region_has_no_masses_to_rely_on() -> None:
    rng = np.random.default_rng(5)
    slow = 0.9995
    values = np.empty((4, 4000, SIZE))
    values[:, 0] = rng.normal(size=(4, SIZE))
    for draw in range(1, 4000):
        step = np.sqrt(1 - slow**2) * rng.normal(size=(4, SIZE))
        values[:, draw] = slow * values[:, draw - 1] + step
    found = find_regions(values, lambda at: float(-(at @ at) / 2), seed=1)
    assert not found or max(r.log_mass_error for r in found) > 0.5 or np.isnan(found[0].log_mass)


def test_chains_too_short_to_be_cut_and_stuck_ones_have_no_regions_to_tell() -> None:
    assert find_regions(chains("near", "far", draws=5), log_density, seed=1) == []
    stuck = chains("near", "far")
    stuck[1] = stuck[1, 0]
    found = find_regions(stuck, log_density, seed=1)
    assert any(np.isnan(region.log_mass) for region in found)
