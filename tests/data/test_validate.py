"""Every rule of the format: a bundle that breaks it alone gives exactly its fault."""

import datetime as dt
import time
from pathlib import Path

import numpy as np
import pytest

from bayesdensing.data import BundleError, Fault, load_data


def test_the_valid_bundle_has_no_faults(judge):
    assert judge() == []


TOMORROW = (dt.date.today() + dt.timedelta(days=1)).isoformat()
TODAY = dt.date.today().isoformat()

CELL_FAULTS = [
    # numbers
    ("scores", "0.35,5", "1.3,5", "scores.csv, row 2, column score: 1.3 is outside [0, 1]"),
    ("scores", "0.35,5", "-0.1,5", "scores.csv, row 2, column score: -0.1 is outside [0, 1]"),
    ("scores", "0.35,5", "high,5", "scores.csv, row 2, column score: high is not a number"),
    ("scores", "0.35,5", "32.24%,5",
     "scores.csv, row 2, column score: 32.24% is not a number; "
     "shares lie between 0 and 1, here 0.3224"),
    ("scores", "0.35,5", "x%,5", "scores.csv, row 2, column score: x% is not a number"),
    ("models", "7e9,,1e12", "70B,,1e12",
     "models.csv, row 2, column n_params: 70B is not a number; "
     "numbers are written out, here 70000000000 or 70e9"),
    ("models", "7e9,,1e12", "7e9,,1.5 t",
     "models.csv, row 2, column n_tokens: 1.5 t is not a number; "
     "numbers are written out, here 1500000000000 or 1.5e12"),
    ("scores", "0.35,5", "nan,5", "scores.csv, row 2, column score: nan is not finite"),
    ("scores", "0.35,5", ",5", "scores.csv, row 2, column score: is empty"),
    ("scores", "0.35,5", "0.35,5.5",
     "scores.csv, row 2, column n_shots: 5.5 is not a whole number"),
    ("scores", "0.35,5", "0.35,-1", "scores.csv, row 2, column n_shots: -1 is below 0"),
    ("loss_scores", "0.3,fit", "1.01,fit",
     "loss_scores.csv, row 2, column score: 1.01 is outside [0, 1]"),
    ("loss_scores", "0.5,0.3", "0,0.3", "loss_scores.csv, row 2, column loss: 0 is not above 0"),
    ("benchmarks", "5000,0,", "5000,1,",
     "benchmarks.csv, row 3, column chance: 1 is outside [0, 1)"),
    ("benchmarks", "5000,0,", "0,0,", "benchmarks.csv, row 3, column n_items: 0 is not above 0"),
    ("benchmarks", "5000,0,", "1e400,0,",
     "benchmarks.csv, row 3, column n_items: 1e400 is not finite"),
    ("reference_runs", "0.9,nats", "-0.9,nats",
     "reference_runs.csv, row 2, column loss: -0.9 is not above 0"),
    ("reference_runs", "0.9,nats", "inf,nats",
     "reference_runs.csv, row 2, column loss: inf is not finite"),
    ("reference_runs", "2e6,1e8", "0,1e8",
     "reference_runs.csv, row 4, column n_params: 0 is not above 0"),
    ("reference_runs", "2e6,1e8", "2e6,-Infinity",
     "reference_runs.csv, row 4, column n_tokens: -Infinity is not finite"),
    ("models", "7e9,,1e12", "7e15,,1e12",
     "models.csv, row 2, column n_params: 7e15 is outside [100000, 1e+14]"),
    ("models", "7e9,,1e12", "7,,1e12",
     "models.csv, row 2, column n_params: 7 is outside [100000, 1e+14]"),
    ("models", "7e9,,1e12", "7e9,,0", "models.csv, row 2, column n_tokens: 0 is not above 0"),
    ("models", "2.8e9", "16000000001",
     "models.csv, row 3, column n_params_active: "
     "16000000001 active parameters are more than n_params, 16000000000"),
    ("prices", "20,MMLU", "0,MMLU", "prices.csv, row 2, column usd_per_mtok: 0 is not above 0"),
    ("densities", "0.1,0.05,0.2", "0,,", "densities.csv, row 2, column value: 0 is not above 0"),
    # intervals
    ("densities", "0.1,0.05,0.2", "0.1,0.05,",
     "densities.csv, row 2, column value_hi95: is empty although value_lo95 is given"),
    ("densities", "0.1,0.05,0.2", "0.1,,0.2",
     "densities.csv, row 2, column value_lo95: is empty although value_hi95 is given"),
    ("densities", "0.1,0.05,0.2", "0.1,0.1,0.2",
     "densities.csv, row 2, column value_lo95: 0.1 is not below the value"),
    ("densities", "0.1,0.05,0.2", "0.1,0.05,0.1",
     "densities.csv, row 2, column value_hi95: 0.1 is not above the value"),
    # dates
    ("models", "2023-02-24", "2016-12-31",
     "models.csv, row 2, column release_date: 2016-12-31 is before 2017-01-01"),
    ("models", "2023-02-24", TOMORROW,
     f"models.csv, row 2, column release_date: {TOMORROW} is in the future (today is {TODAY})"),
    ("densities", "2023-02-24", TOMORROW,
     f"densities.csv, row 2, column release_date: {TOMORROW} is in the future (today is {TODAY})"),
    ("models", "2023-02-24", "24.02.2023",
     "models.csv, row 2, column release_date: 24.02.2023 is not an ISO date (YYYY-MM-DD)"),
    ("models", "2023-02-24", "2023-02-30",
     "models.csv, row 2, column release_date: 2023-02-30 is not an ISO date (YYYY-MM-DD)"),
    # words
    ("models", "true,false", "yes,false",
     "models.csv, row 2, column is_base: 'yes' is not true or false"),
    ("models", "true,false", ",false", "models.csv, row 2, column is_base: is empty"),
    ("models", "pruned+distilled", "shrunk",
     "models.csv, row 4, column compression: 'shrunk' is none of none, pruned, distilled, "
     "quantized, pruned+distilled"),
    ("loss_scores", "held_out", "test",
     "loss_scores.csv, row 3, column role: 'test' is none of fit, held_out"),
    ("models", "A-7B,A,Lab", "A-7B,,Lab", "models.csv, row 2, column family: is empty"),
    ("reference_runs", "0.7,nats", "0.7,bits",
     "reference_runs.csv, row 4, column loss_unit: 'bits' differs from 'nats' above; "
     "one unit per suite and benchmark"),
    ("constants", "battery,4", "battery,",
     "constants.csv, row 2, column value: is empty, and so is the date"),
    # keys
    ("benchmarks", "MATH,5000,0,,paper", "MATH,5000,0,,paper\nMATH,1,0,,paper",
     "benchmarks.csv, row 4, column benchmark: repeats row 3 (benchmark MATH)"),
    ("scores", "0.33,,", "0.33,5.0,",
     "scores.csv, row 3, column model: repeats row 2 "
     "(model A-7B, benchmark MMLU, evaluator self-reported, n_shots 5.0, source paper)"),
    ("scores", "0.34,0,", "0.34,,",
     "scores.csv, row 4, column model: repeats row 3 "
     "(model A-7B, benchmark MMLU, evaluator self-reported, source paper)"),
    ("densities", "d,B", "d,A",
     "densities.csv, row 3, column series: repeats row 2 (series d, model A)"),
    ("prices", "20,MMLU", "20,", "prices.csv, row 3, column model: repeats row 2 "
     "(model G, date 2022-12-01)"),
    # references
    ("scores", "B-16B,MATH", "B-15B,MATH",
     "scores.csv, row 5, column model: 'B-15B' is not in models.csv; did you mean 'B-16B'?"),
    ("scores", "B-16B,MATH", "B-16B,math",
     "scores.csv, row 5, column benchmark: 'math' is not in benchmarks.csv; did you mean 'MATH'?"),
    ("scores", "B-16B,MATH", "B-16B,GSM8K",
     "scores.csv, row 5, column benchmark: 'GSM8K' is not in benchmarks.csv"),
    ("reference_runs", "s,b,MMLU", "s,b,GSM8K",
     "reference_runs.csv, row 4, column benchmark: 'GSM8K' is not in benchmarks.csv"),
    ("loss_scores", "q,MMLU", "q,GSM8K",
     "loss_scores.csv, row 3, column benchmark: 'GSM8K' is not in benchmarks.csv"),
    ("densities", "false,paper", "false,book",
     "densities.csv, row 3, column source: 'book' is not in sources.csv"),
    ("constants", "2022-11-30,paper", "2022-11-30,book",
     "constants.csv, row 3, column source: 'book' is not in sources.csv"),
    # rows
    ("scores", "0.35,5,paper", "0.35,5", "scores.csv, row 2: has 5 fields, the header has 6"),
    ("scores", "0.35,5,paper", "0.35,5,paper,",
     "scores.csv, row 2: has 7 fields, the header has 6"),
    # header
    ("scores", "n_shots", "shots",
     "scores.csv, column shots: is not a column of the format; did you mean n_shots? "
     "Own columns start with x_"),
    ("prices", "capability", "threshold",
     "prices.csv, column threshold: is not a column of the format; own columns start with x_"),
    ("scores", "n_shots", "",
     "scores.csv, row 1: column number 5 has no name"),
    ("scores", "n_shots", "score",
     "scores.csv, row 1, column score: stands more than once in the header"),
]  # fmt: skip


@pytest.mark.parametrize(("stem", "old", "new", "fault"), CELL_FAULTS)
def test_a_broken_rule_gives_its_fault_and_no_other(edit, stem, old, new, fault):
    if new in ("shots", "threshold"):  # a key without this column is no longer unique
        assert fault in edit(stem, old, new)
    else:
        assert edit(stem, old, new) == [fault]


ALLOWED = [
    ("scores", "0.35,5", " 0.35 , 5 "),  # spaces around cells
    ("scores", "0.35,5", "3.5E-1,5.0"),
    ("scores", "0.35,5", "+.35,5"),
    ("scores", "n_shots", '"n_shots"'),
    ("benchmarks", "5000,0,,", "5000,0.999,2018-01-01,"),
    ("models", "2023-02-24", "2017-01-01"),
    ("models", "2023-02-24", TODAY),
    ("models", "7e9,,1e12", "1e5,1e5,"),
    ("models", "A-7B,A,Lab", '"A-7B","A ""quoted"", with a comma","Lab\nover two lines"'),
    ("models", "B-16B,pruned", "nowhere,pruned"),  # parents are not looked up
    ("densities", "d,B,2024-01-11", "d,B,1999-12-31"),
    ("densities", "d,B", "e,A"),
    ("sources", "A paper", "Ein Papier — Größe ρ"),
]


@pytest.mark.parametrize(("stem", "old", "new"), ALLOWED)
def test_what_the_format_allows_is_accepted(edit, stem, old, new):
    assert edit(stem, old, new) == []


def test_optional_columns_may_be_absent_altogether(judge):
    assert (
        judge(
            benchmarks="benchmark,n_items,chance,source\nMMLU,1,0,paper\nMATH,1,0,paper\n",
            models="model,family,organization,release_date,n_params,is_base,is_moe,compression,source\n"
            + "".join(
                f"{name},f,o,2023-01-01,1e9,1,0,none,paper\n" for name in ("A-7B", "B-16B", "B-8B")
            ),
            scores="model,benchmark,evaluator,score,source\nA-7B,MMLU,e,0.5,paper\n",
            sources="source,citation\npaper,A\n",
        )
        == []
    )


def test_a_part_of_a_missing_name_suggests_it(edit):
    told = edit("models", "release_date", "date")
    assert (
        "models.csv, column date: is not a column of the format; did you mean release_date? "
        "Own columns start with x_"
    ) in told
    assert "models.csv, column release_date: is missing" in told


@pytest.mark.parametrize("column", ["model", "score", "source", "evaluator"])
def test_a_missing_required_column_is_one_fault(judge, column):
    header = "model,benchmark,evaluator,score,source"
    cells = dict(zip(header.split(","), "A-7B,MMLU,e,0.5,paper".split(","), strict=True))
    del cells[column]
    text = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    assert judge(scores=text) == [f"scores.csv, column {column}: is missing"]


def test_own_columns_are_accepted_and_kept(edit, folder: Path):
    assert (
        edit(
            "sources",
            "retrieved\npaper,A paper,,CC BY 4.0,2024-05-01",
            "x_note,x_n\npaper,A,,,free text,\n",
        )
        == []
    )
    (folder / "sources.csv").write_text("source,citation,x_n\npaper,A,007\n")
    assert load_data(folder).sources["x_n"].tolist() == ["007"]


def test_percentages_are_named_once(judge, valid):
    text = valid["scores.csv"]
    for fraction, percent in (("0.35", "35"), ("0.33", "33"), ("0.34", "34"), (",0.1,", ",10,")):
        text = text.replace(fraction, percent)
    (fault,) = judge(scores=text)
    assert fault.startswith("scores.csv, column score: looks like percentages (median 21.5)")


def test_one_stray_score_among_fractions_is_no_percentage(edit):
    assert edit("scores", "0.35,5", "35,5") == [
        "scores.csv, row 2, column score: 35 is outside [0, 1]"
    ]


@pytest.mark.parametrize(("scale", "word"), [(1e9, "billions"), (1e6, "millions")])
def test_scaled_parameter_counts_are_named_once(judge, valid, scale, word):
    text = valid["models.csv"].replace("2.8e9", "")
    for count in ("7e9", "16000000000", "8e9"):
        text = text.replace(count, f"{float(count) / scale:g}")
    (fault,) = judge(models=text)
    assert fault.startswith(f"models.csv, column n_params: looks like {word}")


def test_a_missing_reference_is_reported_once_with_a_count(judge, valid):
    text = valid["scores.csv"].replace("A-7B", "Z")
    assert judge(scores=text) == [
        "scores.csv, row 2, column model: 'Z' is not in models.csv (2 more rows like this)"
    ]


def test_ragged_rows_still_count_as_targets(edit):
    assert edit("models", "none,paper\nB-16B", "none,paper,surplus\nB-16B") == [
        "models.csv, row 2: has 13 fields, the header has 12"
    ]


def test_blank_lines_are_skipped_but_counted(judge, valid):
    text = valid["sources.csv"] + "\n  \nother\n"
    assert judge(sources=text) == ["sources.csv, row 5: has 1 fields, the header has 5"]


def test_rows_count_records_not_lines(judge):
    text = 'source,citation\npaper,"two\nlines"\nlonely\n'
    assert judge(sources=text) == ["sources.csv, row 3: has 1 fields, the header has 2"]


def test_all_faults_of_all_files_come_in_one_pass(judge, valid):
    faults = judge(
        scores=valid["scores.csv"].replace("0.35", "1.35").replace("MATH,lab,0.1", "GSM,lab,x"),
        prices=valid["prices.csv"].replace("20,", "0,"),
        densities="series\n",
        constants="name\npi\n",
    )
    assert faults == [
        "densities.csv: has no rows",
        "scores.csv, row 2, column score: 1.35 is outside [0, 1]",
        "scores.csv, row 5, column score: x is not a number",
        "scores.csv, row 5, column benchmark: 'GSM' is not in benchmarks.csv",
        "prices.csv, row 2, column usd_per_mtok: 0 is not above 0",
        "constants.csv, column unit: is missing",
        "constants.csv, column source: is missing",
        "constants.csv, row 2, column value: is empty, and so is the date",
    ]


# --- the error --------------------------------------------------------------------------------


def test_load_data_raises_all_faults(folder: Path):
    (folder / "sources.csv").write_text("source,citation\n,A\n,B\n")
    with pytest.raises(BundleError) as caught:
        load_data(folder)
    faults = caught.value.faults
    assert Fault("sources.csv", 2, "source", "is empty") in faults
    assert Fault("sources.csv", 3, "source", "is empty") in faults
    assert str(caught.value).splitlines() == [str(fault) for fault in faults]
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("rows", "lines"), [(50, 50), (51, 1)])
def test_many_faults_of_one_kind_are_told_as_one(folder: Path, rows, lines):
    bad = "".join(f"A-7B,MMLU,e,0.{i}%,{i},paper\n" for i in range(rows))
    text = "model,benchmark,evaluator,score,n_shots,source\n" + bad + "A-7B,MMLU,e,0.5,-1,paper\n"
    (folder / "scores.csv").write_text(text)
    with pytest.raises(BundleError) as caught:
        load_data(folder)
    assert len(caught.value.faults) == rows + 1
    told = str(caught.value).splitlines()
    assert len(told) == lines + 1
    assert told[-1] == f"scores.csv, row {rows + 2}, column n_shots: -1 is below 0"
    assert told[0].endswith("(so rows 3 to 52)") == (rows == 51)


def test_200_000_rows_take_seconds(judge, valid):
    rng = np.random.default_rng(1)
    lines = [
        f"A-7B,MMLU,evaluator {i},{score:.6f},{i % 7},paper"
        for i, score in enumerate(rng.random(200_000))
    ]
    lines[150_000] = lines[3]
    text = "\n".join(["model,benchmark,evaluator,score,n_shots,source", *lines])
    start = time.perf_counter()
    (fault,) = judge(scores=text)
    assert time.perf_counter() - start < 20  # about 2 s on an idle core
    assert fault.startswith("scores.csv, row 150002, column model: repeats row 5 ")
