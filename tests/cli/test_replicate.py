"""The command `replicate`: the printed values, files, and bundles that lack the paper's figures."""

import json

import pandas as pd
import pytest

from bayesdensing.cli import main
from bayesdensing.data import DataBundle


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replication")
    assert main(["replicate", "--out", str(folder), "--quiet"]) == 0
    return folder


def test_table_and_json_hold_the_published_figures(written):
    table = pd.read_csv(written / "replication.csv").set_index("quantity")
    line = "nmi_5bench, records"
    assert table.loc[f"{line}: doubling time", "ours"] == pytest.approx(106.2, abs=0.05)
    assert table.loc[f"{line}: A", "ours"] == pytest.approx(0.00653, abs=5e-6)
    record = json.loads((written / "replication.json").read_text(encoding="utf-8"))
    assert len(record["rows"]) == len(table)
    assert record["skipped"] == []


def test_json_on_stdout_is_the_file(written, capsys):
    assert main(["replicate", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((written / "replication.json").read_text(encoding="utf-8"))


def test_other_data_are_done_as_far_as_they_go(tmp_path, tiny_frames, capsys):
    frames = tiny_frames(n_llms=5)
    frames.pop("densities")
    folder = DataBundle.from_frames(name="mine", **frames).to_directory(tmp_path / "mine")
    assert main(["replicate", "--data", str(folder)]) == 0
    shown = capsys.readouterr()
    assert "MMLU, optimum 1" in shown.out
    assert "left out: eq. 5" in shown.out


def test_data_without_any_of_it_are_refused(tmp_path, tiny_frames, capsys):
    frames = {k: v for k, v in tiny_frames(n_llms=5).items() if k in ("models", "sources")}
    folder = DataBundle.from_frames(name="mine", **frames).to_directory(tmp_path / "mine")
    assert main(["replicate", "--data", str(folder)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: nothing to replicate: eq. 2: ")
    assert len(shown.err.strip().splitlines()) == 1
