"""``bayesdensing forecast``: what it prints where, how runs are mixed, and how it ends."""

import json

import pytest

from bayesdensing import forecasting
from bayesdensing.cli import main
from bayesdensing.errors import DataNeedError
from bayesdensing.forecasting import weights_of
from tests.analysis.scored import make_scored_fit

ASK = ("--benchmark", "MMLU", "--score", "0.6")
DAY = ("--date", "2024-07-01")


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Replace saved runs by ones made of random numbers, each of the hypothesis of its name."""
    monkeypatch.chdir(tmp_path)
    made = {
        "joint": {},
        "no_growth": {"spec": "no_growth", "seed": 2},
        "joint_5T": {"spec": "joint_5T", "seed": 3},
        "bad": {"diagnostics": {"converged": False, "reasons": ("R-hat 1.2",)}},
    }
    fits = {name: make_scored_fit(**settings) for name, settings in made.items()}
    monkeypatch.setattr(forecasting, "load_fit", fits.__getitem__)


def comparison(tmp_path, *rows):
    file = tmp_path / "comparison.json"
    keys = ("hypothesis", "group", "weight")
    content = [dict(zip(keys, row, strict=True)) | {"left_out": "LLM"} for row in rows]
    file.write_text(json.dumps({"hypotheses": content}))
    return str(file)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ((*ASK, *DAY), "parameters needed for 0.6 on MMLU, released 2024-07-01"),
        ((*ASK, "--params", "8B"), "date at which 8e+09 parameters reach 0.6 on MMLU"),
        (("--benchmark", "BBH", *DAY, "--params", "8e9"), "score of 8e+09 parameters on BBH"),
    ],
)
def test_it_answers_for_a_new_and_the_typical_llm(runs, capsys, asked, shown):
    assert main(["forecast", "joint", *asked]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert shown in out
    assert all(part in out for part in ("new *", "typical", "89 % ETI", "the headline"))


@pytest.mark.parametrize("asked", [(*ASK, *DAY), (*ASK, "--params", "8B")])
def test_it_fits_80_columns_with_nothing_cut(runs, capsys, monkeypatch, asked):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["forecast", "joint", "joint_5T", *asked]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    assert all(part in out for part in ("hypothesis", "joint_5T", "new *", "95 % ETI", "P(never)"))


def test_json_stands_alone_on_stdout(runs, capsys):
    assert main(["forecast", "joint", *ASK, "--params", "8B", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json.loads(out)
    assert found["asked"] == {"benchmark": "MMLU", "score": 0.6, "date": None, "n_params": 8e9}
    new, typical = found["answers"]
    assert (new["llm"], new["headline"], typical["headline"]) == ("new", True, False)
    assert new["eti95"][0] < new["eti50"][0] < new["median"] < new["eti95"][1]
    assert new["interval_kind"] == "ETI"


def test_beyond_the_data_it_says_so(runs, capsys):
    main(["forecast", "joint", *ASK, "--date", "2030-01-01"])
    beyond = capsys.readouterr().out
    assert "extrapolation, date: 2030-01-01: 5.0 years after the last LLM" in beyond
    main(["forecast", "joint", "--benchmark", "MMLU", "--score", "0.999", *DAY])
    never = capsys.readouterr().out
    assert "never" in never
    assert "never to never" not in " ".join(never.split())
    assert "above ceiling" in never


def test_runs_stand_side_by_side_or_mixed_by_weight(runs, capsys, tmp_path):
    assert main(["forecast", "joint", "no_growth", *ASK, *DAY]) == 0
    assert "stacked" not in capsys.readouterr().out
    assert main(["forecast", "joint", "no_growth", *ASK, *DAY, "--weights", "3,1"]) == 0
    out = capsys.readouterr().out
    assert "stacked" in out
    assert "joint (0.75)" in out
    file = comparison(tmp_path, ("joint", "A", 0.6), ("no_growth", "A", 0.2), ("x", "A", 0.2))
    assert main(["forecast", "joint", "no_growth", *ASK, *DAY, "--weights", file]) == 0
    out = capsys.readouterr().out
    assert "joint (0.75)" in out
    assert "0.800 of their group's weight" in out


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("joint", *ASK), "give two of score, date and parameters"),
        (("joint", *ASK, *DAY, "--params", "8B"), "give two of"),
        (("joint", *ASK, "--params", "big"), "no number of parameters"),
        (("joint", *ASK, "--params", "1.2.3"), "no number of parameters"),
        (("joint", *ASK, "--date", "soon"), "is not a day"),
        (("joint", "--benchmark", "X", "--score", "0.5", *DAY), "has no benchmark 'X'"),
        (("joint", "--benchmark", "mmlu", "--score", "0.5", *DAY), "did you mean MMLU?"),
        (("joint", "joint", *ASK, *DAY), "two runs are of one hypothesis"),
        (("joint", "no_growth", *ASK, *DAY, "--weights", "1"), "1 weights for 2 runs"),
        (("joint", "no_growth", *ASK, *DAY, "--weights", "0,0"), "not all of them 0"),
        (("joint", "no_growth", *ASK, *DAY, "--weights", "-1,2"), "0 or more"),
        (("joint", "no_growth", *ASK, *DAY, "--weights", "none.json"), "none.json"),
    ],
)
def test_what_cannot_be_asked_is_an_error_of_one_line(runs, capsys, argv, complaint):
    assert main(["forecast", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


def test_a_folder_that_is_no_run_is_an_error_of_one_line(capsys, tmp_path):
    assert main(["forecast", str(tmp_path), *ASK, *DAY]) == 2
    err = capsys.readouterr().err
    assert "is no run" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hypotheses": 1}', '{"hypotheses": [1]}'])
def test_a_damaged_comparison_is_refused(tmp_path, text):
    file = tmp_path / "comparison.json"
    file.write_text(text)
    with pytest.raises(DataNeedError, match="no comparison"):
        weights_of(file, ["joint"])


def test_no_weight_reaches_across_groups_or_is_made_up(tmp_path):
    file = comparison(tmp_path, ("a", "A", 1.0), ("b", "B", 1.0), ("c", "A", None))
    with pytest.raises(DataNeedError, match="no weight reaches across groups"):
        weights_of(file, ["a", "b"])
    with pytest.raises(DataNeedError, match="no weight of c"):
        weights_of(file, ["a", "c"])
    assert weights_of(tmp_path, ["a"])[0] == [1.0]


def test_draws_that_did_not_pass_are_marked_and_end_with_3(runs, capsys):
    assert main(["forecast", "bad", *ASK, *DAY]) == 3
    assert "NOT CONVERGED" in capsys.readouterr().out
    assert main(["forecast", "bad", *ASK, *DAY, "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["converged"] is False
    assert "NOT CONVERGED" in err
