"""Files of scores for LLMs that a fit has not seen: what is filled in, what is refused."""

import datetime as dt

import pandas as pd
import pytest

from bayesdensing.data import BundleError, DataBundle
from bayesdensing.data.newcomers import read_new_scores

BENCHMARKS = ("MMLU", "BBH")
HEADER = "model,n_params,release_date,benchmark,evaluator,score\n"
KNOWN = pd.DataFrame(
    {
        "model": ["known-7B", "sparse-40B"],
        "release_date": pd.to_datetime(["2024-02-01", "2024-06-01"]),
        "n_params": [7e9, 4e10],
        "n_params_active": [7e9, 3e9],
    }
)


@pytest.fixture
def read(tmp_path):
    def read(text, **options):
        file = tmp_path / "new.csv"
        file.write_text(text, encoding="utf-8")
        options = {"benchmarks": BENCHMARKS, "known": KNOWN, "today": dt.date(2026, 1, 1)} | options
        return read_new_scores(file, **options)

    return read


@pytest.fixture
def faults(read):
    def faults(text, **options):
        with pytest.raises(BundleError) as caught:
            read(text, **options)
        return [str(fault) for fault in caught.value.faults]

    return faults


def test_a_file_that_says_everything_is_read_as_it_is(read):
    found = read(HEADER + "a,7e9,2025-01-01,MMLU,lab,0.7\na,7e9,2025-01-01,BBH,me,0.6\n")
    assert found["model"].tolist() == ["a", "a"]
    assert found["score"].tolist() == [0.7, 0.6]
    assert found["n_params_active"].tolist() == [7e9, 7e9]
    assert (found["release_date"] == pd.Timestamp("2025-01-01")).all()


def test_sizes_and_dates_are_looked_up(read):
    found = read("model,benchmark,evaluator,score\nsparse-40B,MMLU,lab,0.7\nknown-7B,BBH,lab,0.5\n")
    assert found["n_params"].tolist() == [4e10, 7e9]
    assert found["n_params_active"].tolist() == [3e9, 7e9]
    assert found["release_date"].tolist() == KNOWN["release_date"].tolist()[::-1]


def test_what_the_file_says_goes_before_what_is_known(read):
    found = read(HEADER + "sparse-40B,5e10,,MMLU,lab,0.7\nsparse-40B,,,BBH,lab,0.6\n")
    assert found["n_params"].tolist() == [5e10, 5e10]
    # the known active count belongs to the known total
    assert found["n_params_active"].tolist() == [5e10, 5e10]
    assert (found["release_date"] == pd.Timestamp("2024-06-01")).all()


def test_every_fault_is_told_at_once(faults):
    text = HEADER + (
        "a,7e9,2025-01-01,MMLU,lab,1.3\n"
        "a,7e9,2025-01-01,BBH,,0.6\n"
        "b,7,2030-01-01,MMLU,lab,0.4\n"
        "b,7e9,2025-01-01,TruthfulQA,lab,0.4\n"
        "c,7e9,2025-01-01,MMLU,lab,0.4\n"
        "c,7e9,2025-01-01,MMLU,lab,0.5\n"
    )
    found = faults(text)
    assert found == [
        "new.csv, row 2, column score: 1.3 is outside [0, 1]",
        "new.csv, row 3, column evaluator: is empty",
        "new.csv, row 4, column n_params: 7 is outside [100000, 1e+14]",
        "new.csv, row 4, column release_date: 2030-01-01 is in the future (today is 2026-01-01)",
        "new.csv, row 5, column benchmark: 'TruthfulQA' is not of the fit, which has MMLU, BBH; "
        "--skip-unknown leaves such rows out",
        "new.csv, row 7, column model: repeats row 6 (model c, benchmark MMLU, evaluator lab)",
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("model,benchmark,score\nknown-7B,MMLU,0.5\n", "column evaluator: is missing"),
        (HEADER + "a,7e9,2025-01-01,MMLU,x,62\na,7e9,2025-01-01,BBH,x,55\n", "percentages"),
        (HEADER + "a,7,2025-01-01,MMLU,x,0.6\n", "looks like billions"),
        (HEADER + "a,7e9,,MMLU,x,0.6\n", "release_date: is not given, and 'a' is not in models"),
        ("model,benchmark,evaluator,score\nknown7B,BBH,x,0.6\n", "did you mean 'known-7B'?"),
        (HEADER + "a,7e9,2025-01-01,mmlu,x,0.6\n", "BBH (did you mean 'MMLU'?); --skip-unknown"),
        (HEADER + "a,7e9,2025-01-01,MMLU,x,0.6\na,8e9,2025-01-01,BBH,x,0.6\n", "row 3, column n_p"),
        (HEADER + "a,7e9,2025-01-01,MMLU,x,0.6\na,7e9,2025-02-01,BBH,x,0.6\n", "one value per mo"),
        (HEADER + "a,7e9,2025-01-01,MMLU,x\n", "has 5 fields, the header has 6"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_is_refused(faults, text, part):
    assert any(part in line for line in faults(text))


def test_other_benchmarks_are_left_out_only_on_request(read, faults):
    rows = "a,7e9,2025-01-01,GSM8K,x,0.6\nb,7e9,2025-01-01,GSM8K,x,0.7\n"
    (line,) = faults(HEADER + rows + "a,7e9,2025-01-01,MMLU,x,0.6\n")
    assert "row 2" in line
    assert "(1 more rows like this)" in line
    found = read(HEADER + rows + "a,7e9,2025-01-01,MMLU,x,0.6\n", skip_unknown=True)
    assert found["benchmark"].tolist() == ["MMLU"]
    assert "no row is on any of MMLU, BBH" in faults(HEADER + rows, skip_unknown=True)[0]


def test_a_missing_file_is_named():
    with pytest.raises(BundleError, match=r"nowhere\.csv: does not exist"):
        read_new_scores("no/nowhere.csv", benchmarks=BENCHMARKS)


def test_a_bundle_and_its_table_give_the_same(tmp_path, tiny_frames):
    bundle = DataBundle.from_frames(name="tiny", **tiny_frames())
    folder = bundle.to_directory(tmp_path / "tiny")
    whole = read_new_scores(folder, benchmarks=BENCHMARKS)
    table = read_new_scores(bundle.scores, benchmarks=BENCHMARKS, known=bundle.models)
    pd.testing.assert_frame_equal(whole, table)
    assert len(whole) == len(bundle.scores)


def test_a_bundle_without_scores_is_refused(tmp_path, tiny_frames):
    frames = tiny_frames()
    del frames["scores"]
    folder = DataBundle.from_frames(name="tiny", **frames).to_directory(tmp_path / "tiny")
    with pytest.raises(BundleError, match=r"scores\.csv"):
        read_new_scores(folder, benchmarks=BENCHMARKS)
