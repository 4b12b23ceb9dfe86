"""The chains' progress added up: one count of tuning, one of draws, over all runs of a sampling."""

from collections.abc import Callable
from typing import Any

__all__ = ["Progress", "Tally"]

#: Called with the stage's name, iterations done, iterations in all and divergences so far, which
#: do not count (None) while tuning. None done: the stage begins.
Progress = Callable[[str, int, int, int | None], None]


class Tally:
    """Add up what chains tell of themselves, and pass it on.

    Parameters
    ----------
    report : callable, optional
        Who wants to know.
    chains : int
        Chains.
    tune, draws : int
        Iterations of warm-up, pilots included, and draws per chain.
    """

    def __init__(self, report: Progress | None, *, chains: int, tune: int, draws: int) -> None:
        self._report, self._chains = report, chains
        self._totals = (tune * chains, draws * chains)
        self._before, self._tuning = 0, 0
        self._states = [(0, 0)] * chains
        if report is not None:
            for stage, total in zip(("tuning", "sampling"), self._totals, strict=True):
                report(stage, 0, total, None)

    def begin(self, tuning: int) -> None:
        """Begin a run.

        Parameters
        ----------
        tuning : int
            Iterations per chain, from the first on, that are tuning; of a pilot all are.
        """
        self._before += self._tuning * self._chains
        self._tuning = tuning
        self._states = [(0, 0)] * self._chains

    def callback(self, chain: int) -> Callable[[Any], None] | None:
        """Return what nutpie calls with the state of a sampler of one chain.

        Parameters
        ----------
        chain : int
            Which chain that is.

        Returns
        -------
        callable or None
            None: nobody wants to know.
        """
        if self._report is None:
            return None

        def tell(states: Any) -> None:
            (state,) = states
            self._states[chain] = (state.finished_draws, state.divergences)
            self._tell()

        return tell

    def end(self, iterations: int, *, divergences: int) -> None:
        """End a run: what came after the chains' last words is told too.

        Parameters
        ----------
        iterations : int
            Iterations per chain, all done.
        divergences : int
            Divergences after tuning, of all chains.
        """
        self._states = [(iterations, 0)] * (self._chains - 1) + [(iterations, divergences)]
        self._tell()

    def _tell(self) -> None:
        if self._report is None:
            return
        states = list(self._states)
        tuned = self._before + sum(min(done, self._tuning) for done, _ in states)
        drawn = sum(max(done - self._tuning, 0) for done, _ in states)
        self._report("tuning", tuned, self._totals[0], None)
        if drawn:
            # the sampler itself counts none that happen in its tuning
            self._report("sampling", drawn, self._totals[1], sum(found for _, found in states))
