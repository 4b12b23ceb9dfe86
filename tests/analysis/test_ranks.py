"""Ranks among draws, and the test of their uniformity."""

import numpy as np
import pytest
import xarray as xr

from bayesdensing.analysis.ranks import (
    GRID,
    binomial_range,
    holm,
    null_distribution,
    ranked,
    shares,
    uniformity,
)

NULL = null_distribution(200)


def draws_of(values: np.ndarray, *dims: str) -> xr.DataArray:
    return xr.DataArray(values, dims=("chain", "draw", *dims))


def test_a_rank_counts_the_independent_draws_below_the_truth():
    rng = np.random.default_rng(1)
    posterior = xr.Dataset(
        {
            "level": draws_of(rng.normal(size=(4, 500))),
            "floor": draws_of(rng.normal(size=(4, 500, 2)), "benchmark"),
            "log_density": draws_of(rng.normal(size=(4, 500, 3)), "llm"),
            "fixed": draws_of(np.ones((4, 500))),
            "share": draws_of(rng.uniform(size=(4, 500))),
            "share_logit": draws_of(rng.normal(size=(4, 500))),
        }
    )
    truth = xr.Dataset(
        {"level": -10.0, "floor": ("benchmark", [0.0, 10.0]), "log_density": ("llm", [0.0] * 3)}
        | {"fixed": 1.0, "share": 0.5, "share_logit": 0.0},
        coords={"benchmark": ["MMLU", "BBH"]},
    )
    table = ranked(posterior, truth)
    # no latents, nothing that is held fixed, no share twice
    assert table.index.tolist() == ["level", "floor[MMLU]", "floor[BBH]", "share"]
    assert table["rank"].iloc[[0, 2]].tolist() == [0, 99]
    assert 30 < table["rank"].iloc[1] < 70
    assert (table["n_draws"] == 99).all()
    assert table.loc["share", "eti50_lb"] == pytest.approx(0.25, abs=0.05)


def test_a_chain_that_moves_slowly_is_worth_few_draws():
    rng = np.random.default_rng(2)
    slow = np.cumsum(rng.normal(size=(4, 500)), axis=1) * 0.02 + rng.normal(size=(4, 1)) * 0.1
    table = ranked(xr.Dataset({"level": draws_of(slow)}), xr.Dataset({"level": 0.0}))
    assert 1 <= table["n_draws"].iloc[0] < 30
    assert table["rank"].iloc[0] <= table["n_draws"].iloc[0]


def test_thinning_makes_ranks_of_slow_chains_uniform():
    """A right posterior, walked slowly: ranks among all draws would be too often extreme."""
    rng = np.random.default_rng(3)
    rank, count = [], []
    for _ in range(200):
        chain = np.zeros((4, 250))
        chain[:, 0] = rng.normal(size=4)
        for t in range(1, 250):
            chain[:, t] = 0.9 * chain[:, t - 1] + np.sqrt(1 - 0.81) * rng.normal(size=4)
        truth = xr.Dataset({"level": float(rng.normal())})
        row = ranked(xr.Dataset({"level": draws_of(chain)}), truth).iloc[0]
        rank.append(row["rank"])
        count.append(row["n_draws"])
    found = uniformity(shares(np.array(rank), np.array(count), seed=1), NULL, error=0.01)
    assert found.p_value > 0.01


def test_shares_do_not_depend_on_how_many_draws_there_are():
    rng = np.random.default_rng(4)
    count = rng.choice([7, 30, 99], size=200)
    rank = rng.integers(0, count + 1)
    assert uniformity(shares(rank, count, seed=1), NULL, error=0.01).p_value > 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        lambda u: u / 2,  # ranks up to half of what there is: a rescaling would hide it
        lambda u: u**1.6,
        lambda u: 0.5 + 0.6 * (u - 0.5),
        lambda u: np.where(u < 0.5, u**2 * 2, 1 - 2 * (1 - u) ** 2),
    ],
)
def test_ranks_that_are_not_uniform_are_found(wrong):
    even = (np.arange(200) + 0.5) / 200
    found = uniformity(wrong(even), NULL, error=0.01)
    assert found.p_value < 0.01
    outside = (found.departure < found.lower) | (found.departure > found.upper)
    assert outside.any()


def test_uniform_ranks_are_called_wrong_as_often_as_is_said():
    rng = np.random.default_rng(5)
    p = [uniformity(rng.uniform(size=200), NULL, error=0.05).p_value for _ in range(400)]
    assert 0.01 < np.mean(np.array(p) < 0.05) < 0.09
    assert 0.35 < np.mean(np.array(p) < 0.5) < 0.65


def test_p_value_and_band_say_the_same():
    rng = np.random.default_rng(6)
    for _ in range(50):
        found = uniformity(rng.uniform(size=200) ** 1.15, NULL, error=0.05)
        outside = (found.departure < found.lower) | (found.departure > found.upper)
        if abs(found.p_value - 0.05) > 0.02:
            assert outside.any() == (found.p_value < 0.05)


def test_the_worst_place_is_where_ranks_are_missing():
    values = np.concatenate([np.linspace(0, 0.4, 100), np.linspace(0.8, 1, 100)])
    place, departure = uniformity(values, NULL, error=0.01).worst
    assert place in GRID
    assert abs(departure) == pytest.approx(0.3, abs=0.02)


def test_correction_grows_with_the_number_of_tests_and_keeps_the_order():
    p = np.array([0.001, 0.5, 0.01, 0.02])
    assert holm(p).tolist() == pytest.approx([0.004, 0.5, 0.03, 0.04])
    assert (holm(np.tile(p, 10)) >= holm(np.tile(p, 5))[0]).all()


@pytest.mark.parametrize(("n", "p"), [(200, 0.5), (200, 0.89), (60, 0.95)])
def test_the_range_of_a_share_holds_it_as_often_as_is_said(n, p):
    low, high = binomial_range(n, p)
    got = np.random.default_rng(7).binomial(n, p, size=20000) / n
    assert 0.985 < np.mean((got >= low) & (got <= high)) <= 1.0
    assert np.mean((got > low) & (got < high)) < 0.9995
