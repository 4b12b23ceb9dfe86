"""Samplers of single chains, so many at a time."""

import contextlib
from collections.abc import Callable
from typing import Any

__all__ = ["in_turn"]


def in_turn(launch: Callable[[int], Any], *, chains: int, cores: int) -> list[Any]:
    """Run single-chain samplers, so many at a time; on any exception none goes on.

    Parameters
    ----------
    launch : callable
        Starts the sampler of a chain, which then runs by itself.
    chains, cores : int
        Chains, and how many at a time.

    Returns
    -------
    list
        What each chain's sampler gave, in the order of the chains.
    """
    waiting = list(range(chains))
    running: dict[int, Any] = {}
    results: dict[int, Any] = {}
    try:
        while waiting or running:
            while waiting and len(running) < cores:
                chain = waiting.pop(0)
                running[chain] = launch(chain)
            for chain, sampler in list(running.items()):
                # short waits in this thread alone, so that an interrupt is met at once
                with contextlib.suppress(TimeoutError):
                    results[chain] = sampler.wait(timeout=0.02)
                    del running[chain]
    except BaseException as error:
        # nutpie itself would hand back the part that is done as if it were all
        for sampler in running.values():
            with contextlib.suppress(Exception):  # one that cannot be stopped keeps no other going
                sampler.cancel()
        if "KeyboardInterrupt" in str(error):
            # met inside nutpie's own code, which reports it as what it was doing then
            raise KeyboardInterrupt from error
        raise
    return [results[chain] for chain in range(chains)]
