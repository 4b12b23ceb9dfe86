"""Schedulers and workers as processes of their own, for tests that kill them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["environment", "interruptible", "scheduler", "stored", "wait_until"]

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


@contextmanager
def interruptible() -> Iterator[None]:
    """Let what is started here be interrupted, also where the tests run in the background.

    There interrupts are ignored, and so they would be by every process that is started.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stored(folder: Path) -> int:
    return len(list((folder / "fits").rglob("*.json")))


def wait_until(condition: Any, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def scheduler(tmp_path: Path, workers: int) -> Iterator[tuple[str, list["subprocess.Popen[str]"]]]:
    """Start a scheduler and workers, each a process of its own, on loopback."""
    place = tmp_path / "scheduler.json"
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "text": True,
        "env": environment(), "cwd": tmp_path,
    }  # fmt: skip
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    main = subprocess.Popen([*dask, *options, "--scheduler-file", str(place)], **quiet)
    crew: list[subprocess.Popen[str]] = []
    try:
        wait_until(place.exists)
        wait_until(lambda: place.read_text().strip().endswith("}"))
        address = json.loads(place.read_text())["address"]
        crew += [worker(address, quiet) for _ in range(workers)]
        yield address, crew
    finally:
        for process in (*crew, main):
            process.kill()
            process.wait()


def worker(address: str, quiet: dict[str, Any]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address]
    options = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--memory-limit", "0"]
    return subprocess.Popen([*command, *options], **quiet)
