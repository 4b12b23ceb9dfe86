"""NumPyro's NUTS on our walk, with the matrices that our pilots learnt."""

import os

os.environ["XLA_FLAGS"] = " ".join([
    os.environ.get("XLA_FLAGS", ""),
    "--xla_force_host_platform_device_count=4",
    # chains share the cores; threads inside a small product would only fight for them
    "--xla_cpu_multi_thread_eigen=false",
])  # fmt: skip

import time
from typing import Any

import jax
import jax.monitoring
import jax.numpy as jnp
import numpy as np
from numpyro.infer import MCMC, NUTS
from pymc.sampling.jax import get_jaxified_graph

from benchmarks.posterior import summarise
from benchmarks.tasks.ours import GIVEN_SHARE
from benchmarks.walks import given_walk, load_posterior, load_warmth, variables

__all__ = ["log_density_of", "run"]

jax.config.update("jax_enable_x64", True)

_PER_EVALUATION = 500


def log_density_of(walk: Any) -> Any:
    """Return the log density of a walk as a function of JAX.

    Parameters
    ----------
    walk : Walk
        The walk, with its matrices.

    Returns
    -------
    callable
        Coordinates, dense ones first, to the log density.
    """
    model = walk.model
    graph = get_jaxified_graph(inputs=model.value_vars, outputs=[model.logp()])
    dense = walk.n_dense
    if len(model.value_vars) == 1:
        return lambda z: graph(z)[0]
    return lambda z: graph(z[:dense], z[dense:])[0]


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Sample the posterior from where our chains ended.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, ``warmth``, optionally ``draws`` and ``tune``.

    Returns
    -------
    dict
        Seconds without and of compiling, steps and moments.
    """
    spec, _, assembled = load_posterior(options)
    settings = spec.sampler
    given = load_warmth(options["warmth"])
    walk, points = given_walk(assembled, given)
    logp = log_density_of(walk)
    starts = jnp.asarray(points)
    compiling = _Compiling()
    mcmc = MCMC(
        NUTS(
            potential_fn=lambda z: -logp(z),
            target_accept_prob=settings.target_accept,
            max_tree_depth=10,
        ),
        num_warmup=options.get("tune", settings.tune) // GIVEN_SHARE,
        num_samples=options.get("draws", settings.draws),
        num_chains=settings.chains,
        chain_method="parallel",
        progress_bar=False,
    )
    began = time.perf_counter()
    key = jax.random.PRNGKey(options["seed"])
    mcmc.run(key, init_params=starts, extra_fields=("num_steps", "diverging"))
    coordinates = np.asarray(mcmc.get_samples(group_by_chain=True))
    elapsed = time.perf_counter() - began
    compile_s = compiling.seconds()
    extra = {n: np.asarray(v) for n, v in mcmc.get_extra_fields(group_by_chain=True).items()}
    return {
        "seconds": elapsed - compile_s,
        "compile_s": compile_s,
        "gradient_s": _gradient_seconds(logp, starts),
        "steps_per_draw": float(np.median(extra["num_steps"])),
        "steps": int(extra["num_steps"].sum()),
        "divergences": int(extra["diverging"].sum()),
        **summarise(variables(walk, coordinates)),
    }


class _Compiling:
    """Time in which JAX traced or compiled anything."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        jax.monitoring.register_event_duration_secs_listener(self._hear)

    def _hear(self, event: str, duration: float, **_: Any) -> None:
        if "/compile/" in event or "compil" in event or "trace" in event:
            now = time.perf_counter()
            self._spans.append((now - duration, now))

    def seconds(self) -> float:
        """Return the length of the union of all spans: they lie within one another."""
        total, end = 0.0, -np.inf
        for start, stop in sorted(self._spans):
            total += max(0.0, stop - max(start, end))
            end = max(end, stop)
        return float(total)


def _gradient_seconds(logp: Any, points: Any) -> float:
    """Return seconds of one log density with its gradient, many in one compiled loop."""
    both = jax.value_and_grad(logp)

    def repeated(start: Any) -> Any:
        def step(_: int, carry: Any) -> Any:
            total, at = carry
            value, gradient = both(at)
            # the next point depends on the last, so that none is left out
            return total + value, at + 1e-12 * gradient

        return jax.lax.fori_loop(0, _PER_EVALUATION, step, (0.0, start))

    loop = jax.jit(repeated)
    jax.block_until_ready(loop(points[0]))
    best = np.inf
    for point in points:
        began = time.perf_counter()
        jax.block_until_ready(loop(point))
        best = min(best, time.perf_counter() - began)
    return float(best / _PER_EVALUATION)
