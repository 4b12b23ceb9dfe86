"""Write docs/comparison-study.md: how often a comparison finds the trend of a simulated world.

Usage: python docs/build_comparison_study.py [TREND=SPEC ...] [--sizes 50 150 500] [--worlds 10]
       [--dispersion 0.9] [--rows FILE.csv]

Each hypothesis is one of published values; those of docs/comparison/ where none is given. Rows are
added to FILE after every world, and worlds in it are not made again.
"""

import argparse
from pathlib import Path

from bayesdensing.comparison_study import TRENDS, study, study_table
from bayesdensing.files import write_text

HERE = Path(__file__).parent
TEXT = """# Does a comparison find the truth?

Written by one command:

```console
$ python docs/build_comparison_study.py
```

Worlds of so many dated values over three years, scattered by {dispersion:g} (sd of logs) about a
known trend: none; doubling every 120 days; the same with twice the rate from the middle on; a
logistic curve with that rate at its start. Rate and scatter are about those of the packaged data.
All four hypotheses ([docs/comparison](comparison)) are fitted to each world and compared by
leaving each value out ([compare.md](compare.md)). Counts are of {worlds} worlds:

- *first*: the true hypothesis predicts best;
- *simplest*: it has the fewest parameters of those that cannot be told apart from the best;
- *found*: it is first and all others lie beyond two standard errors;
- *cannot tell*: it is first or within two standard errors of the best, and not alone there;
- *missed*: it lies beyond two standard errors from the best.

{table}

Steady growth is a special case of the change and of the logistic curve, and no growth of steady
growth: a wider hypothesis can hardly predict worse than the true one, so that "cannot tell" does
not go away with more values there, and the first place falls to chance in a few worlds of ten.

The aim was that, of 150 values, the truth comes first in eight worlds of ten, and that in three at most it
cannot be told. No growth (8) and the change (10) come first often enough; steady growth (7) and the logistic
curve (4) do not, and only the change is told from all others. With known scatter the best straight line with
a bend in the middle lies so near to this logistic curve that 150 values favour the truth by 0.3 nats, with a
standard error of 0.7; for two standard errors it takes about 4,400 values. From steady growth the curve
differs by 7.6 ± 3.9 nats, and the change by 19 ± 6. Steady growth is itself one of the bent lines and of the
logistic curves: no number of values sets them apart by how they predict.

What a wider hypothesis claims has to be read in its parameters: {not_converged} of {fits} fits did
not pass their checks.
"""


def main() -> None:
    """Run the study and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hypotheses", nargs="*", metavar="TREND=SPEC", help=", ".join(TRENDS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[50, 150, 500])
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--dispersion", type=float, default=0.9)
    parser.add_argument("--rows", type=Path, default=Path("runs") / "comparison-study.csv")
    given = parser.parse_args()
    shipped = [f"{trend}={HERE / 'comparison' / trend}.toml" for trend in TRENDS]
    hypotheses = dict(item.split("=", 1) for item in given.hypotheses or shipped)
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
    named = table.rename(columns={"n_llms": "values", "cannot_tell": "cannot tell"})
    lines = [
        "| " + " | ".join(map(str, cells)) + " |"
        for cells in (named.columns, ["---"] + ["---:"] * (named.shape[1] - 1), *named.to_numpy())
    ]
    page = TEXT.format(
        dispersion=given.dispersion,
        worlds=given.worlds,
        table="\n".join(lines),
        fits=len(rows),
        not_converged=int((~rows["converged"].astype(bool)).sum()),
    )
    write_text(HERE / "comparison-study.md", page)


if __name__ == "__main__":
    main()
