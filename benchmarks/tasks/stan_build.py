"""Compile the Stan program."""

import time
from pathlib import Path
from typing import Any

from benchmarks.stan.build import build, missing, stan_version

__all__ = ["run"]


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Compile ``joint.stan`` into a folder.

    Parameters
    ----------
    options : dict
        ``programs``: the folder.

    Returns
    -------
    dict
        Seconds and Stan's version.

    Raises
    ------
    RuntimeError
        Where something is missing, or the compiler fails.
    """
    if (reason := missing()) is not None:
        raise RuntimeError(reason)
    began = time.perf_counter()
    build(Path(options["programs"]))
    return {"compile_s": time.perf_counter() - began, "version": stan_version()}
