"""Progress on stderr: a bar per stage on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Pace", "Reporter", "SilentReporter", "reporter"]

#: Seconds of the past that the pace is measured over.
_WINDOW = 15.0


class Pace:
    """How fast iterations of several stages are done, and how long the rest will take."""

    def __init__(self) -> None:
        self._stages: dict[str, tuple[int, int]] = {}
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, stage: str, done: int, total: int, *, now: float) -> None:
        """Take in how far a stage is.

        Parameters
        ----------
        stage : str
            Name of the stage.
        done, total : int
            Iterations done and in all; none done: the stage begins, perhaps anew.
        now : float
            Seconds on any clock.
        """
        self._stages[stage] = (done, total)
        if done == 0:
            self._seen.clear()
        self._seen.append((now, sum(d for d, _ in self._stages.values())))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()

    def seconds_to_go(self) -> float | None:
        """Return the seconds that what is left of all stages takes at the present pace.

        Returns
        -------
        float or None
            None: not known yet, or nothing is left.
        """
        left = sum(total - done for done, total in self._stages.values())
        if not left or not self._seen:
            return None
        (start, before), (now, done) = self._seen[0], self._seen[-1]
        return left * (now - start) / (done - before) if done > before and now > start else None


@dataclass
class _Told:
    """What plain lines have told of a stage, and when."""

    when: float
    done: int


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

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Report a step of unknown length while it lasts.

        Parameters
        ----------
        text : str
            What happens.

        Yields
        ------
        None
            Nothing.
        """
        yield

    def advance(self, stage: str, done: int, total: int, divergences: int | None) -> None:
        """Report iterations done; may come from any thread.

        Parameters
        ----------
        stage : str
            Name of the stage.
        done, total : int
            Iterations done and in all, over all chains; none done: the stage begins.
        divergences : int or None
            Divergences so far; None where they do not count, as in tuning.
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
        self._terminal = self._console.is_terminal and not self._console.is_dumb_terminal
        self._interval = interval
        self._lock = threading.Lock()
        self._told: dict[str, _Told] = {}
        self._tasks: dict[str, Any] = {}
        self._found: dict[str, str] = {}
        self._pace = Pace()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[share]:>4}"),
            TimeElapsedColumn(),
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

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Report a step of unknown length while it lasts.

        Parameters
        ----------
        text : str
            What happens.

        Yields
        ------
        None
            Nothing.
        """
        if not self._terminal:
            _line(f"{text} ...")
            yield
            return
        task = self._bar.add_task(text, total=None, share="", note="")
        yield
        self._bar.update(task, total=1, completed=1, share="100%")

    def advance(self, stage: str, done: int, total: int, divergences: int | None) -> None:
        """Report iterations done; may come from any thread.

        Parameters
        ----------
        stage : str
            Name of the stage.
        done, total : int
            Iterations done and in all, over all chains; none done: the stage begins.
        divergences : int or None
            Divergences so far; None where they do not count, as in tuning.
        """
        if not total:
            return
        with self._lock:
            now = time.monotonic()
            self._pace.note(stage, done, total, now=now)
            if self._terminal:
                self._draw(stage, done, total, divergences)
            else:
                self._write(stage, done, total, divergences, now=now)

    def _draw(self, stage: str, done: int, total: int, divergences: int | None) -> None:
        """Move a stage's bar; the time to go is that of all stages, and stands in the last row."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(
                stage, total=total, start=False, share="", note=""
            )
        task = self._tasks[stage]
        self._found[stage] = "" if divergences is None else _divergences(divergences)
        if done:
            self._bar.start_task(task)
            share = f"{100 * done // total}%"
            self._bar.update(task, completed=done, total=total, share=share, note="")
        else:
            self._bar.reset(task, start=False, total=total, share="", note="")
        last = next(reversed(self._tasks))
        note = ", ".join(filter(None, [self._to_go(), self._found[last]]))
        self._bar.update(self._tasks[last], note=note)

    def _write(
        self, stage: str, done: int, total: int, divergences: int | None, *, now: float
    ) -> None:
        """Print a line when a stage begins, now and then, and when it ends."""
        if not done:
            self._told.pop(stage, None)
            return
        told = self._told.get(stage)
        if told is not None:
            due = now - told.when >= self._interval or done == total
            if not due or done <= told.done:
                return
        self._told[stage] = _Told(now, done)
        parts = [f"{100 * done // total} %", self._to_go()]
        parts += [] if divergences is None else [_divergences(divergences)]
        _line(f"{stage}: " + ", ".join(filter(None, parts)))

    def _to_go(self) -> str:
        seconds = self._pace.seconds_to_go()
        return "" if seconds is None else f"{_duration(seconds)} to go"


def _divergences(count: int) -> str:
    return f"{count:,} divergence" + ("" if count == 1 else "s")


def _duration(seconds: float) -> str:
    """Return a time to two figures or so: it is an estimate."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"


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
