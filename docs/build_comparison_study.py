"""Write docs/comparison-study.csv: how often a comparison finds the trend of a simulated world.

Usage: python docs/build_comparison_study.py constant=A.toml exponential=B.toml
       changepoint=C.toml saturating=D.toml [--sizes 50 150 500] [--worlds 10] [--dispersion 0.9]
       [--rows FILE.csv]

Each hypothesis is one of published values. Rows are added to FILE after every world, and worlds in
it are not made again.
"""

import argparse
from pathlib import Path

from bayesdensing.comparison_study import TRENDS, study, study_table
from bayesdensing.files import write_text

HERE = Path(__file__).parent


def main() -> None:
    """Run the study and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hypotheses", nargs="+", metavar="TREND=SPEC", help=", ".join(TRENDS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[50, 150, 500])
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--dispersion", type=float, default=0.9)
    parser.add_argument("--rows", type=Path, default=Path("runs") / "comparison-study.csv")
    given = parser.parse_args()
    hypotheses = dict(item.split("=", 1) for item in given.hypotheses)
    rows = study(
        hypotheses,
        sizes=given.sizes,
        worlds=given.worlds,
        dispersion=given.dispersion,
        out=given.rows,
        tell=print,
    )
    table = study_table(rows)
    print(table.to_string(index=False))
    write_text(HERE / "comparison-study.csv", table.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    main()
