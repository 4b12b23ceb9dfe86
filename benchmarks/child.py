"""The process of one task: ``python -m benchmarks.child NAME OPTIONS RESULT``."""

import json
import sys
from importlib import import_module
from pathlib import Path

__all__ = ["main"]


def main(name: str, options: str, result: str) -> None:
    """Run a task and write what it gives.

    Parameters
    ----------
    name : str
        Module of `benchmarks.tasks`.
    options : str
        JSON.
    result : str
        File to write, JSON.
    """
    found = import_module(f"benchmarks.tasks.{name}").run(json.loads(options))
    Path(result).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
