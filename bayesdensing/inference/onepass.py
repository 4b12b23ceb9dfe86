"""Compile a model for nutpie with all of its code put through LLVM once.

PyTensor compiles the function of a graph and a function that calls it, nutpie one that calls that,
and LLVM optimises all that is called each time anew. Here the graph's function is written into
nutpie's before either is compiled. The numbers are the same but for rounding.
"""

import gc
import inspect
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
import nutpie
from numba.core.dispatcher import Dispatcher
from nutpie import compile_pymc as nutpie_parts

__all__ = ["compile_in_one_pass"]

_lock = threading.Lock()
_NAME = "call_graph"
#: Python passes more than these as one tuple, and a function that is called so cannot be written
#: into the one that calls it.
_MOST_ARGUMENTS = 30


def compile_in_one_pass(model: Any) -> Any:
    """Compile a model as `nutpie.compile_pymc_model` does, in less time.

    Parameters
    ----------
    model : pymc.Model
        The model.

    Returns
    -------
    nutpie.compile_pymc.CompiledPyMCModel
        What nutpie gives.
    """
    with _lock, _own_extraction(), _no_collection():
        return nutpie.compile_pymc_model(model, backend="numba")


@contextmanager
def _own_extraction() -> Iterator[None]:
    """Let nutpie hand data to the graph's function by the code that is written here."""
    theirs = nutpie_parts.make_extraction_fn
    nutpie_parts.make_extraction_fn = _make_extraction
    try:
        yield
    finally:
        nutpie_parts.make_extraction_fn = theirs


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the search for cycles: compiling makes millions of objects that stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _make_extraction(
    inner: Any,
    shared_data: Mapping[str, np.ndarray],
    shared_var_keys: Sequence[str],
    record_dtype: np.dtype,
) -> Any:
    """Return a function of values and nutpie's record of the data that calls the graph's.

    nutpie's own unrolls a loop over the data while types are inferred, again for each of them.
    """
    # here, not above: a version of PyTensor that has it elsewhere is to cost time, nothing else
    from pytensor.link.numba.cache import compile_numba_function_src

    few = len(shared_var_keys) < _MOST_ARGUMENTS
    known: dict[str, Any] = {
        "numba": numba,
        "graph": numba.njit(inline="always" if few else "never")(_innermost(inner)),
        "address": nutpie_parts.address_as_void_pointer,
        "record_dtype": record_dtype,
    }
    lines = [f"def {_NAME}(x, user_data):"]
    if shared_var_keys:
        lines.append("    shared = numba.carray(user_data, (), record_dtype)['shared']")
    for i, key in enumerate(shared_var_keys):
        known[f"dtype_{i}"] = shared_data[key].dtype
        axes = range(shared_data[key].ndim)
        shape = "".join(f"shared['shape'][{key!r}][{axis}], " for axis in axes)
        lines.append(f"    at = address(shared['data'][{key!r}][()])")
        lines.append(f"    array_{i} = numba.carray(at, ({shape}), dtype_{i})")
    arrays = "".join(f", array_{i}" for i in range(len(shared_var_keys)))
    lines.append(f"    return graph(x{arrays})")
    written = compile_numba_function_src("\n".join(lines), _NAME, known)
    return numba.njit(inline="always")(written)


def _innermost(function: Dispatcher) -> Any:
    """Return the Python function of a graph, without those that only hand their arguments on."""
    python = function.py_func
    code = python.__code__
    if code.co_flags & inspect.CO_VARARGS and len(code.co_names) == 1:
        called = python.__globals__.get(code.co_names[0])
        if isinstance(called, Dispatcher):
            return _innermost(called)
    return python
