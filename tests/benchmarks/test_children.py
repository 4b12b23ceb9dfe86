import subprocess
import sys
from pathlib import Path

from benchmarks.children import run_command


def test_a_process_that_ends_is_timed() -> None:
    done = run_command([sys.executable, "-c", "pass"])
    assert (done.code, done.failure, done.result) == (0, None, {})
    assert 0 < done.seconds < 60


def test_a_process_is_weighed() -> None:
    # from a process that is small itself: what it holds when it forks counts for its child too
    script = """
import sys
from benchmarks.children import run_command

# long enough at its peak to be seen there
heavy = "import time; kept = bytearray(300_000_000); time.sleep(0.5)"
for script in ("pass", heavy):
    print(run_command([sys.executable, "-c", script]).peak_bytes)
"""
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    light, heavy = map(int, told.stdout.split())
    assert heavy - light > 200_000_000


def test_a_process_that_fails_says_its_last_line() -> None:
    done = run_command([sys.executable, "-c", "print('one'); raise SystemExit('two')"])
    assert done.code == 1
    assert done.failure == "two"


def test_a_process_is_stopped_at_its_cap_with_those_that_it_started() -> None:
    script = "import subprocess; subprocess.run(['sleep', '600'])"
    done = run_command([sys.executable, "-c", script], minutes=0.02)
    assert done.result is None
    assert done.failure == "not within 0.02 minutes"
    assert done.to_dict()["failure"] == done.failure
