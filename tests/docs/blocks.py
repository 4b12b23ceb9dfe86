"""The fenced blocks of the Markdown pages, and the commands in those that hold a dialogue."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Block", "Command", "blocks", "commands", "pages"]

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<kind>[^\n`]*)$")
_MARK = re.compile(r"^<!-- needs: (.+) -->$")
_HEREDOC = re.compile(r"<<-?\s*'?(\w+)'?")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Parameters
    ----------
    page : Path
        Its file.
    line : int
        Line of its opening fence.
    kind : str
        What stands behind that: a language, or a directive of the site in braces.
    text : str
        What is between the fences.
    needs : tuple of str
        Files and runs that a comment right before the block, ``<!-- needs: runs/x, y.csv -->``,
        asks to be there.
    """

    page: Path
    line: int
    kind: str
    text: str
    needs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block.

    Parameters
    ----------
    text : str
        What is typed, on one line or, with a here-document, on several.
    output : str
        What is shown below it.
    """

    text: str
    output: str

    @property
    def words(self) -> list[str]:
        """The words of its first line."""
        return shlex.split(self.text.partition("\n")[0], comments=True)

    @property
    def script(self) -> str:
        """The here-document, empty where there is none."""
        return self.text.partition("\n")[2].rpartition("\n")[0]


def pages() -> list[Path]:
    """Return the Markdown pages of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


def blocks(page: Path) -> list[Block]:
    """Return a page's fenced blocks, indented ones too."""
    found: list[Block] = []
    fence, kind, start, body = "", "", 0, []
    indent, before = 0, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        match = _FENCE.match(line)
        if not fence and match:
            fence, kind, start, body = match["fence"], match["kind"].strip(), number, []
            indent = len(match["indent"])
            marked = _MARK.match(before.strip())
            needs = tuple(part.strip() for part in marked[1].split(",")) if marked else ()
        elif fence and line.strip() == fence:
            found.append(Block(page, start, kind, "\n".join([*body, ""]), needs))
            fence = ""
        elif fence:
            body.append(line[indent:])
        if not fence and line.strip():
            before = line
    assert not fence, f"{page}:{start}: this block does not end"
    return found


def commands(text: str) -> list[Command]:
    """Return the commands of a dialogue, which stand behind ``$``, with what each prints."""
    found: list[Command] = []
    typed: list[str] = []
    output: list[str] = []
    until = ""
    for line in text.splitlines():
        if until or (typed and typed[-1].endswith("\\")):
            typed.append(line)
            until = "" if line == until else until
        elif line.startswith("$ "):
            if typed:
                found.append(Command("\n".join(typed).replace("\\\n", " "), "\n".join(output)))
            typed, output = [line[2:]], []
            heredoc = _HEREDOC.search(line)
            until = heredoc[1] if heredoc else ""
        else:
            assert typed, f"a dialogue begins without a command: {line}"
            output.append(line)
    assert not until, f"a here-document does not end: {until}"
    if typed:
        found.append(Command("\n".join(typed).replace("\\\n", " "), "\n".join(output)))
    return found
