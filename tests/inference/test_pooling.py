"""Fits pooled: whose draws lie where, and which checks hold for all of them."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesdensing.inference import Diagnostics
from bayesdensing.inference.pooling import interleaved, worst_of

GOOD = Diagnostics(
    converged=True,
    max_rhat=1.004,
    min_ess_bulk=700.0,
    min_ess_tail=800.0,
    divergences=0,
    max_depth_share=0.0,
    min_ebfmi=0.9,
    modes=(),
    worst_parameter="a",
    reasons=(),
)


def record(**changes: Any) -> Diagnostics:
    return dataclasses.replace(GOOD, **changes)


def test_draws_are_interleaved_and_bear_their_fit() -> None:
    parts = [
        xr.Dataset({"x": (("chain", "draw"), 100.0 * k + np.arange(6).reshape(2, 3))})
        for k in range(4)
    ]
    together = interleaved(parts, name="fit")
    assert dict(together.sizes) == {"chain": 2, "draw": 12}
    assert list(together["draw"].to_numpy()) == list(range(12))
    assert list(together["fit"].to_numpy()) == [0, 1, 2, 3] * 3
    for k, part in enumerate(parts):
        own = together["x"].isel(draw=together["fit"].to_numpy() == k)
        np.testing.assert_array_equal(own, part["x"])


def test_any_stretch_holds_all_fits() -> None:
    parts = [xr.Dataset({"x": (("chain", "draw"), np.full((1, 50), float(k)))}) for k in range(5)]
    x = interleaved(parts, name="fit")["x"].to_numpy()[0]
    for start in range(0, 200, 7):
        assert set(x[start : start + 5]) == {0.0, 1.0, 2.0, 3.0, 4.0}


def test_the_worst_of_each_check_holds() -> None:
    found = worst_of(
        {
            "one": record(max_rhat=1.02, worst_parameter="b", divergences=2, converged=False,
                          reasons=("R-hat", "divergent")),
            "two": record(min_ess_bulk=401.0, min_ebfmi=0.4, divergences=1, converged=False,
                          reasons=("divergent",)),
            "three": record(min_ess_tail=450.0, max_depth_share=0.005),
        }
    )  # fmt: skip
    assert not found.converged
    assert found.max_rhat == 1.02
    assert found.worst_parameter == "b, one"
    assert (found.min_ess_bulk, found.min_ess_tail) == (401.0, 450.0)
    assert (found.divergences, found.min_ebfmi, found.max_depth_share) == (3, 0.4, 0.005)
    assert found.reasons == ("one: R-hat", "one: divergent", "two: divergent")


def test_fits_that_all_pass_pass_together() -> None:
    found = worst_of({"one": record(), "two": record(max_rhat=1.008, worst_parameter="c")})
    assert found.converged
    assert found.worst_parameter == "c, two"
    assert found.reasons == ()


def test_an_r_hat_that_is_no_number_is_the_worst() -> None:
    bad = record(max_rhat=np.nan, converged=False, worst_parameter="n")
    found = worst_of({"one": record(max_rhat=1.5), "two": bad})
    assert np.isnan(found.max_rhat)
    assert found.worst_parameter == "n, two"


def test_a_sample_size_that_is_no_number_shows() -> None:
    assert np.isnan(worst_of({"one": record(), "two": record(min_ess_bulk=np.nan)}).min_ess_bulk)


def test_modes_of_one_fit_leave_the_whole_unconverged_with_its_reason() -> None:
    split = record(converged=False, modes=({"name": "mode 1"},), reasons=("2 modes",))
    found = worst_of({"one": record(max_rhat=1.009), "two": split})
    assert not found.converged
    # chains of one fit are no chains of the pool
    assert found.modes == ()
    assert found.reasons == ("two: 2 modes",)


def test_statistics_of_one_fit_are_not_those_of_all() -> None:
    own = pd.DataFrame({"rhat": [1.0], "ess_bulk": [9.0], "ess_tail": [9.0]}, index=["x"])
    assert (
        worst_of({"one": record(statistics=own), "two": record(statistics=own)}).statistics is None
    )
