from pathlib import Path

import numpy as np

from bayesdensing.inference.bend import Bend
from bayesdensing.inference.engine import Warmth
from bayesdensing.inference.preconditioner import Preconditioner
from bayesdensing.inference.transport import PseudoObservations
from benchmarks.walks import load_warmth, save_warmth


def test_what_peers_are_given_is_what_our_sampler_had(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(4, 6))
    matrices = Preconditioner(
        dense_mean=rng.normal(size=2),
        factor=np.eye(2) + 0.1 * rng.normal(size=(2, 2)),
        other_mean=rng.normal(size=4),
        coupling=rng.normal(size=(3, 2)),
        scale=rng.uniform(0.5, 2.0, size=4),
        bend=Bend.of_draws(rng.gamma(2.0, size=(50, 6))),
        pseudo=PseudoObservations(rng.normal(size=3), rng.uniform(size=3)),
    )
    file = tmp_path / "coordinates.npz"
    save_warmth(file, Warmth(values, matrices))
    found = load_warmth(file)
    np.testing.assert_array_equal(found.values, values)
    for name, array in matrices.data().items():
        np.testing.assert_array_equal(found.matrices.data()[name], array)
