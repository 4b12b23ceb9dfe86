"""What compiled code depends on, as a hash: the graphs, not the data that they are given.

Code that is run for another graph than it was compiled for gives wrong posteriors, so whatever
cannot be told with certainty is refused: a graph may be without a fingerprint, but not with that of
another.
"""

import enum
import hashlib
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pytensor.compile.builders import OpFromGraph
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.fg import AbstractFunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.type import Type
from pytensor.graph.utils import MetaObject
from pytensor.scalar.basic import ScalarOp
from pytensor.tensor.type_other import NoneTypeT, SliceType

__all__ = ["UnknownPartError", "fingerprint"]

#: Packages whose versions stand for what their classes do; see `codecache`.
_KNOWN_PACKAGES = ("builtins", "numpy", "pymc", "pytensor")


class UnknownPartError(Exception):
    """A graph has a part of which it is not certain what it computes."""


def fingerprint(inputs: Sequence[Any], outputs: Sequence[Any]) -> str:
    """Return a hash of all that a function from inputs to outputs is compiled from.

    Names of inputs, outputs and shared variables, types, operations with their parameters,
    structure and constants count; of shared variables' values the shapes only, since compiled code
    is given them anew.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
        The graphs.

    Returns
    -------
    str
        Hexadecimal digest, the same in all processes.

    Raises
    ------
    UnknownPartError
        Where a part of the graphs cannot be told with certainty.
    """
    names = [[variable.name for variable in side] for side in (inputs, outputs)]
    return hashlib.sha256(_encode(names) + _graph(inputs, outputs)).hexdigest()


def _graph(inputs: Sequence[Any], outputs: Sequence[Any]) -> bytes:
    """Describe a graph, each variable in it by a number in the order in which they are met."""
    numbers = {variable: i for i, variable in enumerate(inputs)}
    digest = hashlib.sha256(_encode([_type(variable.type) for variable in inputs]))
    for met in _roots_and_nodes(inputs, outputs):
        if isinstance(met, Variable):
            digest.update(_root(met))
            numbers[met] = len(numbers)
            continue
        uses = tuple(numbers[v] for v in met.inputs)
        gives = tuple(_type(v.type) for v in met.outputs)
        digest.update(_encode((met.op, uses, gives)))
        for output in met.outputs:
            numbers[output] = len(numbers)
    digest.update(_encode(tuple(numbers[v] for v in outputs)))
    return _tagged(b"graph", digest.digest())


def _roots_and_nodes(inputs: Sequence[Any], outputs: Sequence[Any]) -> Iterator[Any]:
    """Go through a graph, what is computed first coming first; deep graphs need no deep stack."""
    done: set[Any] = set(inputs)
    stack = list(reversed(outputs))
    while stack:
        variable = stack.pop()
        if variable in done:
            continue
        node = variable.owner
        waiting = [v for v in node.inputs if v not in done] if node else []
        if waiting:
            stack += [variable, *reversed(waiting)]
            continue
        done.update(node.outputs if node else [variable])
        yield node or variable


def _root(variable: Any) -> bytes:
    if isinstance(variable, Constant):
        return _encode(("constant", _type(variable.type), variable.data))
    if isinstance(variable, SharedVariable) and isinstance(variable.name, str):
        value: Any = variable.get_value(borrow=True)  # type: ignore[no-untyped-call]
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            described = (variable.name, _type(variable.type), value.dtype, value.shape)
            return _encode(("shared", described))
    raise UnknownPartError(f"{variable} is no input, constant or named array")


def _type(kind: Any) -> bytes:
    if isinstance(kind, NoneTypeT | SliceType):
        return _tagged(b"type", _known(type(kind)))
    if not isinstance(kind, Type) or not hasattr(kind, "__props__"):
        raise UnknownPartError(f"type {kind}")
    return _tagged(b"type", _known(type(kind)) + _encode(_props(kind)))


def _props(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__props__}


def _encode(thing: Any) -> bytes:
    """Describe a value so that values that differ in anything are described differently."""
    kind = type(thing)
    if thing is None or kind in (bool, int, str):
        return _tagged(kind.__name__.encode(), str(thing).encode())
    if kind is float:
        return _tagged(b"float", thing.hex().encode())
    if kind is bytes:
        return _tagged(b"bytes", thing)
    if isinstance(thing, np.ndarray | np.generic | np.dtype):
        return _array(thing)
    if kind in (tuple, list):
        return _tagged(kind.__name__.encode(), b"".join(map(_encode, thing)))
    if kind in (set, frozenset):
        return _tagged(kind.__name__.encode(), b"".join(sorted(map(_encode, thing))))
    if kind is slice:
        return _tagged(b"slice", _encode((thing.start, thing.stop, thing.step)))
    if isinstance(thing, Mapping):
        items = sorted(_encode(key) + _encode(value) for key, value in thing.items())
        return _tagged(b"mapping", b"".join(items))
    if isinstance(thing, enum.Enum):
        return _tagged(b"enum", _known(kind) + thing.name.encode())
    if isinstance(thing, type | types.FunctionType):
        return _known(thing)
    return _object(thing)


def _array(thing: Any) -> bytes:
    if isinstance(thing, np.dtype):
        if thing.kind not in "biufcSU":
            raise UnknownPartError(f"dtype {thing}")
        return _tagged(b"dtype", thing.str.encode())
    # a transposed constant is compiled to other code than one that lies in rows
    layout = (thing.flags.c_contiguous, thing.flags.f_contiguous)
    content = np.asarray(thing).tobytes()
    described = _encode((_array(thing.dtype), thing.shape, layout, content))
    return _tagged(type(thing).__name__.encode(), hashlib.sha256(described).digest())


def _object(thing: Any) -> bytes:
    if isinstance(thing, Type):
        return _type(thing)
    if isinstance(thing, AbstractFunctionGraph):
        return _graph(thing.inputs, thing.outputs)
    if isinstance(thing, Variable):
        raise UnknownPartError(f"{thing} as a parameter")
    if isinstance(thing, ScalarOp) and not hasattr(thing, "__props__"):
        # they say what they are in attributes
        return _tagged(b"scalar", _known(type(thing)) + _encode(vars(thing)))
    if isinstance(thing, OpFromGraph):
        raise UnknownPartError(f"{thing}: its gradient may be anyone's function")
    if isinstance(thing, Op | MetaObject) and hasattr(thing, "__props__"):
        # properties are by contract all in which two operations of a class can differ, but for
        # graphs inside them
        inner = getattr(thing, "inner_graphs", {})
        return _tagged(b"op", _known(type(thing)) + _encode((_props(thing), inner)))
    raise UnknownPartError(f"{type(thing).__qualname__} {thing}")


def _known(thing: Any) -> bytes:
    """Describe a class or function by its place in a package whose version we know."""
    module, name = thing.__module__, thing.__qualname__
    found: Any = None
    if module.partition(".")[0] in _KNOWN_PACKAGES:
        found = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
    if found is not thing:
        raise UnknownPartError(f"{module}.{name} is not of a known package")
    return _tagged(b"known", f"{module}:{name}".encode())


def _tagged(tag: bytes, content: bytes) -> bytes:
    # the length keeps neighbours apart: ("ab", "c") is not ("a", "bc")
    return b"%s:%d:%s" % (tag, len(content), content)
