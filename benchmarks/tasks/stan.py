"""Stan's NUTS on our walk, with the matrices that our pilots learnt."""

import json
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.posterior import summarise
from benchmarks.stan.build import build, stan_version
from benchmarks.stan.data import stan_data
from benchmarks.tasks.ours import GIVEN_SHARE
from benchmarks.walks import given_walk, load_posterior, load_warmth, variables

__all__ = ["run"]

_DEPTH = 10
_PER_EVALUATION = 3000


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Sample the posterior from where our chains ended.

    Parameters
    ----------
    options : dict
        ``data``, ``seed``, ``warmth``, ``programs`` (a folder for compiled ones), optionally
        ``draws`` and ``tune``.

    Returns
    -------
    dict
        Seconds, steps and moments; the peak is that of as many programs
        as run at a time.
    """
    spec, bundle, assembled = load_posterior(options)
    settings = spec.sampler
    given = load_warmth(options["warmth"])
    walk, starts = given_walk(assembled, given)
    program = build(Path(options["programs"]))
    dense = walk.n_dense
    program_data = stan_data(spec, bundle, matrices=given.matrices.data(), places=walk.places)
    cores = min(settings.chains, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.json"
        data.write_text(json.dumps(program_data), "utf-8")
        np.savetxt(folder / "points.txt", starts, fmt="%.17g")
        timed = _run([program, "time", data, folder / "points.txt", _PER_EVALUATION])

        def sample(chain: int) -> tuple[pd.DataFrame, int]:
            at = {"z_dense": starts[chain, :dense], "z_latent": starts[chain, dense:]}
            init, out = folder / f"init-{chain}.json", folder / f"draws-{chain}.csv"
            init.write_text(json.dumps({n: v.tolist() for n, v in at.items()}), "utf-8")
            peak = _run([
                program, "sample", data, init, out, options["seed"], chain + 1,
                options.get("tune", settings.tune) // GIVEN_SHARE,
                options.get("draws", settings.draws), settings.target_accept, _DEPTH,
            ])  # fmt: skip
            return pd.read_csv(out, comment="#"), int(peak)

        began = time.perf_counter()
        with ThreadPoolExecutor(cores) as pool:
            chains, peaks = zip(*pool.map(sample, range(settings.chains)), strict=True)
        seconds = time.perf_counter() - began
    steps = np.stack([chain["n_leapfrog__"] for chain in chains])
    columns = [c for c in chains[0].columns if re.fullmatch(r"z_(dense|latent)\.\d+", c)]
    coordinates = np.stack([chain[columns].to_numpy() for chain in chains])
    return {
        "seconds": seconds,
        "gradient_s": float(timed),
        "version": stan_version(),
        "peak_bytes": max(peaks) * cores,
        "steps_per_draw": float(np.median(steps)),
        "steps": int(steps.sum()),
        "divergences": int(sum(chain["divergent__"].sum() for chain in chains)),
        **summarise(variables(walk, coordinates)),
    }


def _run(command: list[Any]) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-500:])
    return done.stdout
