"""Draw a world and say how large it is."""

import dataclasses
from pathlib import Path
from typing import Any

from benchmarks.worlds import World

__all__ = ["run"]

_COUNTED = {"n_llms": "models", "n_scores": "scores"}


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Draw a world into a folder.

    Parameters
    ----------
    options : dict
        ``folder`` and the fields of `World`.

    Returns
    -------
    dict
        ``n_llms`` and ``n_scores``.
    """
    names = {field.name for field in dataclasses.fields(World)}
    given = {name: value for name, value in options.items() if name in names}
    given["benchmarks"] = tuple(given.get("benchmarks", ()))
    folder = World(**given).make(Path(options["folder"]))

    from bayesdensing.data import load_data

    data = load_data(folder)
    return {name: len(data.frames[table]) for name, table in _COUNTED.items()}
