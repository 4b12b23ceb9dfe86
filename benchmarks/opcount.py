"""How many elementary functions a compiled graph evaluates in one call."""

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from pytensor.compile.builders import OpFromGraph
from pytensor.scalar.basic import Composite, ScalarOp
from pytensor.tensor.elemwise import Elemwise

__all__ = ["COSTS", "count", "exp_and_log"]

#: Evaluations of exp and of log that each elementary function needs at least. A power is an exp of
#: a log; what the gamma function needs is counted as one log, far less than it takes.
COSTS: dict[str, tuple[int, int]] = {
    "exp": (1, 0),
    "exp2": (1, 0),
    "expm1": (1, 0),
    "sigmoid": (1, 0),
    "tanh": (1, 0),
    "log": (0, 1),
    "log2": (0, 1),
    "log10": (0, 1),
    "log1p": (0, 1),
    "log1mexp": (1, 1),
    "softplus": (1, 1),
    "pow": (1, 1),
    "erf": (1, 0),
    "erfc": (1, 0),
    "erfcx": (1, 0),
    "gammaln": (0, 1),
    "psi": (0, 1),
    "trigamma": (0, 1),
    "gammainc": (1, 1),
    "gammaincc": (1, 1),
}


def count(fgraph: Any, inputs: Sequence[np.ndarray]) -> Counter[str]:
    """Return how often each elementary function is evaluated in one call of a compiled graph.

    Parameters
    ----------
    fgraph : pytensor.graph.fg.FunctionGraph
        A compiled function's graph (``function.maker.fgraph``), fused or not.
    inputs : sequence of ndarray
        One value for each of the graph's inputs, shared ones included.

    Returns
    -------
    Counter
        Evaluations by the function's name, in lower case; arithmetic is left out.
    """
    return _walk(fgraph, inputs)[0]


def _walk(fgraph: Any, inputs: Sequence[Any]) -> tuple[Counter[str], list[Any]]:
    """Return the count of a graph, and values or stand-ins of its outputs."""
    found: Counter[str] = Counter()
    known: dict[Any, Any] = dict(zip(fgraph.inputs, inputs, strict=True))
    for node in fgraph.toposort():
        values = [known[v] if v in known else v.data for v in node.inputs]
        op = node.op
        if isinstance(op, OpFromGraph):
            # what is fused with indexing or a sum is such a graph, with the unfused one inside
            inner, outputs = _walk(op.fgraph, values)
            found += inner
        else:
            for name, times in _functions(op).items():
                found[name] += times * prod(np.broadcast_shapes(*map(np.shape, values)))
            outputs = _outputs(node, values)
        known.update(zip(node.outputs, outputs, strict=True))
    return found, [known[v] if v in known else v.data for v in fgraph.outputs]


def _functions(op: Any) -> Counter[str]:
    if isinstance(op, Elemwise):
        return _scalar(op.scalar_op)
    return _scalar(op) if isinstance(op, ScalarOp) else Counter()


def _outputs(node: Any, values: list[Any]) -> list[Any]:
    """Return stand-ins for numbers and truths, of their size, and the values of whole numbers.

    Only sizes are asked for. Not everything that a compiled graph consists of can be called outside
    of it. Ones rather than zeros, so that what is divided by them stays finite.
    """
    shapes = [_shape(node, variable, values) for variable in node.outputs]
    if None not in shapes:
        return [np.ones(shape) for shape in shapes]
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    # copies, since what works in place may write into what others are to read
    node.op.perform(node, [np.array(value) for value in values], storage)
    return [cell[0] for cell in storage]


def _shape(node: Any, variable: Any, values: list[Any]) -> tuple[int, ...] | None:
    """Return the shape of an output where it is known without a call, None for whole numbers."""
    if not str(getattr(variable.type, "dtype", "")).startswith(("float", "bool")):
        return None
    shape = getattr(variable.type, "shape", ())
    if None not in shape:
        return tuple(shape)
    if isinstance(node.op, Elemwise):
        return np.broadcast_shapes(*(np.shape(value) for value in values))
    return None


def _scalar(op: Any) -> Counter[str]:
    """Return the elementary functions of a scalar operation, looking into fused ones."""
    if isinstance(op, Composite):
        found: Counter[str] = Counter()
        for node in op.fgraph.toposort():
            found += _scalar(node.op)
        return found
    name = type(op).__name__.lower()
    return Counter({name: 1}) if name in COSTS else Counter()


def exp_and_log(counts: Counter[str]) -> tuple[int, int]:
    """Return the evaluations of exp and of log that these functions need at least.

    Parameters
    ----------
    counts : Counter
        Evaluations by name, `count`.

    Returns
    -------
    tuple of int
        Exponentials and logarithms.
    """
    each = [(times * COSTS[name][0], times * COSTS[name][1]) for name, times in counts.items()]
    return sum(exps for exps, _ in each), sum(logs for _, logs in each)
