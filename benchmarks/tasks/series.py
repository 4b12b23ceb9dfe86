"""Draw a series of densities."""

from pathlib import Path
from typing import Any

from benchmarks.worlds import PausedSeries

__all__ = ["run"]


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Draw a series whose growth pauses into a folder.

    Parameters
    ----------
    options : dict
        ``folder``, ``seed`` and ``dispersion``.

    Returns
    -------
    dict
        ``name``.
    """
    series = PausedSeries(int(options["seed"]), dispersion=float(options["dispersion"]))
    series.make(Path(options["folder"]))
    return {"name": series.name}
