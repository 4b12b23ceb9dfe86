"""Write the record of the shipped rulers on the packaged data, ``rulers.json``.

Run ``make rulers``. Runs in ``runs/`` that still serve are used, what is missing is fitted there.
"""

import argparse
import sys
from pathlib import Path

from bayesdensing import fit
from bayesdensing.analysis.rulers import ALONE, RECORD, RULERS, record_of
from bayesdensing.analysis.summary import to_json
from bayesdensing.files import write_text

__all__ = ["main"]

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Fit what is missing and write the record.

    Returns
    -------
    int
        0; 1 where draws did not pass their checks: the record is written all the same, and says so.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs", help="folder of runs")
    parser.add_argument("--out", type=Path, default=HERE / RECORD, help="file to write")
    asked = parser.parse_args()
    fits = {name: fit(name, out=asked.runs / name, refit="on-change") for name in (ALONE, *RULERS)}
    write_text(asked.out, to_json(record_of(fits)))
    failed = [name for name, result in fits.items() if not result.diagnostics.converged]
    for name in failed:
        print(f"{name}: not converged", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
