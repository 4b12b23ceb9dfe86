"""Check that the links of the Markdown pages lead somewhere.

A link to a file of this repository must name one that is there (and, with ``#``, a heading of
it). What is in code blocks is carried out by ``tests/docs``.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchor(heading: str) -> str:
    """Return the name under which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page to files or headings that are not there."""
    faults = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists():
            faults.append(f"no file {target}")
        elif heading and heading not in map(anchor, HEADING.findall(file.read_text("utf-8"))):
            faults.append(f"no heading {target}")
    return faults


def main() -> int:
    """Print every fault and return the exit code."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    pages = [ROOT / name for name in listed.stdout.splitlines()]
    faults = 0
    for page in pages:
        text = page.read_text("utf-8")
        for fault in broken_links(page, text):
            print(f"{page.relative_to(ROOT)}: {fault}", file=sys.stderr)
            faults += 1
    print(f"{len(pages)} pages, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
