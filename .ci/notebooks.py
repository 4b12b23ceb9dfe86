"""Execute every notebook in ``notebooks/`` from top to bottom; an error in one fails.

Notebooks may be kept as ``.ipynb`` or as jupytext ``.py`` files; of a pair the ``.py`` counts.
Names, without what follows the dot, ask for these alone. Nothing is written, unless ``--write``
asks for the executed ``.ipynb`` of each ``.py``.
"""

import argparse
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write an executed notebook without what differs from one execution to the next."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
    nbformat.write(notebook, path)


def main() -> int:
    """Run the notebooks one by one and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    scripts = sorted(FOLDER.glob("*.py"))
    twins = {path.with_suffix(".ipynb") for path in scripts}
    pages = [*scripts, *sorted(set(FOLDER.glob("*.ipynb")) - twins)]
    if unknown := set(asked.names) - {page.stem for page in pages}:
        parser.error(f"no notebook {', '.join(sorted(unknown))}")
    pages = [page for page in pages if not asked.names or page.stem in asked.names]
    for page in pages:
        start = time.monotonic()
        notebook = jupytext.read(page)
        client = NotebookClient(notebook, timeout=900, kernel_name="python3")
        try:
            client.execute(cwd=str(FOLDER))
        except CellExecutionError as fault:
            print(f"{page.name}: {fault}", file=sys.stderr)
            return 1
        print(f"{page.name}: ran in {time.monotonic() - start:.0f} s")
        if asked.write and page.suffix == ".py":
            write(notebook, page.with_suffix(".ipynb"))
    print(f"{len(pages)} notebooks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
