"""Scores on benchmarks without a reference curve are counted, with the reason."""

import pandas as pd
import pytest

from bayesdensing.cli.app import main
from bayesdensing.data import DataBundle
from bayesdensing.data.uncalibrated import left_out_line, scores_left_out


@pytest.fixture
def frames(tiny_frames):
    """Tables of a bundle with two more benchmarks: without runs and points, and without points."""
    found = tiny_frames()
    for name in ("bare", "runs-only"):
        row = found["benchmarks"].iloc[:1].assign(benchmark=name)
        found["benchmarks"] = pd.concat([found["benchmarks"], row], ignore_index=True)
    runs = found["reference_runs"].iloc[:3].assign(benchmark="runs-only")
    found["reference_runs"] = pd.concat([found["reference_runs"], runs], ignore_index=True)
    scores = found["scores"].drop_duplicates("model")
    more = [scores.iloc[:7].assign(benchmark="bare"), scores.iloc[:1].assign(benchmark="runs-only")]
    found["scores"] = pd.concat([found["scores"], *more], ignore_index=True)
    return found


def bundle(frames):
    return DataBundle.from_frames(name="made", version="1", **frames)


def test_scores_are_counted_by_reason(frames):
    assert scores_left_out(bundle(frames)) == {
        "no rows in reference_runs.csv and loss_scores.csv (role fit)": {"bare": 7},
        "no rows in loss_scores.csv (role fit)": {"runs-only": 1},
    }
    assert left_out_line(bundle(frames)).endswith(
        "; 1 score on 1 benchmark, no rows in loss_scores.csv (role fit): runs-only 1"
    )


def test_a_fit_may_use_fewer(frames, tiny_frames):
    mmlu = len(frames["scores"].query("benchmark == 'MMLU'"))
    assert scores_left_out(bundle(tiny_frames()), ["BBH"]) == {
        "not of this hypothesis": {"MMLU": mmlu}
    }


def test_nothing_is_said_where_all_count_or_no_benchmark_can(tiny_frames):
    assert left_out_line(bundle(tiny_frames())) == ""
    without = {k: v for k, v in tiny_frames().items() if k != "loss_scores"}
    assert left_out_line(bundle(without)) == ""


def test_validate_says_it_of_a_bundle_that_is_valid(frames, capsys, tmp_path):
    folder = bundle(frames).to_directory(tmp_path / "made")
    assert main(["validate", str(folder)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "note: fits of LLMs leave out 7 scores on 1 benchmark, no rows in" in out
    assert "bare 7" in out
