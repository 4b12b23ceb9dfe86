"""One log density with its gradient, against what it cannot do without."""

from typing import Any

import numpy as np
import nutpie

from benchmarks.floor import compiled_floor, pointer_seconds, products, simd_floor
from benchmarks.opcount import count, exp_and_log
from benchmarks.walks import given_walk, load_posterior, load_warmth

__all__ = ["run"]


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Time the gradient and its floors.

    Parameters
    ----------
    options : dict
        ``data`` and ``warmth``: the points are where our chains ended.

    Returns
    -------
    dict
        Seconds, evaluations of elementary functions.
    """
    _, _, assembled = load_posterior(options)
    given = load_warmth(options["warmth"])
    walk, points = given_walk(assembled, given)
    compiled: Any = nutpie.compile_pymc_model(walk.model, backend="numba")
    gradient = pointer_seconds(
        compiled.compiled_logp_func.address, compiled.user_data, points
    )  # fmt: skip
    function = compiled.logp_func
    fgraph = function.maker.fgraph
    shared = [v.get_value() for v in function.get_shared()]
    counts = count(fgraph, [points[0], *shared])
    exps, logs = exp_and_log(counts)
    return {
        "gradient_s": gradient,
        "dimensions": int(points.shape[1]),
        "evaluations": dict(counts),
        "exps": exps,
        "logs": logs,
        "compiled_floor_s": compiled_floor(exps, logs),
        "simd_floor_s": simd_floor(exps, logs),
        "products_s": products(*given.matrices.coupling.shape[::-1]),
        "finite": bool(np.isfinite(points).all()),
    }
