"""What elementary functions and products cost by themselves: a floor under a gradient."""

import ctypes
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

__all__ = ["compiled_floor", "pointer_seconds", "products", "simd_floor"]

_BATCHES = 15
_BATCH_S = 0.05


def best_seconds(call: Callable[[int], Any]) -> float:
    """Return seconds of one repeat: the quickest of several batches.

    Parameters
    ----------
    call : callable
        Repeats what is measured so many times.

    Returns
    -------
    float
        Seconds of one repeat. Other work on the machine only ever adds to a batch, so the quickest
        is nearest to the truth.
    """
    repeats = 1
    while True:
        began = time.perf_counter()
        call(repeats)
        if (elapsed := time.perf_counter() - began) > _BATCH_S:
            break
        repeats = max(2 * repeats, int(repeats * _BATCH_S / max(elapsed, 1e-9)))
    best = elapsed / repeats
    for _ in range(_BATCHES):
        began = time.perf_counter()
        call(repeats)
        best = min(best, (time.perf_counter() - began) / repeats)
    return best


@numba.njit(error_model="numpy")
def _loop(repeats: int, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for repeat in range(repeats):
        for i in range(len(x)):
            a[i] = np.exp(x[i])
        for i in range(len(y)):
            b[i] = np.log(y[i])
        # so that no repeat can be left out
        x[0] = y[0] = 0.5 + 1e-9 * repeat
        total += a[repeat % len(a)] + b[repeat % len(b)]
    return total


def compiled_floor(exps: int, logs: int) -> float:
    """Return seconds of so many exponentials and logarithms in a compiled loop over arrays.

    Parameters
    ----------
    exps, logs : int
        Evaluations.

    Returns
    -------
    float
        Seconds, with the same compiler as the sampler's.
    """
    x, y = _arrays(exps, logs)
    a, b = np.empty_like(x), np.empty_like(y)
    return best_seconds(lambda repeats: _loop(repeats, x, y, a, b))


def simd_floor(exps: int, logs: int) -> float:
    """Return seconds of so many exponentials and logarithms by NumPy's vector instructions.

    Parameters
    ----------
    exps, logs : int
        Evaluations.

    Returns
    -------
    float
        Seconds.
    """
    x, y = _arrays(exps, logs)
    a, b = np.empty_like(x), np.empty_like(y)

    def call(repeats: int) -> None:
        for _ in range(repeats):
            np.exp(x, out=a)
            np.log(y, out=b)

    return best_seconds(call)


def _arrays(exps: int, logs: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.uniform(-3.0, 1.0, max(exps, 1))
    y = rng.uniform(0.05, 3.0, max(logs, 1))
    return x, y


@numba.njit(error_model="numpy")
def _multiply(repeats: int, factor: np.ndarray, coupling: np.ndarray, z: np.ndarray) -> float:
    total = 0.0
    for repeat in range(repeats):
        g = factor @ z
        x = coupling @ z
        back = factor.T @ g
        again = coupling.T @ x
        z[0] = 1.0 + 1e-9 * repeat
        total += back[0] + again[0]
    return total


def products(dense: int, latent: int) -> float:
    """Return seconds of the products with the walk's two matrices, there and back.

    Parameters
    ----------
    dense, latent : int
        Dense values and latents.

    Returns
    -------
    float
        Seconds of ``factor z``, ``coupling z`` and of their transposes on the way back.
    """
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(dense, dense))
    coupling = rng.normal(size=(max(latent, 1), dense))
    z = rng.normal(size=dense)
    return best_seconds(lambda repeats: _multiply(repeats, factor, coupling, z))


_SIGNATURE = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    ctypes.c_void_p,
)  # fmt: skip


@numba.cfunc("int64(uint64, voidptr, voidptr, voidptr, voidptr)")
def _nothing(dim: int, x: Any, out: Any, logp: Any, data: Any) -> int:
    return 0


def pointer_seconds(address: int, user_data: np.ndarray, points: np.ndarray) -> float:
    """Return seconds of one call of a compiled log density with its gradient.

    Parameters
    ----------
    address : int
        The function that nutpie calls.
    user_data : ndarray
        What it is given besides.
    points : ndarray, shape (point, dimension)
        Where it is called, in turn.

    Returns
    -------
    float
        Seconds, less those of calling a function that does nothing.

    Raises
    ------
    ValueError
        Where the density is not finite at one of the points.
    """
    points = np.ascontiguousarray(points, dtype=float)
    dim = points.shape[1]
    gradient, logp = np.empty(dim), np.empty(1)
    places = [points[i].ctypes.data for i in range(len(points))]
    rest = (gradient.ctypes.data, logp.ctypes.data, user_data.ctypes.data)

    def caller(at: int) -> Callable[[int], None]:
        function = _SIGNATURE(at)

        def call(repeats: int) -> None:
            for repeat in range(repeats):
                function(dim, places[repeat % len(places)], *rest)

        return call

    if any(_SIGNATURE(address)(dim, place, *rest) for place in places):
        raise ValueError("the log density is not finite at a point where it is to be timed")
    return best_seconds(caller(address)) - best_seconds(caller(int(_nothing.address or 0)))
