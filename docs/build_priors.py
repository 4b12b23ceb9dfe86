"""Write docs/priors.md and the graph of the default hypothesis, from the hypothesis itself.

No fit is needed: ``python docs/build_priors.py`` takes a second.
"""

import sys
from pathlib import Path

from bayesdensing.files import write_text
from bayesdensing.reporting.graph import graph_svg
from bayesdensing.spec import describe, load_spec

__all__ = ["graph", "main", "page"]

HERE = Path(__file__).resolve().parent
PAGE, GRAPH = HERE / "priors.md", HERE / "images" / "graph_joint.svg"
STYLE = """<style>
rect { fill: #ffffff; stroke: #1f2430; }
rect.data { fill: #d6e6f5; }
path { fill: none; stroke: #1f2430; stroke-width: 1.2; }
marker path { fill: #1f2430; }
text { font: 13px sans-serif; fill: #1f2430; }
</style>"""
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


def graph() -> str:
    """Return the graph.

    Returns
    -------
    str
        An SVG document.
    """
    drawn = graph_svg(describe(load_spec("joint")).graph)
    head, _, rest = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{STYLE}{rest}\n'


def main() -> int:
    """Write page and graph.

    Returns
    -------
    int
        0.
    """
    write_text(PAGE, page())
    write_text(GRAPH, graph())
    return 0


if __name__ == "__main__":
    sys.exit(main())
