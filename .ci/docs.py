"""Check the Markdown pages: their links lead somewhere, their commands exist.

A link to a file of this repository must name one that is there (and, with ``#``, a heading of
it). In a ``console`` block every ``$ make …`` must be a target, and every ``$ bayesdensing …`` a
command with the options it is given.
An ``sh`` block is run as it stands, in an empty folder.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CLI = Path(sys.executable).with_name("bayesdensing")


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


def unknown_commands(text: str, targets: set[str], helps: dict[str, str]) -> list[str]:
    """Return the commands of a page's console blocks that cannot be typed as they stand."""
    faults = []
    blocks = "".join(body for kind, body in FENCE.findall(text) if kind == "console")
    for line in re.findall(r"^\$ (.+)$", blocks, re.MULTILINE):
        program, *words = shlex.split(line, comments=True)
        if program == "make":
            faults += [f"no make target {word}" for word in words if word not in targets]
        elif program == "bayesdensing":
            name = next((word for word in words if not word.startswith("-")), "")
            helps.setdefault(name, help_of(name))
            if name and "Commands:" in helps[name]:  # a group: its command is the next word
                name = " ".join([name, *words[words.index(name) + 1 :][:1]])
                helps.setdefault(name, help_of(name))
            options = [word.partition("=")[0] for word in words if word.startswith("--")]
            if not helps[name]:
                faults.append(f"no command bayesdensing {name}")
            else:
                faults += [f"no option {o} of {name}" for o in options if o not in helps[name]]
    return faults


def failing_scripts(text: str) -> list[str]:
    """Return what the page's shell scripts say where they fail."""
    faults = []
    path = f"{CLI.parent}{os.pathsep}{os.environ['PATH']}"
    for script in (body for kind, body in FENCE.findall(text) if kind == "sh"):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["sh", "-eu", "-c", script], cwd=folder, env={**os.environ, "PATH": path},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode:
            faults.append(f"a script fails: {done.stderr.strip()}")
    return faults


def help_of(name: str) -> str:
    """Return the help text of a command, empty where there is no such command."""
    words = [str(CLI), *name.split(), "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def main() -> int:
    """Print every fault and return the exit code."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^\.PHONY: (\w+)", makefile, re.MULTILINE))
    helps: dict[str, str] = {}
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    pages = [ROOT / name for name in listed.stdout.splitlines()]
    faults = 0
    for page in pages:
        text = page.read_text("utf-8")
        found = broken_links(page, text) + unknown_commands(text, targets, helps)
        for fault in found + failing_scripts(text):
            print(f"{page.relative_to(ROOT)}: {fault}", file=sys.stderr)
            faults += 1
    print(f"{len(pages)} pages, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
