"""``bayesdensing simulate`` and ``recover``: what they write, print, and how they end."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesdensing import recovery
from bayesdensing.cli import main
from bayesdensing.data import DataBundle, load_data
from tests.analysis.synthetic import make_fit


@pytest.fixture(scope="module")
def data(tiny_frames, tmp_path_factory):
    bundle = DataBundle.from_frames(name="tiny", **tiny_frames(n_llms=10))
    return str(bundle.to_directory(tmp_path_factory.mktemp("data") / "tiny"))


@pytest.fixture
def simulate(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *argv: main(
        ["simulate", *argv[:1], "--data", data, "--out", "w", "--seed", "1", *argv[1:]]
    )


class TestSimulate:
    def test_a_bundle_with_its_truth_is_written_and_told(self, simulate, capsys):
        assert simulate("joint", "--set", "doubling_time_days=120", "--llms", "6") == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert "true growth rate 2.11 per year, doubling time 120 days" in out
        assert "w/truth.json" in out
        assert len(load_data("w").models) == 6
        truth = json.loads(Path("w/truth.json").read_text())
        assert truth["headline"]["doubling_time_days"] == pytest.approx(120)

    def test_json_holds_counts_and_the_true_headline(self, simulate, capsys):
        assert simulate("joint", "--json", "--set", "growth_rate=0", "--evaluators", "2") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["tables"]["models"] == 10
        assert told["headline"] == {"growth_rate_per_year": 0.0, "doubling_time_days": None}
        assert load_data("w").scores["evaluator"].nunique() == 2

    def test_a_typical_world_takes_settings_too(self, simulate):
        argv = ["--typical", "--set", "doubling_time_days=90", "--set", "level=1.5"]
        assert simulate("joint", *argv) == 0
        truth = json.loads(Path("w/truth.json").read_text())
        assert truth["parameters"]["level"] == 1.5
        assert truth["headline"]["doubling_time_days"] == pytest.approx(90)

    def test_the_same_seed_writes_the_same_bundle(self, simulate):
        assert simulate("joint") == 0
        first = load_data("w").sha256
        assert simulate("joint") == 0
        assert load_data("w").sha256 == first

    def test_a_hypothesis_without_growth_has_no_llms_to_choose(self, simulate, capsys):
        assert simulate("loss_law") == 0
        assert load_data("w").models is None
        assert simulate("loss_law", "--llms", "5") == 2
        assert "loss_law has no growth block" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("setting", "part"),
        [
            ("level", "is not NAME=VALUE"),
            ("=1", "is not NAME=VALUE"),
            ("level=high", "'high' is not a number"),
            ("levle=1", "levle: cannot be set; did you mean level?"),
            ("pivot_loss[GSM8K]=1", "there are: MMLU, BBH"),
            ("doubling_time_days=0", "0 is no doubling time"),
            ("doubling_time_days=-3", "-3 is no doubling time"),
        ],
    )
    def test_bad_settings_are_one_line_and_2(self, simulate, setting, part, tmp_path, capsys):
        assert simulate("joint", "--set", setting) == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.strip().splitlines()
        assert line.startswith("error: ")
        assert part in line
        assert not list(tmp_path.iterdir())

    def test_what_is_no_simulated_bundle_is_let_be(self, simulate, tmp_path, capsys):
        (tmp_path / "w").mkdir()
        (tmp_path / "w" / "mine.txt").write_text("mine")
        assert simulate("joint") == 2
        assert capsys.readouterr().err.startswith("error: ")
        assert [p.name for p in (tmp_path / "w").iterdir()] == ["mine.txt"]


class TestRecover:
    @pytest.fixture
    def fitted(self, monkeypatch, tmp_path):
        """Replace worlds and fits by random numbers about 1.7 a year."""
        monkeypatch.chdir(tmp_path)
        state = {"converged": True, "calls": []}

        def fake(spec, data, *, seed, progress):
            state["calls"].append(seed)
            return make_fit(spec=spec, diagnostics={"converged": state["converged"]})

        monkeypatch.setattr(recovery, "fit", fake)
        monkeypatch.setattr(recovery, "in_own_process", lambda work, *given: work(*given))
        monkeypatch.setattr(recovery, "make_world", lambda *_: type("W", (), {"data": None}))
        return state

    def test_sixteen_rows_with_their_truths_are_printed_and_written(self, fitted, data, capsys):
        assert main(["recover", "joint", "--data", data]) == 0
        out, err = capsys.readouterr()
        assert err.count("world ") == 16
        table = pd.read_csv("runs/recovery-joint.csv")
        assert len(table) == 16
        assert np.isinf(table["true_doubling_days"]).sum() == 4
        inside = table["in95"].sum()
        assert f"{inside} of 16 truths in the 95 % interval" in out
        assert main(["recover", "joint", "--data", data, "--quiet"]) == 0
        again, err = capsys.readouterr()
        assert (again, err) == (out, "")
        assert len(fitted["calls"]) == 16

    def test_json_is_the_table_and_a_failed_fit_ends_with_3(self, fitted, data, capsys):
        fitted["converged"] = False
        argv = ["recover", "joint", "--data", data, "--out", "t.csv", "--json", "--quiet"]
        assert main(argv) == 3
        rows = json.loads(capsys.readouterr().out)
        assert len(rows) == 16
        assert {row["match"] for row in rows} <= {"yes", "near", "NO"}

    def test_without_growth_it_is_an_error_of_one_line(self, fitted, data, capsys):
        assert main(["recover", "loss_law", "--data", data]) == 2
        assert "loss_law has no growth block" in capsys.readouterr().err
