"""Linear algebra in one thread: chains run side by side, and matrices are small.

Threads of BLAS that wait for one another's share of a product of a few microseconds take longer
than the product, and take the cores from other chains.
"""

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]


def one_blas_thread() -> AbstractContextManager[object]:
    """Keep BLAS to one thread inside a ``with`` block, in all threads of the process.

    Returns
    -------
    context manager
        Restores what was set before.
    """
    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits
