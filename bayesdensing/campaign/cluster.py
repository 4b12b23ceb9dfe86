"""Jobs on the workers of a Dask scheduler: one that is there, or one started for the purpose.

The recipe is a plugin of the workers, so that one that comes later, or anew after its process was
killed, has it too. Each worker prepares once and does one job at a time, however many threads it
has. Jobs of a process that was killed are given to another by the scheduler.
"""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from copy import deepcopy
from dataclasses import replace
from typing import Any

import dask
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    WorkerPlugin,
    as_completed,
    get_worker,
)

from bayesdensing.campaign.job import Done, Job, Recipe, Work, timed
from bayesdensing.errors import RunError

__all__ = ["on_cluster"]

#: Seconds to wait for a scheduler, and for its first worker.
_PATIENCE = 30


class _Bench(WorkerPlugin):  # type: ignore[misc]
    """A worker's place of work: the recipe, prepared when the first job comes."""

    def __init__(self, recipe: Recipe, name: str) -> None:
        self.name, self._recipe = name, recipe

    def setup(self, worker: Any) -> None:
        """Take the place at a worker."""
        self._lock = threading.Lock()
        self._work: Work | None = None

    def do(self, job: Job) -> Done:
        """Do a job."""
        with self._lock:
            if self._work is None:
                self._work = self._recipe.prepared()
            # what came over a wire may lie at any address, which compiled code does not take
            return timed(self._work, replace(job, given=deepcopy(job.given)))


def _at_bench(name: str, job: Job) -> Done:
    bench: _Bench = get_worker().plugins[name]
    return bench.do(job)


def on_cluster(
    recipe: Recipe,
    jobs: Sequence[Job],
    *,
    workers: int | None,
    scheduler: str | None,
    tell: Callable[[str], None],
) -> Iterator[tuple[Job, Done]]:
    """Do jobs on workers; what is done first, comes out first.

    Parameters
    ----------
    recipe : Recipe
        How.
    jobs : sequence of Job
        What.
    workers : int, optional
        Processes to start on this machine.
    scheduler : str, optional
        Address of a scheduler that is there, in place of them.
    tell : callable
        Called with lines of progress.

    Yields
    ------
    tuple of Job and Done
        A job that is done.

    Raises
    ------
    RunError
        Where the scheduler cannot be reached, or jobs end every process they are given to.
    """
    with contextlib.ExitStack() as stack:
        if scheduler is not None:  # before minutes are spent on compiling
            client = stack.enter_context(_connected(scheduler))
        # compiled here first: workers on this machine load what they would compile each
        warm = recipe.warmed(tell)
        if scheduler is None:
            cluster = stack.enter_context(_started(workers or 1))
            client = stack.enter_context(Client(cluster))
        tell(_crew(client, workers, scheduler))
        name = f"bayesdensing-{uuid.uuid4().hex}"
        try:
            client.register_plugin(_Bench(warm, name))
        except (ImportError, AttributeError) as error:
            where = f"the workers of {scheduler}"
            raise RunError(f"{where} need bayesdensing, in this version: {error}") from None
        try:
            yield from _rounds(client, name, jobs, tell)
        except CancelledError:
            raise RunError("the scheduler went away: the same command takes up the rest") from None
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone
                client.unregister_worker_plugin(name)


def _started(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # a limit would kill what merely compiles
        dashboard_address=None,
        silence_logs="CRITICAL",
    )


def _connected(address: str) -> Client:
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": f"{_PATIENCE}s"}):
            return Client(address, timeout=_PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{address}: no scheduler answers there ({error})") from None


def _crew(client: Client, workers: int | None, scheduler: str | None) -> str:
    """Wait for a worker, and say who works."""
    try:
        client.wait_for_workers(1, timeout=2 * _PATIENCE)
    except TimeoutError:
        where = scheduler or "this machine"
        raise RunError(f"{where}: no worker within {2 * _PATIENCE} s") from None
    if scheduler is None:
        return f"{workers} processes of one thread each"
    return f"{len(client.scheduler_info(n_workers=-1)['workers'])} workers of {scheduler}"


def _rounds(
    client: Client, name: str, jobs: Sequence[Job], tell: Callable[[str], None]
) -> Iterator[tuple[Job, Done]]:
    """Hand jobs in together; those that lost their processes once more, one by one.

    A job that waits at a worker is counted as lost with the one that ended it: alone, only the one
    that is to blame is lost again.
    """
    lost: list[Job] = []
    yield from _kept(client, name, jobs, lost)
    if not lost:
        return
    tell(f"{len(lost)} fits lost their processes: they are handed in again, one by one")
    again: list[Job] = []
    for job in lost:
        yield from _kept(client, name, [job], again)
    if again:
        raise RunError(f"{again[0].key} ended every process that it was given to")


def _kept(
    client: Client, name: str, jobs: Sequence[Job], lost: list[Job]
) -> Iterator[tuple[Job, Done]]:
    """Yield what is done; note jobs that are taken for what ends their processes."""
    for job, future in _as_done(client, name, jobs):
        try:
            done: Done = future.result()
        except KilledWorker:
            lost.append(job)
            continue
        future.release()
        yield job, done


def _as_done(client: Client, name: str, jobs: Sequence[Job]) -> Iterator[tuple[Job, Future]]:
    futures = {
        client.submit(_at_bench, name, job, key=f"{name}-{uuid.uuid4().hex}", pure=False): job
        for job in jobs
    }
    for future in as_completed(list(futures)):
        yield futures.pop(future), future
