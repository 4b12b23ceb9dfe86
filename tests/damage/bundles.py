"""A whole bundle, and one that is damaged in a known place."""

import csv
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from bayesdensing.data.schema import TABLES
from tests.damage.command import Ending, run
from tests.data.conftest import VALID

__all__ = ["COMMANDS", "DESCRIPTOR", "WHOLE", "Damage", "Files", "Sheet", "judge", "write"]

Files = dict[str, bytes]

DESCRIPTOR = "datapackage.json"
WHOLE: Files = {
    DESCRIPTOR: json.dumps(
        {"name": "t", "version": "1", "resources": [{"path": name} for name in VALID]}
    ).encode(),
    **{name: text.encode() for name, text in VALID.items()},
}


@dataclass(frozen=True)
class Damage:
    """A damaged file, and what a line about it has to say.

    Parameters
    ----------
    kind : str
        What was done to it.
    file : str
        Its name.
    content : bytes
        What it holds now.
    said : tuple of str
        Parts of one line of stderr.
    """

    kind: str
    file: str
    content: bytes
    said: tuple[str, ...]


class Sheet:
    """A table of the whole bundle as cells that can be changed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.table = TABLES[file.removesuffix(".csv")]
        self.header, *self.rows = list(csv.reader(io.StringIO(VALID[file])))

    def column(self, name: str) -> int:
        return self.header.index(name)

    def lines(self) -> list[str]:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        return out.getvalue().splitlines()

    def damaged(
        self, kind: str, row: int | None, column: str | None, lines: list[str] | None = None
    ) -> Damage:
        text = "\n".join(self.lines() if lines is None else lines) + "\n"
        # the colon ends the place: a line about row 12 does not do for row 1
        place = (
            self.file + (f", row {row}" if row else "") + (f", column {column}" if column else "")
        )
        return Damage(kind, self.file, text.encode(), (f"error: {place}:",))


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def judge(files: Files, *, command: str = "validate") -> Ending:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        write(folder, files)
        if command == "validate":
            return run("validate", str(folder))
        ending = run("fit", "trend", "--data", str(folder), "--out", str(Path(place) / "run"))
        # refused at the door: nothing has been made
        assert not (Path(place) / "run").exists()
        return ending


COMMANDS = st.sampled_from(["validate", "validate", "validate", "fit"])
