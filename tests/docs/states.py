"""What the pages take to be there: files of a reader's own, and runs."""

import shutil
from collections.abc import Callable
from pathlib import Path

from bayesdensing import fitting
from bayesdensing.data import load_data
from bayesdensing.paths import packaged_data_dir

__all__ = ["FILES", "make_run"]


def _bundle(path: Path) -> None:
    """A bundle of a reader's own, with all that the joint model needs."""
    path.mkdir()
    for file in packaged_data_dir().iterdir():
        if file.suffix in (".csv", ".json"):
            shutil.copy(file, path)


def _tables(path: Path) -> None:
    """The tables of a bundle whose list of files is there already."""
    for file in packaged_data_dir().glob("*.csv"):
        shutil.copy(file, path.parent)


def _new_scores(path: Path) -> None:
    """Scores of two LLMs that no fit has seen."""
    path.write_text(
        "model,benchmark,evaluator,score,n_params,release_date\n"
        "mine-3b,MMLU,our-harness,0.61,3.1e9,2026-05-01\n"
        "mine-3b,BBH,our-harness,0.55,3.1e9,2026-05-01\n"
        "mine-8b,MMLU,our-harness,0.72,8.2e9,2026-05-01\n"
    )


def _prices(path: Path) -> None:
    """Prices of a reader's own."""
    prices = load_data().frames["prices"]
    kept = prices[["model", "date", "usd_per_mtok"]].assign(capability="MMLU >= 80")
    kept.to_csv(path, index=False)


#: By name, how a file or folder that a page names is made.
FILES: dict[str, Callable[[Path], None]] = {
    "mine/models.csv": _tables,
    "my-bundle": _bundle,
    "new.csv": _new_scores,
    "mine.csv": _prices,
    "docs/images": lambda path: path.mkdir(parents=True),
}


def make_run(folder: Path, *, spec: str, quick: bool = True) -> None:
    """Fit a hypothesis to the packaged data."""
    fitting.fit(spec, out=folder, quick=quick, progress=False)
