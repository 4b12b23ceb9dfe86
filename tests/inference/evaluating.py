"""What a compiled model's two functions give at a point."""

from typing import Any

import numpy as np

from bayesdensing.inference import codecache


def evaluated(compiled: Any, at: np.ndarray) -> np.ndarray:
    """Return log density, gradient and outputs in one array."""
    logp, gradient = codecache.logp_and_gradient(compiled, at)
    outputs = np.zeros(compiled.n_expanded)
    assert codecache._call(compiled, compiled.compiled_expand_func, at, outputs) == 0
    return np.concatenate([[logp], gradient, outputs])
