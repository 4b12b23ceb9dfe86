"""How far a campaign is, in lines: jobs done, jobs a minute, time to go."""

import time
from collections.abc import Callable

__all__ = ["Tally", "duration"]


class Tally:
    """Count jobs, and tell now and then.

    Parameters
    ----------
    total, done : int
        Jobs in all, and those that were done before.
    tell : callable
        Called with a line.
    interval : float
        Seconds between lines.
    clock : callable
        Seconds since some moment.
    """

    def __init__(
        self,
        total: int,
        done: int,
        *,
        tell: Callable[[str], None],
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.done = total, done
        self._before, self._tell, self._interval, self._clock = done, tell, interval, clock
        self._began: float | None = None
        self._told = -float("inf")

    def count(self) -> None:
        """Count a job that is done."""
        self.done += 1
        now = self._clock()
        if self._began is None:  # what came before the first, such as compiling, sets no pace
            self._began = now
        if self.done == self.total or now - self._told >= self._interval:
            self._told = now
            self._tell(self.line)

    @property
    def line(self) -> str:
        """Jobs done, pace and time to go."""
        text = f"{self.done} of {self.total} fits"
        new = self.done - self._before - 1
        passed = 0.0 if self._began is None else self._clock() - self._began
        if new < 1 or passed <= 0:
            return text
        pace = new / passed
        left = self.total - self.done
        text += f", {60 * pace:.3g} a minute"
        return text + (f", {duration(left / pace)} to go" if left else "")


def duration(seconds: float) -> str:
    """Return a time in words.

    Parameters
    ----------
    seconds : float
        Seconds.

    Returns
    -------
    str
        Of two units at most.

    Examples
    --------
    >>> duration(8.2), duration(130), duration(7300)
    ('8 s', '2 min', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
