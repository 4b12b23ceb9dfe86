"""What a campaign is made of: jobs, and the recipe that turns a job into a row."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

__all__ = ["Done", "Job", "Recipe", "Row", "Work", "timed"]

#: Plain JSON types; a number that is not finite is None.
Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One piece of work, small enough to be sent to another machine.

    Attributes
    ----------
    key : str
        Its name among the jobs of a campaign; its file is named after it.
    seed : int
        Its seed.
    given : mapping of str to object
        What else the recipe has to know of it, picklable.
    """

    key: str
    seed: int
    given: Mapping[str, Any] = field(default_factory=dict)


Work = Callable[[Job], Row]


class Recipe(Protocol):
    """How jobs are done: picklable, as it is sent to each process once.

    Attributes
    ----------
    sha256 : str
        Hash of all that a row depends on beside its job: rows of another recipe do not serve.
    """

    @property
    def sha256(self) -> str:
        """The hash."""
        ...

    def warmed(self, tell: Callable[[str], None]) -> Self:
        """Return the recipe with what all processes share worked out, once per campaign.

        Parameters
        ----------
        tell : callable
            Called with lines of progress.

        Returns
        -------
        Recipe
            What is sent to the processes.
        """
        ...

    def prepared(self) -> Work:
        """Return what does a job, once per process: here is where compiling has its place."""
        ...


@dataclass(frozen=True)
class Done:
    """A job that is done.

    Attributes
    ----------
    row : dict
        What came of it: the same for the same job and recipe.
    seconds : float
        Seconds that it took.
    """

    row: Row
    seconds: float


def timed(work: Work, job: Job) -> Done:
    """Do a job.

    Parameters
    ----------
    work : callable
        Of a recipe.
    job : Job
        The job.

    Returns
    -------
    Done
        Row and seconds.
    """
    began = time.perf_counter()
    row = work(job)
    return Done(row, time.perf_counter() - began)
