"""Linear algebra in one thread: chains run side by side, and matrices are small.

Threads of BLAS that wait for one another's share of a product of a few microseconds take longer
than the product, and take the cores from other chains.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]

_LOCK = threading.Lock()
#: How many blocks are open, and what restores the threads once none is.
_OPEN: dict[str, Any] = {"blocks": 0, "limits": None}


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread inside a ``with`` block, in all threads of the process.

    Blocks may overlap in several threads: the first sets the limit, the last to end restores what
    was set before.

    Yields
    ------
    None
        Nothing.
    """
    with _LOCK:
        if _OPEN["blocks"] == 0:
            _OPEN["limits"] = threadpool_limits(limits=1, user_api="blas")
        _OPEN["blocks"] += 1
    try:
        yield
    finally:
        with _LOCK:
            _OPEN["blocks"] -= 1
            if _OPEN["blocks"] == 0:
                _OPEN["limits"].restore_original_limits()
