"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Reporter", "SilentReporter", "reporter"]


class SilentReporter:
    """Report nothing."""

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Report a step that has no length.

        Parameters
        ----------
        text : str
            What happens now.
        """

    def advance(self, stage: str, done: int, total: int, divergences: int) -> None:
        """Report iterations done; may come from any thread.

        Parameters
        ----------
        stage : str
            Name of the stage.
        done, total : int
            Iterations done and in all, over all chains.
        divergences : int
            Divergences after tuning so far.
        """


class Reporter(SilentReporter):
    """Report to stderr.

    Parameters
    ----------
    interval : float
        Seconds between plain lines where stderr is no terminal.
    """

    def __init__(self, *, interval: float = 10.0) -> None:
        self._console = Console(stderr=True)
        self._terminal = self._console.is_terminal
        self._interval = interval
        self._lock = threading.Lock()
        self._last = ("", 0.0)
        self._tasks: dict[str, Any] = {}
        self._bar = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._terminal,
        )

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar off."""
        self._bar.stop()

    def say(self, text: str) -> None:
        """Report a step that has no length.

        Parameters
        ----------
        text : str
            What happens now.
        """
        if self._terminal:
            self._console.print(text, highlight=False)
        else:
            _line(text)

    def advance(self, stage: str, done: int, total: int, divergences: int) -> None:
        """Report iterations done; may come from any thread.

        Parameters
        ----------
        stage : str
            Name of the stage.
        done, total : int
            Iterations done and in all, over all chains.
        divergences : int
            Divergences after tuning so far.
        """
        note = f"{divergences} divergences" if divergences else ""
        with self._lock:
            if self._terminal:
                if stage not in self._tasks:
                    self._tasks[stage] = self._bar.add_task(stage, total=total, note=note)
                self._bar.update(self._tasks[stage], completed=done, total=total, note=note)
                return
            last_stage, last_time = self._last
            now = time.monotonic()
            if total and (stage != last_stage or now - last_time >= self._interval):
                self._last = (stage, now)
                line = f"{stage}: {100 * done // total} %" + (f", {note}" if note else "")
                _line(line)


def _line(text: str) -> None:
    # a reader of stderr that has gone away is no reason to stop
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def reporter(*, quiet: bool) -> SilentReporter:
    """Return a reporter.

    Parameters
    ----------
    quiet : bool
        Report nothing.

    Returns
    -------
    SilentReporter
        A context manager with ``say`` and ``advance``.
    """
    return SilentReporter() if quiet else Reporter()
