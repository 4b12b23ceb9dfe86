"""What is read out of many fits of worlds of known truth."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing import plots
from bayesdensing.analysis.calibration import collected, row_of
from bayesdensing.analysis.coverage import Ranks
from bayesdensing.analysis.ranks import ranked

ABOUT = {"spec": "made", "truths": "the prior", "design": "none", "sims": 120, "seed": 1}


def rows(*, width: float = 1.0, bias: float = 0.0, sims: int = 120) -> dict:
    """Rows of fits of a normal mean, whose posterior may be too narrow or off."""
    rng = np.random.default_rng(1)
    found = {}
    for i in range(sims):
        draws, truth = {}, {}
        for name, off in (("growth_rate", bias), ("level", 0.0)):
            centre = rng.normal()
            truth[name] = centre + rng.normal()
            values = centre + off + width * rng.normal(size=(4, 100))
            draws[name] = xr.DataArray(values, dims=("chain", "draw"))
        table = ranked(xr.Dataset(draws), xr.Dataset(truth))
        found[f"sim-{i}"] = row_of(table, seed=i, divergences=int(i < 3), redrawn=0)
    return found


def made(found: dict):
    return collected(found, dict.fromkeys(found, 0.5), about=ABOUT)


@pytest.fixture(scope="module")
def right():
    return made(rows())


def test_right_posteriors_pass(right):
    assert right.passed, right.faults
    assert right.table["uniform"].all()
    assert [c.holds for c in right.headline.values()] == [True, True, True]
    assert right.table.loc["level", "covered95"] == pytest.approx(0.95, abs=0.06)
    assert right.n_divergent == 3


@pytest.mark.parametrize("fault", [{"width": 0.5}, {"width": 2.0}, {"bias": 0.8}])
def test_posteriors_that_are_too_narrow_too_wide_or_off_are_found(fault):
    found = made(rows(**fault))
    assert not found.passed
    assert not found.table.loc["growth_rate", "uniform"]
    assert any("growth_rate" in text for text in found.faults)


def test_intervals_that_hold_too_few_truths_are_found():
    found = made(rows(width=0.5))
    cover = found.headline["eti95"]
    assert cover.share < cover.range99[0]
    assert any("95 % intervals" in text for text in found.faults)


def test_fits_that_failed_are_counted_and_named(right):
    found = made(rows() | {"sim-bad": {"failure": "RuntimeError: no start", "redrawn": 0}})
    assert found.failures == {"sim-bad": "RuntimeError: no start"}
    assert found.fits.sizes["sim"] == 120
    assert not found.passed


def test_where_every_fit_failed_there_is_nothing_to_say():
    with pytest.raises(ValueError, match="no start"):
        made({"sim-bad": {"failure": "RuntimeError: no start"}})


def test_a_parameter_that_stood_still_in_a_fit_is_left_out_of_its_test_alone():
    found = rows()
    first = found["sim-0"]
    found["sim-0"] = {
        k: v[:1] if isinstance(v, list) and k != "reasons" else v for k, v in first.items()
    }
    table = made(found).table
    assert table.loc["growth_rate", "n"] == 120
    assert table.loc["level", "n"] == 119


def test_files_hold_what_was_found(right, tmp_path):
    right.save(tmp_path / "new")
    with xr.open_dataset(tmp_path / "new" / "sbc.nc") as stored:
        assert stored["share"].sizes == {"sim": 120, "parameter": 2}
        np.testing.assert_array_equal(stored["rank"], right.fits["rank"])
        assert json.loads(stored.attrs["about"])["truths"] == "the prior"
    content = json.loads((tmp_path / "new" / "coverage.json").read_text())
    assert content["passed"] is True
    assert content["fits"] == {
        "usable": 120, "failed": 0, "divergent": 3, "not_mixed": 0, "worlds_redrawn": 0,
        "seconds_median": 0.5, "seconds_total": 60.0,
    }  # fmt: skip
    assert content["headline"]["eti89"]["range99"][0] < 0.89
    assert set(content["parameters"]) == {"growth_rate", "level"}
    assert [p.name for p in (tmp_path / "new").iterdir() if p.name.startswith(".")] == []


def test_the_figure_shows_the_departures(right):
    shown = plots.calibration(right)
    np.testing.assert_array_equal(shown.data["departure"], right.departures["departure"])
    assert shown.data["variable"].to_numpy().tolist() == ["growth_rate", "level"]
    assert "True values rank as" in shown.figure.get_suptitle()
    wrong = plots.calibration(made(rows(width=0.5)))
    assert "2 of 2 parameters do not rank" in wrong.figure.get_suptitle()
    assert shown.to_png()[:4] == b"\x89PNG"


def test_ranks_can_be_read_again_and_drawn_alike(right, tmp_path):
    right.save(tmp_path)
    again = Ranks.from_csv((tmp_path / "ranks.csv").read_text(encoding="utf-8"))
    assert again.about == right.about
    pd.testing.assert_frame_equal(again.table, right.table)
    assert again.headline == right.headline
    first, second = plots.calibration(right), plots.calibration(again)
    xr.testing.assert_identical(first.data, second.data)
    assert first.to_png() == second.to_png()


def test_ranks_that_are_missing_stay_missing():
    found = rows()
    found["sim-0"] = {k: v[:1] if isinstance(v, list) else v for k, v in found["sim-0"].items()}
    right = made(found)
    again = Ranks.from_csv(right.ranks.to_csv())
    xr.testing.assert_allclose(again.fits, right.ranks.fits)
    assert again.table.loc["level", "n"] == 119


def test_a_table_that_does_not_say_what_it_is_of_is_refused():
    with pytest.raises(ValueError, match="what the table is of"):
        Ranks.from_csv("fit,level rank\n")


def test_without_a_rate_there_is_no_headline():
    found = rows()
    bare = {
        key: {k: v[1:] if isinstance(v, list) else v for k, v in row.items()}
        for key, row in found.items()
    }
    assert made(bare).headline == {}
    assert made(bare).to_dict()["headline"] == {}
