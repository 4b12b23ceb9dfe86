"""Draw every figure of the documentation: from tables that lie beside the pages, or from runs.

``make site`` draws all of them anew, each into the place of its committed copy; ``make figures``
refreshes the tables from the runs that are there and the copies from those. Copies are for reading
the pages in the repository; each says what it was drawn from, and a test holds it to that.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bayesdensing import fit, load_data, load_spec, plots
from bayesdensing.analysis import Fit
from bayesdensing.analysis.annotated import read_annotated, to_annotated
from bayesdensing.analysis.coverage import Ranks
from bayesdensing.analysis.dependence import Sensitivity
from bayesdensing.corollaries import corollary
from bayesdensing.files import write_bytes, write_text
from bayesdensing.multiverse import AS_IS
from bayesdensing.plots import PlotResult
from bayesdensing.reporting.graph import graph_svg
from bayesdensing.spec import describe

__all__ = ["FIGURES", "Figure", "FromRun", "FromSpec", "FromTable", "main", "table"]

HERE = Path(__file__).resolve().parent
PAGE = HERE / "figures.md"
STYLE = """<style>
rect { fill: #ffffff; stroke: #1f2430; }
rect.data { fill: #d6e6f5; }
path { fill: none; stroke: #1f2430; stroke-width: 1.2; }
marker path { fill: #1f2430; }
text { font: 13px sans-serif; fill: #1f2430; }
</style>"""
TEXT = """# Where the figures come from

Every image of these pages is drawn by `make site`: from a run, which it makes where `runs/` has
none that still serves, or, where the fits take long, from a small table that lies beside the pages.
`make figures` takes the tables anew from the runs named here, where those are there, and draws the
copies that the pages have in the repository. The list is [docs/build_figures.py](build_figures.py),
from which this page is written; a test holds the images of all pages to it, and each copy to the
table, or the hypothesis and data, that it was drawn from.

{table}

Notebooks draw their own figures when they are executed (`make notebooks`), and a run has its
figures beside its draws ([the README](../README.md#what-comes-out)).
"""


@dataclass(frozen=True)
class FromRun:
    """A figure of a run that is made where there is none that still serves.

    Parameters
    ----------
    run : str
        Name of the hypothesis, and folder in ``runs/``.
    draw : callable
        From the fit to the figure.
    command : str
        What makes that run.
    takes : str
        How long that takes, roughly, on two cores.
    """

    run: str
    draw: Callable[[Fit], PlotResult]
    command: str
    takes: str = "a minute"

    @property
    def origin(self) -> str:
        """Where it comes from, in Markdown."""
        return f"`runs/{self.run}`"

    def source(self) -> str:
        """Return what identifies the hypothesis and the data."""
        return f"{self.run} {load_spec(self.run).sha256} {load_data().sha256}"

    def content(self, runs: Path) -> bytes:
        """Return the image, of the run in a folder of runs."""
        run = fit(self.run, out=runs / self.run, refit="on-change")
        return self.draw(run).to_png(source=self.source())


@dataclass(frozen=True)
class FromTable:
    """A figure of a table that lies beside the pages.

    Parameters
    ----------
    table : str
        Below ``docs/``.
    draw : callable
        From the table's text to the figure.
    run : str
        Folder in ``runs/`` that the table is taken from.
    take : callable
        From that folder to the table's text.
    command : str
        What writes that folder.
    takes : str
        How long that takes, roughly, on two cores.
    """

    table: str
    draw: Callable[[str], PlotResult]
    run: str
    take: Callable[[Path], str]
    command: str
    takes: str

    @property
    def origin(self) -> str:
        """Where it comes from, in Markdown."""
        if not (HERE / self.table).is_file():
            return f"`runs/{self.run}`"
        return f"[{self.table}]({self.table}), of `runs/{self.run}`"

    def text(self) -> str:
        """Return the table as it lies beside the pages."""
        return (HERE / self.table).read_text(encoding="utf-8")

    def source(self) -> str:
        """Return what identifies the table."""
        return f"{self.table} {hashlib.sha256(self.text().encode()).hexdigest()}"

    def content(self, runs: Path) -> bytes:
        """Return the image."""
        return self.draw(self.text()).to_png(source=self.source())

    def refresh(self, runs: Path) -> bool:
        """Take the table anew where its run is there; tell whether it was."""
        try:
            text = self.take(runs / self.run)
        except FileNotFoundError:
            return False
        target = HERE / self.table
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, text)
        return True


@dataclass(frozen=True)
class FromSpec:
    """The graph of a hypothesis.

    Parameters
    ----------
    spec : str
        Its name.
    """

    spec: str
    command: str = "make figures"
    takes: str = "a second"

    @property
    def origin(self) -> str:
        """Where it comes from, in Markdown."""
        return f"the hypothesis `{self.spec}`"

    def content(self, runs: Path) -> bytes:
        """Return the image."""
        drawn = graph_svg(describe(load_spec(self.spec)).graph)
        head, _, rest = drawn.partition(">")
        return f'{head} xmlns="http://www.w3.org/2000/svg">{STYLE}{rest}\n'.encode()


@dataclass(frozen=True)
class Figure:
    """An image and where it comes from.

    Parameters
    ----------
    path : str
        Below ``docs/``.
    source : FromRun, FromTable or FromSpec
        Where it comes from.
    """

    path: str
    source: FromRun | FromTable | FromSpec

    @property
    def name(self) -> str:
        """Name without folder and ending."""
        return Path(self.path).stem


def _ranks(run: Path) -> str:
    return (run / "ranks.csv").read_text(encoding="utf-8")


def _calibration(text: str) -> PlotResult:
    return plots.calibration(Ranks.from_csv(text))


def _choices(run: Path) -> str:
    found = json.loads((run / "sensitivity.json").read_text(encoding="utf-8"))
    about = {name: found[name] for name in ("spec", "spec_sha256", "data", "data_sha256", "seed")}
    return to_annotated((run / "sensitivity.csv").read_text(encoding="utf-8"), about)


def _sensitivity(text: str) -> PlotResult:
    rows, about = read_annotated(text)
    return plots.sensitivity(Sensitivity(table=rows, about=about, as_it_is=AS_IS))


def _corollary(name: str) -> Callable[[Fit], PlotResult]:
    return lambda run: plots.corollary(corollary(name, run))


FIGURES = (
    Figure("images/density_trend.png", FromRun("joint", plots.density_trend, "make run")),
    *(
        Figure(
            f"images/calibration_{name}.png",
            FromTable(
                f"calibration/{name}.csv", _calibration, f"calibration-{name}", _ranks,
                command, takes,
            ),
        )
        for name, command, takes in (
            (
                "about-joint", "bayesdensing calibrate --about runs/joint --sims 200 --workers 2",
                "40 minutes",
            ),
            ("loss_law", "bayesdensing calibrate loss_law --sims 200", "10 minutes"),
            ("joint", "bayesdensing calibrate joint --sims 200 --workers 2", "an hour"),
        )
    ),
    Figure(
        "images/sensitivity_joint.png",
        FromTable(
            "sensitivity/joint-choices.csv", _sensitivity, "sensitivity-joint-choices", _choices,
            "bayesdensing sensitivity joint --grid docs/grids/choices.toml --budget refit "
            "--workers 2",
            "half an hour",
        ),
    ),
    Figure("images/graph_joint.svg", FromSpec("joint")),
    *(
        Figure(f"corollaries/{name}.png", FromRun("joint", _corollary(name), "make run"))
        for name in ("compression", "edge", "engines", "payback", "price")
    ),
    Figure(
        "corollaries/acceleration.png",
        FromRun(
            "changepoint_chatgpt", _corollary("acceleration"),
            "bayesdensing fit changepoint_chatgpt",
        ),
    ),
)  # fmt: skip


def table() -> str:
    """Return the list as a Markdown table."""
    rows = ["| figure | drawn from | which is written by | in |", "| --- | --- | --- | --- |"]
    rows += [
        f"| [{figure.path}]({figure.path}) | {figure.source.origin} "
        f"| `{figure.source.command}` | {figure.source.takes} |"
        for figure in FIGURES
    ]
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    """Draw the figures; into ``docs/`` with the tables, and the page that lists them.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; the default is those of the process.

    Returns
    -------
    int
        0; a figure whose table is missing is not drawn, and that is said.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs", help="folder of runs")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write instead of docs")
    asked = parser.parse_args(argv)
    into: Path = asked.into
    for figure in FIGURES:
        source = figure.source
        if isinstance(source, FromTable):
            if into == HERE and not source.refresh(asked.runs):
                _say(f"docs/{source.table}: kept; {source.command} would make it anew")
            if not (HERE / source.table).is_file():
                _say(f"{figure.path}: NOT DRAWN, for want of docs/{source.table}")
                continue
        target = into / figure.path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, source.content(asked.runs))
        _say(f"{figure.path}: drawn")
    if into == HERE:
        write_text(PAGE, TEXT.format(table=table()))
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
