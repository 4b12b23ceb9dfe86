"""Headlines of other rulers: found beside a fit, else in a record of the same data and claims."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayesdensing.analysis import Fit
from bayesdensing.analysis.rulers import (
    ALONE,
    RULERS,
    curve_alone,
    other_rulers,
    record_of,
    shipped_record,
)
from bayesdensing.data import load_data
from bayesdensing.spec import load_spec
from tests.analysis.synthetic import make_data, make_fit


@pytest.fixture
def fit() -> Fit:
    return make_fit()


def under(name: str, *, rate: float, **changes: Any) -> Fit:
    """Return a fit of a ruler, its rate the same in every draw."""
    return make_fit(spec=name, rate=np.full((4, 250), rate), **changes)


@pytest.fixture
def record() -> dict[str, Any]:
    fits = {name: under(name, rate=1.0 + i) for i, name in enumerate(RULERS)}
    return record_of(fits | {ALONE: make_fit(spec=ALONE)})


def days(rate: float) -> float:
    return float(np.log(2) / rate * 365.25)


def test_the_record_serves_the_data_and_hypotheses_it_was_made_from(
    fit: Fit, record: dict[str, Any], tmp_path: Path
) -> None:
    found = other_rulers(fit, folder=tmp_path / "own", record=record)
    assert [r.name for r in found] == ["joint_5T", "joint_1T", "joint_cut"]
    assert [r.source for r in found] == ["record"] * 3
    assert [r.median for r in found] == pytest.approx([days(2), days(3), days(4)])
    assert all(r.converged and "seed 20241206" in r.place for r in found)
    # and after a way through a file
    again = other_rulers(fit, folder=tmp_path / "own", record=json.loads(json.dumps(record)))
    assert again == found


def test_a_record_of_other_data_is_not_used(
    fit: Fit, record: dict[str, Any], tmp_path: Path
) -> None:
    other = dataclasses.replace(fit, data=make_data(seed=2))
    assert other.data.sha256 != fit.data.sha256
    found = other_rulers(other, folder=tmp_path / "own", record=record)
    assert [(r.source, r.median) for r in found] == [("none", None)] * 3
    assert curve_alone(other, record) is None


def test_an_entry_of_another_claim_is_not_used(
    fit: Fit, record: dict[str, Any], tmp_path: Path
) -> None:
    stale = copy.deepcopy(record)
    stale["rulers"]["joint_1T"]["spec_sha256"] = "0" * 64
    found = {r.name: r.source for r in other_rulers(fit, folder=tmp_path / "own", record=stale)}
    assert found == {"joint_5T": "record", "joint_1T": "none", "joint_cut": "record"}


def test_a_run_beside_the_fit_goes_before_the_record(
    fit: Fit, record: dict[str, Any], tmp_path: Path
) -> None:
    bad = {"converged": False, "reasons": ("R-hat",)}
    under("joint_5T", rate=1.5, diagnostics=bad).save(tmp_path / "joint_5T")
    first, second, _ = other_rulers(fit, folder=tmp_path / "own", record=record)
    assert (first.source, first.place) == ("run", str(tmp_path / "joint_5T"))
    assert first.median == pytest.approx(days(1.5))
    assert first.converged is False
    assert second.source == "record"


def test_a_run_of_other_data_or_another_claim_beside_it_does_not_count(
    fit: Fit, record: dict[str, Any], tmp_path: Path
) -> None:
    under("joint_5T", rate=1.5, n_llms=9).save(tmp_path / "joint_5T")
    under("joint_cut", rate=1.5).save(tmp_path / "joint_1T")
    found = other_rulers(fit, folder=tmp_path / "own", record=record)
    assert [r.source for r in found] == ["record"] * 3


@pytest.mark.parametrize("name", ["manifest.json", "summary.json"])
@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_run_that_cannot_be_read_does_not_count(
    fit: Fit, tmp_path: Path, name: str, content: str | None
) -> None:
    under("joint_5T", rate=1.5).save(tmp_path / "joint_5T")
    file = tmp_path / "joint_5T" / name
    file.unlink() if content is None else file.write_text(content)
    assert other_rulers(fit, folder=tmp_path / "own", record={})[0].source == "none"


def test_a_fit_is_not_its_own_other_ruler(tmp_path: Path) -> None:
    def names(spec: str) -> list[str]:
        return [
            r.name for r in other_rulers(make_fit(spec=spec), folder=tmp_path / "own", record={})
        ]

    assert names("joint_5T") == ["joint", "joint_1T", "joint_cut"]
    assert names("joint_ray") == ["joint_5T", "joint_1T", "joint_cut"]
    assert names("joint_frontier") == list(RULERS)


def test_no_growth_is_an_endless_doubling_time_also_from_a_file(fit: Fit, tmp_path: Path) -> None:
    fits = {name: under(name, rate=-1.0) for name in RULERS} | {ALONE: make_fit(spec=ALONE)}
    record = record_of(fits)
    assert record["rulers"]["joint_5T"]["headline"]["doubling_time_days"]["median"] is None
    found = other_rulers(fit, folder=tmp_path / "own", record=record)[0]
    assert found.median == np.inf
    assert found.eti95 == (np.inf, np.inf)


def test_the_record_holds_the_curve_alone_under_each_rule(fit: Fit, record: dict[str, Any]) -> None:
    curve = curve_alone(fit, record)
    assert curve is not None
    alone = make_fit(spec=ALONE).posterior["n_exponent"].sel(benchmark="MMLU")
    assert curve.loc["n_exponent[MMLU]", "median"] == pytest.approx(float(alone.median()))
    fixed = curve_alone(make_fit(spec="joint_5T"), record)
    assert fixed is not None
    ratio = curve.loc["loss_at_1e10[MMLU]", "median"] / fixed.loc["loss_at_1e10[MMLU]", "median"]
    assert ratio > 1.05
    assert curve_alone(make_fit(spec="joint_power"), record) is None


# --- what is shipped ------------------------------------------------------------------------------


def test_the_shipped_record_is_of_the_data_and_hypotheses_that_are_shipped() -> None:
    record = shipped_record()
    assert record["data"]["sha256"] == load_data().sha256, "run `make rulers`"
    stated = {name: entry["spec_sha256"] for name, entry in record["rulers"].items()}
    assert stated == {name: load_spec(name).sha256 for name in RULERS}, "run `make rulers`"
    assert record["alone"]["spec_sha256"] == load_spec(ALONE).sha256, "run `make rulers`"


@pytest.mark.parametrize("name", [*RULERS, ALONE])
def test_what_is_shipped_has_passed_its_checks(name: str) -> None:
    record = shipped_record()
    entry = record["alone"] if name == ALONE else record["rulers"][name]
    assert entry["diagnostics"]["converged"] is True
    assert entry["diagnostics"]["max_rhat"] < 1.01
    if name != ALONE:
        headline = entry["headline"]
        low, high = headline["doubling_time_days"]["eti95"]
        assert low < headline["doubling_time_days"]["median"] < high
        assert {"eti50", "eti89", "eti95"} <= set(headline["growth_rate_per_year"])
        assert headline["prob_rate_not_positive"] <= 0.5


def test_a_ruler_is_found_under_the_runs_own_name_too(tmp_path: Path) -> None:
    fit = make_fit()
    other = make_fit(spec="joint_5T")
    other.save(tmp_path / "own-joint_5T")
    found = {r.name: r for r in other_rulers(fit, folder=tmp_path / "own", record={})}
    assert found["joint_5T"].source == "run"
    assert found["joint_5T"].place == str(tmp_path / "own-joint_5T")
