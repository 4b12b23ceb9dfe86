"""``bayesdensing density``: what it prints where, and how it ends."""

import json

import numpy as np
import pandas as pd
import pytest

from bayesdensing import fitting
from bayesdensing.cli import main
from tests.analysis.scored import make_scored_fit, new_rows
from tests.analysis.synthetic import BENCHMARKS


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Replace the saved run by one made of random numbers."""
    monkeypatch.chdir(tmp_path)

    def run(**settings):
        fit = make_scored_fit(**settings)
        monkeypatch.setattr(fitting, "load_fit", lambda path: fit)
        return fit

    return run


@pytest.fixture
def scores(tmp_path):
    rows = [("fresh", b, "stranger", 0.6) for b in BENCHMARKS]
    rows += [("llm-03", b, "harness", 0.5) for b in BENCHMARKS]
    rows += [("low", b, "harness", 0.22) for b in BENCHMARKS]
    file = tmp_path / "new.csv"
    new_rows(*rows).to_csv(file, index=False)
    return str(file)


def test_without_scores_it_prints_every_llm_of_the_fit(run, capsys):
    fit = run()
    assert main(["density", "r", "--out", "d.csv"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(str(name) in out for name in fit.posterior["llm"].values)
    written = pd.read_csv("d.csv", index_col="llm", parse_dates=["release_date"])
    expected = fit.density_table()
    assert written.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(written["density_median"], expected["density_median"])
    assert (written["release_date"] == expected["release_date"]).all()


def test_new_scores_are_answered_with_notes_on_what_they_rest_on(run, scores, capsys):
    run()
    assert main(["density", "r", "--scores", scores]) == 0
    out, err = capsys.readouterr()
    assert all(part in out for part in ("fresh", "llm-03 *", "stranger", "≤"))
    for part in ("at most: all scores lie", "which the new", "is in the fit too"):
        assert part in err
    assert main(["density", "r", "--scores", scores, "--quiet"]) == 0
    quiet = capsys.readouterr()
    assert (quiet.out, quiet.err) == (out, "")


def test_json_holds_tables_of_plain_numbers(run, scores, capsys):
    run()
    assert main(["density", "r", "--scores", scores, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["converged"] is True
    llms = {row["llm"]: row for row in found["llms"]}
    assert llms["fresh"]["bound"] == ""
    assert llms["fresh"]["density_bound"] is None
    assert llms["fresh"]["release_date"] == "2024-01-01"
    assert llms["low"]["density_bound"] > 0
    assert llms["llm-03"]["in_fit"] is True
    assert [row["evaluator"] for row in found["evaluator_effects"]] == ["stranger"] * 2
    assert len(found["scores"]) == 6


def test_a_run_that_did_not_converge_is_told_and_ends_with_3(run, scores, capsys):
    run(diagnostics={"converged": False, "reasons": ("R-hat 1.2 of level",)})
    assert main(["density", "r", "--scores", scores]) == 3
    out, _ = capsys.readouterr()
    assert "NOT CONVERGED" in out
    assert "fresh" in out
    assert main(["density", "r", "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["converged"] is False
    assert "R-hat 1.2" in err


def test_faults_are_lines_and_nothing_is_written(run, tmp_path, capsys):
    run()
    file = tmp_path / "bad.csv"
    file.write_text("model,benchmark,evaluator,score\nx,MMLU,lab,1.5\nllm-03,GSM8K,lab,0.5\n")
    assert main(["density", "r", "--scores", str(file), "--out", "d.csv"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("error: bad.csv, row ") == 4
    assert not (tmp_path / "d.csv").exists()


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["density", "no/run"], "no/run is no run"),
        (["density"], "RUN"),
        (["density", "r", "--skip-unknown"], "--scores"),
        (["density", "r", "--out", "no/folder/d.csv"], "no/folder"),
    ],
)
def test_bad_usage_is_one_line_and_2(argv, part, capsys):
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.strip().splitlines()
    assert line.startswith("error: ")
    assert part in line


@pytest.mark.parametrize(
    ("out", "part"),
    [
        ("new.csv", "is the file of scores"),
        ("r/density.csv", "whose files are its own"),
        ("/dev/full", "is no file"),
        ("folder", "is no file"),
    ],
)
def test_nothing_that_the_answer_is_made_from_is_written_over(
    run, scores, tmp_path, capsys, out, part
):
    run()
    (tmp_path / "r").mkdir()
    (tmp_path / "folder").mkdir()
    before = (tmp_path / "new.csv").read_text()
    assert main(["density", "r", "--scores", scores, "--out", out]) == 2
    assert part in capsys.readouterr().err
    assert (tmp_path / "new.csv").read_text() == before
    assert not list((tmp_path / "r").iterdir())


def test_what_is_skipped_is_said(run, tmp_path, capsys):
    run()
    rows = new_rows(
        ("one", BENCHMARKS[0], "harness", 0.5),
        ("one", "GSM8K", "harness", 0.5),
        ("lost", "GSM8K", "harness", 0.5),
    )
    rows.to_csv(tmp_path / "mixed.csv", index=False)
    assert main(["density", "r", "--scores", "mixed.csv", "--skip-unknown"]) == 0
    err = capsys.readouterr().err
    assert "left out, on benchmarks that the fit lacks: 2 on GSM8K" in err
    assert "no score is left of: lost" in err
    assert main(["density", "r", "--scores", "mixed.csv", "--skip-unknown", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["skipped_scores"] == {"GSM8K": 2}
    assert told["skipped_llms"] == ["lost"]


def test_density_by_cost_follows_experts_and_bits(run, capsys):
    fit = run()
    frames = fit.data.frames
    frames["models"] = frames["models"].assign(
        n_params_active=frames["models"]["n_params"] / 4, weight_bits=[4.0] + [np.nan] * 11
    )
    object.__setattr__(fit.data, "_frames", frames)
    assert main(["density", "r", "--by-cost", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["cost_ratio"] == 2.45
    rows = {row["llm"]: row for row in found["llms"]}
    factor = {"llm-00": 3.45 / (2.45 / 4 + 1 / 4), "llm-01": 3.45 / (2.45 + 1 / 4)}
    for name, expected in factor.items():
        row = rows[name]
        assert row["cost_factor"] == pytest.approx(expected)
        for column in ("median", "eti95_lb"):
            assert row[f"density_by_cost_{column}"] == pytest.approx(
                expected * row[f"density_{column}"]
            )
    assert main(["density", "r", "--by-cost"]) == 0
    out, err = capsys.readouterr()
    assert "by cost" in out
    assert "2.45 times" in err


def test_new_llms_have_a_density_by_cost_too(run, scores, capsys):
    run()
    assert main(["density", "r", "--scores", scores, "--by-cost", "--tokens", "200", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["cost_ratio"] == pytest.approx(1.225)
    (fresh,) = (row for row in found["llms"] if row["llm"] == "fresh")
    assert fresh["cost_factor"] == pytest.approx(1)


def test_hardware_without_by_cost_is_refused(run, capsys):
    run()
    assert main(["density", "r", "--tokens", "200"]) == 2
    assert "need --by-cost" in capsys.readouterr().err
    assert main(["density", "r", "--by-cost", "--tflops", "-1"]) == 2
    assert "tflops = -1 is not above 0" in capsys.readouterr().err
