"""``bayesdensing corollary``: what it prints where, and how it ends."""

import json

import pandas as pd
import pytest

from bayesdensing import corollaries
from bayesdensing.cli import main
from tests.analysis.scored import make_scored_fit
from tests.analysis.synthetic import make_fit
from tests.corollaries.compressed import with_children

NAMES = corollaries.NAMES


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Replace the saved run by one made of random numbers."""
    monkeypatch.chdir(tmp_path)

    def run(fit=None, **settings):
        made = make_fit(**settings) if fit is None else fit
        monkeypatch.setattr(corollaries, "load_fit", lambda path: made)
        return made

    return run


@pytest.mark.parametrize("name", NAMES)
def test_each_explains_itself_with_an_example(name, capsys):
    assert main(["corollary", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: bayesdensing corollary {name}" in out
    for option in ("--json", "--quiet", "--debug", "--out", "--inputs"):
        assert option in out


def test_the_group_lists_the_six(capsys):
    assert main(["corollary", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NAMES)
    assert "Example: bayesdensing corollary" in out
    assert main(["corollary", "densing", "r"]) == 2
    assert "densing" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_flags_are_the_inputs_of_python(name):
    import inspect

    from bayesdensing.cli import corollary as commands

    flags = set(inspect.signature(getattr(commands, f"_{name}")).parameters)
    shared = {"run", "inputs", "out", "as_json", "quiet", "debug"}
    assert flags - shared == set(corollaries.inputs_of(name)) - {"progress"}


def test_it_prints_rows_with_the_articles_figures_and_what_it_assumes(run, capsys):
    run()
    assert main(["corollary", "engines", "r"]) == 0
    out, err = capsys.readouterr()
    for part in ("energy density of batteries", "18 months", "89 % ETI", "assumes", "log-sd 0.1"):
        assert part in out
    assert "2.1 years" in err
    assert main(["corollary", "engines", "r", "--quiet"]) == 0
    assert capsys.readouterr() == (out, "")


def test_json_is_alone_on_stdout(run, capsys):
    run()
    assert main(["corollary", "edge", "r", "--json", "--score", "0.6"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["inputs"]["score"] == 0.6
    assert [row["quantity"] for row in found["rows"]][2] == "combined_doubling"


def test_files_are_table_json_and_figure(run, tmp_path, capsys):
    run()
    assert main(["corollary", "payback", "r", "--out", "made/here", "--n-params", "7e9"]) == 0
    folder = tmp_path / "made" / "here"
    assert {p.name for p in folder.iterdir()} >= {"payback.csv", "payback.json", "payback.png"}
    assert (folder / "payback.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(folder / "payback.csv", index_col="quantity")
    assert table.loc["visits", "median"] == pytest.approx(1.7e9)


def test_pairs_are_listed(run, capsys):
    run(with_children(make_scored_fit(draws=40), {"pruned": [-1.0] * 3, "quantized, 4": [0.0]}))
    assert main(["corollary", "compression", "r", "--out", "c"]) == 0
    out = capsys.readouterr().out
    assert "child-03" in out
    assert "P(denser)" in out


def test_inputs_come_from_a_file_and_flags_win(run, tmp_path, capsys):
    run()
    (tmp_path / "mine.toml").write_text("chip_months = 24\nspread = 0.2\n")
    assert (
        main(["corollary", "engines", "r", "--inputs", "mine.toml", "--spread", "0", "--json"]) == 0
    )
    inputs = json.loads(capsys.readouterr().out)["inputs"]
    assert (inputs["chip_months"], inputs["spread"]) == (24, 0)


@pytest.mark.parametrize(
    ("text", "part"),
    [("chip_month = 24\n", "engines takes no chip_month"), ("chip_months =\n", "is not TOML")],
)
def test_a_bad_file_of_inputs_is_one_line(run, tmp_path, capsys, text, part):
    run()
    (tmp_path / "mine.toml").write_text(text)
    assert main(["corollary", "engines", "r", "--inputs", "mine.toml"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert part in line


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["acceleration", "r"], "fit changepoint_chatgpt"),
        (["edge", "r", "--benchmark", "Chess"], "it has MMLU, BBH"),
        (["edge", "r", "--inputs", "none.toml"], "none.toml"),
        (["price", "r", "--prices", "none.csv"], "none.csv"),
        (["payback", "r", "--llm", "llm-99"], "no LLM 'llm-99'"),
        (["compression", "r"], "no compressed LLM"),
    ],
)
def test_what_does_not_serve_ends_with_2_and_a_line(run, capsys, argv, part):
    run()
    assert main(["corollary", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert part in err
    assert all(line.startswith("error: ") for line in err.strip().splitlines())


def test_files_do_not_go_into_a_run_or_a_file(run, tmp_path, capsys):
    run()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "manifest.json").write_text("{}")
    (tmp_path / "file").write_text("")
    for place in ("old", "file"):
        assert main(["corollary", "engines", "r", "--out", place]) == 2
        assert "--out" in capsys.readouterr().err


def test_a_run_that_did_not_converge_is_told_and_ends_with_3(run, capsys):
    run(diagnostics={"converged": False, "reasons": ("R-hat 1.2 of level",)})
    assert main(["corollary", "engines", "r"]) == 3
    assert "NOT CONVERGED" in capsys.readouterr().out
    assert main(["corollary", "engines", "r", "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["converged"] is False
    assert "R-hat 1.2" in err
