"""Write figures and tables of docs/corollaries/: every corollary on the packaged data.

Run ``make corollaries``. Runs in ``runs/`` that still serve are used, what is missing is fitted
there. Of each page only what stands between ``<!-- found -->`` and ``<!-- /found -->`` is replaced.
"""

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Any

from bayesdensing import fit, plots
from bayesdensing.analysis import Fit
from bayesdensing.corollaries import Corollary, Row, corollary
from bayesdensing.corollaries.result import DATE, iso_day
from bayesdensing.files import write_bytes, write_text

__all__ = ["main"]

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "corollaries"
FOUND = re.compile(r"(<!-- found -->\n).*?(<!-- /found -->)", re.DOTALL)
RUNS = {"acceleration": "changepoint_chatgpt"}
#: Correlations of departures for which the page of compression has the means of the methods.
SHARED = ((0.0, 0.0), (0.7, 0.95), (0.9, 0.99))


def main() -> int:
    """Compute, draw, and write the pages.

    Returns
    -------
    int
        0; 1 where draws did not pass their checks: the pages are written all the same.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs", help="folder of runs")
    parser.add_argument("--only", nargs="*", default=[], help="names, for a try")
    asked = parser.parse_args()
    names = asked.only or sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
    failed = []
    for name in names:
        run = _run(asked.runs, RUNS.get(name, "joint"))
        started = time.perf_counter()
        found = corollary(name, run)
        seconds = time.perf_counter() - started
        write_bytes(FOLDER / f"{name}.png", plots.corollary(found).to_png())
        text = _found(found, seconds)
        if name == "acceleration":
            text += _unknown(asked.runs)
        if name == "compression":
            text += _pairs(found) + _by_correlation(run)
        page = FOLDER / f"{name}.md"
        old = page.read_text(encoding="utf-8")
        write_text(page, FOUND.sub(lambda m, new=text: m[1] + new + m[2], old))
        print(f"{name}: {seconds:.0f} s", file=sys.stderr)
        if not found.converged:
            failed.append(name)
            print(f"{name}: {found.warning}", file=sys.stderr)
    return 1 if failed else 0


def _run(runs: Path, name: str) -> Fit:
    return fit(name, out=runs / name, refit="on-change")


def _found(found: Corollary, seconds: float) -> str:
    rows = [
        "| | median | 89 % ETI | 95 % ETI | unit | article |",
        "| --- " + "| ---: " * 3 + "| --- | --- |",
    ]
    rows += [_row(row) for row in found.rows if not row.quantity.startswith("spread")]
    lists = "".join(
        f"\n{title}\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
        for title, lines in (("It assumes:", found.assumptions), ("Notes:", found.notes))
        if lines
    )
    inputs = ", ".join(f"{name} = {value}" for name, value in found.inputs.items())
    asked = f"\nRun `{found.run}`, asked with {inputs}; " if inputs else f"\nRun `{found.run}`; "
    return "\n".join(rows) + "\n" + lists + asked + f"{seconds:.1f} s on two cores.\n"


def _row(row: Row) -> str:
    ends = []
    for name in ("eti89", "eti95"):
        if row.estimate is None:
            ends.append("")
        else:
            low, high = (_cell(end, row.unit) for end in getattr(row.estimate, name))
            ends.append(f"{low} to {high}")
    says = "" if row.article is None else row.article.says
    unit = "" if row.unit in (DATE, "1") else row.unit
    return (
        f"| {row.label} | {_cell(row.middle, row.unit)} | {ends[0]} | {ends[1]} | {unit} | {says} |"
    )


def _cell(value: float, unit: str) -> str:
    if unit == DATE:
        return iso_day(value) or "never"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    return f"{value:,.0f}" if unit == "days" else f"{value:.3g}"


def _unknown(runs: Path) -> str:
    found = corollary("acceleration", _run(runs, "changepoint_unknown"))
    return (
        "\n## A change at a date that is estimated\n\n"
        + _found(found, 0.0).split("\nIt assumes")[0]
        + "\n"
        + "\n".join(f"- {note}" for note in found.notes)
        + "\n"
    )


def _pairs(found: Corollary) -> str:
    lines = [
        "",
        "## Every pair",
        "",
        "| compressed | parent | method | density ratio | 89 % ETI | P(denser) | per bit | "
        "by cost | paper |",
        "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    signs = {"at most": "≤ ", "at least": "≥ "}
    for row in found.tables["pairs"].to_dict("records"):
        told = [
            "" if row[name] != row[name] else f"{row[name]:.2f}"
            for name in ("ratio_per_bit_median", "ratio_by_cost_median", "published_ratio")
        ]
        ends = f"{row['ratio_eti89_lb']:.2f} to {row['ratio_eti89_ub']:.2f}"
        ratio = f"{signs.get(row['bound'], '')}{row['ratio_median']:.2f}"
        lines.append(
            f"| {row['llm']} | {row['parent']} | {row['method']} | {ratio} | {ends} | "
            f"{row['prob_denser']:.2f} | {' | '.join(told)} |"
        )
    return "\n".join(lines) + "\n"


def _by_correlation(run: Fit) -> str:
    """Return the means of the methods for several correlations of departures."""
    made: dict[str, list[str]] = {}
    for shared, rounded in SHARED:
        found = corollary("compression", run, shared=shared, shared_quantized=rounded)
        for row in found.rows:
            if row.quantity.startswith("ratio["):
                made.setdefault(row.quantity[6:-1], []).append(_interval(row))
    names = " | ".join(f"{a:g} / {b:g}" for a, b in SHARED)
    lines = [
        "",
        "## What the correlation of departures does",
        "",
        "Density over the parent's by method, median and 89 % ETI, for the correlation of smaller "
        "/ quantised LLMs:",
        "",
        f"| | {names} |",
        "| --- |" + " --- |" * len(SHARED),
    ]
    lines += [f"| {method} | {' | '.join(cells)} |" for method, cells in made.items()]
    return "\n".join(lines) + "\n"


def _interval(row: Row) -> str:
    estimate: Any = row.estimate
    return f"{row.middle:.2f} ({estimate.eti89[0]:.2f} to {estimate.eti89[1]:.2f})"


if __name__ == "__main__":
    sys.exit(main())
