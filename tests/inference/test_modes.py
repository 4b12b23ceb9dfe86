"""Modes: told from bad mixing by two chains each that agree and pass within themselves."""

import numpy as np
import pytest
import xarray as xr

from bayesdensing.inference import Diagnostics, diagnose, with_modes

DRAWS = 1000


def judged(shifts: list[float], *, slow: int | None = None, diverges: bool = False) -> Diagnostics:
    """Return the record of chains that lie at some places; one of them may mix slowly."""
    rng = np.random.default_rng(0)
    chains = len(shifts)
    rate, level = rng.normal(size=(2, chains, DRAWS))
    if slow is not None:
        rate[slow] = np.cumsum(rng.normal(size=DRAWS)) / 30
    rate = rate + np.array(shifts)[:, None]
    dims = ("chain", "draw")
    posterior = xr.Dataset({"level": (dims, level), "rate": (dims, rate)})
    stats = xr.Dataset(
        {
            "diverging": (dims, np.zeros((chains, DRAWS), dtype=bool)),
            "maxdepth_reached": (dims, np.zeros((chains, DRAWS), dtype=bool)),
            "energy": (dims, rng.normal(size=(chains, DRAWS))),
        }
    )
    if diverges:
        stats["diverging"][0, 0] = True
    record = diagnose(posterior, stats)
    return with_modes(record, posterior, stats)


def test_one_mode_is_none() -> None:
    record = judged([0, 0, 0, 0])
    assert record.converged
    assert record.modes == ()


@pytest.mark.parametrize("shifts", [[0, 0, 12, 12], [0, 12, 0, 12], [12, 0, 0, 12]])
def test_two_chains_each_are_two_modes_by_name(shifts: list[float]) -> None:
    record = judged(shifts)
    assert not record.converged
    assert record.reasons[0] == "the chains found 2 modes"
    assert [mode["name"] for mode in record.modes] == ["mode 1", "mode 2"]
    first, second = (mode["chains"] for mode in record.modes)
    assert first == [c for c in range(4) if shifts[c] == shifts[0]]
    assert sorted(first + second) == [0, 1, 2, 3]
    for mode in record.modes:
        here, there = shifts[mode["chains"][0]], 12 - shifts[mode["chains"][0]]
        assert mode["differs"].startswith("rate is ")
        words = mode["differs"].replace(",", "").split()
        assert float(words[2]) == pytest.approx(here, abs=0.2)
        assert float(words[4]) == pytest.approx(there, abs=0.2)


def test_three_modes_of_two_chains() -> None:
    record = judged([0, 12, 24, 24, 12, 0])
    assert [mode["chains"] for mode in record.modes] == [[0, 5], [1, 4], [2, 3]]


@pytest.mark.parametrize("shifts", [[0, 0, 0, 12], [0, 12, 24, 36], [0, 0, 12, 12, 24]])
def test_a_chain_on_its_own_is_bad_mixing(shifts: list[float]) -> None:
    record = judged(shifts)
    assert not record.converged
    assert record.modes == ()
    assert "R-hat" in record.reasons[0]


def test_slow_mixing_within_a_mode_is_bad_mixing() -> None:
    record = judged([0, 0, 30, 30], slow=1)
    assert not record.converged
    assert record.modes == ()


def test_a_divergence_within_a_mode_is_bad_mixing() -> None:
    record = judged([0, 0, 12, 12], diverges=True)
    assert record.modes == ()
    assert "1 divergent transitions" in record.reasons


def test_chains_that_drift_apart_a_little_are_bad_mixing() -> None:
    record = judged([0, 0, 2, 2])
    assert not record.converged
    assert record.modes == ()
