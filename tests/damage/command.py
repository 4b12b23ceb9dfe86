"""The command line as the tests of damage use it: run it here, judge how it ended."""

import contextlib
import io
import re
from dataclasses import dataclass

from bayesdensing.cli.app import main

__all__ = ["Ending", "run"]

_LINE = re.compile(r"error: \S.*")


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Parameters
    ----------
    code : int
        Its exit code.
    out, err : str
        What it printed.
    """

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on stderr."""
        return self.err.splitlines()

    def assert_clean(self) -> None:
        """Hold it to: done without a word, or refused in lines that are errors."""
        assert self.code in (0, 2), self.err
        assert "Traceback" not in self.err
        assert (self.code == 2) == bool(self.errors), self
        for line in self.errors:
            assert _LINE.fullmatch(line), line
            assert line.isprintable(), ascii(line)
        if self.code == 2:
            assert self.out == ""

    def assert_refused(self, *words: str) -> None:
        """Hold it to: refused, and one line holds all of the words."""
        self.assert_clean()
        assert self.code == 2, self.out
        assert any(all(word in line for word in words) for line in self.errors), (words, self.err)


def run(*argv: str) -> Ending:
    """Run the program in this process.

    Parameters
    ----------
    *argv : str
        Its arguments.

    Returns
    -------
    Ending
        How it ended.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(argv)
    return Ending(code, out.getvalue(), err.getvalue())
