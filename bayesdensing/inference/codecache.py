"""Compiled models on disk: machine code that a second process loads instead of compiling anew.

PyTensor keeps the parts of a model's code, but rewriting its graphs and joining the parts takes
most of the time of compiling. Kept here is what comes out last, the machine code of the two
functions that nutpie calls, under a hash of all that went into it.
"""

import ctypes
import hashlib
import json
import os
import platform
import re
import sys
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numba
import numpy as np
import nutpie
from numba.core.environment import Environment
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target
from numba.core.runtime.nrt import rtsys
from nutpie import compile_pymc as nutpie_parts
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.configdefaults import config
from pytensor.graph.traversal import ancestors

from bayesdensing.files import write_bytes
from bayesdensing.inference.fingerprint import UnknownPartError, fingerprint
from bayesdensing.inference.onepass import compile_in_one_pass

__all__ = ["compile_model", "logp_and_gradient"]

_FORMAT = 2
#: Where loading code was tried; elsewhere every process compiles anew.
_TRIED = sys.platform == "linux" and platform.machine() == "x86_64"
_KEPT = 24  # models; a few megabytes each
_VERSIONS = ("llvmlite", "numba", "numpy", "nutpie", "pymc", "pytensor", "scipy")
#: Flags of PyTensor that change what it makes of a graph; others are about files and messages.
_FLAGS = (
    "cast_policy", "cycle_detection", "floatX", "lib", "linker", "mode", "numba", "openmp", "opt",
    "scan", "tensor", "vm",
)  # fmt: skip
#: An address in the code, of something that another process has elsewhere or not at all.
_ADDRESS = re.compile(r"inttoptr \(?i64 -?\d")
#: The code's use of a numba environment, a Python object that its process has to supply.
_ENVIRONMENT = re.compile(r"load ptr, ptr @(_ZN08NumbaEnv\w*)")


def compile_model(model: Any) -> Any:
    """Compile a model for nutpie, or load what was compiled for an equal one.

    Code is stored and loaded the first time too, so that all runs are of the same code and give
    the same draws.

    Parameters
    ----------
    model : pymc.Model
        The model.

    Returns
    -------
    nutpie.compile_pymc.CompiledPyMCModel
        Ready to sample from a start that it has to be given (`initial_point_func`).
    """
    if _TRIED:
        try:
            return _kept(model)
        except UnknownPartError:
            pass
        except (AttributeError, ImportError, KeyError, TypeError, NumbaError) as fault:
            # what is used of the libraries' insides may be elsewhere in their next version
            warnings.warn(
                f"compiled code cannot be kept with these versions of nutpie, numba and PyTensor "
                f"({fault!r}); every process will compile anew",
                RuntimeWarning,
                stacklevel=2,
            )
    return nutpie.compile_pymc_model(model, backend="numba")


def _kept(model: Any) -> Any:
    request = _Request.of(model)
    path = _folder() / f"{request.key}.code"
    code = _read(path)
    if code:
        with suppress(OSError):
            os.utime(path)  # those not used for longest are the first to go
        return request.fill(code)
    plain = compile_in_one_pass(model)
    # another process may have been faster; all are to run the same code
    code = _read(path) or _extract(plain, request.key)
    if code is None or not code.can_run():
        return plain
    ready = request.fill(code)
    if not _agree(plain, ready):
        return plain
    with suppress(OSError):
        _write(path, code)
    return ready


def logp_and_gradient(compiled: Any, values: np.ndarray) -> tuple[float, np.ndarray]:
    """Evaluate a compiled model's log density, with the data that it has.

    Parameters
    ----------
    compiled : nutpie.compile_pymc.CompiledPyMCModel
        The model.
    values : ndarray, shape (value,)
        Unconstrained values.

    Returns
    -------
    logp : float
        The log density.
    gradient : ndarray, shape (value,)
        Its gradient.

    Raises
    ------
    ValueError
        Where the values are not as many as the model's, or have no log density.
    """
    gradient, logp = np.empty(compiled.n_dim), np.empty(1)
    status = _call(compiled, compiled.compiled_logp_func, values, gradient, logp)
    # 3 and 4 say that gradient or log density are not finite, which the caller can see
    if status not in (0, 3, 4):
        raise ValueError(f"the log density cannot be evaluated at these values ({status})")
    return float(logp[0]), gradient


def _call(compiled: Any, function: Any, values: np.ndarray, *out: np.ndarray) -> int:
    """Call one of the two functions: sizes, values, results, data; return its status."""
    values = np.ascontiguousarray(values, dtype=float)
    sizes = [values.size, *(out[0].size for _ in range(2 - len(out)))]
    pointers = [array.ctypes.data for array in (values, *out, compiled.user_data)]
    kinds = [ctypes.c_uint64] * len(sizes) + [ctypes.c_void_p] * len(pointers)
    call = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(function.address)
    return int(call(*sizes, *pointers))


@dataclass(frozen=True)
class _Code:
    """What is stored: machine code and what has to be known to call it."""

    key: str
    symbols: list[str]  # the functions' names in the machine code: log density, then outputs
    externals: list[str]  # what the code calls and does not hold itself
    environments: list[list[str]]  # of each function, where the code expects an environment
    shared: list[str]  # names of shared variables in the order of nutpie's record of them
    objects: list[bytes]

    def can_run(self) -> bool:
        """Tell whether this process has all that the code calls; LLVM would end it otherwise."""
        rtsys.initialize(cpu_target.target_context)
        return all(llvm.address_of_symbol(name) for name in self.externals)

    def packed(self) -> bytes:
        head = asdict(self) | {"format": _FORMAT, "objects": [len(o) for o in self.objects]}
        rest = b"".join([json.dumps(head).encode(), b"\n", *self.objects])
        return hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest

    @classmethod
    def unpacked(cls, content: bytes) -> "_Code | None":
        digest, _, rest = content.partition(b"\n")
        if digest.decode("ascii", "replace") != hashlib.sha256(rest).hexdigest():
            return None
        first, _, joined = rest.partition(b"\n")
        head = json.loads(first)
        if head.pop("format") != _FORMAT:
            return None
        objects = []
        for length in head.pop("objects"):
            objects.append(joined[:length])
            joined = joined[length:]
        return cls(**head, objects=objects)


class _Function:
    """A function of stored machine code, in memory as long as this object is."""

    def __init__(self, code: bytes, symbol: str, environments: list[str]) -> None:
        target = llvm.Target.from_triple(llvm.get_process_triple())
        machine = target.create_target_machine(codemodel="jitdefault", jit=True)
        # an engine of its own: in numba's, code loaded twice would be told apart by names alone
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._object = llvm.ObjectFileRef.from_data(code)
        self._engine.add_object_file(self._object)
        self._engine.finalize_object()
        self._environment = Environment({})
        for name in environments:
            place = self._engine.get_global_value_address(name)
            ctypes.c_void_p.from_address(place).value = id(self._environment)
        self.address = self._engine.get_function_address(symbol)


@dataclass(frozen=True)
class _Request:
    """A model with the hash of what its code depends on."""

    model: Any
    inputs: list[Any]
    outputs: list[Any]
    shared: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    key: str

    @classmethod
    def of(cls, model: Any) -> "_Request":
        inputs = [model.rvs_to_values[rv] for rv in model.free_RVs]
        outputs = [model.logp(), *model.unobserved_value_vars]
        shared = [v for v in set(ancestors(outputs)) if isinstance(v, SharedVariable)]
        by_name: dict[str, Any] = {str(variable.name): variable for variable in shared}
        if len(by_name) < len(shared):
            raise UnknownPartError("shared variables of one name")
        found = nutpie_parts._compute_shapes(model)
        shapes = {name: tuple(map(int, shape)) for name, shape in found.items()}
        parts = [
            fingerprint(inputs, outputs),
            sorted(shapes.items()),
            bool(model.check_bounds),
            _environment(),
        ]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return cls(model, inputs, outputs, by_name, shapes, key)

    def fill(self, code: _Code) -> Any:
        """Make nutpie's compiled model of the code and this model's own data."""
        model = self.model
        names = [variable.name for variable in self.inputs]
        n_dim = sum(prod(self.shapes[name]) for name in names)
        names += [v.name for v in self.outputs[1:] if v.name not in names]
        shapes = [self.shapes[name] for name in names]
        ends = np.cumsum([prod(shape) for shape in shapes], dtype=int).tolist()
        slices = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        transformed = [
            model.rvs_to_values[rv].name
            for rv in model.free_RVs
            if model.rvs_to_transforms.get(rv) is not None
        ]
        layout = (names, slices, shapes)
        dims, coords = nutpie_parts._prepare_dims_and_coords(model, layout, transformed)
        keys = {self.shared[name]: str(i) for i, name in enumerate(code.shared)}
        data = {
            key: np.array(variable.get_value(), order="C", copy=True)
            for variable, key in keys.items()
        }
        for array in data.values():
            array.flags.writeable = False
        logp, expand = map(_Function, code.objects, code.symbols, code.environments)
        return nutpie_parts.CompiledPyMCModel(
            dims=dims,
            reparameterized_names=transformed,
            compiled_logp_func=logp,
            compiled_expand_func=expand,
            initial_point_func=_no_start,
            shared_data=data,
            shared_var_keys=keys,
            user_data=nutpie_parts.make_user_data(keys, data),
            n_expanded=ends[-1],
            shape_info=layout,
            logp_func=None,
            expand_func=None,
            _n_dim=n_dim,
            _shapes=dict(zip(names, shapes, strict=True)),
            _coords=coords,
        )


def _no_start(seed: Any) -> NoReturn:
    raise RuntimeError("a start has to be given")


def _environment() -> dict[str, Any]:
    """Return what, besides the graphs, decides which machine code comes out."""
    flags = {
        name: repr(getattr(config, name))
        for name in config._config_var_dict
        if name.startswith(_FLAGS)
    }
    settings = {
        name: value
        for name, value in vars(numba.config).items()
        if name.isupper() and isinstance(value, str | int | float | None)
        if not name.endswith("NUM_THREADS")  # of parallel loops, of which there are none
    }
    return {
        "format": _FORMAT,
        "python": sys.version,
        "pointer": ctypes.sizeof(ctypes.c_void_p),
        "versions": {name: version(name) for name in _VERSIONS},
        "machine": cpu_target.target_context.codegen().magic_tuple(),
        "optimisation": str(vars(numba.config)["OPT"]),
        "numba": dict(sorted(settings.items())),
        "pytensor": dict(sorted(flags.items())),
    }


def _extract(compiled: Any, key: str) -> _Code | None:
    """Take the machine code out of a model that was compiled; None: it is of this process only."""
    functions = (compiled.compiled_logp_func, compiled.compiled_expand_func)
    environments: list[list[str]] = []
    externals: set[str] = set()
    for function in functions:
        module = function._library._final_module
        text = str(module)
        used = sorted(set(_ENVIRONMENT.findall(text)))
        if not _is_portable(function._library, text, used):
            return None
        environments.append([name for name in used if name in Environment._memo])
        declared = [v for v in (*module.functions, *module.global_variables) if v.is_declaration]
        externals.update(v.name for v in declared if not v.name.startswith("llvm."))
    return _Code(
        key,
        symbols=[function.native_name for function in functions],
        externals=sorted(externals),
        environments=environments,
        shared=[variable.name for variable in compiled.shared_var_keys],
        objects=[function._library._get_compiled_object() for function in functions],
    )


def _is_portable(library: Any, text: str, environments: list[str]) -> bool:
    """Tell whether code holds nothing of its process: no addresses, no Python objects."""
    names = [variable.name for variable in library._final_module.global_variables]
    # Python called from the code is all right where it looks up an address in BLAS or SciPy, but
    # an operation's own function may be anything
    calls = sum(name.startswith("cached_objmode_dispatcher") for name in names)
    lookups = sum(name.startswith("_ptr_cache_") for name in names)
    objects = [Environment._memo[name].consts for name in environments if name in Environment._memo]
    return not (
        library.has_dynamic_globals
        or library._reload_init
        or calls > lookups
        or any(objects)
        or _ADDRESS.search(text)
    )


def _agree(plain: Any, ready: Any) -> bool:
    """Compare both functions at a point: code that was loaded is to do what was compiled."""
    at = np.linspace(-0.5, 0.5, plain.n_dim)
    results = []
    for compiled in (plain, ready):
        out = [np.zeros(compiled.n_dim), np.zeros(1)], [np.zeros(compiled.n_expanded)]
        functions = (compiled.compiled_logp_func, compiled.compiled_expand_func)
        results.append(
            [
                np.concatenate([*arrays, [_call(compiled, function, at, *arrays)]])
                for function, arrays in zip(functions, out, strict=True)
            ]
        )
    return all(
        np.allclose(a, b, rtol=1e-10, atol=1e-10, equal_nan=True)
        for a, b in zip(*results, strict=True)
    )


def _folder() -> Path:
    return Path(config.base_compiledir) / "bayesdensing"


def _read(path: Path) -> _Code | None:
    """Read code that is whole, what its name says, and can run here."""
    try:
        code = _Code.unpacked(path.read_bytes())
    except OSError:
        return None
    return code if code and code.key == path.stem and code.can_run() else None


def _write(path: Path, code: _Code) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(path, code.packed())
    newest_first = sorted(path.parent.glob("*.code"), key=_last_use, reverse=True)
    for old in newest_first[_KEPT:]:
        old.unlink(missing_ok=True)


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has removed it
        return 0.0
