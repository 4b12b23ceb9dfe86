"""Campaigns on Dask workers that are processes of their own, some of which are killed."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayesdensing.campaign import carry_out
from bayesdensing.errors import RunError
from tests.campaign.processes import environment, interruptible, scheduler, stored, wait_until
from tests.campaign.recipes import Sums, jobs

pytest.importorskip("distributed")

#: Dask's own: a loop that ends after its sockets, and a client that finds its scheduler gone.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:.*unclosed.*")

RUN = """
    import json, sys
    from bayesdensing.campaign import carry_out
    from tests.campaign.recipes import Sums, jobs

    if __name__ == "__main__":
        folder, marks, count, seconds, workers = sys.argv[1:]
        say = lambda line: print(line, file=sys.stderr, flush=True)
        try:
            found = carry_out(
                Sums(marks, seconds=float(seconds)), jobs(int(count)), folder,
                workers=int(workers) or None, tell=say,
            )
        except KeyboardInterrupt:
            sys.exit(130)
        print(json.dumps({k: d.row for k, d in found.done.items()}))
"""


def start(script: Path, *argv: object) -> "subprocess.Popen[str]":
    # a file: processes that are spawned import it anew
    script.write_text(textwrap.dedent(RUN))
    with interruptible():
        return subprocess.Popen(
            [sys.executable, str(script), *map(str, argv)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def lines(marks: Path, name: str) -> list[str]:
    return (marks / name).read_text().splitlines()


def expected(tmp_path: Path, count: int) -> dict[str, Any]:
    alone = tmp_path / "alone"
    (alone / "marks").mkdir(parents=True)
    found = carry_out(Sums(str(alone / "marks")), jobs(count), alone)
    return {key: done.row for key, done in found.done.items()}


@pytest.mark.slow
def test_two_processes_make_what_one_makes(tmp_path: Path, marks: Path) -> None:
    process = start(tmp_path / "run.py", tmp_path / "out", marks, 12, 0.05, 2)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out) == expected(tmp_path, 12)
    assert "2 processes of one thread each" in err
    # warmed once, where the campaign runs; prepared once in each of the others
    assert len(lines(marks, "warmed")) == 1
    assert sorted(set(lines(marks, "prepared"))) == sorted(lines(marks, "prepared"))
    assert len(lines(marks, "prepared")) <= 2
    assert lines(marks, "warmed")[0] not in lines(marks, "prepared")


@pytest.mark.slow
def test_on_a_scheduler_that_is_there_workers_are_killed_and_no_row_is_lost(
    tmp_path: Path, marks: Path
) -> None:
    rng = np.random.default_rng(1)
    folder = tmp_path / "out"
    with scheduler(tmp_path, workers=3) as (address, crew):
        command = RUN.replace("workers=int(workers) or None", "scheduler=workers")
        script = tmp_path / "run.py"
        script.write_text(textwrap.dedent(command))
        process = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(marks), "30", "0.2", address],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        for victim in crew[:2]:  # the third has to do what they leave
            count = stored(folder) + 1 + int(rng.integers(4))
            wait_until(lambda count=count: stored(folder) >= count)
            time.sleep(rng.random() * 0.2)
            victim.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out) == expected(tmp_path, 30)
    assert stored(folder) == 30


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_campaign_that_is_killed_again_and_again_ends_with_the_same_rows(
    tmp_path: Path, marks: Path, workers: int
) -> None:
    rng = np.random.default_rng(workers)
    folder, count = tmp_path / "out", 24
    for _ in range(3):
        begun = stored(folder)
        process = start(tmp_path / "run.py", folder, marks, count, 0.15, workers)
        wait_until(lambda begun=begun: stored(folder) > begun)
        time.sleep(rng.random() * 0.3)
        process.kill()
        process.communicate()
    before = {p.name: p.read_bytes() for p in (folder / "fits").rglob("*.json")}
    assert 3 <= len(before) < count
    process = start(tmp_path / "run.py", folder, marks, count, 0.0, workers)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out) == expected(tmp_path, count)
    after = {p.name: p.read_bytes() for p in (folder / "fits").rglob("*.json")}
    assert len(after) == count
    assert {name: after[name] for name in before} == before


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_an_interrupt_ends_with_130_and_says_what_is_left(
    tmp_path: Path, marks: Path, workers: int
) -> None:
    folder = tmp_path / "out"
    process = start(tmp_path / "run.py", folder, marks, 200, 0.1, workers)
    wait_until(lambda: stored(folder) >= 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    last = err.splitlines()[-1]
    assert last.startswith(f"{stored(folder)} of 200 fits are stored in {folder}")
    assert last.endswith(f"makes the other {200 - stored(folder)}")


@pytest.mark.slow
def test_a_job_that_ends_its_process_is_done_by_another(tmp_path: Path, marks: Path) -> None:
    recipe = Sums(str(marks), fatal="job-3", deaths=2)
    found = carry_out(recipe, jobs(6), tmp_path / "out", workers=2)
    assert {key: done.row for key, done in found.done.items()} == expected(tmp_path, 6)
    assert len(lines(marks, "job-3")) == 3


@pytest.mark.slow
def test_a_job_that_ends_every_process_is_named(tmp_path: Path, marks: Path) -> None:
    told: list[str] = []
    recipe = Sums(str(marks), fatal="job-1", deaths=1000)
    with pytest.raises(RunError, match="job-1 ended every process that it was given to"):
        carry_out(recipe, jobs(3), tmp_path / "out", workers=1, tell=told.append)
    assert any("lost their processes" in line for line in told)
    assert stored(tmp_path / "out") == 2  # the others are kept


def test_where_no_scheduler_answers_it_says_so(
    tmp_path: Path, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bayesdensing.campaign import cluster

    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with pytest.raises(RunError, match=r"tcp://127.0.0.1:9: no scheduler answers there"):
        carry_out(Sums(str(marks)), jobs(1), tmp_path, scheduler="tcp://127.0.0.1:9")
    assert not list(marks.iterdir())  # nothing was compiled for it


def test_what_is_no_address_is_refused(tmp_path: Path, marks: Path) -> None:
    with pytest.raises(RunError, match="no scheduler answers there"):
        carry_out(Sums(str(marks)), jobs(1), tmp_path, scheduler="nowhere://x")


def test_arrays_that_come_over_a_wire_are_laid_anew_where_compiled_code_takes_them() -> None:
    from bayesdensing.campaign.cluster import _Bench
    from bayesdensing.campaign.job import Job

    class Looks:
        sha256 = "looks"

        def prepared(self) -> Any:
            def work(job: Job) -> dict[str, Any]:
                value = job.given["values"]
                return {"aligned": value.flags.aligned, "sum": float(value.sum())}

            return work

    raw = bytearray(1 + 3 * 8)
    value = np.frombuffer(raw, dtype=float, offset=1)
    value[:] = [1.0, 2.0, 3.0]
    assert not value.flags.aligned
    bench = _Bench(Looks(), "bench")  # type: ignore[arg-type]
    bench.setup(None)
    done = bench.do(Job("a", 1, {"values": value}))
    assert done.row == {"aligned": True, "sum": 6.0}
