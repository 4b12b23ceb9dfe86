"""Carry out jobs: what is stored is taken, what is missing is done, here or on other processes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bayesdensing.campaign.job import Done, Job, Recipe, timed
from bayesdensing.campaign.progress import Tally
from bayesdensing.campaign.shelf import Shelf
from bayesdensing.errors import RunError

__all__ = ["Outcome", "carry_out"]

_FOLDER = "fits"
_INSTALL = 'pip install "bayesdensing[distributed]"'


@dataclass(frozen=True)
class Outcome:
    """What came of the jobs.

    Attributes
    ----------
    done : mapping of str to Done
        By key, in the order of the jobs.
    new : int
        Jobs done now; the others were stored.
    damaged : int
        Of these, whose stored row was not what had been stored.
    """

    done: Mapping[str, Done]
    new: int
    damaged: int


def carry_out(
    recipe: Recipe,
    jobs: Sequence[Job],
    folder: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Carry out jobs, and store each as soon as it is done.

    Parameters
    ----------
    recipe : Recipe
        How.
    jobs : sequence of Job
        What, each with a key of its own.
    folder : str or Path
        Rows are kept below it, in ``fits``; those that are there are not made again.
    workers : int, optional
        Processes of one thread each, started on this machine; none of them: jobs are done one after
        the other by this process.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the jobs, such as ``tcp://10.0.0.1:8786``.
    tell : callable
        Called with lines of progress.

    Returns
    -------
    Outcome
        Rows. They do not depend on who did the jobs.

    Raises
    ------
    RunError
        Where dask.distributed is wanted and missing, the scheduler cannot be reached, or a job
        ends every process that it is given to.
    KeyboardInterrupt
        After a line that says what is left.
    """
    if len({job.key for job in jobs}) < len(jobs):
        raise ValueError("two jobs have one key")
    shelf = Shelf(Path(folder) / _FOLDER, recipe=recipe.sha256)
    found = {job.key: done for job in jobs if (done := shelf.take(job)) is not None}
    missing = [job for job in jobs if job.key not in found]
    damaged = sum(shelf.has_file(job) for job in missing)
    if damaged:
        tell(f"{damaged} stored fits are damaged: they are made again")
    if found and missing:
        tell(f"{len(found)} of {len(jobs)} fits are there already: {len(missing)} to make")
    if missing:
        tally = Tally(len(jobs), len(found), tell=tell)
        try:
            for job, done in _done(recipe, missing, workers, scheduler, tell):
                shelf.put(job, done)
                found[job.key] = done
                tally.count()
        except KeyboardInterrupt:
            # one may have been stored and not yet been counted
            stored = sum(shelf.take(job) is not None for job in jobs)
            tell(
                f"{stored} of {len(jobs)} fits are stored in {folder}; the same command makes "
                f"the other {len(jobs) - stored}"
            )
            raise
    ordered = {job.key: found[job.key] for job in jobs}
    return Outcome(ordered, new=len(missing), damaged=damaged)


def _done(
    recipe: Recipe,
    jobs: Sequence[Job],
    workers: int | None,
    scheduler: str | None,
    tell: Callable[[str], None],
) -> Iterator[tuple[Job, Done]]:
    if workers is None and scheduler is None:
        work = recipe.warmed(tell).prepared()
        return ((job, timed(work, job)) for job in jobs)
    try:
        from bayesdensing.campaign.cluster import on_cluster
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise RunError(f"several processes need dask.distributed: {_INSTALL}") from None
    return on_cluster(recipe, jobs, workers=workers, scheduler=scheduler, tell=tell)
