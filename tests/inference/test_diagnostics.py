"""The record of a fit: each kind of bad draws fails, and says why."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr

from bayesdensing.inference import Diagnostics, approximate, diagnose
from bayesdensing.inference.diagnostics import scalars

CHAINS, DRAWS = 4, 1000


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(CHAINS, DRAWS, *shape))


def posterior(**variables: np.ndarray) -> xr.Dataset:
    dims = ("chain", "draw", "benchmark")
    return xr.Dataset(
        {name: (dims[: values.ndim], values) for name, values in variables.items()},
        coords={"benchmark": ["MMLU", "BBH", "MATH"]},
    )


def stats(**changes: np.ndarray) -> xr.Dataset:
    values = {
        "diverging": np.zeros((CHAINS, DRAWS), dtype=bool),
        "maxdepth_reached": np.zeros((CHAINS, DRAWS), dtype=bool),
        "energy": noise(seed=9),
    }
    return xr.Dataset({k: (("chain", "draw"), v) for k, v in (values | changes).items()})


def random_walk(persistence: float, seed: int = 1) -> np.ndarray:
    steps = noise(seed=seed)
    for i in range(1, DRAWS):
        steps[:, i] = persistence * steps[:, i - 1] + np.sqrt(1 - persistence**2) * steps[:, i]
    return steps


def reasons(record: Diagnostics) -> str:
    assert not record.converged
    return "; ".join(record.reasons)


def test_independent_draws_pass() -> None:
    record = diagnose(posterior(rate=noise(), floor=noise(3, seed=2)), stats())
    assert record.converged
    assert record.reasons == ()
    assert record.max_rhat < 1.01
    assert min(record.min_ess_bulk, record.min_ess_tail) > 2000
    assert record.min_ebfmi > 1
    assert (record.divergences, record.max_depth_share, record.modes) == (0, 0, ())


def test_a_chain_elsewhere_shows_in_r_hat_by_name() -> None:
    floor = noise(3)
    floor[2, :, 1] += 1
    record = diagnose(posterior(rate=noise(seed=2), floor=floor), stats())
    assert record.worst_parameter == "floor[BBH]"
    assert "of floor[BBH] is not below 1.01" in reasons(record)


def test_chains_of_unequal_width_show_in_r_hat() -> None:
    values = noise()
    values[0] *= 4
    assert "R-hat" in reasons(diagnose(posterior(rate=values), stats()))


def test_slow_draws_show_in_bulk_ess() -> None:
    record = diagnose(posterior(rate=random_walk(0.97)), stats())
    assert record.min_ess_bulk < 400
    assert f"smallest bulk ESS {record.min_ess_bulk:.0f} is below 400" in reasons(record)


def test_slow_tails_show_in_tail_ess() -> None:
    # the size of the draws moves slowly, their sign freely
    values = noise() * np.exp(random_walk(0.98, seed=4))
    record = diagnose(posterior(rate=values), stats())
    assert record.min_ess_bulk > 400
    assert "smallest tail ESS" in reasons(record)


def test_one_divergence_fails() -> None:
    diverging = np.zeros((CHAINS, DRAWS), dtype=bool)
    diverging[3, 17] = True
    record = diagnose(posterior(rate=noise()), stats(diverging=diverging))
    assert record.divergences == 1
    assert reasons(record) == "1 divergent transitions"


def test_the_depth_limit_may_be_met_by_one_percent_and_no_more() -> None:
    met = np.zeros((CHAINS, DRAWS), dtype=bool)
    met[0, :40] = True
    assert diagnose(posterior(rate=noise()), stats(maxdepth_reached=met)).converged
    met[0, 40] = True
    record = diagnose(posterior(rate=noise()), stats(maxdepth_reached=met))
    assert record.max_depth_share == pytest.approx(41 / 4000)
    assert reasons(record) == "1.0% of transitions met the depth limit"


def test_energy_that_creeps_in_one_chain_fails() -> None:
    energy = noise(seed=9)
    energy[1] = random_walk(0.95)[1]
    record = diagnose(posterior(rate=noise()), stats(energy=energy))
    # the mean square of an AR(1)'s steps over its variance is 2 (1 - persistence)
    assert record.min_ebfmi == pytest.approx(0.1, abs=0.05)
    assert "E-BFMI" in reasons(record)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_draw_that_is_no_number_fails(bad: float) -> None:
    values = noise()
    values[1, 5] = bad
    with np.errstate(invalid="ignore"):
        record = diagnose(posterior(rate=noise(seed=2), level=values), stats())
    assert record.worst_parameter == "level"
    assert "of level is not below" in reasons(record)


def test_what_is_held_fixed_has_nothing_to_converge() -> None:
    floor = noise(3)
    floor[..., 1] = 0.25
    held = posterior(rate=noise(seed=2), floor=floor, growth_rate=np.zeros((CHAINS, DRAWS)))
    moving, names = scalars(held)
    assert names == ["rate", "floor[MMLU]", "floor[MATH]"]
    assert moving.dims == ("chain", "draw", "scalar")
    np.testing.assert_array_equal(moving[..., 2], floor[..., 2])
    assert diagnose(held, stats()).converged


def test_chains_that_are_stuck_apart_fail() -> None:
    stuck = np.repeat(np.arange(4.0)[:, None], DRAWS, axis=1)
    with np.errstate(all="ignore"):
        record = diagnose(posterior(rate=noise(), level=stuck), stats())
    assert record.worst_parameter == "level"
    assert "R-hat" in reasons(record)


def test_nothing_but_fixed_values_is_not_called_converged() -> None:
    record = diagnose(posterior(growth_rate=np.zeros((CHAINS, DRAWS))), stats())
    assert not record.converged


def test_a_record_survives_json_even_where_it_is_undefined() -> None:
    values = noise()
    values[1, 5] = np.nan
    bad = diagnose(posterior(rate=values), stats())
    good = diagnose(posterior(rate=noise()), stats())
    for record in (good, bad):
        text = json.dumps(record.to_dict(), allow_nan=False)
        back = Diagnostics.from_dict(json.loads(text))
        assert json.dumps(back.to_dict()) == text
    assert Diagnostics.from_dict(json.loads(json.dumps(good.to_dict()))) == good
    assert np.isnan(Diagnostics.from_dict(bad.to_dict()).max_rhat)


def test_a_record_with_modes_survives_json() -> None:
    good = diagnose(posterior(rate=noise()), stats())
    mode = {"name": "mode 1", "chains": [0, 1], "differs": "rate is 0 here, 9 elsewhere"}
    record = dataclasses.replace(good, converged=False, modes=(mode,), reasons=("two modes",))
    assert Diagnostics.from_dict(json.loads(json.dumps(record.to_dict()))) == record


# --- of an approximation ------------------------------------------------------------------------


def approximated(**variables: np.ndarray) -> Diagnostics:
    return approximate(posterior(**variables), stats(), method="short chains", focus=("rate",))


def test_good_draws_of_an_approximation_are_usable_but_never_converged() -> None:
    record = approximated(rate=noise(), floor=noise(3, seed=2))
    assert (record.usable, record.converged, record.reasons) == (True, False, ())
    assert record.mark == "APPROXIMATE"
    assert record.approximation is not None
    assert record.approximation.focus == ("rate",)
    assert record.approximation.pareto_k < record.approximation.pareto_k_max == 0.7


def test_a_rough_nuisance_passes_where_the_rate_is_good() -> None:
    floor = noise(3, seed=2)
    floor[0, :, 1] += 0.4
    assert 1.01 < approximated(rate=noise(), floor=floor).max_rhat < 1.1
    assert approximated(rate=noise(), floor=floor).usable
    floor[0, :, 1] += 0.4
    assert "R-hat" in reasons(approximated(rate=floor[..., 1], floor=noise(3)))


def test_few_effective_draws_of_the_rate_do_not_pass() -> None:
    assert "ESS" in reasons(approximated(rate=random_walk(0.97), floor=noise(3)))


def test_heavy_tails_of_the_rate_do_not_pass_and_those_of_others_do() -> None:
    heavy = np.random.default_rng(4).standard_cauchy((CHAINS, DRAWS))
    record = approximated(rate=heavy, level=noise())
    assert not record.usable
    assert record.mark == "APPROXIMATE AND NOT TRUSTED"
    assert "Pareto k" in reasons(record)
    assert approximated(rate=noise(), level=heavy).usable


def test_without_a_focus_that_moves_every_variable_counts() -> None:
    record = approximated(rate=np.zeros((CHAINS, DRAWS)), level=random_walk(0.97))
    assert record.approximation is not None
    assert record.approximation.focus == ()
    assert "ESS" in reasons(record)


def test_draws_that_are_no_numbers_do_not_pass() -> None:
    rate = noise()
    rate[1, 5] = np.nan
    assert not approximated(rate=rate).usable


def test_the_record_of_an_approximation_survives_json() -> None:
    record = approximated(rate=noise(), floor=noise(3))
    assert Diagnostics.from_dict(json.loads(json.dumps(record.to_dict()))) == record
    plain = diagnose(posterior(rate=noise()), stats()).to_dict()
    assert "approximation" not in plain
    assert Diagnostics.from_dict(plain).approximation is None
