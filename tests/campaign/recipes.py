"""Recipes for tests of campaigns, importable by workers that are processes of their own."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from bayesdensing.campaign import Job, Row

__all__ = ["Sums", "jobs"]


@dataclass(frozen=True)
class Sums:
    """Sum random numbers; leave a mark of each time that a job is done.

    Parameters
    ----------
    marks : str
        Folder of the marks: a line with the process per job.
    seconds : float
        That a job takes.
    fatal : str
        Key of a job that ends its process as long as there are fewer marks of it than `deaths`.
    """

    marks: str
    seconds: float = 0.0
    fatal: str = ""
    deaths: int = 0
    name: str = "sums"

    @property
    def sha256(self) -> str:
        return f"{self.name}-0123456789abcdef0123456789abcdef"

    def warmed(self, tell: Callable[[str], None]) -> Self:
        _mark(Path(self.marks) / "warmed")
        return self

    def prepared(self) -> Callable[[Job], Row]:
        _mark(Path(self.marks) / "prepared")

        def work(job: Job) -> Row:
            mark = Path(self.marks) / job.key
            _mark(mark)
            if job.key == self.fatal and len(mark.read_text().splitlines()) <= self.deaths:
                os._exit(1)
            time.sleep(self.seconds)
            numbers: Any = np.random.default_rng(job.seed).normal(size=1000)
            return {"sum": float(numbers.sum()), "given": job.given.get("factor", 1) * job.seed}

        return work


def _mark(path: Path) -> None:
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")


def jobs(count: int) -> list[Job]:
    return [Job(f"job-{i}", i, {"factor": 2}) for i in range(count)]
