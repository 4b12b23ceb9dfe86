"""The recovery study: what a row says, and which worlds are fitted again."""

import gc
import os
import weakref

import numpy as np
import pandas as pd
import pytest

from bayesdensing import recovery
from bayesdensing.errors import DataNeedError
from bayesdensing.recovery import COLUMNS, in_own_process, recover, row_of
from bayesdensing.simulation import Setting
from tests.analysis.synthetic import make_data, make_fit

WORLDS = [Setting(days, 10, 1, seed) for seed, days in enumerate((150.0, 60.0, np.inf), start=1)]


@pytest.fixture
def fitted(monkeypatch):
    """Replace worlds and fits by random numbers; the hypotheses that were fitted are recorded."""
    calls = []

    def fake(spec, data, *, seed, progress):
        calls.append((spec.name, seed))
        return make_fit(spec=spec)

    monkeypatch.setattr(recovery, "fit", fake)
    monkeypatch.setattr(recovery, "make_world", lambda *_: type("W", (), {"data": None}))
    return calls


@pytest.mark.parametrize(
    ("days", "match", "in95", "in999"),
    [
        (np.log(2) * 365.25 / 1.7, "yes", True, True),
        (np.log(2) * 365.25 / (1.7 + 2.5 * 0.12), "near", False, True),
        (60.0, "NO", False, False),
        (np.inf, "NO", False, False),
    ],
)
def test_a_row_says_whether_the_truth_lies_in_the_intervals(days, match, in95, in999):
    row = row_of(make_fit(draws=1000), Setting(days, 10, 1, 3))
    assert tuple(row) == COLUMNS
    assert (row["match"], row["in95"], row["in999"]) == (match, in95, in999)
    assert row["eti999_lb"] < row["eti95_lb"] < row["doubling_days"] < row["eti95_ub"]
    assert row["doubling_days"] == pytest.approx(149, abs=2)


def test_where_the_rate_may_be_nought_the_doubling_time_has_no_end():
    rate = np.random.default_rng(1).normal(0.1, 0.5, (4, 250))
    row = row_of(make_fit(rate=rate), Setting(np.inf, 10, 1, 3))
    assert row["match"] == "yes"
    assert row["eti95_ub"] == np.inf
    assert 0.3 < row["prob_rate_not_positive"] < 0.5


def test_finished_worlds_are_written_at_once_and_not_fitted_again(fitted, tmp_path):
    out = tmp_path / "new" / "table.csv"
    first = recover("joint", template=make_data(), out=out, worlds=WORLDS[:2])
    assert fitted == [("joint", 1), ("joint", 2)]
    told = []
    again = recover("joint", template=make_data(), out=out, worlds=WORLDS, tell=told.append)
    assert fitted[2:] == [("joint", 3)]
    assert told == ["world 3 of 3: never-10llms-1evaluators: NO"]
    assert again["world"].tolist() == [w.name for w in WORLDS]
    pd.testing.assert_frame_equal(again[:2], first, rtol=1e-5)
    assert pd.read_csv(out)["seed"].tolist() == [1, 2, 3]


def test_rows_of_another_hypothesis_do_not_serve(fitted, tmp_path):
    out = tmp_path / "table.csv"
    recover("joint", template=make_data(), out=out, worlds=WORLDS[:1])
    recover("joint_5T", template=make_data(), out=out, worlds=WORLDS[:1])
    assert fitted == [("joint", 1), ("joint_5T", 1)]


def test_a_file_that_is_no_table_of_the_study_is_let_be(fitted, tmp_path):
    out = tmp_path / "mine.csv"
    out.write_text("a,b\n1,2\n")
    with pytest.raises(DataNeedError, match=r"mine.csv is no table of a recovery study"):
        recover("joint", template=make_data(), out=out, worlds=WORLDS[:1])
    assert out.read_text() == "a,b\n1,2\n"
    assert fitted == []


@pytest.mark.parametrize("name", ["loss_law", "trend"])
def test_without_growth_of_densities_there_is_nothing_to_recover(name):
    with pytest.raises(DataNeedError, match="no growth block"):
        recover(name, template=make_data())


def test_no_world_is_kept_once_its_row_is_written(monkeypatch):
    alive = []

    def fake(spec, data, *, seed, progress):
        found = make_fit(spec=spec)
        alive.append(weakref.ref(found))
        gc.collect()
        assert [ref() for ref in alive[:-1]] == [None] * (len(alive) - 1)
        return found

    monkeypatch.setattr(recovery, "fit", fake)
    monkeypatch.setattr(recovery, "make_world", lambda *_: type("W", (), {"data": None}))
    recover("joint", template=make_data(), worlds=WORLDS)
    assert len(alive) == 3


def test_worlds_apart_are_each_fitted_in_a_process_that_ends(fitted, monkeypatch):
    own = [in_own_process(os.getpid) for _ in range(2)]
    assert len({os.getpid(), *own}) == 3
    for process in own:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    sent = []

    def here(work, *given):
        sent.append(given[2].seed)
        return work(*given)

    monkeypatch.setattr(recovery, "in_own_process", here)
    recover("joint", template=make_data(), worlds=WORLDS, apart=True)
    assert sent == [1, 2, 3] == [seed for _, seed in fitted]
