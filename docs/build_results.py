"""Write docs/results.md: every shipped hypothesis on the packaged data.

Run ``make results``. Runs in ``runs/`` that still serve are used, what is missing is fitted there.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from bayesdensing import fit
from bayesdensing.analysis import Fit
from bayesdensing.comparing import compare
from bayesdensing.errors import DataNeedError
from bayesdensing.files import write_text
from bayesdensing.paths import packaged_models_dir
from bayesdensing.spec import load_spec

__all__ = ["main"]

HERE = Path(__file__).resolve().parent
SCORES = ("loss", "link", "growth")
TEXT = """# Every shipped hypothesis on the packaged data

Written by one command, which fits what is missing in `runs/` and compares what has scores of LLMs:

```console
$ make results
```

Doubling times are medians with equal-tailed 95 % intervals (∞: the rate's interval reaches 0).
`elpd` is the expected log predictive density of an LLM left out, its density integrated out, on the
scores' own scale; `difference` is from the best of the group, with the standard error over LLMs.
Weights are of stacking, within groups that share data and ruler: they are for mixing predictions
and are not probabilities of hypotheses ([compare.md](compare.md)). *Not reliable* counts LLMs whose
Pareto k says that importance weights fail and that no exact refit replaced ({refits} refits were
allowed each). Checks are those of [inference.md](inference.md), R-hat and ESS the worst of all
parameters and densities; the time is that of compiling, sampling and reading out on two cores.

{scores}

{groups}

Hypotheses of other data have no predictions in common with these:

{others}
"""


def main() -> int:
    """Fit, compare, and write the page.

    Returns
    -------
    int
        0; 1 where draws did not pass their checks: the page is written all the same, and says so.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs", help="folder of runs")
    parser.add_argument("--refits", type=int, default=0, help="exact refits per hypothesis")
    parser.add_argument("--only", nargs="*", default=[], help="names, for a try")
    asked = parser.parse_args()
    names = asked.only or sorted(path.stem for path in packaged_models_dir().glob("*.toml"))
    fits = {}
    for name in names:
        try:
            fits[name] = fit(name, out=asked.runs / name, refit="on-change")
        except DataNeedError as fault:
            print(f"{name}: left out: {fault}", file=sys.stderr)
    scored = [found for name, found in fits.items() if load_spec(name).blocks == SCORES]
    found = compare(scored, max_refits=asked.refits, tell=lambda text: print(text, file=sys.stderr))
    rows = [
        "| group | hypothesis | days | 95 % ETI | elpd | difference | weight | not reliable | "
        "R-hat | ESS | checks | s |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    rows += [_row(row, fits[row["hypothesis"]]) for row in found.table.to_dict("records")]
    groups = [f"- group {name}: {ruler}" for name, ruler in found.groups.items()]
    for name, headline in found.stacked.items():
        days = headline.doubling_time_days
        if days is not None:
            groups.append(f"- group {name}, mixed by weight: {_span(days.median, days.eti95)}")
    others = [
        "| hypothesis | days | R-hat | ESS | checks | s |",
        "| --- | --- | ---: | ---: | --- | ---: |",
    ]
    for name, one in fits.items():
        if one not in scored:
            days = one.headline().doubling_time_days
            shown = "no rate" if days is None else _span(days.median, days.eti95)
            others.append(f"| [{name}](hypotheses/{name}.md) | {shown} | {_checks(one)} |")
    page = TEXT.format(
        refits=asked.refits,
        scores="\n".join(rows),
        groups="\n".join(groups),
        others="\n".join(others),
    )
    write_text(HERE / "results.md", page)
    failed = [name for name, one in fits.items() if not one.diagnostics.converged]
    for name in failed:
        print(f"{name}: not converged", file=sys.stderr)
    return 1 if failed else 0


def _row(row: dict[str, Any], found: Fit) -> str:
    days = found.headline().doubling_time_days
    span = "no rate" if days is None else _span(days.median, days.eti95).split(" ", 1)
    weight = "" if row["weight"] != row["weight"] else f"{row['weight']:.2f}"
    name = row["hypothesis"]
    return (
        f"| {row['group']} | [{name}](hypotheses/{name}.md) | {span[0]} | {span[1].strip('()')} | "
        f"{row['elpd']:.1f} | {row['elpd_diff']:.1f} ± {row['diff_se']:.1f} | {weight} | "
        f"{row['not_reliable']} | {_checks(found)} |"
    )


def _checks(found: Fit) -> str:
    record = found.diagnostics
    state = "passed" if record.converged else "; ".join(record.reasons)
    ess = min(record.min_ess_bulk, record.min_ess_tail)
    return f"{record.max_rhat:.3f} | {ess:,.0f} | {state} | {found.timing['total']:.0f}"


def _span(median: float, interval: tuple[float, float]) -> str:
    return f"{_days(median)} ({_days(interval[0])} to {_days(interval[1])})"


def _days(days: float) -> str:
    return "∞" if days == float("inf") else f"{days:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
