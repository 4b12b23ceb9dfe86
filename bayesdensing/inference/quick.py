"""A posterior in seconds: starts with latents integrated out, then short chains. Approximate.

A hierarchical density has no useful joint mode: in the units themselves it is highest where they
do not differ at all. With a normal distribution for every latent, of mean m and sd s given the
other values g, its bound

    F(g, m, s) = E log p(g, m + s z) + sum log s,      z standard normal,

has one; the expectation is taken by three Gauss-Hermite nodes at which all latents move together,
which is exact to the fifth order for latents that are independent given g. From the maximum that
each dispersed start climbs to, chains go on by themselves, too few draws for convergence to be
claimed, but enough to see where they disagree.

Sources: variational EM as in Neal and Hinton (1998), "A view of the EM algorithm that justifies
incremental, sparse, and other variants".
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import minimize

from bayesdensing.inference.blas import one_blas_thread
from bayesdensing.inference.engine import Draws, Progress, Sampler

__all__ = ["climb", "sample_quickly"]

_NODES = ((-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6))
_FIRST_LOG_SD = -1.0
_LOG_SDS = (-12.0, 3.0)
_STEPS = 3000
#: Relative gain of a step below which climbing ends; the chains do the rest.
_GAIN = 1e-5
#: A start that ends so many nats below the best is stuck on the way and follows that one.
#: Unfinished climbs to one maximum differ by up to about 20.
_STUCK = 50.0

Density = Callable[[np.ndarray], tuple[float, np.ndarray]]


def sample_quickly(
    sampler: Sampler,
    *,
    seed: int,
    draws: int,
    tune: int,
    chains: int = 4,
    cores: int | None = None,
    target_accept: float = 0.85,
    progress: Progress | None = None,
) -> Draws:
    """Sample short chains, each from a start of its own.

    Parameters
    ----------
    sampler : Sampler
        The compiled model.
    seed : int
        Seed.
    draws, tune : int
        Draws kept and iterations of warm-up per chain, pilots included.
    chains : int
        Chains.
    cores : int, optional
        Chains at a time; as many as the machine has cores where not given.
    target_accept : float
        Acceptance rate that the step size is adapted to.
    progress : callable, optional
        Called now and then.

    Returns
    -------
    Draws
        Approximate draws: see `bayesdensing.inference.diagnostics.approximate`.
    """
    begun = time.perf_counter()
    first, second, third = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
    begin = partial(climb, sampler.logp_and_gradient, latents=sampler.latents)
    tell = progress or (lambda *_: None)
    tell("finding the posterior", 0, 1, None)
    with (
        one_blas_thread(),
        ThreadPoolExecutor(cores or os.cpu_count()) as pool,
    ):  # compiled code holds no lock
        ends = list(pool.map(begin, sampler.starts(seed=first, chains=chains)))
    tell("finding the posterior", 1, 1, None)
    best = max(ends, key=lambda end: end[2])
    rng = np.random.default_rng(second)
    at = []
    for end in ends:
        centre, sd, _ = end if end[2] > best[2] - _STUCK else best
        start = centre.copy()
        start[sampler.latents] += sd * rng.normal(size=len(sd))
        at.append(start)
    drawn = sampler.sample_short(
        np.array(at),
        seed=third,
        draws=draws,
        tune=tune,
        cores=cores,
        target_accept=target_accept,
        progress=progress,
    )
    return replace(drawn, seconds=time.perf_counter() - begun)


def climb(
    logp_and_gradient: Density, start: np.ndarray, *, latents: slice
) -> tuple[np.ndarray, np.ndarray, float]:
    """Climb from a start to a maximum of the bound.

    Parameters
    ----------
    logp_and_gradient : callable
        Log density and gradient at unconstrained values.
    start : ndarray, shape (value,)
        Where to begin.
    latents : slice
        Which of them are latents, independent of one another given the rest.

    Returns
    -------
    centre : ndarray, shape (value,)
        Values, of latents their means.
    sd : ndarray, shape (latent,)
        Standard deviations of latents.
    bound : float
        The log density integrated over latents, or a little less.
    """
    n_latent = len(start[latents])

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        centre, log_sd = point[: len(start)], np.clip(point[len(start) :], *_LOG_SDS)
        sd = np.exp(log_sd)
        bound, slope = float(log_sd.sum()), np.zeros(len(point))
        slope[len(start) :] = 1.0
        for node, weight in _NODES if n_latent else ((0.0, 1.0),):
            values = centre.copy()
            values[latents] += node * sd
            logp, gradient = logp_and_gradient(values)
            if not (np.isfinite(logp) and np.isfinite(gradient).all()):
                return 1e10, np.zeros(len(point))
            bound += weight * logp
            slope[: len(start)] += weight * gradient
            slope[len(start) :] += weight * node * sd * gradient[latents]
        return -bound, -slope

    options = {"maxiter": _STEPS, "maxfun": _STEPS, "maxcor": 30, "ftol": _GAIN, "gtol": 1e-2}
    point = np.concatenate([start, np.full(n_latent, _FIRST_LOG_SD)])
    found = minimize(negative, point, jac=True, method="L-BFGS-B", options=options)
    sd = np.exp(np.clip(found.x[len(start) :], *_LOG_SDS))
    return found.x[: len(start)], sd, -float(found.fun)
