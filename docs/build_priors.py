"""Write docs/priors.md, from the default hypothesis itself.

No fit is needed: ``python docs/build_priors.py`` takes a second.
"""

import sys
from pathlib import Path

from bayesdensing.files import write_text
from bayesdensing.spec import describe, load_spec

__all__ = ["main", "page"]

HERE = Path(__file__).resolve().parent
PAGE = HERE / "priors.md"
ALT = "Which part informs which: trend, density, effective parameters, loss law, score link, scores"
TEXT = f"""# Priors and why

Every prior of the default hypothesis, `joint`, with the interval that it implies and the reason
for it. Written from the hypothesis by `python docs/build_priors.py`; `bayesdensing show SPEC`
prints the same of any hypothesis, with its equations, which [the model](model.md) explains.

{{table}}

A reason is *structural* where the equations or the units leave little else, *external* where others
measured the same thing elsewhere, *weak* where a published default is taken over, and an *order of
magnitude* where the prior only keeps out what nobody would believe. What all of them together
expect of data is the prior predictive check on [each hypothesis's page](hypotheses/joint.md); how
far they move the headline is part of [the sensitivity analysis](sensitivity.md). To change one, see
[hypotheses.md](hypotheses.md#priors).

## The graph

![{ALT}](images/graph_joint.svg)
"""


def page() -> str:
    """Return the page.

    Returns
    -------
    str
        Markdown.
    """
    rows = ["| parameter | prior | 89 % ETI | why |", "| --- " * 4 + "|"]
    for row in describe(load_spec("joint")).priors.to_dict("records"):
        unit = "" if row["unit"] == "1" else f" ({row['unit']})"
        ends = f"{row['lower89']:.2g} to {row['upper89']:.2g}{unit}"
        rows.append(f"| `{row['parameter']}` | {row['prior']} | {ends} | {row['reason']} |")
    return TEXT.format(table="\n".join(rows))


def main() -> int:
    """Write the page.

    Returns
    -------
    int
        0.
    """
    write_text(PAGE, page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
