import sys

from benchmarks.children import run_command


def test_a_process_that_ends_is_timed_and_weighed() -> None:
    light = run_command([sys.executable, "-c", "pass"])
    # long enough at its peak to be seen there
    script = "import time; kept = bytearray(300_000_000); time.sleep(0.5)"
    heavy = run_command([sys.executable, "-c", script])
    assert (light.code, light.failure, light.result) == (0, None, {})
    assert heavy.peak_bytes - light.peak_bytes > 200_000_000


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
