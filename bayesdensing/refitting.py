"""One hypothesis on many bundles of one design: compiled once, outcomes swapped in, in threads."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

import xarray as xr

from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import Exchange
from bayesdensing.inference import Diagnostics, Sampler, diagnose
from bayesdensing.sampling import sampler_of

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference.engine import Warmth
    from bayesdensing.spec import Spec

__all__ = ["Refit", "Refitter", "Task"]


@dataclass(frozen=True)
class Task:
    """A bundle to be fitted.

    Attributes
    ----------
    key : str
        What the caller knows it by.
    data : DataBundle
        Data of the template's design.
    seed : int
        Seed of the fit.
    """

    key: str
    data: "DataBundle"
    seed: int


@dataclass(frozen=True)
class Refit:
    """A fit of a task.

    Attributes
    ----------
    task : Task
        What was fitted.
    posterior, stats : xarray.Dataset
        Draws and sampler statistics, dims (chain, draw, ...).
    diagnostics : Diagnostics
        The checks.
    seconds : float
        Seconds of sampling.
    """

    task: Task
    posterior: xr.Dataset
    stats: xr.Dataset
    diagnostics: Diagnostics
    seconds: float


class Refitter:
    """A hypothesis compiled for a design, to be fitted to many outcomes.

    The first fit, of the template, finds the coordinates in which the others are sampled: those
    need no pilots, only a short warm-up of step size and mass matrix. Each starts where the
    template's chains ended, so its warm-up has to reach another posterior.

    Parameters
    ----------
    spec : Spec
        The hypothesis; its sampler settings are those of the template's fit.
    template : DataBundle
        The design, and outcomes for the first fit.
    seed : int
        Seed of the template's fit.
    """

    def __init__(self, spec: "Spec", template: "DataBundle", *, seed: int) -> None:
        self._spec = spec
        self._exchange = Exchange(spec, template)
        self._sampler = sampler_of(assemble(spec, template))
        settings = spec.sampler
        first = self._sampler.sample(
            seed=seed,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            target_accept=settings.target_accept,
        )
        self._warmth: Warmth = first.warmth
        #: Draws of the template's fit.
        self.template_posterior: xr.Dataset = first.posterior

    def fits(
        self, tasks: Iterable[Task], *, draws: int, tune: int, workers: int = 1
    ) -> Iterator[Refit]:
        """Fit tasks in threads; what comes first, comes out first.

        Parameters
        ----------
        tasks : iterable of Task
            What to fit; taken as workers become free.
        draws, tune : int
            Draws kept and iterations of warm-up per chain.
        workers : int
            Fits at a time, each on one core.

        Yields
        ------
        Refit
            A fit; it does not depend on the number of workers.

        Raises
        ------
        DataNeedError
            Where a task has another design than the template.
        """
        idle: SimpleQueue[Sampler] = SimpleQueue()
        for _ in range(workers):
            idle.put(self._sampler.twin())

        def run(task: Task) -> Refit:
            data = self._exchange.outcomes_of(task.data)
            sampler = idle.get()
            try:
                made = sampler.sample(
                    seed=task.seed,
                    draws=draws,
                    tune=tune,
                    chains=self._spec.sampler.chains,
                    cores=1,
                    target_accept=self._spec.sampler.target_accept,
                    data=data,
                    warmth=self._warmth,
                )
            finally:
                idle.put(sampler)
            record = diagnose(made.posterior, made.stats)
            return Refit(task, made.posterior, made.stats, record, made.seconds)

        queue, running = iter(tasks), set[Future[Refit]]()
        with ThreadPoolExecutor(workers) as pool:
            try:
                while True:
                    while len(running) < workers and (task := next(queue, None)) is not None:
                        running.add(pool.submit(run, task))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                for future in running:
                    future.cancel()
