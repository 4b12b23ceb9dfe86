"""LLMs that were held out of a fit get the density that a fit with them gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bayesdensing import fitting
from bayesdensing.data import DataBundle

SETTINGS: dict[str, Any] = {"seed": 4, "draws": 1500, "tune": 800, "chains": 4, "progress": False}


@pytest.mark.slow
def test_held_out_llms_get_the_density_that_a_refit_gives(
    tiny_frames: Callable[..., dict[str, Any]],
) -> None:
    frames = tiny_frames(n_llms=40)
    held = frames["models"].sort_values("release_date")["model"].iloc[5::10].tolist()
    out = frames["scores"]["model"].isin(held)
    rest = DataBundle.from_frames(name="rest", **(frames | {"scores": frames["scores"][~out]}))
    partial = fitting.fit("joint", rest, **SETTINGS)
    full = fitting.fit("joint", DataBundle.from_frames(name="all", **frames), **SETTINGS)
    new = partial.density_of(frames["scores"][out]).table
    refit = full.density_table().loc[new.index]
    width = np.log(refit["density_eti95_ub"] / refit["density_eti95_lb"])
    for column in ("median", "eti95_lb", "eti95_ub"):
        off = np.abs(np.log(new[f"density_{column}"] / refit[f"density_{column}"])) / width
        # four LLMs in forty are a tenth of the evidence, which the refit has and this has not
        assert (off < 0.15).all(), off
    assert len(new) == 4
    assert not new["in_fit"].any()
    assert new["density_median"].corr(refit["density_median"], method="spearman") > 0.9
