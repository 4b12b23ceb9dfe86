"""What a compiled graph's time goes into: each of its operations, timed by itself."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from pytensor.graph.fg import FunctionGraph
from pytensor.link.numba.dispatch.basic import numba_funcify
from pytensor.tensor.type import TensorType

__all__ = ["kind_of", "operation_seconds"]

#: Entries from which on a loop counts as one over pairs or scores.
_LONG = 500
#: Calls in a batch, and batches, of which the quickest counts.
_CALLS, _BATCHES = 1000, 5


def operation_seconds(fgraph: Any, inputs: Sequence[np.ndarray]) -> dict[str, float]:
    """Return seconds of a call by kind of operation.

    Parameters
    ----------
    fgraph : pytensor.graph.fg.FunctionGraph
        A compiled function's graph (``function.maker.fgraph``).
    inputs : sequence of ndarray
        One value for each of the graph's inputs, shared ones included.

    Returns
    -------
    dict of str to float
        Seconds by `kind_of`. Each operation runs alone, on numbers of the right shape and sign but
        no others, its data in the nearest cache: the sum is not the time of all together.
    """
    rng = np.random.default_rng(0)
    values: dict[Any, Any] = dict(zip(fgraph.inputs, inputs, strict=True))
    found: defaultdict[str, float] = defaultdict(float)
    for node in fgraph.toposort():
        given = [values[v] if v in values else v.data for v in node.inputs]
        outputs = _outputs(node, given, rng)
        values.update(zip(node.outputs, outputs, strict=True))
        sizes = [np.size(value) for value in (*given, *outputs)]
        found[kind_of(node.op, max(sizes))] += _seconds(node, given)
    return dict(found)


def kind_of(op: Any, size: int) -> str:
    """Return what an operation counts as.

    Parameters
    ----------
    op : pytensor.graph.Op
        The operation.
    size : int
        Entries of the largest array that it reads or writes.

    Returns
    -------
    str
        A kind.
    """
    name = type(op).__name__
    if name in ("Dot", "Gemv", "CGemv", "BatchedDot"):
        return "products with matrices"
    if "IncSubtensor" in name:
        return "sums by index"
    if "Subtensor" in name:
        return "reads by index"
    return "loops over pairs and scores" if size >= _LONG else "all else"


def _outputs(node: Any, given: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    """Return what an operation gives: indices as they are, other numbers as any between 0 and 1."""
    if given and all(np.issubdtype(np.asarray(v).dtype, np.integer) for v in given):
        cells: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, list(given), cells)
        return [cell[0] for cell in cells]
    # sizes that only values tell are those of what is read
    open_sizes = [
        np.size(value)
        for value, variable in zip(given, node.inputs, strict=True)
        if None in getattr(variable.type, "shape", ())
    ]
    return [_number(v.type, max(open_sizes, default=1), rng) for v in node.outputs]


def _number(kind: Any, unknown: int, rng: np.random.Generator) -> Any:
    shape = tuple(unknown if n is None else n for n in getattr(kind, "shape", ()))
    drawn = rng.uniform(0.2, 0.8, shape).astype(kind.dtype)
    return drawn if isinstance(kind, TensorType) else drawn.item()


def _seconds(node: Any, given: Sequence[Any]) -> float:
    """Return seconds of one operation, repeated in a compiled loop."""
    known = [hasattr(v, "data") for v in node.inputs]
    fresh = [v if k else v.type() for v, k in zip(node.inputs, known, strict=True)]
    loose = [v for v, k in zip(fresh, known, strict=True) if not k]
    alone = FunctionGraph(
        loose, node.clone_with_new_inputs(fresh, strict=False).outputs, clone=False
    )
    arguments = [value for value, k in zip(given, known, strict=True) if not k]
    loop = _repeated(numba_funcify(alone), len(arguments))
    loop(1, *arguments)
    best = np.inf
    for _ in range(_BATCHES):
        began = time.perf_counter()
        loop(_CALLS, *arguments)
        best = min(best, time.perf_counter() - began)
    return float(best) / _CALLS


def _repeated(function: Any, count: int) -> Callable[..., None]:
    """Return a compiled loop that calls a function of so many arguments again and again."""
    names = ", ".join(f"a{i}" for i in range(count))
    scope: dict[str, Any] = {"function": function}
    code = f"def loop(repeats, {names}):\n    for _ in range(repeats):\n        function({names})\n"
    exec(code, scope)  # noqa: S102 - Numba compiles no call with an open number of arguments
    looped: Callable[..., None] = numba.njit(scope["loop"])
    return looped
