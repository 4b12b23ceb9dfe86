"""Compile once, warm up in pilot runs that improve the coordinates, sample.

Chains start dispersed and never learn of one another except through the coordinates, so they can
disagree, and R-hat can say so.
"""

import copy
import dataclasses
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import nutpie
import xarray as xr
from scipy.optimize import minimize

from bayesdensing.inference.blas import one_blas_thread
from bayesdensing.inference.chains import in_turn
from bayesdensing.inference.codecache import compile_model, logp_and_gradient
from bayesdensing.inference.learning import curved, improved
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.tally import Progress, Tally
from bayesdensing.inference.walk import DENSE, LATENT, Walk, build_walk

__all__ = ["Draws", "Progress", "Sampler", "Warmth"]

_PILOT_ACCEPT = 0.8
_PILOT_DEPTH = 7
#: Pilots of short chains: share of the warm-up that tunes, draws, points of each chain at which
#: curvature is measured, depth limit.
_SHORT_PILOTS = ((0.2, 10, 1, 4), (0.17, 20, 2, 5))
_SHORT_DEPTH = 6
#: Steps of a chain's climb to its start, and the height at which there is no density.
_CLIMB, _VERY_LOW = 100, 1e30
_SHORTEST_PILOTS = 72  # iterations of warm-up, below which pilots would have too few draws
_KEPT_STATS = (
    "diverging", "depth", "maxdepth_reached", "n_steps", "energy", "logp", "mean_tree_accept",
    "step_size",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Draws:
    """What a run of the sampler gives.

    Attributes
    ----------
    posterior : xarray.Dataset
        Draws of the model's variables, dims (chain, draw, ...).
    stats : xarray.Dataset
        Sampler statistics, dims (chain, draw).
    seconds : float
        Seconds of sampling, pilots included.
    warmth : Warmth
        Where and in which coordinates the run ended, to start a similar one from.
    relearn : callable
        Gives a `Warmth` whose coordinates are learned from all of these draws, the run being then
        a pilot much longer than its own.
    values : callable
        Gives the values of all draws, (chain, draw, value), as `bayesdensing.inference.walk.Walk`
        has them.
    """

    posterior: xr.Dataset
    stats: xr.Dataset
    seconds: float
    warmth: "Warmth"
    relearn: Callable[[], "Warmth"] = dataclasses.field(repr=False)
    values: Callable[[], np.ndarray] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Warmth:
    """What a run knows that a run on slightly other data can start from.

    Attributes
    ----------
    values : ndarray, shape (chain, value)
        Last values of each chain, as the walk of this sampler's model has them; samplers of other
        models or priors mean other points by them.
    matrices : Preconditioner
        The coordinates.
    """

    values: np.ndarray
    matrices: Preconditioner


class Sampler:
    """A compiled model, to be sampled as often as wanted.

    Parameters
    ----------
    model : pymc.Model
        Any model of continuous free variables.
    shifts : mapping of str to TensorVariable, optional
        Hints, see `bayesdensing.inference.walk.build_walk`.
    latents : sequence of str
        Variables with one entry per unit.
    log_stretches, loose, populations : mapping, optional
        Hints, see there too.

    Attributes
    ----------
    compile_seconds : float
        Seconds of compiling.
    """

    def __init__(
        self,
        model: Any,
        *,
        shifts: Mapping[str, Any] | None = None,
        latents: Sequence[str] = (),
        log_stretches: Mapping[str, Any] | None = None,
        loose: Mapping[str, np.ndarray] | None = None,
        populations: Mapping[str, tuple[Any, Any]] | None = None,
    ) -> None:
        start = time.perf_counter()
        self._walk: Walk = build_walk(
            model,
            shifts=shifts or {},
            latents=latents,
            log_stretches=log_stretches,
            loose=loose,
            populations=populations,
        )
        self._compiled: Any = compile_model(self._walk.model)
        self.compile_seconds = time.perf_counter() - start

    @property
    def size(self) -> int:
        """Number of unconstrained values."""
        return self._walk.size

    @property
    def latents(self) -> slice:
        """Where the latents lie among the unconstrained values."""
        return slice(self._walk.n_dense, self._walk.n_dense + self._walk.n_latent)

    @property
    def data_names(self) -> tuple[str, ...]:
        """Names of the model's own data, which `sample` can be given anew."""
        own = set(Preconditioner.identity(0).data())
        return tuple(v.name for v in self._compiled.shared_var_keys if v.name not in own)

    def sample(
        self,
        *,
        seed: int,
        draws: int,
        tune: int,
        chains: int = 4,
        cores: int | None = None,
        target_accept: float = 0.9,
        progress: Progress | None = None,
        data: Mapping[str, np.ndarray] | None = None,
        warmth: Warmth | None = None,
        dispersed: bool = False,
    ) -> Draws:
        """Sample the posterior.

        Parameters
        ----------
        seed : int
            Seed; the same seed on the same machine gives the same draws.
        draws, tune : int
            Draws kept and iterations of warm-up per chain, the two pilots included.
        chains : int
            Chains.
        cores : int, optional
            Chains at a time; as many as the machine has cores where not given.
        target_accept : float
            Acceptance rate that the step size is adapted to.
        progress : callable, optional
            Called now and then while sampling.
        data : mapping of str to ndarray, optional
            New values of the model's own data, in the shapes that it was compiled with; they stay
            for later runs.
        warmth : Warmth, optional
            That of a run on similar data, with as many chains: no pilots are run then.
        dispersed : bool
            Each chain climbs from a draw of the prior to a mode and adapts alone: there are no
            pilots, whose coordinates would be averages over modes.

        Returns
        -------
        Draws
            Draws, statistics and seconds.
        """
        begun = time.perf_counter()
        self._set_data(data or {})
        seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(4)]
        plan = _Plan(chains, cores or os.cpu_count() or 1, target_accept)
        # pilots need no more than to reach the posterior and see its shape: short, bold steps do
        pilots = dataclasses.replace(
            plan, target_accept=min(target_accept, _PILOT_ACCEPT), maxdepth=_PILOT_DEPTH
        )
        with one_blas_thread():
            walk = self._walk
            matrices = walk.identity()
            first, second, last = (0, 0), (0, 0), tune
            if warmth is not None:
                at, matrices = warmth.values, warmth.matrices
            elif dispersed:
                at = np.array([self._climbed(v) for v in walk.prior_starts(seeds[0], chains)])
            else:
                at = walk.starts(seeds[0], chains)
                first, second, last = _split(tune)
            tally = Tally(progress, chains=chains, tune=tune, draws=draws)
            if first[1]:
                tally.begin(sum(first))
                pilot = self._run(tally, matrices, at, first, seeds[1], pilots)
                at, matrices = self._improve(pilot, matrices, bend=True, cores=plan.cores)
            if second[1]:
                tally.begin(sum(second))
                pilot = self._run(tally, matrices, at, second, seeds[2], pilots)
                at, matrices = self._improve(
                    pilot, matrices, bend=True, covariance=True, cores=plan.cores
                )
            tally.begin(last)
            result = self._run(tally, matrices, at, (last, draws), seeds[3], plan)
        return self._draws(result, matrices, begun=begun, cores=plan.cores)

    def twin(self) -> "Sampler":
        """Return a sampler of the same compiled code, for another thread: each has its own data."""
        return copy.copy(self)

    def starts(self, *, seed: int, chains: int) -> np.ndarray:
        """Return dispersed starting values.

        Parameters
        ----------
        seed : int
            Seed.
        chains : int
            Number of starts.

        Returns
        -------
        ndarray, shape (chain, value)
            Values of the walk, dense ones first.
        """
        return self._walk.starts(seed, chains)

    def cold(self, values: np.ndarray) -> Warmth:
        """Return starts without any knowledge of the coordinates.

        Parameters
        ----------
        values : ndarray, shape (chain, value)
            Values of the walk, dense ones first.

        Returns
        -------
        Warmth
            To sample from, each chain adapting alone.
        """
        return Warmth(values, self._walk.identity())

    def logp_and_gradient(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log density and its gradient.

        Parameters
        ----------
        values : ndarray, shape (value,)
            Values of the walk, dense ones first.

        Returns
        -------
        tuple of float and ndarray
            What is not finite is returned as it is.
        """
        return logp_and_gradient(self._compiled, values)

    def sample_short(
        self,
        at: np.ndarray,
        *,
        seed: int,
        draws: int,
        tune: int,
        cores: int | None = None,
        target_accept: float = 0.85,
        progress: Progress | None = None,
    ) -> Draws:
        """Sample short chains from where the posterior is known to lie.

        Parameters
        ----------
        at : ndarray, shape (chain, value)
            Values of the walk, one start per chain.
        seed : int
            Seed.
        draws, tune : int
            Draws kept and iterations of warm-up per chain, half of them in two pilots.
        cores : int, optional
            Chains at a time; as many as the machine has cores where not given.
        target_accept : float
            Acceptance rate that the step size is adapted to.
        progress : callable, optional
            Called now and then while sampling.

        Returns
        -------
        Draws
            Draws, too few for convergence to be claimed.
        """
        begun = time.perf_counter()
        seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(3)]
        plan = _Plan(len(at), cores or os.cpu_count() or 1, target_accept, _SHORT_DEPTH)
        pilots = [(round(share * tune), kept) for share, kept, _, _ in _SHORT_PILOTS]
        last = tune - tune // 2
        whole = sum(map(sum, pilots)) + last
        tally = Tally(progress, chains=len(at), tune=whole, draws=draws)
        with one_blas_thread():
            plain = self._walk.identity()
            matrices = curved(self._walk, self._gradient, at, plain, cores=plan.cores)
            for pilot_seed, length, (_, _, points, depth) in zip(
                seeds, pilots, _SHORT_PILOTS, strict=False
            ):
                rule = dataclasses.replace(plan, target_accept=_PILOT_ACCEPT, maxdepth=depth)
                tally.begin(sum(length))
                pilot = self._run(tally, matrices, at, length, pilot_seed, rule)
                at, matrices = self._improve(pilot, matrices, points=points, cores=plan.cores)
            tally.begin(last)
            result = self._run(tally, matrices, at, (last, draws), seeds[2], plan)
        return self._draws(result, matrices, begun=begun, cores=plan.cores)

    def _climbed(self, values: np.ndarray) -> np.ndarray:
        """Climb from values (value,) towards the mode in whose reach they lie, a short way."""

        def downhill(at: np.ndarray) -> tuple[float, np.ndarray]:
            logp, gradient = self.logp_and_gradient(at)
            if not (np.isfinite(logp) and np.isfinite(gradient).all()):
                return _VERY_LOW, np.zeros_like(at)
            return -logp, -gradient

        found = minimize(downhill, values, jac=True, method="L-BFGS-B", options={"maxiter": _CLIMB})
        return np.asarray(found.x)

    def _gradient(self, matrices: Preconditioner) -> Callable[[np.ndarray], np.ndarray]:
        compiled = self._compiled.with_data(**self._present(matrices))
        return lambda at: logp_and_gradient(compiled, at)[1]

    def _draws(self, result: Any, matrices: Preconditioner, *, begun: float, cores: int) -> Draws:
        def values() -> np.ndarray:
            return self._values(result, matrices)

        last = {"posterior": result["posterior"].isel(draw=[-1])}
        ended = Warmth(self._values(last, matrices)[:, -1], matrices)
        own = [f"{name}{rest}" for name in (DENSE, LATENT) for rest in ("", "_dim_0")]
        posterior = result["posterior"].drop_vars(own, errors="ignore")
        stats = result["sample_stats"]
        names = [n for n in _KEPT_STATS if n in stats]

        def relearn() -> Warmth:
            with one_blas_thread():
                how = {"bend": True, "covariance": True, "cores": cores}
                return Warmth(*self._improve(result, matrices, **how))

        seconds = time.perf_counter() - begun
        return Draws(posterior, stats[names], seconds, ended, relearn, values)

    def _set_data(self, data: Mapping[str, np.ndarray]) -> None:
        """Put data into the graphs of the log density and into the compiled sampler."""
        shared = {v.name: v for v in self._compiled.shared_var_keys}
        for name, value in data.items():
            shared[name].set_value(np.asarray(value, dtype=shared[name].dtype))
        if data:
            self._compiled = self._compiled.with_data(**data)

    def _run(
        self,
        tally: Tally,
        matrices: Preconditioner,
        at: np.ndarray,
        length: tuple[int, int],
        seed: int,
        plan: "_Plan",
    ) -> Any:
        starts = self._walk.to_walk(matrices, at)
        compiled = self._compiled.with_data(**self._present(matrices))
        tune, draws = length

        def launch(chain: int) -> Any:
            start = np.ascontiguousarray(starts[chain])
            return nutpie.sample(
                # one sampler per chain: each has its own start, whatever the order of threads
                dataclasses.replace(compiled, initial_point_func=lambda _seed: start.copy()),
                draws=draws,
                tune=tune,
                chains=1,
                cores=1,
                seed=int(np.random.SeedSequence((seed, chain)).generate_state(1)[0]),
                target_accept=plan.target_accept,
                maxdepth=plan.maxdepth,
                save_warmup=False,
                progress_bar=False,
                progress_callback=tally.callback(chain),
                progress_rate=250,
                blocking=False,
            )

        results = in_turn(launch, chains=plan.chains, cores=plan.cores)
        divergences = sum(int(r["sample_stats"]["diverging"].sum()) for r in results)
        tally.end(tune + draws, divergences=divergences)
        return {
            group: xr.concat([r[group].to_dataset() for r in results], dim="chain").assign_coords(
                chain=np.arange(plan.chains)
            )
            for group in ("posterior", "sample_stats")
        }

    def _present(self, matrices: Preconditioner) -> dict[str, np.ndarray]:
        names = {v.name for v in self._compiled.shared_var_keys}
        return {name: value for name, value in matrices.data().items() if name in names}

    def _improve(
        self, pilot: Any, matrices: Preconditioner, **how: Any
    ) -> tuple[np.ndarray, Preconditioner]:
        """Return the pilot's last values and the coordinates that it suggests."""
        values = self._values(pilot, matrices)
        return values[:, -1], improved(self._walk, self._gradient, values, **how)

    def _values(self, run: Any, matrices: Preconditioner) -> np.ndarray:
        """Return a run's unconstrained values, (chain, draw, value), dense ones first."""
        names = (DENSE, LATENT) if self._walk.size > self._walk.n_dense else (DENSE,)
        walk = [run["posterior"][name].to_numpy() for name in names]
        return self._walk.to_values(matrices, np.concatenate(walk, axis=-1))


@dataclasses.dataclass(frozen=True)
class _Plan:
    chains: int
    cores: int
    target_accept: float
    maxdepth: int = 10


def _split(tune: int) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Split the warm-up into two pilots, each of tuning and draws, and the last tuning."""
    if tune < _SHORTEST_PILOTS:
        return (0, 0), (0, 0), tune
    first = (tune * 3 // 10, tune // 20)
    second = (tune // 10, tune * 4 // 10)
    return first, second, tune - sum(first) - sum(second)
