"""``bayesdensing check``: the checks of a run, their figures, and how it ends."""

import json
from dataclasses import replace

import pytest

from bayesdensing import checking, fitting
from bayesdensing.checking import check
from bayesdensing.cli import main
from bayesdensing.fitting import fit, load_fit
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit

ALL = [
    "prior predictive",
    "posterior predictive",
    "residual trends",
    "leave-one-LLM-out PIT",
]
FIGURES = ["loo_pit.png", "posterior_predictive.png", "prior_predictive.png", "residuals.png"]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Replace the saved run by one made of random numbers."""
    monkeypatch.chdir(tmp_path)

    def run(make=make_scored_fit, **settings):
        found = make(**settings)
        monkeypatch.setattr(fitting, "load_fit", lambda path: found)
        return found

    return run


def off_its_trend():
    fit = make_scored_fit(n_llms=20, draws=60)
    tree = fit.idata.copy()
    tree["posterior"] = fit.posterior.assign(level=fit.posterior["level"] + 3)
    return replace(fit, idata=tree)


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(checking, "check_figures", lambda fit, seed: {"a.png": b"png"})


def test_each_check_is_printed_and_its_figure_lies_in_the_run(run, tmp_path, capsys):
    found = run()
    assert main(["check", "runs/r"]) == 0
    out, err = capsys.readouterr()
    assert err == "writing runs/r/checks\n"
    results = check(found)
    assert [result.name for result in results] == ALL
    for result in results:
        assert result.name in out
        assert result.text.split(";")[0][:30] in out
    folder = tmp_path / "runs" / "r" / "checks"
    assert sorted(p.name for p in folder.iterdir()) == sorted([*FIGURES, "checks.json"])
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in FIGURES)


def test_json_is_what_is_written(run, no_figures, tmp_path, capsys):
    found = run()
    assert main(["check", "r", "--json", "--quiet", "--out", "elsewhere"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    told = json.loads(out)
    assert told == json.loads((tmp_path / "elsewhere" / "checks.json").read_text())
    assert [entry["name"] for entry in told["checks"]] == ALL
    assert told["spec_sha256"] == found.spec.sha256
    prior, _, residuals, _ = told["checks"]
    assert {"quantity", "share", "passed"} <= set(prior["table"][0])
    assert residuals["table"][0]["statistic"] == "slope_date"
    assert not (tmp_path / "r").exists()


def test_a_failed_check_is_a_finding_and_no_error(run, no_figures, capsys):
    run(make=off_its_trend)
    assert main(["check", "r"]) == 0
    out, _ = capsys.readouterr()
    assert "FAILED" in out
    assert "0 of 4 checks failed" not in out


def test_a_run_that_did_not_converge_ends_with_3(run, no_figures, capsys):
    run(diagnostics={"converged": False, "reasons": ("R-hat 1.2 of level",)})
    assert main(["check", "r"]) == 3
    assert "NOT CONVERGED" in capsys.readouterr().out
    assert main(["check", "r", "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["converged"] is False
    assert "R-hat 1.2" in err


def test_a_fit_without_scores_gets_the_checks_that_apply(run):
    found = run(make=make_fit)
    assert [result.name for result in check(found)] == ["prior predictive", "residual trends"]


@pytest.mark.parametrize(
    ("argv", "part"), [(["check", "no/run"], "no/run is no run"), (["check"], "RUN")]
)
def test_bad_usage_is_one_line_and_2(argv, part, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.strip().splitlines()
    assert part in line
    assert not list(tmp_path.iterdir())


def test_checks_within_a_run_hinder_neither_loading_nor_refitting(tiny_frames, tmp_path, capsys):
    from bayesdensing.data import DataBundle

    data = DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=8))
    data = str(data.to_directory(tmp_path / "data"))
    folder = tmp_path / "run"
    settings = {"draws": 50, "tune": 100, "chains": 2, "progress": False, "out": folder}
    fit("trend", data, seed=1, **settings)
    assert main(["check", str(folder), "--quiet"]) in (0, 3)
    out, _ = capsys.readouterr()
    assert "posterior predictive of values" in " ".join(out.split())
    written = {p.name: p.read_bytes() for p in (folder / "checks").iterdir()}
    assert set(written) == {"checks.json", "prior_predictive.png", "residuals.png"}
    assert load_fit(folder).seed == 1
    assert fit("trend", data, seed=1, refit="on-change", **settings).seed == 1
    fit("trend", data, seed=2, refit="on-change", **settings)
    assert load_fit(folder).seed == 2
    assert {p.name: p.read_bytes() for p in (folder / "checks").iterdir()} == written
