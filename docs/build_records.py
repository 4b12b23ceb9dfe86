"""Write docs/records.csv: coverage of growth rates from all values and from records alone.

Run ``make records``: 400 fits, some minutes on two cores.
"""

import argparse
import sys
from pathlib import Path

from bayesdensing.files import write_text
from bayesdensing.record_study import coverage_table, record_study

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run the study, write and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100, help="series per doubling time")
    asked = parser.parse_args()
    rows = record_study(n_series=asked.series, tell=lambda line: print(line, file=sys.stderr))
    table = coverage_table(rows)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    text = table.to_csv(index=False, float_format="%.4g", lineterminator="\n")
    write_text(HERE / "records.csv", text)


if __name__ == "__main__":
    main()
