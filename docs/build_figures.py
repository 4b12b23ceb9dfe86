"""Write the figures of the documentation from the runs they show, each by its name.

``make figures`` writes what runs in ``runs/`` allow and says of the rest which command is missing;
``make site`` does the same for the site alone. What is here has no other source: a test holds every
image of the pages to this list, and the list to the images.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from bayesdensing import load_fit, plots
from bayesdensing.corollaries import corollary
from bayesdensing.files import write_bytes, write_text

__all__ = ["FIGURES", "Figure", "main", "table"]

HERE = Path(__file__).resolve().parent
PAGE = HERE / "figures.md"
TEXT = """# Where the figures come from

Every image of these pages is written by one command, mostly from one folder in `runs/`.
`make figures` copies or draws those whose folder is there and names the command of each that is
not; `make site` draws them into the site. The list is [docs/build_figures.py](build_figures.py),
from which this page is written; a test holds the images of all pages to it.

{table}

Notebooks draw their own figures when they are executed (`make notebooks`), and a run has its
figures beside its draws ([the README](../README.md#what-comes-out)).
"""


@dataclass(frozen=True)
class Figure:
    """An image and where it comes from.

    Parameters
    ----------
    path : str
        Below ``docs/``.
    run : str
        Folder in ``runs/``; empty where no run is needed.
    command : str
        What writes that folder.
    takes : str
        How long that takes, roughly, on two cores.
    source : str
        File of the folder that is the image; empty: the corollary of the image's name is drawn.
    """

    path: str
    run: str
    command: str
    takes: str
    source: str = ""

    @property
    def name(self) -> str:
        """Name without folder and ending."""
        return Path(self.path).stem

    def write(self, target: Path, *, runs: Path) -> None:
        """Write the image.

        Parameters
        ----------
        target : Path
            The file.
        runs : Path
            Folder of runs.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        run = runs / self.run
        if self.source:
            write_bytes(target, (run / self.source).read_bytes())
        else:
            write_bytes(target, plots.corollary(corollary(self.name, load_fit(run))).to_png())


FIGURES = (
    Figure("images/density_trend.png", "joint", "make run", "a minute", "density_trend.png"),
    Figure(
        "images/calibration_loss_law.png", "calibration-loss_law",
        "bayesdensing calibrate loss_law", "10 minutes", "calibration.png",
    ),
    Figure(
        "images/calibration_joint.png", "calibration-joint",
        "bayesdensing calibrate joint", "an hour", "calibration.png",
    ),
    Figure(
        "images/sensitivity_joint.png", "sensitivity-joint-choices",
        "bayesdensing sensitivity joint --grid docs/grids/choices.toml --budget refit --workers 2",
        "half an hour", "sensitivity.png",
    ),
    Figure("images/graph_joint.svg", "", "python docs/build_priors.py", "a second"),
    *(
        Figure(f"corollaries/{name}.png", "joint", "make run", "a minute")
        for name in ("compression", "edge", "engines", "payback", "price")
    ),
    Figure(
        "corollaries/acceleration.png", "changepoint_chatgpt",
        "bayesdensing fit changepoint_chatgpt", "3 minutes",
    ),
)  # fmt: skip


def table() -> str:
    """Return the list as a Markdown table."""
    rows = ["| figure | from | written by | which takes |", "| --- | --- | --- | --- |"]
    rows += [
        f"| [{figure.path}]({figure.path}) | {f'`runs/{figure.run}`' if figure.run else ''} "
        f"| `{figure.command}` | {figure.takes} |"
        for figure in FIGURES
    ]
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    """Write the figures and the page that lists them.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; the default is those of the process.

    Returns
    -------
    int
        0, also where runs are missing: those are named.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs", help="folder of runs")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write instead of docs")
    asked = parser.parse_args(argv)
    for figure in FIGURES:
        made = asked.runs / figure.run / (figure.source or "manifest.json")
        if figure.run and made.is_file():
            figure.write(asked.into / figure.path, runs=asked.runs)
            print(f"{figure.path}: written", file=sys.stderr)
        else:
            print(f"{figure.path}: kept; {figure.command} would make it anew", file=sys.stderr)
    if asked.into == HERE:
        write_text(PAGE, TEXT.format(table=table()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
