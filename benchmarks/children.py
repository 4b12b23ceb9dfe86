"""Tasks in processes of their own, with a time cap and their peak memory."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Outcome", "run_command", "run_task"]

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Outcome:
    """What a process came to.

    Attributes
    ----------
    result : dict or None
        What the task gave; None where it did not end well.
    seconds : float
        From start to end.
    peak_bytes : int
        Largest resident set: the system's own mark, read until the end, or ``ru_maxrss`` where
        there is none; the latter is never below what this process had when it started the other.
    code : int
        Exit code.
    failure : str or None
        Why there is no result, in a few words.
    """

    result: dict[str, Any] | None
    seconds: float
    peak_bytes: int
    code: int
    failure: str | None

    def needed(self, what: str) -> dict[str, Any]:
        """Return the result of a task without which there is nothing to measure.

        Parameters
        ----------
        what : str
            What it makes.

        Returns
        -------
        dict
            Its result.

        Raises
        ------
        RuntimeError
            Where there is none.
        """
        if self.result is None:
            raise RuntimeError(f"no {what}: {self.failure}")
        return self.result

    def to_dict(self) -> dict[str, Any]:
        """Return the result with seconds and peak of the process, or its failure."""
        if self.result is None:
            return {"failure": self.failure, "process_s": self.seconds}
        return {"process_s": self.seconds, "peak_bytes": self.peak_bytes, **self.result}


def run_command(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, minutes: float | None = None
) -> Outcome:
    """Run a command to its end or to the cap.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    env : mapping of str to str, optional
        Added to the environment.
    minutes : float, optional
        When it is stopped, together with the processes that it started.

    Returns
    -------
    Outcome
        ``result`` is an empty dict where it ended by itself, whatever its code.
    """
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            cwd=_ROOT,
            # in the order in which it is said: the last line is shown where a process fails
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            status, peak = _wait(process, None if minutes is None else began + 60 * minutes)
        except BaseException:
            _stop(process)
            raise
        seconds = time.perf_counter() - began
        # Popen is not to wait for it again
        process.returncode = os.waitstatus_to_exitcode(status)
        if peak is None:
            failure = f"not within {minutes:g} minutes"
            return Outcome(None, seconds, 0, process.returncode, failure)
        said.seek(0)
        last = said.read().decode(errors="replace").strip().splitlines()[-1:]
        fault = None if process.returncode == 0 else " ".join(last)[:300]
        return Outcome({}, seconds, peak, process.returncode, fault)


def run_task(
    name: str,
    options: Mapping[str, Any],
    *,
    env: Mapping[str, str] | None = None,
    minutes: float | None = None,
) -> Outcome:
    """Run a module of `benchmarks.tasks` in a process of its own.

    Parameters
    ----------
    name : str
        Module.
    options : mapping
        What it is given; plain JSON types.
    env : mapping of str to str, optional
        Added to the environment.
    minutes : float, optional
        When it is stopped.

    Returns
    -------
    Outcome
        Its result.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "result.json"
        command = [
            sys.executable, "-m", "benchmarks.child", name, json.dumps(dict(options)), str(answer)
        ]  # fmt: skip
        done = run_command(command, env=env, minutes=minutes)
        if done.failure is not None:
            return Outcome(None, done.seconds, done.peak_bytes, done.code, done.failure)
        result = json.loads(answer.read_text("utf-8"))
        return Outcome(result, done.seconds, done.peak_bytes, done.code, None)


def _wait(process: subprocess.Popen[bytes], deadline: float | None) -> tuple[int, int | None]:
    """Return the process's status and peak memory, None for the latter where it was stopped."""
    peak = None
    while True:
        # read before waiting: there is nothing to read once it has ended
        peak = _mark(process.pid) or peak
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return status, peak or _bytes(usage.ru_maxrss)
        if deadline is not None and time.perf_counter() > deadline:
            return _stop(process), None
        time.sleep(0.01)


def _mark(pid: int) -> int | None:
    """Return the largest resident set of a process so far, where the system tells."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _stop(process: subprocess.Popen[bytes]) -> int:
    os.killpg(process.pid, signal.SIGKILL)
    return os.waitpid(process.pid, 0)[1]


def _bytes(maxrss: int) -> int:
    return maxrss if sys.platform == "darwin" else maxrss * 1024
