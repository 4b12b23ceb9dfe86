"""Execute every notebook in ``notebooks/`` from top to bottom; an error in one fails.

Notebooks may be kept as ``.ipynb`` or as jupytext ``.py`` files; of a pair the ``.py`` counts.
Nothing is written.
"""

import sys
import time
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def main() -> int:
    """Run the notebooks one by one and return the exit code."""
    scripts = sorted(FOLDER.glob("*.py"))
    twins = {path.with_suffix(".ipynb") for path in scripts}
    pages = [*scripts, *sorted(set(FOLDER.glob("*.ipynb")) - twins)]
    for page in pages:
        start = time.monotonic()
        client = NotebookClient(jupytext.read(page), timeout=900, kernel_name="python3")
        try:
            client.execute(cwd=str(FOLDER))
        except CellExecutionError as fault:
            print(f"{page.name}: {fault}", file=sys.stderr)
            return 1
        print(f"{page.name}: ran in {time.monotonic() - start:.0f} s")
    print(f"{len(pages)} notebooks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
