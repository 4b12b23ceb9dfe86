"""The Stan program compiled to an executable, with the compiler and headers that httpstan ships.

httpstan's own extension modules do not load in Python 3.13: they are built with pybind11 2.9, which
calls a function that this Python no longer has (``_PyThreadState_UncheckedGet``). Its Stan headers,
its ``stanc`` and its libraries are those of Stan itself, so a small C++ program around them
(``driver.cpp``) does what its modules would.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["HERE", "build", "missing", "stan_version"]

HERE = Path(__file__).parent
_OPTIMISED = ("-O3", "-march=native")
_FLAGS = (
    "-std=c++17", "-w", "-DBOOST_DISABLE_ASSERTS",
    "-DBOOST_PHOENIX_NO_VARIADIC_EXPRESSION", "-D_REENTRANT",
    # the libraries that come along are of the old ABI
    "-D_GLIBCXX_USE_CXX11_ABI=0",
)  # fmt: skip
_LIBRARIES = ("sundials_cvodes", "sundials_idas", "sundials_nvecserial", ":libtbb.so.2")


@cache
def missing() -> str | None:
    """Return what is missing for Stan to be measured, None where nothing is."""
    if find_spec("httpstan") is None:
        return "httpstan is not installed"
    if shutil.which("g++") is None:
        return "there is no g++"
    return None


def stan_version() -> str:
    """Return the version of Stan that httpstan ships."""
    text = (_home() / "include" / "stan" / "version.hpp").read_text("utf-8")
    defined = dict(line.split()[1:3] for line in text.splitlines() if line.count(" ") == 2)
    return ".".join(defined[f"STAN_{part}"] for part in ("MAJOR", "MINOR", "PATCH"))


def build(folder: Path, *, optimise: Sequence[str] = _OPTIMISED) -> Path:
    """Compile ``joint.stan`` with ``driver.cpp``.

    Parameters
    ----------
    folder : pathlib.Path
        Where compiled programs are kept, under a hash of what they were made from.
    optimise : sequence of str
        The compiler's options of optimisation.

    Returns
    -------
    pathlib.Path
        The executable.

    Raises
    ------
    RuntimeError
        With the compiler's message where it fails.
    """
    home = _home()
    program = folder / f"joint-{_key(optimise)}"
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    source = program.with_suffix(".cpp")
    # by an output of its own: else it also writes one beside the program
    _run([str(home / "stanc"), "--O1", f"--o={source}", str(HERE / "joint.stan")])
    unfinished = program.with_suffix(".new")
    _run([
        "g++", *optimise, *_FLAGS, f"-I{home / 'include'}", str(source), str(HERE / "driver.cpp"),
        "-o", str(unfinished), f"-L{home / 'lib'}", *(f"-l{name}" for name in _LIBRARIES),
        f"-Wl,-rpath,{home / 'lib'}",
    ])  # fmt: skip
    unfinished.rename(program)
    return program


def _key(optimise: Sequence[str]) -> str:
    made_from = [(HERE / name).read_bytes() for name in ("joint.stan", "driver.cpp")]
    made_from += [repr([*optimise, *_FLAGS]).encode(), stan_version().encode()]
    return hashlib.sha256(b"\0".join(made_from)).hexdigest()[:16]


def _home() -> Path:
    found = find_spec("httpstan")
    if found is None or found.origin is None:
        raise RuntimeError("httpstan is not installed")
    return Path(found.origin).parent


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
