"""A quick fit says of itself that it is approximate, wherever its numbers come out."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayesdensing import fitting, plots
from bayesdensing.analysis import Fit, runs
from bayesdensing.analysis.fit import ConvergenceWarning
from bayesdensing.analysis.rulers import other_rulers
from bayesdensing.analysis.summary import summarise
from bayesdensing.cli import main
from bayesdensing.data import DataBundle, load_data
from bayesdensing.errors import SpecError
from bayesdensing.fitting import fit, load_fit
from bayesdensing.inference.diagnostics import Approximation
from bayesdensing.sampling import QUICK
from tests.analysis.synthetic import make_fit

Frames = Callable[..., dict[str, pd.DataFrame]]


def approximate_fit(*, trusted: bool = True, **settings: Any) -> Fit:
    """Return a fit of random numbers that is a quick one."""
    record = Approximation(
        method="short chains", trusted=trusted, focus=("growth_rate",), focus_rhat=1.01,
        focus_ess=300.0, pareto_k=0.1, pareto_k_max=0.66,
    )  # fmt: skip
    reasons = () if trusted else ("R-hat 1.400 of growth_rate is not below 1.05",)
    told = {"converged": False, "reasons": reasons, "approximation": record}
    return make_fit(diagnostics=told, **settings)


# --- a real one -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(tiny_frames: Frames) -> DataBundle:
    return DataBundle.from_frames(name="tiny", **tiny_frames())


@pytest.fixture(scope="module")
def quick(bundle: DataBundle, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fit, Path]:
    """Return a quick fit of the trend, and where it was written."""
    folder = tmp_path_factory.mktemp("quick") / "trend"
    return fit("trend", bundle, seed=1, quick=True, out=folder, progress=False), folder


def test_a_quick_fit_finds_the_growth_and_never_converges(quick: tuple[Fit, Path]) -> None:
    found, _ = quick
    assert found.diagnostics.usable, found.diagnostics.reasons
    assert not found.diagnostics.converged
    rate = found.growth_rate()
    assert float(rate.mean()) == pytest.approx(1.5, abs=4 * float(rate.std()))
    assert dict(rate.sizes) == {"chain": QUICK["chains"], "draw": QUICK["draws"]}


def test_every_file_of_a_quick_run_says_what_it_is(quick: tuple[Fit, Path]) -> None:
    _, folder = quick
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["approximate"] is True
    assert summary["diagnostics"]["converged"] is False
    own = summary["diagnostics"]["approximation"]
    assert own["trusted"] is True
    assert own["focus"] == ["growth_rate"]
    assert own["pareto_k"] < own["pareto_k_max"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["approximate"] is True
    assert manifest["sampler"] == QUICK
    with xr.open_datatree(folder / "posterior.nc", engine="netcdf4") as tree:
        assert "short chains" in tree["posterior"].attrs["approximate"]


def test_a_loaded_quick_fit_is_still_one(quick: tuple[Fit, Path], bundle: DataBundle) -> None:
    found, folder = quick
    loaded = load_fit(folder, data=bundle)
    assert loaded.diagnostics == found.diagnostics
    assert loaded.diagnostics.approximate


def test_a_quick_run_and_a_full_one_do_not_stand_in_for_each_other(
    quick: tuple[Fit, Path], bundle: DataBundle
) -> None:
    found, folder = quick
    like = {
        "spec": found.spec,
        "data": bundle,
        "seed": 1,
        "version": found.versions["bayesdensing"],
    }
    assert runs.refit_reason(folder, approximate=True, **like) is None
    assert runs.refit_reason(folder, **like) == "the run is approximate"


# --- what cannot be -------------------------------------------------------------------------------


def test_a_cut_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "joint_cut", "--quick"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: joint_cut cannot be fitted quickly")


@pytest.mark.parametrize("length", ["draws", "tune", "chains"])
def test_a_quick_fit_takes_no_lengths(length: str) -> None:
    with pytest.raises(SpecError, match="lengths of its own"):
        fit("trend", quick=True, **{length: 3})


# --- what is read from it -------------------------------------------------------------------------


def test_a_fit_shows_it() -> None:
    found = approximate_fit()
    assert "APPROXIMATE" in repr(found)
    with pytest.warns(ConvergenceWarning, match=r"approximate \(short chains\)"):
        table = found.summary()
    assert (table.attrs["approximate"], table.attrs["converged"]) == (True, False)
    assert summarise(found)["approximate"] is True
    assert summarise(make_fit())["approximate"] is False


@pytest.mark.parametrize(
    ("trusted", "mark"), [(True, "APPROXIMATE"), (False, "APPROXIMATE\nAND NOT TRUSTED")]
)
def test_a_figure_bears_the_mark(trusted: bool, mark: str) -> None:
    figure = plots.doubling_time(approximate_fit(trusted=trusted)).figure
    assert mark in [text.get_text() for text in figure.texts]


@pytest.mark.parametrize(("trusted", "code"), [(True, 0), (False, 3)])
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("command", [["fit", "joint", "--quick"], ["density", "runs/r"]])
def test_commands_say_it_and_end_by_its_own_check(
    command: list[str],
    as_json: bool,
    trusted: bool,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    calls: list[dict[str, Any]] = []

    def made(*_: Any, **settings: Any) -> Fit:
        calls.append(settings)
        return approximate_fit(trusted=trusted)

    monkeypatch.setattr(fitting, "fit", made)
    monkeypatch.setattr(fitting, "load_fit", made)
    assert main([*command, *(["--json"] if as_json else [])]) == code
    out, err = capsys.readouterr()
    if as_json:
        told = json.loads(out)
        assert told["approximate"] is True
        assert told.get("converged", told.get("diagnostics", {}).get("converged")) is False
        assert "warning: approximate" in err
    else:
        assert out.startswith("*** APPROXIMATE")
        assert ("may be wrong" in out.splitlines()[0]) is not trusted
    if command[0] == "fit":
        assert calls[0]["quick"] is True
        assert calls[0]["out"] == Path("runs/joint-quick")


def test_a_quick_ruler_is_marked(tmp_path: Path) -> None:
    found = approximate_fit(spec="joint_1T")
    files = runs.run_files(found)
    (tmp_path / "joint_1T").mkdir()
    for name, content in files.items():
        assert isinstance(content, str)
        (tmp_path / "joint_1T" / name).write_text(content, encoding="utf-8")
    beside = dataclasses.replace(make_fit(), data=found.data)
    rulers = {r.name: r for r in other_rulers(beside, folder=tmp_path / "joint", record={})}
    assert rulers["joint_1T"].approximate
    assert not rulers["joint_1T"].converged


# --- the packaged data ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_packaged_data_double_as_the_full_fit_says() -> None:
    found = fit("joint", load_data(), quick=True, progress=False)
    assert found.diagnostics.usable, found.diagnostics.reasons
    median = np.log(2) / float(found.growth_rate().median()) * 365.25
    # 120 days by `make run`
    assert median == pytest.approx(120, rel=0.1)
