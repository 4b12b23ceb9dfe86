"""Write docs/backtest.csv and its table in docs/forecast.md: forecasts of the past.

Run ``make backtest``: a fit per date, some minutes on two cores.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from bayesdensing.backtesting import backtest
from bayesdensing.files import write_text

__all__ = ["main"]

HERE = Path(__file__).resolve().parent
CUT_OFFS = ("2023-06-30", "2023-12-31", "2024-06-30", "2024-12-31", "2025-06-30")
START, END = "<!-- back-test: start -->", "<!-- back-test: end -->"
HEADER = (
    "| up to | LLMs fitted | forecast | method | 50 % | 95 % | CRPS | bias | R-hat |",
    "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
)


def main() -> int:
    """Run the back-test and write both files.

    Returns
    -------
    int
        0.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default="joint", help="hypothesis")
    parser.add_argument("--draws", type=int, default=500, help="draws of each chain")
    parser.add_argument("--tune", type=int, default=800, help="warm-up of each chain")
    parser.add_argument("--cut-offs", nargs="*", default=list(CUT_OFFS), help="dates")
    asked = parser.parse_args()
    table = backtest(
        asked.spec, cut_offs=asked.cut_offs, draws=asked.draws, tune=asked.tune,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
    text = table.to_csv(index=False, float_format="%.4g", lineterminator="\n")
    write_text(HERE / "backtest.csv", text)
    page = (HERE / "forecast.md").read_text(encoding="utf-8")
    before, rest = page.split(START)
    after = rest.split(END)[1]
    body = "\n".join([*HEADER, *rows(table)])
    write_text(HERE / "forecast.md", f"{before}{START}\n\n{body}\n\n{END}{after}")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    return 0


def rows(table: pd.DataFrame) -> list[str]:
    """Return the rows of the page's table.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `backtest`.

    Returns
    -------
    list of str
        Markdown, one a row; the date once per group.
    """
    lines, last = [], ""
    for row in table.to_dict("records"):
        first = row["cut_off"] != last
        last = row["cut_off"]
        head = [
            last,
            str(row["n_llms_before"]),
            f"{row['n_scores']} scores, {row['n_llms_after']} LLMs",
        ]
        rhat = "" if pd.isna(row["max_rhat"]) else f"{row['max_rhat']:.3f}"
        cells = [
            *(head if first else ["", "", ""]),
            str(row["method"]),
            f"{100 * row['coverage50']:.0f} %",
            f"{100 * row['coverage95']:.0f} %",
            f"{row['crps']:.1f}",
            f"{row['bias']:+.1f}",
            rhat,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
