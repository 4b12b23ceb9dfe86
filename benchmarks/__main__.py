"""``python -m benchmarks``: measure, write the results, put the tables into the page."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.hardware import hardware, versions
from benchmarks.plan import Plan
from benchmarks.tables import Table, number, write

__all__ = ["PARTS", "main"]

PARTS = ("start", "quick", "trust", "peers", "gradient", "growth", "refits")
PEERS = ("plain", "numpyro", "stan")
_PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process where not given.

    Returns
    -------
    int
        Exit code.
    """
    asked = _parser().parse_args(argv)
    # not where every user's programs look first: the folder is removed again
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        plan = Plan(
            runs=asked.runs,
            minutes=asked.minutes,
            largest=asked.largest,
            seed=asked.seed,
            scratch=Path(scratch),
            draws=asked.draws,
            tune=asked.tune,
            peers=tuple(asked.peers),
        )
        for name in [] if asked.tables else asked.only:
            began, before = time.perf_counter(), hardware()
            print(f"{name} ...", file=sys.stderr, flush=True)
            found = import_module(f"benchmarks.parts.{name}").measure(plan)
            record = {
                "hardware": before,
                "versions": versions(),
                "settings": {
                    "runs": plan.runs, "minutes": plan.minutes, "seed": plan.seed, **plan.lengths,
                },
                "found": found,
            }  # fmt: skip
            results.save(name, record, folder=asked.results)
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    shown = _tables(asked.results)
    if asked.results == results.FOLDER:
        write(_PAGE, shown)
    else:
        for name, table in shown.items():
            print(f"\n{name}\n{table.markdown()}")
    return 0


def _tables(folder: Path) -> dict[str, Table]:
    found: dict[str, Table] = {}
    measured = {name: results.load(name, folder=folder) for name in PARTS}
    for name, record in measured.items():
        if record is not None:
            part = import_module(f"benchmarks.parts.{name}")
            found |= part.tables(record["found"])
            found[f"on-{name}"] = _machine(record, runs=not getattr(part, "FITTED_ONCE", False))
    return found


def _machine(record: dict[str, Any], *, runs: bool) -> Table:
    """Return what a part was measured on and with."""
    on, settings = record["hardware"], record["settings"]
    memory = "–" if on["memory_bytes"] is None else f"{number(on['memory_bytes'] / 1e9)} GB"
    machine = f"{on['processor']}, {on['cores']} cores, {memory}, {on['system']}"
    libraries = ", ".join(f"{name} {found}" for name, found in record["versions"].items())
    told = ", ".join(
        f"{name} {value:g}" for name, value in settings.items() if runs or name != "runs"
    )
    rows = [
        ["machine", f"{machine}; load before the first run {number(on['load_before'], 2)}"],
        ["OPENBLAS_NUM_THREADS", on["blas_threads"] or "not set"],
        ["settings", told],
        ["versions", f"Python {on['python']}, {libraries}"],
    ]
    return Table(["measured", "on and with"], rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to measure")
    parser.add_argument("--runs", type=int, default=5, help="repeats  [default: 5]")
    parser.add_argument(
        "--minutes", type=float, default=20, help="cap of one process  [default: 20]"
    )
    parser.add_argument(
        "--largest", type=int, default=5000, help="LLMs of the largest world  [default: 5000]"
    )
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=PEERS, help="peers  [default: all]"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run  [default: 1]")
    parser.add_argument("--draws", type=int, help="draws a chain, for trying out")
    parser.add_argument("--tune", type=int, help="warm-up of a chain, for trying out")
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    parser.add_argument(
        "--results", type=Path, default=results.FOLDER,
        help="folder of the results; of another than the default the tables are printed",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
