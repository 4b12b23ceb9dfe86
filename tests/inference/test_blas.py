"""Blocks of one BLAS thread may overlap, as they do where fits run in threads."""

from contextlib import ExitStack

import numpy as np  # noqa: F401  loads a BLAS
from threadpoolctl import threadpool_info, threadpool_limits

from bayesdensing.inference.blas import one_blas_thread


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_overlapping_blocks_hold_the_limit_until_the_last_ends_and_then_restore_it() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        first, second = ExitStack(), ExitStack()
        first.enter_context(one_blas_thread())
        second.enter_context(one_blas_thread())
        first.close()
        assert threads() == {1}
        second.close()
        assert threads() == before
