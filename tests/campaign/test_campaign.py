"""Campaigns in this process: what is stored serves again, what is damaged does not."""

import json
from pathlib import Path

import pytest

from bayesdensing.campaign import Job, carry_out
from bayesdensing.campaign.job import Done
from bayesdensing.campaign.progress import Tally, duration
from bayesdensing.campaign.shelf import Shelf
from bayesdensing.errors import RunError
from tests.campaign.recipes import Sums, jobs


def files(folder: Path) -> list[Path]:
    return sorted((folder / "fits").rglob("*.json"))


def marks(folder: Path) -> dict[str, int]:
    return {p.name: len(p.read_text().splitlines()) for p in folder.iterdir()}


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def test_rows_come_in_the_order_of_the_jobs_and_serve_again(tmp_path: Path, marked: Path) -> None:
    recipe = Sums(str(marked))
    first = carry_out(recipe, jobs(5), tmp_path)
    assert list(first.done) == [f"job-{i}" for i in range(5)]
    assert (first.new, first.damaged, len(files(tmp_path))) == (5, 0, 5)
    told: list[str] = []
    again = carry_out(recipe, jobs(7), tmp_path, tell=told.append)
    assert again.new == 2
    assert [again.done[k].row for k in first.done] == [d.row for d in first.done.values()]
    assert told[0] == "5 of 7 fits are there already: 2 to make"
    assert marks(marked) == {f"job-{i}": 1 for i in range(7)} | {"warmed": 2, "prepared": 2}


def test_where_all_is_there_nothing_is_warmed(tmp_path: Path, marked: Path) -> None:
    carry_out(Sums(str(marked)), jobs(2), tmp_path)
    told: list[str] = []
    assert carry_out(Sums(str(marked)), jobs(2), tmp_path, tell=told.append).new == 0
    assert marks(marked)["warmed"] == 1
    assert told == []


@pytest.mark.parametrize("damage", ["cut", "emptied", "other number", "other job", "other recipe"])
def test_a_damaged_row_is_made_again(tmp_path: Path, marked: Path, damage: str) -> None:
    recipe = Sums(str(marked))
    whole = carry_out(recipe, jobs(3), tmp_path)
    victim, other = files(tmp_path)[:2]
    text = victim.read_text()
    content = json.loads(text)
    if damage == "cut":
        victim.write_text(text[: len(text) // 2])
    elif damage == "emptied":
        victim.write_text("")
    elif damage == "other number":
        victim.write_text(json.dumps({**content, "row": {**content["row"], "sum": 1.0}}))
    elif damage == "other job":
        victim.write_text(other.read_text())
    else:
        carry_out(Sums(str(marked), name="others"), jobs(1), tmp_path)
        victim.write_text(files(tmp_path)[0].read_text())
    told: list[str] = []
    again = carry_out(recipe, jobs(3), tmp_path, tell=told.append)
    assert (again.new, again.damaged) == (1, 1)
    assert told[0] == "1 stored fits are damaged: they are made again"
    assert {k: d.row for k, d in again.done.items()} == {k: d.row for k, d in whole.done.items()}
    assert victim.read_text() != ""
    assert carry_out(recipe, jobs(3), tmp_path).new == 0


def test_rows_of_another_recipe_or_seed_do_not_serve(tmp_path: Path, marked: Path) -> None:
    carry_out(Sums(str(marked)), jobs(2), tmp_path)
    assert carry_out(Sums(str(marked), name="others"), jobs(2), tmp_path).new == 2
    moved = [Job("job-0", 99)]
    assert carry_out(Sums(str(marked)), moved, tmp_path).new == 1
    assert len(files(tmp_path)) == 4


def test_an_interrupt_says_what_is_left_and_keeps_what_is_done(
    tmp_path: Path, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Shelf.put

    def third(self: Shelf, job: Job, done: Done) -> None:
        put(self, job, done)
        if job.key == "job-2":
            raise KeyboardInterrupt

    monkeypatch.setattr(Shelf, "put", third)
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        carry_out(Sums(str(marked)), jobs(5), tmp_path, tell=told.append)
    assert told[-1].startswith("3 of 5 fits are stored in")
    assert told[-1].endswith("the same command makes the other 2")
    monkeypatch.undo()
    assert carry_out(Sums(str(marked)), jobs(5), tmp_path).new == 2


def test_keys_that_no_file_can_bear_are_told_apart(tmp_path: Path, marked: Path) -> None:
    odd = ["a/b", "a b", "a:b", "..", "", "x" * 300, "x" * 299 + "y", "a-b"]
    made = carry_out(Sums(str(marked)), [], tmp_path)
    assert not made.done
    shelf = Shelf(tmp_path, recipe="r" * 64)
    for i, key in enumerate(odd):
        shelf.put(Job(key, i), Done({"i": i}, 0.0))
    for i, key in enumerate(odd):
        found = shelf.take(Job(key, i))
        assert found is not None
        assert found.row == {"i": i}


def test_two_jobs_of_one_key_are_refused(tmp_path: Path, marked: Path) -> None:
    with pytest.raises(ValueError, match="one key"):
        carry_out(Sums(str(marked)), [Job("a", 1), Job("a", 2)], tmp_path)


def test_a_row_that_is_no_json_is_not_stored(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, recipe="r" * 64)
    with pytest.raises(ValueError, match="JSON"):
        shelf.put(Job("a", 1), Done({"x": float("nan")}, 0.0))
    assert not shelf.has_file(Job("a", 1))


def test_progress_tells_pace_and_time_to_go() -> None:
    now = [0.0]
    told: list[str] = []
    tally = Tally(5, 1, tell=told.append, clock=lambda: now[0])
    for seconds in (30.0, 4.0, 8.0, 12.0):
        now[0] += seconds
        tally.count()
    # compiling took up the first 30 s, and the second fit came too soon after for a line
    assert told == [
        "2 of 5 fits",
        "4 of 5 fits, 10 a minute, 6 s to go",
        "5 of 5 fits, 7.5 a minute",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (3661, "1 h 1 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_without_dask_it_says_how_to_get_it(
    tmp_path: Path, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "bayesdensing.campaign.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(RunError, match=r"pip install .bayesdensing\[distributed\]."):
        carry_out(Sums(str(marked)), jobs(1), tmp_path, workers=2)
