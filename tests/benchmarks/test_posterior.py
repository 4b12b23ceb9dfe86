from typing import Any

import numpy as np
import pytest
import xarray as xr

from benchmarks.posterior import distance, pooled, summarise


def moments(seed: int, *, shift: float = 0.0, wider: float = 1.0) -> dict[str, Any]:
    """Return what is kept of independent draws of two parameters and two densities."""
    rng = np.random.default_rng(seed)
    shape = (4, 500)
    posterior = xr.Dataset(
        {
            "growth_rate": (("chain", "draw"), rng.normal(2, 0.3, shape)),
            "floor": (("chain", "draw", "benchmark"), shift + wider * rng.normal(size=(*shape, 3))),
            "log_density": (("chain", "draw", "llm"), rng.normal(5, 1, (*shape, 2))),
        }
    )
    return summarise(posterior)


def test_what_is_kept() -> None:
    kept = moments(1)
    assert kept["draws"] == 2000
    assert kept["max_rhat"] < 1.02
    assert 1200 < kept["headline_ess_bulk"] < 3000
    assert set(kept["parameters"]) == {"growth_rate", "floor[0]", "floor[1]", "floor[2]"}
    mean, mean_error, sd, sd_error = kept["parameters"]["growth_rate"]
    assert abs(mean - 2) < 4 * mean_error
    assert abs(sd - 0.3) < 4 * sd_error


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_draws_of_one_posterior_are_equal(seed: int) -> None:
    found = distance(moments(1)["parameters"], moments(seed)["parameters"])
    assert found.equal
    assert found.compared == 8


@pytest.mark.parametrize(
    ("change", "of"), [({"shift": 0.3}, "mean of floor"), ({"wider": 1.2}, "sd of floor")]
)
def test_draws_of_another_posterior_are_told(change: dict[str, float], of: str) -> None:
    found = distance(moments(1)["parameters"], moments(2, **change)["parameters"])
    assert not found.equal
    assert found.of.startswith(of)
    assert found.largest_z > found.limit


def test_runs_together_have_smaller_errors_and_tell_smaller_differences() -> None:
    runs = [moments(seed)["parameters"] for seed in range(10, 19)]
    others = [moments(seed, shift=0.07)["parameters"] for seed in range(20, 29)]
    error = pooled(runs)["growth_rate"][1]
    assert error == pytest.approx(np.mean([run["growth_rate"][1] for run in runs]) / 3, rel=0.05)
    assert not distance(pooled(runs), pooled(others)).equal
    assert distance(pooled(runs[:5]), pooled(runs[5:])).equal


def test_a_chain_that_does_not_move_is_not_equal() -> None:
    stuck = {"growth_rate": [2.0, float("nan"), 0.0, 0.0]}
    assert not distance(moments(1)["parameters"], stuck).equal


def test_the_limit_grows_with_the_number_of_comparisons() -> None:
    one = {"growth_rate": [0.0, 1.0, 1.0, 1.0]}
    many = {name: [0.0, 1.0, 1.0, 1.0] for name in ("growth_rate", *map(str, range(100)))}
    assert distance(one, one).limit == pytest.approx(2.806, abs=2e-3)
    assert distance(many, many).limit == pytest.approx(4.06, abs=0.02)
