"""The peers' densities are ours."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bayesdensing import load_data, load_spec
from bayesdensing.assembly import assemble
from bayesdensing.data import DataBundle
from bayesdensing.inference.walk import Walk
from benchmarks.stan.build import build, missing
from benchmarks.stan.data import stan_data
from benchmarks.walks import walk_of

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Setting:
    """A walk with matrices, points in its coordinates, and our log densities there."""

    walk: Walk
    matrices: dict[str, np.ndarray]
    points: np.ndarray
    ours: np.ndarray


@pytest.fixture(scope="module")
def setting() -> Setting:
    """Return the packaged posterior's, with matrices that are nothing special."""
    assembled = assemble(load_spec("joint"), load_data())
    plain = walk_of(assembled)
    rng = np.random.default_rng(1)
    matrices = {
        name: value + 0.01 * rng.normal(size=value.shape)
        for name, value in plain.identity().data().items()
    }
    walk = walk_of(assembled, matrices)
    points = 0.3 * plain.starts(1, 4)
    dense = walk.n_dense
    compute = walk.model.compile_fn(walk.model.logp(), inputs=walk.model.value_vars, point_fn=False)
    ours = np.array([float(compute(point[:dense], point[dense:])) for point in points])
    return Setting(walk, matrices, points, ours)


def same_differences(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert np.ptp(ours) > 10
    scale = np.abs(ours).max()
    difference = (theirs - theirs[0]) - (ours - ours[0])
    assert np.abs(difference).max() < 1e-6 * max(1.0, 1e-6 * scale)


def test_jax(setting: Setting) -> None:
    pytest.importorskip("numpyro", reason="NumPyro is not installed: make bench installs it")
    import jax.numpy as jnp

    from benchmarks.tasks.numpyro import log_density_of

    density = log_density_of(setting.walk)
    theirs = [float(density(jnp.asarray(point))) for point in setting.points]
    same_differences(setting.ours, np.array(theirs))


@pytest.mark.skipif(missing() is not None, reason=f"no Stan: {missing()}; see make bench")
def test_stan(setting: Setting, tmp_path: Path) -> None:
    data, at = tmp_path / "data.json", tmp_path / "points.txt"
    given = stan_data(
        load_spec("joint"), load_data(), matrices=setting.matrices, places=setting.walk.places
    )
    data.write_text(json.dumps(given), "utf-8")
    np.savetxt(at, setting.points, fmt="%.17g")
    # compiling with optimisation takes minutes
    program = build(tmp_path, optimise=("-O0",))
    said = subprocess.run(
        [program, "density", data, at], capture_output=True, text=True, check=True
    ).stdout
    theirs = [float(line.split()[0]) for line in said.splitlines()]
    same_differences(setting.ours, np.array(theirs))


@pytest.mark.parametrize("name", ["joint_power", "joint_frontier", "joint_5T", "joint_cut"])
def test_stan_is_not_given_what_it_is_not_written_for(name: str) -> None:
    bundle: DataBundle = load_data()
    with pytest.raises(ValueError, match="not written for"):
        stan_data(load_spec(name), bundle, matrices={}, places={})
