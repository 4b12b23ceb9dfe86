"""Write docs/comparison-study.md: how often a comparison finds the trend of a simulated world.

Usage: python docs/build_comparison_study.py [TREND=SPEC ...] [--sizes 50 150 500] [--worlds 10]
       [--dispersion 0.9] [--rows FILE.csv]

Each hypothesis is one of published values; those of docs/comparison/ where none is given. Rows are
added to FILE after every world, and worlds in it are not made again.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from bayesdensing.comparison_study import TRENDS, curve_of, study, study_table
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

The aim was that the truth comes first in eight worlds of ten, and that in three at most it cannot
be told.
{bar}

With {values} values and known scatter the logistic curve is ahead of the best straight line with a
bend in the middle by {bent} nats (standard error of the difference), of the best straight line by
{straight}, and the change of the latter by {change}: two standard errors from the bent line take
about {enough:,} values. Steady growth is itself one of the bent lines and of the logistic curves:
no number of values sets them apart by how they predict.

What a wider hypothesis claims has to be read in its parameters: {not_converged} of {fits} fits did
not pass their checks.
"""


def bar(table: pd.DataFrame, *, values: int) -> str:
    """Say for worlds of so many values which truths come first often enough, and which are told."""
    rows = table[table["n_llms"] == values]
    first = rows["first"] >= 0.8 * rows["worlds"]
    told = rows["cannot_tell"] <= 0.3 * rows["worlds"]

    def names(which: "pd.Series[bool]") -> str:
        return ", ".join(rows["truth"][which]) or "none"

    return (
        f"Of {values} values, first often enough: {names(first)}; too seldom: {names(~first)}.\n"
        f"Told often enough: {names(told)}; too seldom: {names(~told)}."
    )


def ahead(truth: str, *, knots: tuple[float, ...], values: int, scatter: float) -> np.ndarray:
    """Return how far a trend predicts better than the best line with bends, and its error.

    Expected difference of log densities of normal values whose scatter is known, and its standard
    deviation, both in nats; trends are those of the study.
    """
    years, curve = curve_of(truth, values)
    line = np.column_stack([years**0, years, *(np.maximum(years - k, 0) for k in knots)])
    left = curve - line @ np.linalg.lstsq(line, curve)[0]
    squares = float((left**2).sum()) / scatter**2
    return np.array([squares / 2, squares**0.5])


def shown(found: np.ndarray) -> str:
    """Return a difference with its standard error."""
    return f"{found[0]:.1f} ± {found[1]:.1f}"


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
    middle = sorted(given.sizes)[len(given.sizes) // 2]
    known = {"values": middle, "scatter": given.dispersion}
    bent = ahead("saturating", knots=(0.0,), **known)
    page = TEXT.format(
        bar=bar(table, values=middle),
        values=middle,
        bent=shown(bent),
        straight=shown(ahead("saturating", knots=(), **known)),
        change=shown(ahead("changepoint", knots=(), **known)),
        # the difference grows with the values, its error with their square root
        enough=round(middle * float(2 * bent[1] / bent[0]) ** 2 / 100) * 100,
        dispersion=given.dispersion,
        worlds=given.worlds,
        table="\n".join(lines),
        fits=len(rows),
        not_converged=int((~rows["converged"].astype(bool)).sum()),
    )
    write_text(HERE / "comparison-study.md", page)


if __name__ == "__main__":
    main()
