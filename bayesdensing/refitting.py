"""One hypothesis on many bundles of one design: compiled once, outcomes swapped in, in threads."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdensing.assembly import assemble
from bayesdensing.assembly.design import Exchange
from bayesdensing.inference import Diagnostics, Sampler, diagnose
from bayesdensing.sampling import sampler_of

if TYPE_CHECKING:
    from bayesdensing.data import DataBundle
    from bayesdensing.inference.engine import Draws, Warmth
    from bayesdensing.spec import Spec

__all__ = ["Refit", "Refitter", "Task"]


@dataclass(frozen=True)
class Task:
    """A bundle to be fitted.

    Attributes
    ----------
    key : str
        What the caller knows it by.
    data : DataBundle or mapping of str to ndarray
        Data of the template's design; or outcomes alone, by the names that they have among the
        model's data, of a design that is known to be the template's.
    seed : int
        Seed of the fit.
    """

    key: str
    data: "DataBundle | Mapping[str, np.ndarray]"
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
    seed : int, optional
        Seed of the template's fit; where not given, it is not fitted, and every fit has pilots of
        its own unless `warmth` says where to start.
    warmth : Warmth, optional
        What an earlier fit of the template ended with, in place of that fit.
    outcomes : mapping of str to ndarray, optional
        What the first fit sees in place of the template's own outcomes.

    Attributes
    ----------
    warmth : Warmth or None
        Where fits start.
    """

    def __init__(
        self,
        spec: "Spec",
        template: "DataBundle",
        *,
        seed: int | None = None,
        warmth: "Warmth | None" = None,
        outcomes: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._spec = spec
        self._exchange = Exchange(spec, template)
        self._sampler = sampler_of(assemble(spec, template))
        self._first: Draws | None = None
        if warmth is None and seed is not None:
            settings = spec.sampler
            self._first = self._sampler.sample(
                seed=seed,
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                target_accept=settings.target_accept,
                data=outcomes,
            )
            warmth = self._first.warmth
        self.warmth = warmth

    @property
    def template_posterior(self) -> xr.Dataset:
        """Draws of the template's fit."""
        if self._first is None:
            raise ValueError("the template was not fitted")
        return self._first.posterior

    def fit(
        self, task: Task, *, draws: int, tune: int, target_accept: float | None = None
    ) -> Refit:
        """Fit one task, on one core.

        Parameters
        ----------
        task : Task
            What to fit.
        draws, tune : int
            Draws kept and iterations of warm-up per chain.
        target_accept : float, optional
            Acceptance rate, where not that of the hypothesis.

        Returns
        -------
        Refit
            The fit.

        Raises
        ------
        DataNeedError
            Where the task has another design than the template.
        """
        return self._fitted(
            self._sampler, task, draws=draws, tune=tune, target_accept=target_accept
        )

    def _fitted(
        self,
        sampler: Sampler,
        task: Task,
        *,
        draws: int,
        tune: int,
        target_accept: float | None = None,
    ) -> Refit:
        made = sampler.sample(
            seed=task.seed,
            draws=draws,
            tune=tune,
            chains=self._spec.sampler.chains,
            cores=1,
            target_accept=target_accept or self._spec.sampler.target_accept,
            data=self._outcomes(task),
            warmth=self.warmth,
        )
        record = diagnose(made.posterior, made.stats)
        return Refit(task, made.posterior, made.stats, record, made.seconds)

    def _outcomes(self, task: Task) -> Mapping[str, np.ndarray]:
        if isinstance(task.data, Mapping):
            return task.data
        return self._exchange.outcomes_of(task.data)

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
            sampler = idle.get()
            try:
                return self._fitted(sampler, task, draws=draws, tune=tune)
            finally:
                idle.put(sampler)

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
